"""How many people stand where, and how they moved in each step of a period: one question to the database.

One statement, so that counts and moves are of the same moment however busy the writers are. The moves are read
from the index transition_flow alone; what stood where at the beginning of a step follows by walking back from now.
"Where people stood" is as the log has it today: a touch that arrived late counts from when it happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from ripeline.insights.period import Step

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


def read_flows(steps: Sequence[Step], *, first_stage: str, owner: int | None) -> Flows:
    """The flows of a period. `first_stage` is where people begin; `owner` keeps to the contacts of one user."""
    present: Counter[str] = Counter()
    moves: list[Counter[Move]] = [Counter() for _ in range(len(steps) + 1)]
    came = [0] * (len(steps) + 1)
    for what, step, origin, target, people in _rows(steps, owner):
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
        stock.append(_before(stock[-1], moves[number], came[number], first_stage))
    # Walked back: the present, the end of the period, then the beginning of each step.
    return Flows(tuple(reversed(stock[1:])), tuple(moves[:-1]), tuple(came[:-1]))


def _before(after: Mapping[str, int], moves: Mapping[Move, int], came: int, first_stage: str) -> Counter[str]:
    before = Counter(after)
    for (origin, target), people in moves.items():
        before[target] -= people
        before[origin] += people
    before[first_stage] -= came
    return before


def _rows(steps: Sequence[Step], owner: int | None) -> list[tuple[str, int, str, str, int]]:
    bounds = [(step.since, step.until) for step in steps]
    bounds.append((steps[-1].until, FOR_EVER))
    values = [
        value
        for number, (since, until) in enumerate(bounds)
        for value in (number, _stored(since), _stored(until))
    ]
    owners = [] if owner is None else [owner] * 3
    with connection.cursor() as cursor:
        cursor.execute(_question(len(bounds), owned=owner is not None), [*values, *owners])
        return list(cursor.fetchall())


def _question(steps: int, *, owned: bool) -> str:
    """CROSS JOIN is an order to SQLite: each step reads its own range of an index, or, for one owner, each of
    their contacts its own few rows. A cell begins with the stage; its index has everybody in order."""
    spans = ", ".join(["(%s, %s, %s)"] * steps)
    if owned:
        mine, of_theirs = "ripeline_contact c CROSS JOIN ", "c.owner_id = %s AND {}.contact_id = c.id AND"
        moved = f"{mine}ripeline_transition t CROSS JOIN steps p WHERE {of_theirs.format('t')}"
        came = f"{mine}ripeline_standing s CROSS JOIN steps p WHERE {of_theirs.format('s')}"
        now = f"{mine}ripeline_standing s WHERE {of_theirs.format('s')} s.stage <> ''"
    else:
        moved, came = (
            "steps p CROSS JOIN ripeline_transition t WHERE",
            "steps p CROSS JOIN ripeline_standing s WHERE",
        )
        now = "ripeline_standing s"
    return (
        f"WITH steps(number, since, until) AS (VALUES {spans})"  # noqa: S608 - only placeholders are put together
        f" SELECT 'now', -1, s.cell, '', count(*) FROM {now} GROUP BY s.cell"
        f" UNION ALL SELECT 'moved', p.number, t.from_stage, t.to_stage, count(*) FROM {moved}"
        " t.superseded_at IS NULL AND t.at >= p.since AND t.at < p.until"
        " GROUP BY p.number, t.from_stage, t.to_stage"
        f" UNION ALL SELECT 'came', p.number, '', '', count(*) FROM {came}"
        " s.first_touch_at >= p.since AND s.first_touch_at < p.until AND s.stage <> '' GROUP BY p.number"
    )


def _stored(moment: datetime) -> str | datetime | None:
    return connection.ops.adapt_datetimefield_value(moment)
