"""A bucket of parts as a History: what a task of a replay does first, wherever it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ripeline.replay.history import OPTIONAL, Column, History, nulls
from ripeline.replay.parts.folder import Folder
from ripeline.replay.parts.form import PartFile, read_part
from ripeline.replay.parts.manifest import Bucket
from ripeline.replay.parts.merging import joined

ALWAYS = ("person", "at", "kind", "actor")


@dataclass(frozen=True, slots=True)
class PartRef:
    """One bucket of people: a small value that any executor can be sent. `touches` and `people` are its size."""

    folder: Folder
    bucket: Bucket

    @property
    def touches(self) -> int:
        """How many touches it holds."""
        return self.bucket.touches

    @property
    def people(self) -> int:
        """How many people it holds."""
        return self.bucket.people

    @property
    def doubtful(self) -> frozenset[str]:
        """The columns to load for finding touches that cannot be read as they are: none where there are no such."""
        is_odd = any(file.odd_attrs != 0 for file in self.bucket.files)
        return frozenset({"attrs"}) if is_odd else frozenset()


def load(part: PartRef, wanted: frozenset[str] = OPTIONAL) -> History:
    """The people of one bucket, with the optional columns `wanted`; the others are not read.

    Raises DamagedParts where bytes are not what was written, or a file is gone.
    """
    names = [*ALWAYS, *(_column(name) for name in sorted(wanted & OPTIONAL))]
    return to_history(load_table(part.folder, part.bucket.files, names), wanted)


def load_table(folder: Folder, files: Sequence[PartFile], columns: Sequence[str]) -> pa.Table:
    """The touches of a bucket's files as one table in order. Raises DamagedParts."""
    tables = [read_part(folder, file, columns) for file in files]
    if len(tables) == 1:
        return tables[0]

    def ids(number: int) -> pa.Array:
        table = tables[number]
        if "id" not in table.column_names:
            table = read_part(folder, files[number], ["id"])
        column = table.column("id").combine_chunks()
        return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column

    return joined(tables, [file.replaced for file in files], ids)


def to_history(table: pa.Table, wanted: frozenset[str] = OPTIONAL) -> History:
    """A table in order as a History; codes and numbers are not copied where nothing is null."""
    rows = table.num_rows
    person = _array(table, "person")
    codes = person.indices.to_numpy()
    changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    starts = np.concatenate(([0], changes, [rows])) if rows else np.zeros(1, np.int64)
    return History(
        people=person.dictionary.take(pa.array(codes[starts[:-1]])),
        starts=starts.astype(np.int64, copy=False),
        at=_array(table, "at").cast(pa.int64()).to_numpy(),
        received_at=_received(table) if "received_at" in wanted else None,
        kind=_coded(table, "kind", wanted),
        direction=_coded(table, "direction", wanted),
        actor=_coded(table, "actor", wanted),
        subject=_coded(table, "subject", wanted),
        attrs=_coded(table, "attrs", wanted),
        value=_array(table, "value").to_numpy(zero_copy_only=False) if "value" in wanted else None,
        ids=_array(table, "id") if "ids" in wanted and "id" in table.column_names else None,
    )


def _column(name: str) -> str:
    return "id" if name == "ids" else name


def _array(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(_chunks(column))


def _chunks(column: pa.ChunkedArray) -> Iterable[pa.Array]:
    return column.chunks or [pa.array([], column.type)]


def _coded(table: pa.Table, name: str, wanted: frozenset[str]) -> Column:
    if name in OPTIONAL and name not in wanted:
        return nulls(table.num_rows)
    array = _array(table, name)
    values = array.dictionary
    if not array.null_count:
        return Column(array.indices.to_numpy(), values)
    codes = array.indices.fill_null(len(values)).to_numpy()
    return Column(codes, pa.concat_arrays([values, pa.nulls(1, pa.string())]))


def _received(table: pa.Table) -> npt.NDArray[np.int64] | None:
    """When we heard of each; where that was never noted, when it happened."""
    if "received_at" not in table.column_names:
        return None
    received = _array(table, "received_at").cast(pa.int64())
    if received.null_count == len(received) > 0:
        return None
    at = _array(table, "at").cast(pa.int64())
    heard: npt.NDArray[np.int64] = pc.coalesce(received, at).to_numpy()
    return heard
