"""One touch applied to a person in the kernel: what `lifecycle.run.Run` does to a journey, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ripeline.replay.compiled import compiled, woven
from ripeline.replay.kernel_conditions import faded, shown
from ripeline.replay.kernel_state import (
    ACTIVE,
    ANSWERED,
    BY_HAND,
    CHANGED,
    DAY,
    DISQUALIFIED,
    END_POINT,
    ENTERED,
    FIRST_POINT,
    GRADE,
    HAND_RULES,
    HEARD,
    HIGH,
    IGNORED,
    INFINITY,
    IS_COMPENSATED,
    IS_ENDLESS,
    IS_FULL,
    IS_INBOUND,
    LAST_IN,
    LOW,
    MADE,
    MOST,
    MOVES,
    PASSES,
    PERSON,
    QUIET_SINCE,
    RAW,
    RAW_DAY,
    RECYCLE_TO,
    REOPENED,
    SETTLED,
    SIGNAL,
    STAGE,
    STAGE_SET,
    SUSPENDED,
    TRAITS_CHANGED,
    WAKES_INBOUND,
    WINDOWED,
    Array,
    Person,
    Results,
    Rules,
    Tables,
    Touches,
)

_ONE = np.uint64(1)
_SHIFT = np.uint64(58)
_SPREAD = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, np.int64)
for _bit in range(64):
    _PLACES[((1 << _bit) * 0x03F79D71B4CB0A89 & (1 << 64) - 1) >> 58] = _bit


@woven
def apply(rules: Rules, tables: Tables, touches: Touches, person: Person, results: Results, row: int) -> None:
    """What one touch teaches, what it matches, and where it moves the person by hand."""
    kind = touches.kind[row]
    special = tables.special[kind]
    if special == TRAITS_CHANGED:
        _learn_traits(rules, tables, person, tables.slots[touches.attrs[row]])
    elif special == ANSWERED:
        _learn_answer(tables, touches, person, row)
    for word in range(tables.kind.shape[1]):
        bits = _matched(tables, touches, row, word)
        while bits:
            lowest = bits & (~bits + _ONE)
            bits ^= lowest
            effect = 64 * word + _PLACES[(lowest * _SPREAD) >> _SHIFT]
            _count(rules, person, touches.decay, effect, touches.at[row])
    if special > ANSWERED:
        _place(rules, tables, touches, person, results, row)


@woven
def _matched(tables: Tables, touches: Touches, row: int, word: int) -> Any:
    """The bits of one word of effects whose signals the touch matches."""
    bits = (
        tables.kind[touches.kind[row], word]
        & tables.actor[touches.actor[row], word]
        & tables.direction[touches.direction[row], word]
    )
    if bits & tables.asks[0, word]:
        bits &= tables.subject[touches.subject[row], word]
    if bits & tables.asks[1, word]:
        bits &= tables.value[value_class(tables.edges, touches.value[row]), word]
    if bits & tables.asks[2, word]:
        bits &= tables.attrs[tables.slots[touches.attrs[row]], word]
    return bits


@compiled
def first_matches(tables: Tables, touches: Touches, as_of: int, received_by: int, found: Array) -> None:
    """For each person when a touch first matched the only signal; left as it is where none did."""
    for number in range(len(touches.starts) - 1):
        for row in range(touches.starts[number], touches.starts[number + 1]):
            if touches.at[row] > as_of:
                break
            if len(touches.received_at) > 0 and touches.received_at[row] > received_by:
                continue
            if _matched(tables, touches, row, 0):
                found[number] = touches.at[row]
                break


@woven
def value_class(edges: Array, value: float) -> int:
    """Between two edges, at one, or null; numbered from below."""
    if np.isnan(value):
        return 2 * len(edges) + 1
    low, high = 0, len(edges)
    while low < high:
        middle = (low + high) // 2
        if edges[middle] < value:
            low = middle + 1
        else:
            high = middle
    return 2 * low + 1 if low < len(edges) and edges[low] == value else 2 * low


@compiled
def set_grade(rules: Rules, person: Person) -> None:
    """The grade that the share of the weight earns; added up in the order and manner of `rules._grader`."""
    if rules.scale[1] == 0.0:
        return
    total, lost = 0.0, 0.0
    for row in range(len(rules.weights)):
        if person.traits[rules.criteria[row, 0]] & rules.masks[rules.criteria[row, 1]]:
            weight = rules.weights[row]
            more = total + weight
            if abs(total) >= abs(weight):
                lost += (total - more) + weight
            else:
                lost += (weight - more) + total
            total = more
    if rules.settings[IS_COMPENSATED] != 0:
        total += lost
    share = total / rules.scale[1]
    person.ints[GRADE] = 4
    for row in range(len(rules.grades)):
        if share >= rules.grades[row, 0]:
            person.ints[GRADE] = int(rules.grades[row, 1])
            return


@compiled
def move(
    rules: Rules, person: Person, results: Results, decay: Array, to: int, at: int, cause: int, rule: int
) -> None:
    """Writes the transition down, where there is room, and makes it."""
    ints, place = person.ints, results.counts[MOVES]
    ints[MADE] += 1
    if ints[MADE] > rules.settings[MOST]:
        results.counts[IS_ENDLESS] = results.counts[IS_FULL] = 1
    elif place == len(results.scores):
        results.counts[IS_FULL] = 1
    else:
        row = results.moves[place]
        row[0], row[1], row[2], row[3] = ints[PERSON], at, ints[STAGE], to
        row[4], row[5], row[6] = cause, rule, ints[GRADE]
        results.scores[place] = shown(rules, person, decay, at)
        results.counts[MOVES] = place + 1
    ints[STAGE] = to
    ints[ENTERED] = at


@compiled
def _learn_traits(rules: Rules, tables: Tables, person: Person, slot: int) -> None:
    person.ints[CHANGED] = 1
    for word in range(len(person.traits)):
        kept = person.traits[word] & ~tables.touched[slot, word]
        person.traits[word] = kept | tables.given[slot, word]
    set_grade(rules, person)


@compiled
def _learn_answer(tables: Tables, touches: Touches, person: Person, row: int) -> None:
    person.ints[CHANGED] = 1
    question = tables.question_of[touches.subject[row]]
    if question >= 0:
        person.answers[question, 0] = touches.at[row]
        person.answers[question, 1] = tables.slots[touches.attrs[row]]


@woven
def _count(rules: Rules, person: Person, decay: Array, effect: int, at: int) -> None:
    """A touch that matches a signal: kept as a match, counted as points, heard as inbound."""
    ints, row = person.ints, rules.effects[effect]
    signal = row[SIGNAL]
    if signal >= 0:
        count = person.counts[signal]
        if person.wakes[signal] == ints[PASSES]:
            ints[CHANGED] = 1
        if signal < rules.settings[WINDOWED]:
            person.times[signal, count] = at
        person.counts[signal] = count + 1
    for rule in range(row[FIRST_POINT], row[END_POINT]):
        _score(rules, person, decay, rule, at)
    if row[IS_INBOUND] != 0:
        ints[CHANGED] |= ints[WAKES_INBOUND]
        ints[QUIET_SINCE] = ints[LAST_IN] = at
        ints[HEARD] = 1


@woven
def _score(rules: Rules, person: Person, decay: Array, rule: int, at: int) -> None:
    times, per, ring = rules.points[rule, 0], rules.points[rule, 1], rules.points[rule, 2]
    if times > 0:
        given = person.given[rule]
        place = ring + given % times
        if given >= times and (per == 0 or person.rings[place] > at - per):
            return
        person.rings[place] = at
        person.given[rule] = given + 1
    day = at // DAY
    raw = faded(person.floats[RAW], day - person.ints[RAW_DAY], decay) + rules.adds[rule]
    person.floats[RAW] = raw
    person.ints[RAW_DAY] = day
    # Points taken off bring nearer the day on which the score has faded too far.
    is_nearer = rules.adds[rule] < 0.0 and person.floats[LOW] > -INFINITY
    if is_nearer or not person.floats[LOW] <= raw < person.floats[HIGH]:
        person.ints[CHANGED] = 1


@compiled
def _place(
    rules: Rules, tables: Tables, touches: Touches, person: Person, results: Results, row: int
) -> None:
    """What people decide: a move by hand, out of the game, back into it."""
    ints, special = person.ints, tables.special[touches.kind[row]]
    ints[CHANGED] = 1
    if special >= DISQUALIFIED:
        ints[ACTIVE] = 1 if special == REOPENED else 0
        ints[SETTLED] = 0
        return
    to = min(ints[STAGE], rules.settings[RECYCLE_TO])
    if special == STAGE_SET:
        to = tables.stage_of[touches.subject[row]]
    if to < 0:
        _ignore(results, row)
        return
    if to != ints[STAGE]:
        rule = rules.settings[HAND_RULES] + special - STAGE_SET
        move(rules, person, results, touches.decay, to, touches.at[row], BY_HAND, rule)
    ints[SUSPENDED] = touches.at[row]
    ints[SETTLED] = 0


@compiled
def _ignore(results: Results, row: int) -> None:
    place = results.counts[IGNORED]
    if place == len(results.ignored):
        results.counts[IS_FULL] = 1
    else:
        results.ignored[place] = row
        results.counts[IGNORED] = place + 1


@compiled
def mark_used(kind: Array, attrs: Array, reads: Array, used: Array) -> None:
    """Marks the attrs that occur with a kind for which a rule reads them."""
    for row in range(len(kind)):
        if reads[kind[row]]:
            used[attrs[row]] = True
