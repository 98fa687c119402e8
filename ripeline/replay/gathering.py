"""Touches grouped by person in bounded memory.

Everything goes into buckets by a stable hash of the person; what does not fit in memory is spilled to a
folder, and one bucket at a time is enough to go on. Ids are compared over the whole input, by their 128-bit
digests, in buckets of their own: the same id twice is the same touch, and the first wins.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import Generic, TypeVar
from zlib import crc32

from ripeline.lifecycle.touch import Touch
from ripeline.replay import packing
from ripeline.replay.mistakes import ReplayMistake, Unreadable
from ripeline.replay.reading import measure, read_touches

Item = TypeVar("Item")
Good = TypeVar("Good")
Progress = Callable[[str, int, int], None]
"""Told (what is being done, how much is done, how much there is); the unit is whatever there is to count."""

UNITS_PER_BUCKET = 4 * 1024 * 1024
"""Bytes of JSON Lines per bucket; a Parquet row counts as 150 of them."""
MOST_BUCKETS = 1024
MOST_MISTAKES = 20
"""So many unreadable records are reported; then reading stops, for the file is of another kind."""
_FLUSH_AFTER = 32_768
_ID = Struct("<16sqqI")  # digest, place in the input, instant, bucket of the person


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some people's touches, still packed: a value that can be sent to another process or machine."""

    packed: bytes
    dropped: array[int]
    """Places in the input whose id had been seen before."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """All touches of an input, in buckets. `latest` is the instant of the last one, None when it is empty."""

    touches: int
    repeated: int
    latest: int | None
    _people: _Store[packing.Row]
    _dropped: list[array[int]]

    def buckets(self) -> Iterator[Bucket]:
        """Every bucket, one after the other; no person is in two of them."""
        for number, dropped in enumerate(self._dropped):
            yield Bucket(self._people.content(number), dropped)

    def bucket_of(self, person: str) -> Bucket:
        """The bucket that holds `person`, if anything does."""
        number = crc32(person.encode()) % len(self._dropped)
        return Bucket(self._people.content(number), self._dropped[number])

    def __len__(self) -> int:
        return len(self._dropped)


def gather(path: Path, folder: Path, progress: Progress) -> Gathered:
    """Reads every touch of `path`; `folder` takes what does not fit in memory.

    Raises ReplayMistake naming file and line of the records that cannot be read.
    """
    total = measure(path)
    count = _bucket_count(path, total)
    people = _Store[packing.Row](folder, "people", count, packing.pack)
    ids = _Store[bytes](folder, "ids", count, b"".join)
    touches = 0
    for touch in readable(path, read_touches(path, counter("reading", total, progress))):
        bucket = crc32(touch.person.encode()) % count
        digest = blake2b(touch.id.encode(), digest_size=16).digest()
        ids.add(digest[0] + 256 * digest[1], _ID.pack(digest, touches, touch.at, bucket))
        people.add(bucket, _row(touches, touch))
        touches += 1
    dropped, latest = _find_repeated(ids, count)
    return Gathered(touches, sum(map(len, dropped)), latest, people, dropped)


def unpack(bucket: Bucket) -> dict[str, list[Touch]]:
    """The touches of the bucket by person, in the order of the input, without the repeated ones."""
    dropped = set(bucket.dropped)
    people: dict[str, list[Touch]] = {}
    for rows in packing.unpack(io.BytesIO(bucket.packed)):
        for place, *fields in rows:
            if place not in dropped:
                touch = Touch(*fields)
                people.setdefault(touch.person, []).append(touch)
    return people


class _Store(Generic[Item]):
    """Things appended to numbered buckets, kept in memory until there are many, then packed in files."""

    def __init__(self, folder: Path, name: str, count: int, pack: Callable[[list[Item]], bytes]) -> None:
        self._paths = [folder / f"{name}-{number}" for number in range(count)]
        self._waiting: list[list[Item]] = [[] for _ in range(count)]
        self._pack = pack
        self._held = 0

    def add(self, number: int, item: Item) -> None:
        self._waiting[number % len(self._waiting)].append(item)
        self._held += 1
        if self._held >= _FLUSH_AFTER:
            self._flush()

    def content(self, number: int) -> bytes:
        path = self._paths[number]
        spilled = path.read_bytes() if path.exists() else b""
        return spilled + self._pack(self._waiting[number])

    def _flush(self) -> None:
        for path, waiting in zip(self._paths, self._waiting, strict=True):
            if waiting:
                with path.open("ab") as file:
                    file.write(self._pack(waiting))
                waiting.clear()
        self._held = 0


def _bucket_count(path: Path, total: int) -> int:
    size = total if path.is_file() and path.suffix.lower() == ".jsonl" else total * 150
    return min(MOST_BUCKETS, 1 + size // UNITS_PER_BUCKET)


def readable(path: Path, items: Iterable[Good | Unreadable]) -> Iterator[Good]:
    """What could be read. Raises ReplayMistake, in the end or after many mistakes, where something could not."""
    mistakes: list[str] = []
    for found in items:
        if isinstance(found, Unreadable):
            mistakes.append(str(found))
            if len(mistakes) == MOST_MISTAKES:
                raise ReplayMistake(*mistakes, f"{path}: stopped reading after {MOST_MISTAKES} mistakes")
        elif not mistakes:
            yield found
    if mistakes:
        raise ReplayMistake(*mistakes)


def counter(step: str, total: int, progress: Progress) -> Callable[[int], None]:
    """Tells the progress of a step from how much more is done each time."""
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        progress(step, done, total)

    return advance


def _row(place: int, touch: Touch) -> packing.Row:
    head = (place, touch.id, touch.person, touch.at, touch.kind, touch.direction, touch.actor)
    return (*head, touch.subject, touch.value, dict(touch.attrs))


def _find_repeated(ids: _Store[bytes], count: int) -> tuple[list[array[int]], int | None]:
    """The places to drop, by bucket of the person, and the latest instant of what is kept."""
    dropped: list[array[int]] = [array("q") for _ in range(count)]
    latest: int | None = None
    for number in range(count):
        seen: set[bytes] = set()
        for digest, place, at, bucket in _ID.iter_unpack(ids.content(number)):
            if digest in seen:
                dropped[bucket].append(place)
                continue
            seen.add(digest)
            if latest is None or at > latest:
                latest = at
    return dropped, latest
