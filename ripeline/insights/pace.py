"""How long people stay in a stage before they rise out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from django.db import connection

from ripeline.insights.funnel import rises
from ripeline.insights.period import DAY, Period
from ripeline.insights.whose import theirs
from ripeline.lifecycle.playbook import Playbook

# Enough for a median that stands still; each costs two look-ups. The page says so where it counts.
MOST = 500


@dataclass(frozen=True, slots=True)
class Pace:
    """The median `days` in the stage called `title`, of the `moves` up out of it (if `is_part`, the latest MOST of
    the period)."""

    title: str
    days: float
    moves: int
    is_part: bool


def read_pace(
    playbook: Playbook, period: Period, *, owner: int | None, is_many: bool = False
) -> Mapping[str, Pace]:
    """By stage, how long those who rose out of it in the period had been in it; without stages nobody left."""
    stays: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for origin, at, since in _moves(playbook, period, owner, is_many=is_many):
        if since is not None:
            rose = _moment(at)
            stays[origin].append((rose, (rose - _moment(since)) / DAY))
    found = {}
    for stage in playbook.stages:
        if latest := sorted(stays[stage.key], reverse=True):
            days = median(length for _, length in latest[:MOST])
            found[stage.key] = Pace(stage.title, days, min(len(latest), MOST), len(latest) > MOST)
    return found


def _moves(
    playbook: Playbook, period: Period, owner: int | None, *, is_many: bool
) -> list[tuple[str, datetime | str, datetime | str | None]]:
    """From which stage, when, and since when they had been there: by the move before, or since first seen.

    The latest of each pair of stages, along transition_moves (of one owner, among their moves of the period); then
    the move before each, by its position.
    """
    pairs = rises(playbook)
    if not pairs:
        return []
    span = [connection.ops.adapt_datetimefield_value(moment) for moment in (period.since, period.until)]
    within = "t.superseded_at IS NULL AND t.at >= %s AND t.at < %s"
    begin, moves, wanted, params = "", "ripeline_transition t", f" AND {within}", [*span]
    if owner is not None:
        source = theirs(period.until - period.since, is_many=is_many)
        begin = (
            "WITH theirs AS MATERIALIZED (SELECT t.from_stage, t.to_stage, t.at, t.contact_id, t.position"  # noqa: S608
            f" FROM {source} WHERE c.owner_id = %s AND t.contact_id = c.id AND {within}) "
        )
        moves, wanted, params = "theirs t", "", []
    one = (
        "SELECT * FROM (SELECT t.from_stage, t.at, t.contact_id, t.position"  # noqa: S608 - only placeholders
        f" FROM {moves} WHERE t.from_stage = %s AND t.to_stage = %s{wanted}"
        f" ORDER BY t.at DESC LIMIT {MOST + 1}) m"
    )
    question = (
        f"{begin}SELECT m.from_stage, m.at, COALESCE("  # noqa: S608 - only placeholders
        "(SELECT b.at FROM ripeline_transition b WHERE b.contact_id = m.contact_id"
        " AND b.position = m.position - 1 AND b.superseded_at IS NULL), s.first_touch_at)"
        f" FROM ({' UNION ALL '.join([one] * len(pairs))}) m JOIN ripeline_standing s ON s.contact_id = m.contact_id"
    )
    first = [] if owner is None else [owner, *span]
    with connection.cursor() as cursor:
        cursor.execute(question, [*first, *(value for pair in pairs for value in (*pair, *params))])
        return list(cursor.fetchall())


def _moment(value: datetime | str) -> datetime:
    """SQLite keeps moments as text, in UTC and without saying so."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
