"""A whole history in parts under a playbook: a bucket at a time, on any executor, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import Final, TypeVar

import pyarrow as pa

from ripeline.replay.bulk import Outcome, Program, replay_history
from ripeline.replay.outcome import Skipped
from ripeline.replay.parts.loading import PartRef, load
from ripeline.replay.parts.opening import Parts
from ripeline.replay.unused import find_unused
from ripeline.replay.wanted import ReplayCancelled, run_while_wanted

UNDER_WAY: Final = 4
"""Buckets handed to the executor and not yet back: enough for two cores to be busy, few enough to stay small."""
PATIENCE: Final = 0.2
"""Seconds after which a wait asks whether it is still wanted."""

Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Told (touches folded, touches in all)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a replay of parts is to say; a small value that is sent along with each bucket.

    `received_by`: only touches heard of by then count. Without `transitions` they are counted, not kept. With `now`
    it lists what could not be used as it is; what is dated later lies in the future.
    """

    as_of: int
    received_by: int | None = None
    transitions: bool = True
    now: int | None = None


def replay_parts(
    program: Program,
    parts: Parts,
    asked: Asked,
    *,
    executor: Executor | None = None,
    under_way: int = UNDER_WAY,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Outcome]:
    """The outcome of each bucket, in the order of the buckets; without an executor one after the other, here.

    At most `under_way` buckets are in memory at once. Raises DamagedParts where bytes are not what was written, and
    ReplayCancelled soon after `cancelled` says so; what was handed over and has not begun is then dropped.
    """
    done = 0
    tasks = each_part(
        replay_part, (program, asked), parts, executor=executor, under_way=under_way, cancelled=cancelled
    )
    for outcome in tasks:
        done += outcome.touches
        if progress is not None:
            progress(done, parts.touches)
        yield outcome


def each_part(
    task: Callable[..., Result],
    given: tuple[object, ...],
    parts: Parts,
    *,
    executor: Executor | None = None,
    under_way: int = UNDER_WAY,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Result]:
    """`task(*given, part)` for each bucket, in their order; at most `under_way` at once. Raises ReplayCancelled.

    What is under way then, or where nobody asks for the next result, ends soon where it runs in this process.
    """
    is_over = cancelled or _is_wanted
    if executor is None:
        for part in parts.buckets:
            if is_over():
                raise ReplayCancelled
            yield run_while_wanted(is_over, task, *given, part)
        return
    waiting: deque[Future[Result]] = deque()
    ended = Event()
    submit = _submitting(executor, task, given, ended)
    try:
        for part in parts.buckets:
            waiting.append(submit(part))
            if len(waiting) == under_way:
                yield _result(waiting.popleft(), is_over)
        while waiting:
            yield _result(waiting.popleft(), is_over)
    finally:
        ended.set()
        for future in waiting:
            future.cancel()


def _submitting(
    executor: Executor, task: Callable[..., Result], given: tuple[object, ...], ended: Event
) -> Callable[[PartRef], Future[Result]]:
    """Hands a part over; where the task runs in this process, it is told when all has ended."""
    work = partial(task, *given)
    if isinstance(executor, ThreadPoolExecutor):
        work = partial(run_while_wanted, ended.is_set, work)
    return lambda part: executor.submit(work, part)


def replay_part(program: Program, asked: Asked, part: PartRef) -> Outcome:
    """The people of one bucket: what a task does, wherever it runs."""
    wanted = program.columns | ({"received_at"} if asked.received_by is not None else set())
    history = load(part, frozenset(wanted) | (part.doubtful if asked.now is not None else frozenset()))
    outcome = replay_history(
        program,
        history,
        asked.as_of,
        received_by=asked.received_by,
        want_transitions=asked.transitions,
    )
    if asked.now is not None:
        unused = find_unused(history, (program.playbook,), future=asked.now, attrs=bool(part.doubtful))
        outcome = replace(outcome, unused=unused)
    if not len(outcome.ignored.row):
        return outcome
    # Ids are wide and needed for these few only.
    ids = load(part, frozenset({"ids"})).ids
    return outcome if ids is None else replace(outcome, ignored=_named(outcome.ignored, ids))


def _named(skipped: Skipped, ids: pa.Array) -> Skipped:
    return replace(skipped, id=tuple(ids.take(pa.array(skipped.row)).to_pylist()))


def _is_wanted() -> bool:
    return False


def _result(future: Future[Result], is_over: Callable[[], bool]) -> Result:
    while not is_over():
        try:
            return future.result(timeout=PATIENCE)
        except TimeoutError:
            # It may have been done in this very moment; and a task may raise the same.
            if future.done():
                return future.result()
    future.cancel()
    raise ReplayCancelled
