"""What two definitions say of one history: the arithmetic, over the columns of outcomes.

Everything adds up bucket by bucket: `side_of` and `flow_of` look at the people of one bucket, `added` joins two, and
`stages_of`, `found_of` make figures of the sum. docs/guide/replay.md defines each figure and works an example.

Intervals are 95 %: Wilson's for shares; for the lift the same, divided by the share of outcomes among all people,
which is taken as known; for a median the order statistics about n/2 +- 0.98 sqrt(n), which assume no distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil, floor, sqrt
from operator import add
from typing import Final

import numpy as np

from ripeline.lifecycle.instant import DAY
from ripeline.replay.kernel_state import NEVER, Array
from ripeline.replay.outcome import Outcome
from ripeline.replay.program import Names

Z: Final = 1.959963984540054
"""Standard deviations to either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, and the interval in which the true share lies. All None where there is nobody to count."""

    count: int
    of: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Median:
    """The middle of so many lengths in days, and the interval in which the true middle lies (None: too few)."""

    count: int
    days: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class StageFacts:
    """One stage of a funnel.

    `stands`: people there in the end. `reached`: who ever stood there. `at_least`: who ever stood there or higher;
    `conversion` is its share of those of the stage below. `since_first`: days from a person's first touch to the
    first time there; `stayed_before`: days in the stage they then came from.
    """

    stage: str
    stands: int
    reached: int
    at_least: int
    conversion: float | None
    since_first: Median
    stayed_before: Median


@dataclass(frozen=True, slots=True)
class FoundFacts:
    """How well having reached a stage told an outcome beforehand.

    Only a stage entered before the outcome counts as found. `precision`: found, of found and those who reached the
    stage and have no outcome. `recall`: found, of all with the outcome. `lift`: precision by the share of outcomes
    among all people. `lead`: days from the first time there to the outcome, of the found. `written_after`: of the
    found, those who would not have been by what had been heard of by their outcome; None where that is not known.
    """

    stage: str
    precision: Share
    recall: Share
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    lead: Median
    written_after: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Of those of whom something was noted only after their outcome: when they first stood in each stage by what had
    been heard of by then (NEVER: not). `person` are indices into an Outcome's people, ascending."""

    person: Array
    entered: Array


@dataclass(frozen=True, slots=True)
class Side:
    """What one definition says of some people; by stage. Lengths are in microseconds, one each person."""

    people: int
    stands: Array
    reached: Array
    at_least: Array
    since_first: tuple[Array, ...]
    stayed_before: tuple[Array, ...]
    outcomes: int
    found: Array
    without: Array
    """Who reached the stage and has no outcome."""
    leads: tuple[Array, ...]
    late: Array | None = None
    """Of the found, those who would not have been by what had been heard of by their outcome; None: not known."""

    def __add__(self, other: Side) -> Side:
        return Side(
            self.people + other.people,
            self.stands + other.stands,
            self.reached + other.reached,
            self.at_least + other.at_least,
            _both(self.since_first, other.since_first),
            _both(self.stayed_before, other.stayed_before),
            self.outcomes + other.outcomes,
            self.found + other.found,
            self.without + other.without,
            _both(self.leads, other.leads),
            _late_of_both(self, other),
        )


def side_of(outcome: Outcome, happened_at: Array | None = None, heard: Heard | None = None) -> Side:
    """One definition's facts about a bucket; `happened_at`: each person's outcome (NEVER: none), None: not asked.

    `heard` says what was known in time (see `hindsight`). The outcome must have been asked for its transitions.
    """
    entered, before = first_entries(outcome)
    present = outcome.standings.person
    firsts = outcome.standings.first_at
    entered, before = entered[present], before[present]
    has = entered < NEVER
    stages = range(len(outcome.names.stages))
    happened = np.full(len(present), NEVER) if happened_at is None else happened_at[present]
    is_won = happened < NEVER
    is_found = has & is_won[:, None] & (entered < happened[:, None])
    return Side(
        people=len(present),
        stands=np.array(outcome.stands_in),
        reached=has.sum(axis=0),
        at_least=np.logical_or.accumulate(has[:, ::-1], axis=1)[:, ::-1].sum(axis=0),
        since_first=tuple((entered[:, it] - firsts)[has[:, it]] for it in stages),
        stayed_before=tuple(
            (entered[:, it] - before[:, it])[has[:, it] & (before[:, it] < NEVER)] for it in stages
        ),
        outcomes=int(is_won.sum()),
        found=is_found.sum(axis=0),
        without=(has & ~is_won[:, None]).sum(axis=0),
        leads=tuple((happened - entered[:, it])[is_found[:, it]] for it in stages),
        late=None if heard is None else _late(is_found, happened, present, heard),
    )


