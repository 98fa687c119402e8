"""A whole history under a playbook: files in, transitions and standings out."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from ripeline.lifecycle.explain import tell_story
from ripeline.lifecycle.outcome import TooManyMoves
from ripeline.lifecycle.playbook import Mistake, Playbook, PlaybookMistakes, load_playbook
from ripeline.lifecycle.shipped import shipped_keys, shipped_playbook
from ripeline.replay import packing
from ripeline.replay.bulk import compile_program
from ripeline.replay.folding import STANDING_COLUMNS, TRANSITION_COLUMNS, Folded, fold_bucket, folded_rows
from ripeline.replay.gathering import Bucket, Gathered, Progress, gather, unpack
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.over_parts import Asked, replay_parts
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.problems import PartsProblem
from ripeline.replay.reading import is_history, odd_attrs_of, opened_history
from ripeline.replay.temporary_parts import parts_of_files
from ripeline.replay.unused import Listing
from ripeline.replay.writing import check_outputs, whole_files, write_rows

Engine = Literal["bulk", "fold"]
BUCKETS_UNDER_WAY = 8
"""Buckets handed to the executor and not yet back: enough to keep it busy, few enough to stay small."""
_ROWS_PER_CHUNK = 256
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What a replay came to. `ignored` holds the first sentences about touches that could not be applied."""

    playbook_version: str
    as_of: int | None
    """None when there was no touch at all."""
    touches: int
    repeated: int
    """Touches left out because their id had been seen before."""
    later: int
    """Touches after the end."""
    people: int
    transitions: int
    standings_by_stage: dict[str, int]
    moves_by_stage: dict[str, int]
    """How many transitions led into each stage; one person may come more than once."""
    ignored: tuple[str, ...]
    ignored_count: int
    unused: Listing
    """What else could not be used as it is, where `now` was given."""


def replay_files(
    playbook: Playbook | Path,
    touches: Path,
    *,
    as_of: int | None = None,
    transitions_out: Path | None = None,
    standings_out: Path | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    engine: Engine = "bulk",
    now: int | None = None,
) -> ReplaySummary:
    """Folds every person of `touches` and writes the results asked for, sorted by person and then by time.

    `touches` is a .jsonl or .parquet file, a folder of Parquet parts or one of history parts; results take the
    form their ending names. Without `as_of` (microseconds) the latest touch of the input is the end. With an
    `executor` people are folded on it, a bucket at a time. With `now` the summary lists what could not be used as it
    is. Both engines give the same to the last bit. Raises ReplayMistake, with nothing written, when anything given
    cannot be used.
    """
    playbook = _loaded(playbook)
    asked = [out for out in (transitions_out, standings_out) if out is not None]
    check_outputs(asked, touches)
    with ExitStack() as stack:
        parts = dict(zip(asked, stack.enter_context(whole_files(*asked)), strict=True))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="ripeline-replay-")))
        read = _read(engine, touches, folder, progress or silent)
        end = read.latest if as_of is None else as_of
        runs = _Runs(folder, is_kept=bool(asked))
        if end is not None:
            wanted = Asked(end, transitions=bool(asked), now=now)
            for folded in read.folded(playbook, wanted, executor):
                runs.add(folded)
            if engine == "fold" and now is not None:
                runs.unused += odd_attrs_of(touches)
        if transitions_out is not None:
            write_rows(parts[transitions_out], TRANSITION_COLUMNS, runs.transitions())
        if standings_out is not None:
            write_rows(parts[standings_out], STANDING_COLUMNS, runs.standings())
        return _summary(playbook, end, read, runs)


def _summary(playbook: Playbook, end: int | None, read: _Gathered | _Columns, runs: _Runs) -> ReplaySummary:
    return ReplaySummary(
        playbook_version=playbook.version,
        as_of=end,
        touches=read.touches,
        repeated=read.repeated,
        later=runs.later,
        people=runs.by_stage.total(),
        transitions=runs.moves.total(),
        standings_by_stage={stage.key: runs.by_stage[stage.key] for stage in playbook.stages},
        moves_by_stage={stage.key: runs.moves[stage.key] for stage in playbook.stages},
        ignored=tuple(runs.ignored),
        ignored_count=runs.ignored_count,
        unused=runs.unused,
    )


@dataclass(frozen=True, slots=True)
class Story:
    """Somebody's story in sentences, up to an instant."""

    as_of: int
    sentences: tuple[str, ...]


def explain_person(
    playbook: Playbook | Path,
    touches: Path,
    person: str,
    as_of: int | None = None,
    *,
    progress: Progress | None = None,
) -> Story:
    """The story of one person of `touches`, up to `as_of` (default: the latest touch of all).

    Raises ReplayMistake when the input cannot be used or knows nothing of the person by then.
    """
    playbook = _loaded(playbook)
    with TemporaryDirectory(prefix="ripeline-replay-") as folder:
        gathered = gather(touches, Path(folder), progress or silent)
        history = unpack(gathered.bucket_of(person)).get(person, [])
    end = gathered.latest if as_of is None else as_of
    if end is None or not history:
        raise ReplayMistake(f"{touches}: there is no touch of {person!r}")
    if all(touch.at > end for touch in history):
        raise ReplayMistake(f"{touches}: there is no touch of {person!r} by then; the first comes later")
    try:
        return Story(end, tuple(tell_story(playbook, history, end)))
    except TooManyMoves as endless:
        raise ReplayMistake(f"{endless}.") from None


