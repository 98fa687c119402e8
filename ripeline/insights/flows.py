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

from ripeline.insights.counted import Counts, Move, no_counts, tally
from ripeline.insights.known_flows import read_known
from ripeline.insights.period import Step
from ripeline.insights.whose import theirs
from ripeline.timeline.asof import AsOf

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
    steps: Sequence[Step],
    *,
    stages: Sequence[str],
    owner: int | None,
    as_of: AsOf | None = None,
    is_many: bool = False,
) -> Flows:
    """The flows of a period between `stages`, lowest first; `owner` keeps to the contacts of one user (`is_many` where
    they have thousands: the same numbers, sooner); with `as_of` in the sense of `known` the numbers are those we knew
    at the end of the period.

    Right after another playbook came into force some people still stand in a stage of the one before: they, and
    their moves to and from it, are left out until they were looked at again.
    """
    if as_of is not None and not as_of.is_now and as_of.view == "known":
        counts = read_known(steps, stages=stages, owner=owner, as_of=as_of)
    elif owner is None:
        counts = _count_all(steps, stages)
    else:
        counts = _count_one(steps, stages, owner, is_many=is_many)
    # Those of whom nothing was ever heard stand nowhere.
    counts.present.pop("", None)
    stock = [counts.present]
    for number in range(len(steps), -1, -1):
        stock.append(_before(stock[-1], counts.moves[number], counts.came[number], stages[0]))
    # Walked back: the present, the end of the period, then the beginning of each step.
    return Flows(tuple(reversed(stock[1:])), tuple(counts.moves[:-1]), tuple(counts.came[:-1]))


def _before(after: Mapping[str, int], moves: Mapping[Move, int], came: int, first_stage: str) -> Counter[str]:
    before = Counter(after)
    for (origin, target), people in moves.items():
        before[target] -= people
        before[origin] += people
    before[first_stage] -= came
    return before


def _count_all(steps: Sequence[Step], stages: Sequence[str]) -> Counts:
    bounds = [(step.since, step.until) for step in steps]
    bounds.append((steps[-1].until, FOR_EVER))
    spans = [
        value
        for number, (since, until) in enumerate(bounds)
        for value in (number, _stored(since), _stored(until))
    ]
    pairs = [key for pair in permutations(stages, 2) for key in pair]
    question = _question_of_all(len(bounds), len(pairs) // 2)
    counts = no_counts(steps)
    with connection.cursor() as cursor:
        cursor.execute(question, [*spans, *pairs])
        for what, step, origin, target, people in cursor.fetchall():
            if what == "now":
                counts.present[origin.partition("|")[0]] += people
            elif what == "moved":
                counts.moves[step][origin, target] += people
            else:
                counts.came[step] += people
    return counts


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


def _count_one(steps: Sequence[Step], stages: Sequence[str], owner: int, *, is_many: bool) -> Counts:
    """For one owner: each of their contacts its own few rows, and their moves one by one."""
    since = steps[0].since
    moves = theirs(steps[-1].until - since, is_many=is_many)
    question = (
        "SELECT 'now', s.cell, '', CASE WHEN s.stage <> '' AND s.first_touch_at >= %s THEN s.first_touch_at END"  # noqa: S608
        f" AS at, count(*) FROM ripeline_contact c CROSS JOIN ripeline_standing s"
        " WHERE c.owner_id = %s AND s.contact_id = c.id GROUP BY s.cell, at"
        " UNION ALL SELECT 'moved', t.from_stage, t.to_stage, t.at, 1"
        f" FROM {moves} WHERE c.owner_id = %s AND t.contact_id = c.id AND t.at >= %s AND t.superseded_at IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(question, [_stored(since), owner, owner, _stored(since)])
        return tally(cursor.fetchall(), steps, stages)


def _places(rows: int, columns: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * rows)


def _stored(moment: datetime) -> str | datetime | None:
    return connection.ops.adapt_datetimefield_value(moment)