def _late(is_found: Array, happened: Array, present: Array, heard: Heard) -> Array:
    """How many of the found would not have been by what was heard of in time, by stage."""
    place = np.searchsorted(heard.person, present)
    rows = np.flatnonzero(np.isin(present, heard.person))
    in_time = heard.entered[place[rows]] < happened[rows, None]
    late: Array = (is_found[rows] & ~in_time).sum(axis=0)
    return late


def _late_of_both(one: Side, other: Side) -> Array | None:
    """Not known of all where it is not of some; a side of nobody has no say."""
    if not one.people or not other.people:
        return other.late if not one.people else one.late
    return None if one.late is None or other.late is None else one.late + other.late


def first_entries(outcome: Outcome) -> tuple[Array, Array]:
    """When each of `outcome.people` first stood in each stage, and since when in the stage they came from.

    NEVER where they did not; the first stage is entered with the first touch, from nowhere.
    """
    moves = outcome.moves
    if moves is None:
        raise ValueError("this replay was not asked for its transitions")
    shape = len(outcome.people), len(outcome.names.stages)
    entered, before = np.full(shape, NEVER), np.full(shape, NEVER)
    first_at = np.full(shape[0], NEVER)
    first_at[outcome.standings.person] = outcome.standings.first_at
    is_first = np.ones(len(moves.at), np.bool_)
    is_first[1:] = moves.person[1:] != moves.person[:-1]
    since = np.where(is_first, first_at[moves.person], np.roll(moves.at, 1))
    places = moves.person.astype(np.int64) * shape[1] + moves.to_stage
    cells, rows = np.unique(places, return_index=True)
    entered.reshape(-1)[cells], before.reshape(-1)[cells] = moves.at[rows], since[rows]
    entered[:, 0], before[:, 0] = first_at, NEVER
    return entered, before


def flow_of(one: Outcome, other: Outcome) -> Array:
    """How many people stand in each stage of the one (rows) and of the other (columns)."""
    shape = len(one.names.stages), len(other.names.stages)
    cells = one.standings.stage.astype(np.int64) * shape[1] + other.standings.stage
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)


def who_differs(one: Outcome, other: Outcome, same: Sequence[Sequence[bool]]) -> Array:
    """Rows of both standings (the same people) whose stages are not the same, by the table of `ladders.same_stages`."""
    rows: Array = np.flatnonzero(~np.array(same)[one.standings.stage, other.standings.stage])
    return rows


def added(sides: list[Side]) -> Side:
    """The facts about several buckets as those about all their people."""
    return reduce(add, sides)


def stages_of(side: Side, names: Names) -> tuple[StageFacts, ...]:
    """The funnel, lowest stage first."""
    below = [None, *side.at_least[:-1].tolist()]
    return tuple(
        StageFacts(
            stage,
            int(side.stands[it]),
            int(side.reached[it]),
            int(side.at_least[it]),
            side.at_least[it] / below[it] if below[it] else None,
            median_days(side.since_first[it]),
            median_days(side.stayed_before[it]),
        )
        for it, stage in enumerate(names.stages)
    )


def found_of(side: Side, names: Names) -> tuple[FoundFacts, ...]:
    """How well each stage told the outcome."""
    base = side.outcomes / side.people if side.people else 0.0
    return tuple(_found(side, it, stage, base) for it, stage in enumerate(names.stages))


def share(count: int, of: int) -> Share:
    """The share with Wilson's interval, which stays within 0 and 1 and is honest for few and for none."""
    if not of:
        return Share(count, of, None, None, None)
    value, spread = count / of, Z * Z / of
    middle = (value + spread / 2) / (1 + spread)
    half = sqrt(value * (1 - value) * spread + spread * spread / 4) / (1 + spread)
    return Share(count, of, value, max(0.0, middle - half), min(1.0, middle + half))


def median_days(lengths: Array) -> Median:
    """The median of lengths in microseconds, in days."""
    count = len(lengths)
    if not count:
        return Median(0, None, None, None)
    ordered = np.sort(lengths) / DAY
    low, high = floor(count / 2 - Z * sqrt(count) / 2), ceil(1 + count / 2 + Z * sqrt(count) / 2)
    is_known = low >= 1 and high <= count
    return Median(
        count,
        float(np.median(ordered)),
        float(ordered[low - 1]) if is_known else None,
        float(ordered[high - 1]) if is_known else None,
    )


def _both(one: tuple[Array, ...], other: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(np.concatenate(pair) for pair in zip(one, other, strict=True))


def _found(side: Side, number: int, stage: str, base: float) -> FoundFacts:
    found = int(side.found[number])
    precision = share(found, found + int(side.without[number]))
    lift, low, high = (
        it / base if it is not None and base else None
        for it in (precision.value, precision.low, precision.high)
    )
    return FoundFacts(
        stage,
        precision,
        share(found, side.outcomes),
        lift,
        low,
        high,
        median_days(side.leads[number]),
        None if side.late is None else int(side.late[number]),
    )
