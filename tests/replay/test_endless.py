"""Definitions by which people go in circles: refused with a sentence, by both engines, in bounded time and memory."""

from __future__ import annotations

import pytest

from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.instant import DAY, parse_instant
from ripeline.lifecycle.outcome import MOST_MOVES, TooManyMoves
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch
from ripeline.replay.bulk import compile_program, replay_history
from ripeline.replay.history import from_touches
from ripeline.replay.mistakes import ReplayMistake
from tests.replay.alike import bulk, folded

pytestmark = pytest.mark.pure
CIRCLE = """
key: circle
title: Circle
stages:
  - {key: low}
  - {key: high, enter: {signal: page_viewed}, exit: [{when: {in_stage: 1h}, to: low}]}
"""
PLAYBOOK = load_playbook(CIRCLE)
START = parse_instant("2023-01-01T00:00:00Z")
HOUR = DAY // 24


def visits(people: int) -> list[Touch]:
    return [
        Touch(f"t{n}", f"p{n}", START, "page_viewed", "in", "human", None, None, {}) for n in range(people)
    ]


def test_both_engines_allow_as_many_moves_as_there_may_be_and_refuse_the_next() -> None:
    moves = fold(PLAYBOOK, visits(1), START + 1000 * HOUR, explained=False).transitions
    pace = (moves[-1].at - moves[0].at) / (len(moves) - 1)
    last = START + int(pace * (MOST_MOVES - 1))
    ends = list(range(last - 3 * HOUR, last + 3 * HOUR, HOUR // 2))
    allowed = [end for end in ends if _moves(end) is not None]
    assert allowed == ends[: len(allowed)]
    assert 0 < len(allowed) < len(ends)
    assert max(_moves(end) or 0 for end in allowed) == MOST_MOVES
    assert bulk(PLAYBOOK, visits(1), allowed[-1]) == folded(PLAYBOOK, visits(1), allowed[-1])
    for end in (allowed[-1], ends[len(allowed)]):
        is_refused = end not in allowed
        assert _is_refused_in_bulk(end) == is_refused


def test_many_people_in_circles_are_refused_before_they_fill_the_memory() -> None:
    history = from_touches(visits(300))
    for wanted in (True, False):
        with pytest.raises(ReplayMistake, match="300 touches of 300 people would make more than 1,000,000"):
            replay_history(compile_program(PLAYBOOK), history, START + 5000 * HOUR, want_transitions=wanted)


def test_what_is_refused_is_said_with_the_person_and_a_way_out() -> None:
    with pytest.raises(ReplayMistake, match=r"'p0' would move more than 10,000 times.*signal within 7d"):
        replay_history(compile_program(PLAYBOOK), from_touches(visits(2)), START + 3 * 365 * DAY)


def _moves(end: int) -> int | None:
    try:
        return len(fold(PLAYBOOK, visits(1), end, explained=False).transitions)
    except TooManyMoves:
        return None


def _is_refused_in_bulk(end: int) -> bool:
    try:
        replay_history(compile_program(PLAYBOOK), from_touches(visits(1)), end)
    except ReplayMistake:
        return True
    return False
