"""History parts made, brought up to date, compacted. One writer at a time: the caller sees to it.

A reader needs no lock. Files never change; those that a new manifest leaves out stay for half an hour, longer than
any replay that began before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from secrets import token_hex
from typing import Final

import numpy as np
import pyarrow as pa

from ripeline.replay.history import Column, History
from ripeline.replay.parts.building import Progress, Wanted, say_kept, say_unwritten, write_generation
from ripeline.replay.parts.folder import BEGUN, Folder
from ripeline.replay.parts.form import write_part
from ripeline.replay.parts.manifest import NAME, Bucket, Manifest, read_manifest, retire, write_manifest
from ripeline.replay.parts.merging import without_spares
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.problems import CannotWrite, PartsProblem

GRACE: Final = 30 * 60 * 1_000_000
"""Microseconds for which a file stays after the manifest that left it out: a replay takes seconds or minutes."""
_PART: Final = r"\d{5}-[0-9a-f]{16}-[0-9a-f]{8}\.parquet"


def update_parts(
    url: str, wanted: Wanted, *, now: int, progress: Progress | None = None, anew: bool = False
) -> Parts:
    """Adds what is wanted to the parts in a folder, or makes them; `anew` uses nothing that is there.

    Raises PartsProblem: what is there cannot be used (call again with `anew`) or new files cannot be written; the old
    parts are then as they were.
    """
    folder = Folder(url)
    there = readable_manifest(folder) if anew or NAME not in folder.sizes() else read_manifest(folder)
    sweep(folder, there)
    old = None if anew else there

    def kept() -> str:
        return say_kept(folder, there)

    new = write_generation(folder, old, wanted, now=now, progress=progress, kept=kept)
    return put_in_force(folder, there, new, now=now)


def readable_manifest(folder: Folder) -> Manifest | None:
    """The manifest in the folder if it can be read, whoever it is from: its files go when a new one is in force."""
    try:
        return read_manifest(folder)
    except PartsProblem:
        return None


def put_in_force(
    folder: Folder,
    old: Manifest | None,
    new: Manifest,
    *,
    now: int,
    kept: Callable[[], str] | None = None,
) -> Parts:
    """Makes a generation the one that is opened, and removes files nobody has needed for a while.

    Raises CannotWrite; the files of the new generation are then gone and the old one stays in force. For `kept` see
    `write_generation`.
    """
    listed = retire(old, new) if old else new
    over = [each for each in listed.retired if each.since + GRACE < now]
    manifest = replace(listed, retired=tuple(each for each in listed.retired if each not in over))
    try:
        write_manifest(folder, manifest)
    except OSError as trouble:
        left = {file.name for file in old.files} if old else set()
        folder.remove(file.name for file in new.files if file.name not in left)
        said = kept() if kept else say_kept(folder, old)
        raise CannotWrite(say_unwritten(folder, trouble, said)) from trouble
    folder.remove(each.name for each in over)
    return Parts(folder, manifest)


def sweep(folder: Folder, old: Manifest | None) -> None:
    """Removes what writers that died left behind: files of ours that no manifest speaks of.

    Only for whoever is the one writer; without a manifest nothing is known to be needed and all parts go.
    """
    known: set[str] = set()
    if old is not None:
        known = {file.name for file in old.files} | {each.name for each in old.retired}
    left = [name for name in folder.sizes() if _is_ours(name) and name not in known]
    folder.remove(left)


def write_parts(url: str, histories: Iterable[History], *, now: int, source: str = "") -> Parts:
    """Writes each History as one bucket, as it is: the fast way from columns to parts, for benchmarks and files.

    No person may be in two of them. Nothing can be added to such parts later. Raises CannotWrite.
    """
    folder = Folder(url)
    generation = f"{now:016x}-{token_hex(4)}"
    buckets: list[Bucket] = []
    old = readable_manifest(folder)
    try:
        for number, history in enumerate(histories):
            table = without_spares(from_history(history))
            file = write_part(folder, f"{number:05d}-{generation}.parquet", table)
            buckets.append(Bucket(number, (file,), file.rows, file.people, file.latest))
    except OSError as trouble:
        folder.remove(file.name for bucket in buckets for file in bucket.files)
        raise CannotWrite(say_unwritten(folder, trouble, say_kept(folder, old))) from trouble
    new = Manifest(generation, source, 0, 0, now, tuple(buckets))
    return put_in_force(folder, old, new, now=now)


def from_history(history: History) -> pa.Table:
    """The columns of a History as a table in order; what it lacks (ids, instants of receipt) the table lacks."""
    counts = np.diff(history.starts)
    person = np.repeat(np.arange(len(history.people), dtype=np.int32), counts)
    columns = {
        "person": pa.DictionaryArray.from_arrays(pa.array(person), history.people),
        "at": _instants(history.at),
        "kind": _texts(history.kind),
        "actor": _texts(history.actor),
        "direction": _texts(history.direction),
        "subject": _texts(history.subject),
        "attrs": _texts(history.attrs),
        "value": _values(history),
    }
    if history.received_at is not None:
        columns["received_at"] = _instants(history.received_at)
    if history.ids is not None:
        columns["id"] = history.ids
    return pa.table(columns)


def _is_ours(name: str) -> bool:
    """By its form: somebody may have pointed us at a folder with files of their own."""
    return (
        re.fullmatch(rf"{_PART}|\.({_PART}|{re.escape(NAME)})\.[0-9a-f]{{8}}{re.escape(BEGUN)}", name)
        is not None
    )


def _instants(at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    return pa.array(at, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def _values(history: History) -> pa.Array:
    if history.value is None:
        return pa.nulls(history.touches, pa.float64())
    return pa.array(history.value, pa.float64(), mask=np.isnan(history.value))


def _texts(column: Column) -> pa.Array:
    values = (
        column.values if isinstance(column.values, pa.Array) else pa.array(list(column.values), pa.string())
    )
    codes = pa.array(np.asarray(column.codes, np.int32))
    if not values.null_count:
        return pa.DictionaryArray.from_arrays(codes, values)
    valid = values.is_valid()
    new_code = np.cumsum(valid.to_numpy(zero_copy_only=False)) - 1
    mapped = pa.array(new_code.astype(np.int32), mask=~valid.to_numpy(zero_copy_only=False))
    return pa.DictionaryArray.from_arrays(mapped.take(codes), values.drop_null())
