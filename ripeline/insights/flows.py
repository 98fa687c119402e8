"""How many people stand where, and how they moved in each step of a period: one question to the database.

One statement, so that counts and moves are of the same moment however busy the writers are. The moves are
counted in an index alone; what stood where at the beginning of a step follows by walking back from now.
"Where people stood" is as the log has it today: a touch that arrived late counts from when it happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations

from django.db import connection

from ripeline.insights.known_flows import Row, read_known
from ripeline.insights.period import Step
from ripeline.timeline.asof import AsOf

Move = tuple[str, str]
"""From a stage to a stage, by key."""

# Later than anything that happened: the step after the period, back over which the present is walked.
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Flows:
    """`stock[n]` is how many stood in each stage when step n began; the last one is for the end of the period.
    `moves[n]` is how many went from where to where in step n, `came[n]` how many were first seen in it."""

    stock: tuple[Mapping[str, int], ...]
    moves: tuple[Mapping[Move, int], ...]
    came: tuple[int, ...]


def read_flows(
    steps: Sequence[Step], *, stages: Sequence[str], owner: int | None, as_of: AsOf | None = None
) -> Flows:
    """The flows of a period between `stages`, lowest first; `owner` keeps to the contacts of one user;
    with `as_of` in the sense of `known` the numbers are those we knew at the end of the period.

    Right after another playbook came into force some people still stand in a stage of the one before: they, and
    their moves to and from it, are left out until they were looked at again.
    """
    present: Counter[str] = Counter()
    moves: list[Counter[Move]] = [Counter() for _ in range(len(steps) + 1)]
    came = [0] * (len(steps) + 1)
    if as_of is None or as_of.is_now or as_of.view == "was":
        rows = _rows(steps, stages, owner)
    else:
        rows = read_known(steps, stages=stages, owner=owner, as_of=as_of)
    for what, step, origin, target, people in rows:
        if what == "now":
            present[origin.partition("|")[0]] += people
        elif what == "moved":
            moves[step][origin, target] += people
        else:
            came[step] += people
    # Those of whom nothing was ever heard stand nowhere.
    present.pop("", None)
    stock = [present]
    for number in range(len(steps), -1, -1):
        stock.append(_before(stock[-1], moves[number], came[number], stages[0]))
    # Walked back: the present, the end of the period, then the beginning of each step.
    return Flows(tuple(reversed(stock[1:])), tuple(moves[:-1]), tuple(came[:-1]))


def _before(after: Mapping[str, int], moves: Mapping[Move, int], came: int, first_stage: str) -> Counter[str]:
    before = Counter(after)
    for (origin, target), people in moves.items():
        before[target] -= people
        before[origin] += people
    before[first_stage] -= came
    return before


def _rows(steps: Sequence[Step], stages: Sequence[str], owner: int | None) -> list[Row]:
    bounds = [(step.since, step.until) for step in steps]
    bounds.append((steps[-1].until, FOR_EVER))
    spans = [
        value
        for number, (since, until) in enumerate(bounds)
        for value in (number, _stored(since), _stored(until))
    ]
    pairs = [key for pair in permutations(stages, 2) for key in pair] if owner is None else []
    since = _stored(steps[0].since)
    owners = [] if owner is None else [owner, owner, since, owner, since]
    with connection.cursor() as cursor:
        question = _question_of_one if owner is not None else _question_of_all
        cursor.execute(question(len(bounds), len(pairs) // 2), [*spans, *pairs, *owners])
        return list(cursor.fetchall())


def _question_of_all(steps: int, pairs: int) -> str:
    """Each pair of stages in each step is counted along one range of transition_moves, without a row being read:
    a thousand short ranges cost a twentieth of grouping the moves of a year. A cell begins with the stage."""
    return (
        f"WITH steps(number, since, until) AS (VALUES {_places(steps, 3)}),"  # noqa: S608 - only placeholders
        f" pairs(origin, target) AS (VALUES {_places(pairs, 2) or '(NULL, NULL)'})"
        " SELECT 'now', -1, s.cell, '', count(*) FROM ripeline_standing s GROUP BY s.cell"
        " UNION ALL SELECT * FROM (SELECT 'moved', p.number, m.origin, m.target, ("
        " SELECT count(*) FROM ripeline_transition t WHERE t.from_stage = m.origin AND t.to_stage = m.target"
        " AND t.superseded_at IS NULL AND t.at >= p.since AND t.at < p.until) AS people"
        " FROM steps p CROSS JOIN pairs m) moved WHERE people > 0"
        " UNION ALL SELECT 'came', p.number, '', '', count(*) FROM steps p CROSS JOIN ripeline_standing s"
        " WHERE s.first_touch_at >= p.since AND s.first_touch_at < p.until AND s.stage <> '' GROUP BY p.number"
    )


def _question_of_one(steps: int, _: int) -> str:
    """For one owner: each of their contacts its own few rows. CROSS JOIN is an order to SQLite. That nothing before
    the first step matters is said apart: PostgreSQL sees no beginning in a list of steps, and reads all there is."""
    theirs = "ripeline_contact c CROSS JOIN ripeline_standing s"
    return (
        f"WITH steps(number, since, until) AS (VALUES {_places(steps, 3)})"  # noqa: S608 - only placeholders
        f" SELECT 'now', -1, s.cell, '', count(*) FROM {theirs}"
        " WHERE c.owner_id = %s AND s.contact_id = c.id GROUP BY s.cell"
        " UNION ALL SELECT 'moved', p.number, t.from_stage, t.to_stage, count(*)"
        " FROM ripeline_contact c CROSS JOIN ripeline_transition t CROSS JOIN steps p"
        " WHERE c.owner_id = %s AND t.contact_id = c.id AND t.at >= %s"
        " AND t.superseded_at IS NULL AND t.at >= p.since AND t.at < p.until"
        " GROUP BY p.number, t.from_stage, t.to_stage"
        f" UNION ALL SELECT 'came', p.number, '', '', count(*) FROM {theirs} CROSS JOIN steps p"
        " WHERE c.owner_id = %s AND s.contact_id = c.id AND s.stage <> '' AND s.first_touch_at >= %s"
        " AND s.first_touch_at >= p.since AND s.first_touch_at < p.until GROUP BY p.number"
    )


def _places(rows: int, columns: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * rows)


def _stored(moment: datetime) -> str | datetime | None:
    return connection.ops.adapt_datetimefield_value(moment)
