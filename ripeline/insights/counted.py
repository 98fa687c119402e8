"""What flows are made of: who stood where, and each move and arrival, counted by the steps of a period."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ripeline.insights.period import Step

Move = tuple[str, str]
"""From a stage to a stage, by key."""


@dataclass(slots=True)
class Counts:
    """`present` is how many stand in each stage; `moves` and `came` are by step, the last one being what was after the
    period."""

    present: Counter[str]
    moves: list[Counter[Move]]
    came: list[int]


Moment = datetime | str
Line = tuple[str, str, str, Moment | None, int]
"""What is told, from where, to where, when, and how many people. `now` names the stage people stand in (and, after a
bar, more of their standing), and the moment they were first seen where that is within the period or later; `moved` is
a move."""


def no_counts(steps: Sequence[Step]) -> Counts:
    """Nobody and nothing."""
    return Counts(Counter(), [Counter() for _ in range(len(steps) + 1)], [0] * (len(steps) + 1))


def tally(lines: Iterable[Line], steps: Sequence[Step], stages: Sequence[str]) -> Counts:
    """The counts of people and moves told one by one; moves to and from other stages than these are left out."""
    counts, begins = no_counts(steps), [*(step.since for step in steps), steps[-1].until]
    for what, origin, target, at, people in lines:
        step = -1 if at is None else bisect_right(begins, moment(at)) - 1
        if what == "now":
            counts.present[origin.partition("|")[0]] += people
            counts.came[step] += people if step >= 0 else 0
        elif origin in stages and target in stages:
            counts.moves[step][origin, target] += people
    return counts


def moment(value: Moment) -> datetime:
    """SQLite keeps moments as text, in UTC and without saying so."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
