"""Touches put into buckets of people in bounded memory: what does not fit waits in files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa

HELD_BYTES: Final = 192 * 1024 * 1024
"""So much waits in memory, over all buckets; then it goes into the files."""
ID_BUCKETS: Final = 256
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.int64]


def buckets_of(people: pa.Array, bucket_count: int) -> Numbers:
    """The bucket of each person (a text): the same for ever, and on every machine.

    The first bits of a hash, so that a bucket splits into two neighbours when their count doubles.
    """
    bits = bucket_count.bit_length() - 1
    if not bits:
        return np.zeros(len(people), np.int64)
    checksums = np.fromiter((crc32(person.encode()) for person in people.to_pylist()), np.uint64, len(people))
    # A CRC keeps much of the order of numbers written as text; the product spreads them.
    return ((checksums * _GOLDEN) >> np.uint64(64 - bits)).astype(np.int64)


def bucket_rows(table: pa.Table, bucket_count: int) -> Numbers:
    """The bucket of each row's person."""
    column = table.column("person").combine_chunks()
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    coded = coded.unify_dictionaries().combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    rows: Numbers = buckets_of(coded.dictionary, bucket_count)[coded.indices.to_numpy()]
    return rows


class Spill:
    """Rows by bucket, in the order in which they were added."""

    def __init__(self, folder: Path, name: str, bucket_count: int) -> None:
        self._paths = [folder / f"{name}-{number}" for number in range(bucket_count)]
        self._held: list[list[pa.Table]] = [[] for _ in range(bucket_count)]
        self._bytes = 0
        self.rows = 0

    def add(self, table: pa.Table, bucket: Numbers) -> None:
        """Adds rows, each to its bucket. Raises OSError where the disk is full."""
        order = np.argsort(bucket, kind="stable")
        numbers, starts = np.unique(bucket[order], return_index=True)
        ends = [*starts[1:], len(order)]
        ordered = table.take(pa.array(order))
        for number, start, end in zip(numbers, starts, ends, strict=True):
            self._held[number].append(ordered.slice(start, end - start))
        self.rows += table.num_rows
        self._bytes += table.nbytes
        if self._bytes > HELD_BYTES:
            self._flush()

    def __len__(self) -> int:
        return len(self._paths)

    def bucket(self, number: int) -> pa.Table | None:
        """The rows of a bucket, None where there are none; what was in memory leaves it."""
        held, self._held[number] = self._held[number], []
        path = self._paths[number]
        if path.exists():
            with path.open("rb") as file:
                held = [*_streams(file), *held]
            path.unlink()
        return pa.concat_tables(held) if held else None

    def _flush(self) -> None:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        for path, held in zip(self._paths, self._held, strict=True):
            if held:
                table = pa.concat_tables(held).unify_dictionaries().combine_chunks()
                # Opened for each: a thousand buckets must not hold a thousand open files.
                with path.open("ab") as file, pa.ipc.new_stream(file, table.schema, options=options) as out:
                    out.write_table(table)
                held.clear()
        self._bytes = 0


class Repeats:
    """Finds ids that came before, over all buckets, by their 128-bit digests."""

    def __init__(self, folder: Path) -> None:
        self._spill = Spill(folder, "ids", ID_BUCKETS)

    def add(self, ids: Sequence[str], places: Numbers) -> None:
        """Ids with their places in the input; an id belongs to its lowest place."""
        digests = b"".join(blake2b(each.encode(), digest_size=16).digest() for each in ids)
        halves = np.frombuffer(digests, np.uint64).reshape(-1, 2)
        columns = {"high": halves[:, 0], "low": halves[:, 1], "place": places}
        table = pa.table({name: pa.array(np.ascontiguousarray(values)) for name, values in columns.items()})
        self._spill.add(table, (halves[:, 0] % np.uint64(ID_BUCKETS)).astype(np.int64))

    def found(self) -> Numbers:
        """The places of ids that had come before, ascending."""
        repeated = [_repeated(table) for table in map(self._spill.bucket, range(ID_BUCKETS)) if table]
        return np.sort(np.concatenate([np.empty(0, np.int64), *repeated]))


def _repeated(table: pa.Table) -> Numbers:
    high, low, place = (table.column(name).to_numpy() for name in ("high", "low", "place"))
    order = np.lexsort((place, low, high))
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    return np.asarray(place[order][1:][same], np.int64)


def _streams(file: IO[Any]) -> Iterator[pa.Table]:
    """Each flush is a stream of its own; they stand one after the other."""
    source = pa.PythonFile(file, "r")
    size = source.size()
    while source.tell() < size:
        yield pa.ipc.open_stream(source).read_all()
