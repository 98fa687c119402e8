"""Replaying parts: in order, few at a time, until nobody wants it any more."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import load_playbook
from ripeline.replay import bulk
from ripeline.replay.bulk import compile_program
from ripeline.replay.history import from_touches
from ripeline.replay.over_parts import Asked, each_part, replay_parts
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.problems import DamagedParts
from ripeline.replay.parts.updating import write_parts
from ripeline.replay.wanted import ReplayCancelled, check_wanted
from tests.lifecycle.examples import LIFE, PLAYBOOK
from tests.replay.alike import folded, rows_of

pytestmark = pytest.mark.pure
PROGRAM = compile_program(load_playbook(PLAYBOOK))
END = LIFE[-1].at + DAY
PEOPLE = [f"p{number}" for number in range(9)]


def crowd_in(folder: Path) -> Parts:
    """Nine people with one life, each in a bucket of their own, heard of a day late."""
    histories = [
        from_touches(
            [replace(it, person=who, id=f"{who} {it.id}") for it in LIFE], [it.at + DAY for it in LIFE]
        )
        for who in PEOPLE
    ]
    return write_parts(str(folder), histories, now=0)


def test_outcomes_come_in_the_order_of_the_buckets(tmp_path: Path) -> None:
    parts = crowd_in(tmp_path)
    alone = list(replay_parts(PROGRAM, parts, Asked(END)))
    with ThreadPoolExecutor(3) as threads:
        together = list(replay_parts(PROGRAM, parts, Asked(END), executor=threads))
    assert [it.people.to_pylist() for it in together] == [[who] for who in PEOPLE]
    assert list(map(rows_of, together)) == list(map(rows_of, alone))
    assert rows_of(alone[0]) == folded(PROGRAM.playbook, [replace(it, person="p0") for it in LIFE], END)


class Held(Executor):
    """Runs at once and remembers what was handed over."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        self.futures.append(future)
        return future


def test_no_more_buckets_are_under_way_than_asked_for(tmp_path: Path) -> None:
    held, fetched = Held(), 0
    for _ in replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END), executor=held, under_way=3):
        assert len(held.futures) - fetched <= 3
        fetched += 1
    assert fetched == len(PEOPLE)


def test_progress_is_told_in_touches_up_to_all(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    list(replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END), progress=lambda *it: told.append(it)))
    assert told == [(len(LIFE) * n, len(LIFE) * len(PEOPLE)) for n in range(1, len(PEOPLE) + 1)]


def test_a_replay_can_be_given_up_in_the_middle(tmp_path: Path) -> None:
    came: list[object] = []

    def is_over() -> bool:
        return len(came) >= 2

    with ThreadPoolExecutor(2) as threads:
        outcomes = replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END), executor=threads, cancelled=is_over)
        came += [next(outcomes), next(outcomes)]
        with pytest.raises(ReplayCancelled):
            next(outcomes)


@pytest.mark.parametrize("threads", [0, 2])
def test_a_replay_is_given_up_in_the_middle_of_a_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Between some people and the next: here nobody after the first, of the one bucket there is."""
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    everybody = from_touches([replace(it, person=who, id=f"{who} {it.id}") for who in PEOPLE for it in LIFE])
    parts = write_parts(str(tmp_path), [everybody], now=0)
    folding, looks = Event(), list[bool]()

    def room(moves: int, standings: Any) -> Any:
        looks.append(True)
        folding.set()
        # On a thread of its own the task goes on until it hears that it is not wanted.
        while threads:
            check_wanted()
        return a_room(moves, standings)

    a_room = bulk._room
    monkeypatch.setattr(bulk, "_room", room)
    with ExitStack() as stack:
        executor = stack.enter_context(ThreadPoolExecutor(threads)) if threads else None
        with pytest.raises(ReplayCancelled):
            list(replay_parts(PROGRAM, parts, Asked(END), executor=executor, cancelled=folding.is_set))
    assert len(looks) == 1


def test_people_folded_a_few_at_a_time_are_folded_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = from_touches([replace(it, person=who, id=f"{who} {it.id}") for who in PEOPLE for it in LIFE])
    whole = rows_of(bulk.replay_history(PROGRAM, everybody, END))
    for few in (1, len(LIFE), 2 * len(LIFE) + 1):
        monkeypatch.setattr(bulk, "AT_ONCE", few)
        assert rows_of(bulk.replay_history(PROGRAM, everybody, END)) == whole


def test_only_what_had_been_heard_of_counts(tmp_path: Path) -> None:
    by = LIFE[4].at + DAY
    outcome = next(replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END, received_by=by)))
    known = [replace(it, person="p0") for it in LIFE if it.at + DAY <= by]
    assert rows_of(outcome) == folded(PROGRAM.playbook, known, END)


def test_what_was_ignored_has_its_id(tmp_path: Path) -> None:
    outcome = next(replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END)))
    assert outcome.ignored.id == tuple(f"p0 {it.id}" for it in LIFE if it.subject == "winner")


def test_damage_met_on_the_way_is_raised(tmp_path: Path) -> None:
    parts = crowd_in(tmp_path)
    file = sorted(tmp_path.glob("*.parquet"))[5]
    content = bytearray(file.read_bytes())
    content[len(content) // 8] ^= 1
    file.write_bytes(content)
    with ThreadPoolExecutor(2) as threads, pytest.raises(DamagedParts, match=file.name):
        list(replay_parts(PROGRAM, parts, Asked(END), executor=threads))


def test_without_transitions_only_counts_come(tmp_path: Path) -> None:
    whole = next(replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END)))
    counted = next(replay_parts(PROGRAM, crowd_in(tmp_path), Asked(END, transitions=False)))
    assert counted.moves is None
    assert (counted.moves_into, counted.stands_in) == (whole.moves_into, whole.stands_in)


class DoneInTheVeryMoment(Future[int]):
    """Becomes done just after a wait for it has run out."""

    def result(self, timeout: float | None = None) -> int:
        if not self.done():
            self.set_result(7)
            raise TimeoutError
        return super().result(timeout)


def test_a_result_that_comes_in_the_moment_a_wait_runs_out_is_taken(tmp_path: Path) -> None:
    class Once(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            return DoneInTheVeryMoment()

    assert set(each_part(int, (), crowd_in(tmp_path), executor=Once())) == {7}
