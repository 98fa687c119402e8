"""When to look at the rules next.

Once nothing more is to move (`SETTLED`) that is the first instant at which an answer given at the last look turns.
Before, looking again with nothing changed can move a person, so every boundary counts: `lifecycle.clocks`, line for
line, on arrays.
"""

from __future__ import annotations

from ripeline.replay.compiled import compiled, woven
from ripeline.replay.kernel_conditions import faded
from ripeline.replay.kernel_state import (
    ACTIVE,
    DAY,
    ENTERED,
    HALF_LIFE,
    INFINITY,
    IS_SCORED,
    LOW,
    NEVER,
    NEXT,
    NONE,
    QUIET_SINCE,
    RAW,
    RAW_DAY,
    SETTLED,
    SUSPENDED,
    Array,
    Person,
    Rules,
)


@compiled
def next_due(rules: Rules, person: Person, decay: Array, at: int) -> int:
    """The next instant after `at`, NEVER where no rule is looked at or none comes in the replay's time."""
    if person.ints[ACTIVE] == 0 or person.ints[SUSPENDED] != NONE:
        return NEVER
    if person.ints[SETTLED] == 0:
        return _next_boundary(rules, person, decay, at)
    due = int(person.ints[NEXT])
    if person.floats[LOW] == -INFINITY or rules.settings[HALF_LIFE] == 0:
        return due
    return min(due, _crossing(person, decay, person.floats[LOW], at // DAY))


@compiled
def _next_boundary(rules: Rules, person: Person, decay: Array, at: int) -> int:
    first = _first_window(rules, person, at)
    for row in range(len(rules.lasting)):
        answer = rules.lasting[row, 0]
        if person.answers[answer, 1] >= 0:
            until = person.answers[answer, 0] + rules.lasting[row, 1]
            if at < until < first:
                first = until
    first = _first_wait(person.ints[QUIET_SINCE], rules.idles, at, first)
    first = _first_wait(person.ints[ENTERED], rules.in_stages, at, first)
    if rules.settings[IS_SCORED] != 0 and rules.settings[HALF_LIFE] != 0:
        first = min(first, _next_fading(rules, person, decay, at // DAY))
    return first


@compiled
def _first_window(rules: Rules, person: Person, at: int) -> int:
    """When the first of the matches still in a window leaves it."""
    first = NEVER
    for row in range(len(rules.windows)):
        signal, within = rules.windows[row, 0], rules.windows[row, 1]
        low, high = 0, person.counts[signal]
        while low < high:
            middle = (low + high) // 2
            if person.times[signal, middle] > at - within:
                high = middle
            else:
                low = middle + 1
        if low < person.counts[signal]:
            first = min(first, person.times[signal, low] + within)
    return first


@woven
def _first_wait(start: int, lengths: Array, at: int, first: int) -> int:
    for row in range(len(lengths)):
        if at < start + lengths[row]:
            return min(first, int(start + lengths[row]))
    return first


@compiled
def _next_fading(rules: Rules, person: Person, decay: Array, today: int) -> int:
    """The next midnight at which the score falls through a floor (a sum below nought shows as 0 and stays 0)."""
    if person.floats[RAW] == 0.0:
        return (today + 1) * DAY
    now, floor = faded(person.floats[RAW], today - person.ints[RAW_DAY], decay), -INFINITY
    for row in range(len(rules.floors)):
        if rules.floors[row] <= now:
            floor = rules.floors[row]
    return _crossing(person, decay, floor, today) if floor > 0.0 else NEVER


@compiled
def _crossing(person: Person, decay: Array, floor: float, today: int) -> int:
    """The first midnight after today at which less than `floor` is left; NEVER where that is not in `decay`.

    The days of `decay` reach past the end of the replay, so what lies beyond them never comes.
    """
    raw, raw_day = person.floats[RAW], person.ints[RAW_DAY]
    low, high = today + 1 - raw_day, len(decay)
    while low < high:
        middle = (low + high) // 2
        if raw * decay[middle] < floor:
            high = middle
        else:
            low = middle + 1
    return int((raw_day + low) * DAY) if low < len(decay) else NEVER
