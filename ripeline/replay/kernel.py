"""The bulk fold: people one after the other through the rules of `lifecycle.run.Run`, as machine code.

Every step here has its counterpart there, in the same order and with the same arithmetic, so that both give the same
transitions to the microsecond and the same scores to the bit. Conditions are judged beforehand: see `judging`.
"""

from __future__ import annotations

from ripeline.replay.compiled import compiled, woven
from ripeline.replay.kernel_clocks import next_due
from ripeline.replay.kernel_conditions import end_of, faded, shown, way_out
from ripeline.replay.kernel_state import (
    ACTIVE,
    BY_TIMER,
    BY_TOUCH,
    CHANGED,
    DAY,
    DUE,
    ENTERED,
    FIRST,
    GRADE,
    HEARD,
    IGNORED,
    IS_FULL,
    LAST_IN,
    LATER,
    LOOKS,
    MADE,
    MOVES,
    NEVER,
    NONE,
    PASSES,
    PERSON,
    PERSONAS_AT,
    QUIET_SINCE,
    RATINGS_AT,
    RAW,
    RAW_DAY,
    SETTLED,
    STAGE,
    SUSPENDED,
    Person,
    Results,
    Rules,
    Tables,
    Touches,
)
from ripeline.replay.kernel_touches import apply, move, set_grade


@compiled
def fold_people(
    rules: Rules,
    tables: Tables,
    touches: Touches,
    person: Person,
    results: Results,
    first: int,
    as_of: int,
    received_by: int,
) -> int:
    """Folds the people from `first` on; returns whom it did not fold any more, for want of room.

    The results of the people before are whole, and the room bounds the work of one call. Touches after `as_of`, or
    heard of after `received_by`, do not count.
    """
    counts = results.counts
    for number in range(first, len(touches.starts) - 1):
        moves, ignored, later = counts[MOVES], counts[IGNORED], counts[LATER]
        _fold_person(rules, tables, touches, person, results, number, as_of, received_by)
        if counts[IS_FULL] != 0:
            counts[MOVES], counts[IGNORED], counts[LATER], counts[IS_FULL] = moves, ignored, later, 0
            return number
    return len(touches.starts) - 1


@compiled
def _fold_person(
    rules: Rules,
    tables: Tables,
    touches: Touches,
    person: Person,
    results: Results,
    number: int,
    as_of: int,
    received_by: int,
) -> None:
    row, end = touches.starts[number], touches.starts[number + 1]
    while row < end and touches.at[end - 1] > as_of:
        end -= 1
        results.counts[LATER] += 1
    row = _first_heard(touches, row, end, received_by)
    if row == end:
        results.standings[number, 0] = 0
        return
    _start(rules, person, number, touches.at[row])
    ints = person.ints
    while row < end and results.counts[IS_FULL] == 0:
        at = touches.at[row]
        if ints[DUE] < at:
            _pass_time(rules, tables, touches, person, results, at - 1)
        ints[HEARD] = 0
        while row < end and touches.at[row] == at:
            apply(rules, tables, touches, person, results, row)
            row = _first_heard(touches, row + 1, end, received_by)
        if ints[HEARD] != 0 and ints[SUSPENDED] != NONE and ints[SUSPENDED] < at:
            ints[SUSPENDED] = NONE
        if ints[CHANGED] != 0 or ints[DUE] <= at or ints[SETTLED] == 0:
            _look(rules, tables, touches, person, results, at, BY_TOUCH)
    _pass_time(rules, tables, touches, person, results, as_of)
    _stand(rules, tables, touches, person, results, number, as_of)


@woven
def _first_heard(touches: Touches, row: int, end: int, received_by: int) -> int:
    """The first row from `row` on that was heard of in time."""
    if len(touches.received_at) > 0:
        while row < end and touches.received_at[row] > received_by:
            row += 1
    return row


@compiled
def _start(rules: Rules, person: Person, number: int, at: int) -> None:
    ints = person.ints
    ints[STAGE], ints[ENTERED], ints[FIRST], ints[QUIET_SINCE], ints[PERSON] = 0, at, at, at, number
    ints[RAW_DAY], ints[SUSPENDED], ints[ACTIVE], ints[SETTLED] = 0, NONE, 1, 0
    ints[LAST_IN], ints[CHANGED], ints[GRADE], ints[DUE], ints[MADE] = NONE, 1, -1, NEVER, 0
    person.floats[RAW] = 0.0
    person.ints[PASSES] += 1
    for signal in range(len(person.counts)):
        person.counts[signal] = 0
    for rule in range(len(person.given)):
        person.given[rule] = 0
    for question in range(len(person.answers)):
        person.answers[question, 1] = -1
    for word in range(len(person.traits)):
        person.traits[word] = person.traits_at_first[word]
    set_grade(rules, person)


@compiled
def _pass_time(
    rules: Rules, tables: Tables, touches: Touches, person: Person, results: Results, until: int
) -> None:
    """Looks at the rules at every boundary up to and including `until`."""
    while person.ints[DUE] <= until and results.counts[IS_FULL] == 0:
        _look(rules, tables, touches, person, results, person.ints[DUE], BY_TIMER)


@compiled
def _look(
    rules: Rules, tables: Tables, touches: Touches, person: Person, results: Results, at: int, cause: int
) -> None:
    """Looks at the rules once for this instant, and says when to look next."""
    ints, decay = person.ints, touches.decay
    ints[CHANGED] = 0
    if ints[ACTIVE] != 0 and ints[SUSPENDED] == NONE:
        ints[LOOKS] += 1
        person.entered[ints[STAGE]] = ints[LOOKS]
        moved = False
        way = way_out(rules, person, tables.answer_is, decay, at, False)
        while way >= 0:
            to = rules.ways[way, 0]
            move(rules, person, results, decay, to, at, cause, rules.ways[way, 2])
            person.entered[to] = ints[LOOKS]
            moved = True
            way = way_out(rules, person, tables.answer_is, decay, at, False)
        is_settled = not moved or way_out(rules, person, tables.answer_is, decay, at, True) < 0
        ints[SETTLED] = 1 if is_settled else 0
    ints[DUE] = next_due(rules, person, decay, at)


@compiled
def _stand(
    rules: Rules, tables: Tables, touches: Touches, person: Person, results: Results, number: int, as_of: int
) -> None:
    """Writes down what is true of the person in the end."""
    ints, decay, row = person.ints, touches.decay, results.standings[number]
    row[0], row[1], row[2], row[3] = 1, ints[STAGE], ints[ENTERED], ints[GRADE]
    row[4] = -1 - end_of(rules, person, tables.answer_is, decay, rules.settings[PERSONAS_AT], as_of)
    row[5] = -1 - end_of(rules, person, tables.answer_is, decay, rules.settings[RATINGS_AT], as_of)
    row[6], row[7], row[8], row[9] = ints[ACTIVE], ints[LAST_IN], ints[SUSPENDED], ints[FIRST]
    results.standing_scores[number, 0] = shown(rules, person, decay, as_of)
    results.standing_scores[number, 1] = faded(person.floats[RAW], as_of // DAY - person.ints[RAW_DAY], decay)
