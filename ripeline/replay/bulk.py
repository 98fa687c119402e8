"""The bulk engine: many people's whole histories under a playbook, in machine code.

`replay_history` gives what `lifecycle.fold` gives for each person, to the microsecond and to the bit (property 5 of
the contract). It holds no lock while it folds, so threads run beside each other.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ripeline.lifecycle.outcome import TooManyMoves
from ripeline.replay.history import History
from ripeline.replay.judging import as_touches, judge
from ripeline.replay.kernel_state import (
    COUNTS,
    IGNORED,
    IS_ENDLESS,
    LATER,
    MOVE_INTS,
    MOVES,
    NEVER,
    STANDING_INTS,
    WINDOWED,
    Array,
    Person,
    Results,
    Rules,
    Tables,
    empty_person,
    read_only,
)
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.outcome import Moves, Outcome, Skipped, Standings
from ripeline.replay.program import Program, compile_program
from ripeline.replay.wanted import check_wanted

__all__ = ["Outcome", "Program", "compile_program", "replay_history"]

ROOM_AT_FIRST = 4096
"""Transitions there is room for at once, at least; also one for each so many touches."""
TOUCHES_PER_MOVE = 16
AT_ONCE = 200_000
"""So many touches are folded between two looks at whether it is still wanted: a tenth of a second."""
MOST_MOVES_PER_TOUCH = 16
"""More moves in all than so many for each touch, and than the next, are refused: many people go in circles then."""
ALWAYS_ALLOWED = 1_000_000
_MOVE_TYPES = (np.int32, np.int64, np.int16, np.int16, np.int8, np.int32, np.int8)
_STANDING_TYPES = (np.int16, np.int64, np.int8, np.int16, np.int16, np.int8, np.int64, np.int64, np.int64)


def replay_history(
    program: Program,
    history: History,
    as_of: int,
    *,
    received_by: int | None = None,
    want_transitions: bool = True,
) -> Outcome:
    """Folds everybody in the history up to and including `as_of` (microseconds).

    With `received_by` only touches we had heard of by then count. Without `want_transitions` they are counted, not
    kept. Raises ReplayMistake where people go in circles, which would never end or fit in memory, and ValueError for
    `received_by` with a history that does not say when its touches were received.
    """
    tables = judge(program, history)
    standings = _room_for_standings(len(history.people))
    found = _Found(len(program.names.stages), is_kept=want_transitions)
    _fold_everybody(
        program, history, tables, found, standings=standings, as_of=as_of, received_by=received_by
    )
    return Outcome(
        version=program.playbook.version,
        names=program.names,
        as_of=as_of,
        people=history.people,
        touches=history.touches,
        later=found.later,
        moves=found.moves(),
        moves_into=tuple(found.moves_into.tolist()),
        standings=_standings(*standings),
        ignored=_skipped(history, np.concatenate(found.ignored)),
    )


def _fold_everybody(
    program: Program,
    history: History,
    tables: Tables,
    found: _Found,
    *,
    standings: tuple[Array, Array],
    as_of: int,
    received_by: int | None,
) -> None:
    """Runs the kernel again and again, each time with room for so many transitions as it has."""
    # Here: its compiler takes half a second and 60 MB to load, and most processes replay nothing.
    from ripeline.replay import kernel

    touches = as_touches(program, history, as_of, is_dated=received_by is not None)
    rules = Rules(*map(read_only, program.rules))
    person, people = _room_for_one(program, history), len(history.people)
    until = NEVER if received_by is None else received_by
    most = max(ALWAYS_ALLOWED, MOST_MOVES_PER_TOUCH * history.touches)
    first, room, is_begun = 0, max(ROOM_AT_FIRST, min(history.touches, AT_ONCE) // TOUCHES_PER_MOVE), False
    while first < people or not is_begun:
        check_wanted()
        is_begun = True
        results = _room(room, standings)
        some = touches._replace(starts=touches.starts[: _next_end(touches.starts, first)])
        reached = kernel.fold_people(rules, tables, some, person, results, first, as_of, until)
        found.add(results)
        if results.counts[IS_ENDLESS]:
            raise ReplayMistake(f"{TooManyMoves(str(history.people[reached]))}.")
        if sum(found.moves_into) > most:
            raise ReplayMistake(_in_circles(history, most))
        # Somebody who needs more room than there is gets twice as much.
        room = room if reached > first else 2 * room
        first = reached


def _next_end(starts: Array, first: int) -> int:
    """How many of the starts to show, that people from `first` on have about AT_ONCE touches: one person at least."""
    return int(np.searchsorted(starts, starts[first] + AT_ONCE, "right")) + 1


def _room_for_standings(people: int) -> tuple[Array, Array]:
    return np.zeros((people, STANDING_INTS), np.int64), np.zeros((people, 2))


def _room_for_one(program: Program, history: History) -> Person:
    rules: Rules = program.rules
    longest = int(np.diff(history.starts).max(initial=0))
    signals = 1 + int(rules.effects[:, 0].max(initial=-1))
    windowed = int(rules.settings[WINDOWED])
    sizes = (signals, windowed, len(rules.points), int(rules.points[:, 0].sum()), len(program.questions))
    return empty_person(sizes, longest, read_only(program.traits_at_first), len(program.names.stages))


def _room(moves: int, standings: tuple[Array, Array]) -> Results:
    return Results(
        moves=np.empty((moves, MOVE_INTS), np.int64),
        scores=np.empty(moves),
        ignored=np.empty(moves, np.int64),
        standings=standings[0],
        standing_scores=standings[1],
        counts=np.zeros(COUNTS, np.int64),
    )


class _Found:
    """What came out so far; transitions in narrow columns, and only where they are wanted."""

    def __init__(self, stages: int, *, is_kept: bool) -> None:
        self._is_kept = is_kept
        self._kept: list[list[Array]] = []
        self.moves_into = np.zeros(stages, np.int64)
        self.ignored: list[Array] = []
        self.later = 0

    def add(self, run: Results) -> None:
        """The people of one run; the next may use its room."""
        moves = run.moves[: run.counts[MOVES]]
        self.moves_into += np.bincount(moves[:, 3], minlength=len(self.moves_into))
        self.ignored.append(run.ignored[: run.counts[IGNORED]].copy())
        self.later += int(run.counts[LATER])
        if self._is_kept:
            self._kept.append([*_columns(moves, _MOVE_TYPES), run.scores[: run.counts[MOVES]].copy()])

    def moves(self) -> Moves | None:
        """All transitions."""
        return Moves(*map(np.concatenate, zip(*self._kept, strict=True))) if self._is_kept else None


def _in_circles(history: History, most: int) -> str:
    return (
        f"{history.touches:,} touches of {len(history.people):,} people would make more than {most:,} transitions. "
        "Probably an exit by time leads down to a stage from which the way up holds at once; let the way up ask for "
        "something new, such as a signal within 7d."
    )


def _columns(table: Array, types: tuple[type, ...]) -> list[Array]:
    return [table[:, column].astype(kind) for column, kind in enumerate(types)]


def _standings(ints: Array, scores: Array) -> Standings:
    present = np.flatnonzero(ints[:, 0])
    stage, entered_at, grade, persona, rating, active, last_in, suspended_at, first_at = _columns(
        ints[present, 1:], _STANDING_TYPES
    )
    return Standings(
        person=present.astype(np.int32),
        stage=stage,
        entered_at=entered_at,
        grade=grade,
        persona=persona,
        rating=rating,
        active=active,
        last_inbound_at=last_in,
        suspended_at=suspended_at,
        first_at=first_at,
        score=scores[present, 0],
        raw=scores[present, 1],
    )


def _skipped(history: History, rows: Array) -> Skipped:
    person = np.searchsorted(history.starts, rows, "right") - 1
    codes = history.subject.codes[rows]
    values = history.subject.values
    texts = (
        values.take(pa.array(codes)).to_pylist()
        if isinstance(values, pa.Array)
        else [values[it] for it in codes]
    )
    ids = [None] * len(rows) if history.ids is None else history.ids.take(pa.array(rows)).to_pylist()
    return Skipped(person, history.at[rows], rows, tuple(texts), tuple(ids))
