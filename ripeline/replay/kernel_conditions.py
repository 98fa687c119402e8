"""Conditions as branches: each node asks one thing and names the next node for yes and for no.

A choice (which persona, which rating) is branches with more than two ends, so nothing here needs to call itself.

Every answer on the way leaves a note of what could turn it: an instant (`NEXT`), a match of a signal (`wakes`),
a touch from the person (`WAKES_INBOUND`), a score out of `LOW` .. `HIGH`. As long as none of that comes to pass the
same questions get the same answers, so the rules need not be looked at again. What people tell us always does.
"""

from __future__ import annotations

from ripeline.replay.compiled import compiled, woven
from ripeline.replay.kernel_state import (
    ANSWER,
    DAY,
    ENTERED,
    EVER,
    FIT,
    GRADE,
    HIGH,
    IDLE,
    INFINITY,
    LOOKS,
    LOW,
    NEVER,
    NEXT,
    PASSES,
    QUIET_SINCE,
    RAW,
    RAW_DAY,
    SCORE,
    STAGE,
    TRAIT,
    TRUE,
    WAKES_INBOUND,
    WITHIN,
    Array,
    Person,
    Rules,
)


@compiled
def way_out(rules: Rules, person: Person, answer_is: Array, decay: Array, at: int, is_first: bool) -> int:
    """The first way that holds, or -1; unless `is_first`, none to a stage entered at this look."""
    ints, floats = person.ints, person.floats
    ints[PASSES] += 1
    ints[NEXT], ints[WAKES_INBOUND] = NEVER, 0
    floats[LOW], floats[HIGH] = -INFINITY, INFINITY
    for way in range(rules.ways_of[ints[STAGE]], rules.ways_of[ints[STAGE] + 1]):
        if not is_first and person.entered[rules.ways[way, 0]] == ints[LOOKS]:
            continue
        if end_of(rules, person, answer_is, decay, rules.ways[way, 1], at) == TRUE:
            return way
    return -1


@compiled
def end_of(rules: Rules, person: Person, answer_is: Array, decay: Array, node: int, at: int) -> int:
    """The end the branches from `node` lead to at an instant."""
    while node >= 0:
        if _asks(rules, person, answer_is, decay, node, at):
            node = rules.nodes[node, 4]
        else:
            node = rules.nodes[node, 5]
    return node


@woven
def faded(raw: float, days: int, decay: Array) -> float:
    """What is left of a sum after so many UTC midnights, as `clocks.faded` has it."""
    if raw == 0.0 or days == 0:
        return raw
    return float(raw * decay[min(days, len(decay) - 1)])


@woven
def shown(rules: Rules, person: Person, decay: Array, at: int) -> float:
    """The score clamped to [0, max]."""
    raw = faded(person.floats[RAW], at // DAY - person.ints[RAW_DAY], decay)
    if raw <= 0.0:
        return 0.0
    return raw if raw < rules.scale[0] else float(rules.scale[0])


@woven
def _asks(rules: Rules, person: Person, answer_is: Array, decay: Array, node: int, at: int) -> bool:
    kind, one, two = rules.nodes[node, 0], rules.nodes[node, 1], rules.nodes[node, 2]
    if kind == EVER:
        holds = person.counts[one] >= two
        if not holds:
            person.wakes[one] = person.ints[PASSES]
        return bool(holds)
    if kind == WITHIN:
        return _is_within(person, one, two, rules.nodes[node, 3], at)
    if kind == SCORE:
        return _is_scored(rules, person, shown(rules, person, decay, at), node)
    if kind == ANSWER:
        slot, lasts = person.answers[one, 1], rules.nodes[node, 3]
        if slot < 0 or not answer_is[slot, two]:
            return False
        return bool(lasts < 0 or _lasts(person, person.answers[one, 0] + lasts, at))
    if kind == TRAIT:
        return bool(person.traits[one] & rules.masks[two])
    if kind == FIT:
        return bool(0 <= person.ints[GRADE] <= one)
    if kind == IDLE:
        is_idle = not _lasts(person, person.ints[QUIET_SINCE] + one, at)
        if is_idle:
            person.ints[WAKES_INBOUND] = 1
        return is_idle
    return not _lasts(person, person.ints[ENTERED] + one, at)


@woven
def _lasts(person: Person, until: int, at: int) -> bool:
    """Whether something that ends at an instant still lasts; if so, the end is noted."""
    if at >= until:
        return False
    person.ints[NEXT] = min(person.ints[NEXT], until)
    return True


@woven
def _is_within(person: Person, signal: int, asked: int, within: int, at: int) -> bool:
    count = person.counts[signal]
    if count >= asked and _lasts(person, person.times[signal, count - asked] + within, at):
        return True
    person.wakes[signal] = person.ints[PASSES]
    return False


@woven
def _is_scored(rules: Rules, person: Person, score: float, node: int) -> bool:
    """Whether the shown score is within the node's bounds; those it can cross are noted."""
    for side in range(2):
        bound = rules.bounds[node, side]
        if not 0.0 < bound <= rules.scale[0]:
            continue
        if score >= bound:
            person.floats[LOW] = max(person.floats[LOW], bound)
        else:
            person.floats[HIGH] = min(person.floats[HIGH], bound)
    is_below = rules.nodes[node, 1] == 0 or score < rules.bounds[node, 1]
    return bool(score >= rules.bounds[node, 0] and is_below)
