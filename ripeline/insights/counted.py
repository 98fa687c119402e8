"""What flows are made of: who stood where, and each move and arrival, counted by the steps of a period."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from ripeline.insights.period import Step

Move = tuple[str, str]
"""From a stage to a stage, by key."""


class Climb(NamedTuple):
    """How far somebody moved up within a period, by the places of the stages: from `low`, the lowest they moved up
    out of, to `high`, the highest they reached. `is_new`: they were first seen in that period.

    Who falls rises again from no higher than where they were, so that all stages in between were passed.
    """

    low: int
    high: int
    is_new: bool


@dataclass(slots=True)
class Counts:
    """`present` is how many stand in each stage; `moves` and `came` are by step, the last one being what was after the
    period; `climbs` counts people, of the period alone."""

    present: Counter[str]
    moves: list[Counter[Move]]
    came: list[int]
    climbs: Counter[Climb] = field(default_factory=Counter)


Moment = datetime | str
Line = tuple[str, str, str, Moment | None, int | None, Moment | None, int]
"""What is told, from where, to where, when, of which contact, first seen when, and how many people. `now` names the
stage people stand in (and, after a bar, more of their standing), and the moment they were first seen where that is
within the period or later; `moved` is one move of one contact."""


def no_counts(steps: Sequence[Step]) -> Counts:
    """Nobody and nothing."""
    return Counts(Counter(), [Counter() for _ in range(len(steps) + 1)], [0] * (len(steps) + 1))


def tally(lines: Iterable[Line], steps: Sequence[Step], stages: Sequence[str]) -> Counts:
    """The counts of people and moves told one by one; `stages` lowest first."""
    counts, begins = no_counts(steps), [*(step.since for step in steps), steps[-1].until]
    places = {key: place for place, key in enumerate(stages)}
    climbs: dict[int, Climb] = {}
    for what, origin, target, at, contact, came, people in lines:
        step = -1 if at is None else bisect_right(begins, moment(at)) - 1
        if what == "now":
            counts.present[origin.partition("|")[0]] += people
            counts.came[step] += people if step >= 0 else 0
            continue
        counts.moves[step][origin, target] += people
        low, high = places.get(origin), places.get(target)
        if contact is not None and low is not None and high is not None and low < high and step < len(steps):
            is_new = came is not None and moment(came) >= begins[0]
            before = climbs.get(contact, Climb(low, high, is_new))
            climbs[contact] = Climb(min(low, before.low), max(high, before.high), is_new)
    counts.climbs.update(each._replace(is_new=each.is_new and each.low == 0) for each in climbs.values())
    return counts


def moment(value: Moment) -> datetime:
    """SQLite keeps moments as text, in UTC and without saying so."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