def read_playbook(path: Path) -> Playbook:
    """The playbook in a file, or the shipped one of that name where there is no such file.

    Raises ReplayMistake: a `file:line: key: what is wrong` per mistake.
    """
    try:
        if str(path) in shipped_keys() and not path.exists():
            return load_playbook(shipped_playbook(str(path)))
        return load_playbook(path.read_text(encoding="utf-8-sig"))
    except PlaybookMistakes as found:
        raise ReplayMistake(*[_placed(path, mistake) for mistake in found.mistakes]) from None
    except UnicodeDecodeError as mistake:
        raise ReplayMistake(f"{path}: not UTF-8 (byte {mistake.start + 1})") from None
    except OSError as mistake:
        raise ReplayMistake(f"{path}: cannot be read: {mistake.strerror}") from None


def _placed(path: Path, mistake: Mistake) -> str:
    key = f"{mistake.path}: " if mistake.path else ""
    return f"{path}:{mistake.line}: {key}{mistake.message}"


def _loaded(playbook: Playbook | Path) -> Playbook:
    return read_playbook(playbook) if isinstance(playbook, Path) else playbook


def silent(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Touches grouped by person for the plain fold."""

    gathered: Gathered
    progress: Progress

    @classmethod
    def read(cls, path: Path, folder: Path, progress: Progress) -> _Gathered:
        return cls(gather(path, folder, progress), progress)

    @property
    def touches(self) -> int:
        return self.gathered.touches

    @property
    def repeated(self) -> int:
        return self.gathered.repeated

    @property
    def latest(self) -> int | None:
        return self.gathered.latest

    def folded(self, playbook: Playbook, asked: Asked, executor: Executor | None) -> Iterator[Folded]:
        total = len(self.gathered)
        if total == 1:
            executor = None  # starting processes would take longer than the work
        each = _each_folded(playbook, self.gathered.buckets(), asked, executor=executor)
        for done, folded in enumerate(each):
            self.progress("folding", done + 1, total)
            yield folded


@dataclass(frozen=True, slots=True)
class _Columns:
    """Touches in parts for the bulk engine."""

    parts: Parts
    touches: int
    progress: Progress

    @classmethod
    def read(cls, path: Path, folder: Path, progress: Progress) -> _Columns:
        if is_history(path):
            parts = opened_history(path)
            return cls(parts, parts.touches, progress)
        return cls(*parts_of_files(path, folder, progress), progress)

    @property
    def repeated(self) -> int:
        return self.touches - self.parts.touches

    @property
    def latest(self) -> int | None:
        return self.parts.latest

    def folded(self, playbook: Playbook, asked: Asked, executor: Executor | None) -> Iterator[Folded]:
        program = compile_program(playbook)
        tell = partial(self.progress, "folding")
        if len(self.parts.buckets) <= 1:
            executor = None  # handing over one bucket is work for nothing
        try:
            for outcome in replay_parts(program, self.parts, asked, executor=executor, progress=tell):
                yield folded_rows(outcome, is_kept=asked.transitions)
        except PartsProblem as problem:
            raise ReplayMistake(str(problem)) from None


def _read(engine: Engine, path: Path, folder: Path, progress: Progress) -> _Gathered | _Columns:
    return (_Columns if engine == "bulk" else _Gathered).read(path, folder, progress)


def _each_folded(
    playbook: Playbook, buckets: Iterable[Bucket], asked: Asked, *, executor: Executor | None
) -> Iterator[Folded]:
    if executor is None:
        yield from (fold_bucket(playbook, bucket, asked.as_of, asked.now) for bucket in buckets)
        return
    under_way: deque[Future[Folded]] = deque()
    for bucket in buckets:
        under_way.append(executor.submit(fold_bucket, playbook, bucket, asked.as_of, asked.now))
        if len(under_way) == BUCKETS_UNDER_WAY:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


class _Runs:
    """Sorted rows of each bucket on disk, merged when asked for: results may be many, memory is not."""

    def __init__(self, folder: Path, *, is_kept: bool) -> None:
        self._folder = folder
        self._is_kept = is_kept
        self._count = 0
        self.by_stage: Counter[str] = Counter()
        self.moves: Counter[str] = Counter()
        self.ignored: list[str] = []
        self.ignored_count = 0
        self.later = 0
        self.unused = Listing()

    def add(self, folded: Folded) -> None:
        if self._is_kept:
            _save(self._folder / f"transitions-{self._count}", folded.transitions)
            _save(self._folder / f"standings-{self._count}", folded.standings)
            self._count += 1
        self.by_stage.update(folded.stands)
        self.moves.update(folded.moves)
        self.later += folded.later
        self.unused += folded.unused
        self.ignored_count += len(folded.ignored)
        self.ignored = heapq.nsmallest(_SHOWN, [*self.ignored, *folded.ignored])

    def transitions(self) -> Iterator[packing.Row]:
        return self._merged("transitions")

    def standings(self) -> Iterator[packing.Row]:
        return self._merged("standings")

    def _merged(self, name: str) -> Iterator[packing.Row]:
        runs = [_load(self._folder / f"{name}-{number}") for number in range(self._count)]
        return heapq.merge(*runs, key=_person_bytes)


def _person_bytes(row: packing.Row) -> bytes:
    return str(row[0]).encode()


def _save(path: Path, rows: Sequence[packing.Row]) -> None:
    with path.open("wb") as file:
        for start in range(0, len(rows), _ROWS_PER_CHUNK):
            file.write(packing.pack(rows[start : start + _ROWS_PER_CHUNK]))


def _load(path: Path) -> Iterator[packing.Row]:
    position: int | None = 0
    while position is not None:
        # Opened for each chunk: a thousand runs must not hold a thousand open files.
        with path.open("rb") as file:
            file.seek(position)
            rows = next(packing.unpack(file), None)
            position = None if rows is None else file.tell()
        yield from rows or ()
