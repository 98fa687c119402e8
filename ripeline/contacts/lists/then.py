"""The contacts list as of a moment of the past: who was known then and in which stage, and what they were worth.

Stage then is read from the record of moves, so it can be filtered by. Score, rating, fit and persona of then are not
stored: they are worked out again, from their touches, for the contacts on the page alone, and cannot be filtered or
sorted by. Who people are (name, owner, source, tags, company) is as we know it today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from ripeline.contacts.lists.filters import NONE, Filters, read_conditions
from ripeline.contacts.lists.rows import ContactRow
from ripeline.contacts.lists.wanted import Condition
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.kit.sql import Sql, Value, moment, one_of
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.outcome import Standing, TooManyMoves
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import User
from ripeline.timeline.asof import AsOf
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.past import holds_then, is_known_then, last_move_then

# In an address: `name` goes up, `-name` down.
SORTS_THEN = frozenset(("name", "created"))
USUAL_SORT_THEN = "name"
LEFT_OUT = {
    "rating": "Rating",
    "grade": "Fit",
    "status": "Status",
    "persona": "Persona",
    "segment": "Segment",
    "score_from": "Score",
    "score_to": "Score",
}


def filters_then(filters: Filters) -> tuple[Filters, tuple[str, ...]]:
    """The filters that can be used on the past, and a sentence about those that cannot."""
    nothing = Filters()
    gone = [each.name for each in fields(Filters) if each.name in LEFT_OUT]
    gone = [name for name in gone if getattr(filters, name) != getattr(nothing, name)]
    stages = tuple(stage for stage in filters.stage if stage != NONE)
    kept = replace(filters, stage=stages, **{name: getattr(nothing, name) for name in gone})
    titles = list(dict.fromkeys(LEFT_OUT[name] for name in gone))
    said = f"{' and '.join(titles)} of a past date cannot be filtered by: left out." if titles else ""
    return kept, (said,) if said else ()


def conditions_then(filters: Filters, user: User, playbook: Playbook, as_of: AsOf) -> tuple[Condition, ...]:
    """The filters as conditions, and that somebody was known at all."""
    known = Condition(Sql(*is_known_then(as_of, "c.id")), frozenset("c"))
    if as_of.view == "was":
        known = Condition(Sql("s.first_touch_at <= %s", (as_of.at,)), frozenset("s"))
    found = [known, *read_conditions(filters, user)]
    if filters.stage:
        found.append(_stage_condition(filters.stage, playbook.stages[0].key, as_of))
    return tuple(found)


def rows_then(rows: Sequence[ContactRow], playbook: Playbook, as_of: AsOf) -> list[ContactRow]:
    """The rows as they would have read at the moment: two queries for all of them. Whom the definition moves without
    end has neither score, fit nor rating, and the `trouble` says why."""
    ids = [row.id for row in rows]
    stages, touches = (
        _stages_then(ids, as_of),
        read_touches(ids, heard_until=as_of.at if as_of.view == "known" else None),
    )
    first, instant = playbook.stages[0].key, to_instant(as_of.at)
    found = []
    for row in rows:
        stage, entered = stages.get(row.id, (first, None))
        try:
            folded = fold(playbook, map(to_fact, touches.get(row.id, [])), instant, explained=False)
        except TooManyMoves as endless:
            found.append(replace(_row_then(row, None, stage, entered), trouble=endless.said))
        else:
            found.append(_row_then(row, folded.standing, stage, entered))
    return found


def _row_then(row: ContactRow, standing: Standing | None, stage: str, entered: datetime | None) -> ContactRow:
    if standing is None:
        return replace(
            row, stage=stage, entered=entered, rating=None, grade=None, persona=None, score=0.0, heard=None
        )
    heard = standing.last_inbound_at
    return replace(
        row,
        stage=stage,
        entered=entered or to_datetime(standing.first_touch_at),
        rating=standing.rating,
        grade=standing.grade,
        persona=standing.persona,
        status=standing.status,
        score=standing.score,
        heard=None if heard is None else to_datetime(heard),
    )


def _stages_then(ids: Sequence[int], as_of: AsOf) -> dict[int, tuple[str, datetime]]:
    """The stage of each at the moment and since when, for those who had moved."""
    last, params = last_move_then(as_of, "c.id", "m.id")
    rows = Sql(
        f"SELECT t.contact_id, t.to_stage, t.at FROM ripeline_contact c JOIN ripeline_transition t ON t.id = {last}"  # noqa: S608
        f" WHERE {one_of('c.id', ids).text}",
        (*params, *ids),
    ).rows()
    return {int(str(row[0])): (str(row[1]), _at(row[2])) for row in rows}


def _stage_condition(stages: Sequence[str], first: str, as_of: AsOf) -> Condition:
    """Stood in one of the stages. Those who moved are found through their moves; the first stage is also where
    everybody is who never did, and is looked for along the order: it is rarely rare."""
    last, params = last_move_then(as_of, "c.id", "m.to_stage")
    inside = one_of(f"COALESCE({last}, %s)", stages)
    check = Sql(inside.text, (*params, first, *inside.params))
    if first in stages:
        return Condition(check, frozenset("c"))
    arrived, (holds, when) = one_of("t.to_stage", stages), holds_then(as_of, "t")
    moved = f"SELECT DISTINCT t.contact_id AS id FROM ripeline_transition t WHERE {arrived.text} AND {holds}"  # noqa: S608
    found = f"({moved}) found JOIN ripeline_contact c ON c.id = found.id"
    ids = Sql(f"SELECT c.id AS id FROM {found} WHERE {check.text}", (*arrived.params, *when, *check.params))  # noqa: S608
    return Condition(check, frozenset("c"), ids, is_dear=True)


def _at(value: Value) -> datetime:
    found = moment(value)
    assert found is not None, "a transition has a moment"
    return found
