"""Writing a new generation of parts beside the one in force: bucket by bucket, in bounded memory.

New touches of a bucket go into a small file of their own beside the large one (a delta), which swallows deltas not
much larger than itself; when the deltas come to a good share of the bucket, all becomes one file again. So an update
writes about what is new, and a bucket has few files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ripeline.replay.parts.folder import Folder
from ripeline.replay.parts.form import SCHEMA, PartFile, read_part, write_part
from ripeline.replay.parts.loading import load_table
from ripeline.replay.parts.manifest import NAME, Bucket, Manifest
from ripeline.replay.parts.merging import encoded, in_order, joined, without_spares
from ripeline.replay.parts.opening import wrong_files
from ripeline.replay.parts.problems import CannotWrite, PartsProblem, StaleParts
from ripeline.replay.parts.spilling import Repeats, Spill, bucket_rows, buckets_of

BUCKET_TOUCHES: Final = 2_000_000
"""A bucket aims to hold half as many to so many: 100 MB in memory, and enough buckets for many cores."""
MOST_BUCKETS: Final = 4096
DELTA_SHARE: Final = 1 / 8
"""Deltas may come to this share of a bucket, some buckets a little more, so that not all are due on one day."""
PLAIN: Final = pa.schema(
    [
        pa.field(each.name, pa.string() if pa.types.is_dictionary(each.type) else each.type, each.nullable)
        for each in SCHEMA
    ]
)
"""A batch of touches on its way into parts: the columns of a part, texts written out, rows in any order."""

OLD_STAY: Final = "The old ones stay in use."
NO_OLDER: Final = "There are no older ones."
UNUSABLE: Final = "The older ones cannot be used."

Progress = Callable[[int, int], None]
"""Told (touches written, touches in all)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the next generation is to hold beyond the old one.

    `replaced`: people whose touches in the old parts no longer count; what is now true of them is in `batches`.
    `vouched`: the source says that no id comes twice, in the batches and the old parts together; else the first wins.
    `expected` touches in all settle how many buckets there are at first. `compacting`: leave no deltas.
    """

    batches: Iterable[pa.Table]
    source: str
    position: int
    replaced: frozenset[str] = frozenset()
    vouched: bool = False
    expected: int = 0
    compacting: bool = False


@dataclass(slots=True)
class _Stage:
    folder: Folder
    old: Manifest | None
    wanted: Wanted
    generation: str
    bucket_count: int
    replaced: Mapping[int, tuple[str, ...]]
    written: list[str] = field(default_factory=list)
    parent: tuple[int, pa.Table] | None = None

    def write(self, number: int, table: pa.Table, replaced: Sequence[str] = ()) -> PartFile:
        name = f"{number:05d}-{self.generation}.parquet"
        self.written.append(name)
        return write_part(self.folder, name, table, replaced)


def write_generation(
    folder: Folder,
    old: Manifest | None,
    wanted: Wanted,
    *,
    now: int,
    progress: Progress | None = None,
    kept: Callable[[], str] | None = None,
) -> Manifest:
    """Writes the files of a new generation and returns its manifest, which is not yet in force.

    `kept` says what stays in use where that fails; else it is `old`, or nothing.

    Raises CannotWrite, with nothing left behind, where the disk is full; StaleParts where nothing can be added to the
    old parts; DamagedParts where they cannot be read.
    """
    if old is not None and not old.bucket_count:
        raise StaleParts(
            f"The history parts in {folder} were written as given; nothing can be added to them."
        )
    stage = _Stage(
        folder=folder,
        old=old,
        wanted=wanted,
        generation=f"{now:016x}-{token_hex(4)}",
        bucket_count=_bucket_count(old, wanted.expected),
        replaced={},
    )
    stage.replaced = _by_bucket(wanted.replaced, stage.bucket_count)
    try:
        with TemporaryDirectory(prefix="ripeline-history-") as temporary:
            buckets = _write_buckets(stage, Path(temporary), progress or _silent)
    except OSError as trouble:
        folder.remove(stage.written)
        raise CannotWrite(
            say_unwritten(folder, trouble, kept() if kept else say_kept(folder, old))
        ) from trouble
    except BaseException:
        folder.remove(stage.written)
        raise
    return Manifest(
        generation=stage.generation,
        source=wanted.source,
        position=wanted.position,
        bucket_count=stage.bucket_count,
        written_at=now,
        buckets=tuple(buckets),
        retired=old.retired if old else (),
    )


def _bucket_count(old: Manifest | None, expected: int) -> int:
    touches = max(expected, sum(each.touches for each in old.buckets) if old else 0)
    count = old.bucket_count if old else 1
    while count < MOST_BUCKETS and touches > count * BUCKET_TOUCHES:
        count *= 2
    return count


def _by_bucket(people: frozenset[str], bucket_count: int) -> dict[int, tuple[str, ...]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    names = sorted(people, key=str.encode)
    for name, number in zip(names, buckets_of(pa.array(names, pa.string()), bucket_count), strict=True):
        found[int(number)].append(name)
    return {number: tuple(each) for number, each in found.items()}


def say_unwritten(folder: Folder, trouble: OSError, kept: str) -> str:
    """That new parts could not be written, why, and what is in use now (`kept`)."""
    why = trouble.strerror or str(trouble) or type(trouble).__name__
    return f"History parts could not be written to {folder}: {why}. {kept}"


def say_kept(folder: Folder, there: Manifest | None) -> str:
    """What is in use when new parts could not be written beside those that are there."""
    try:
        if there is None:
            return UNUSABLE if NAME in folder.sizes() else NO_OLDER
        return UNUSABLE if wrong_files(folder, there) else OLD_STAY
    except PartsProblem:
        return UNUSABLE


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def _write_buckets(stage: _Stage, temporary: Path, progress: Progress) -> list[Bucket]:
    spill = Spill(temporary, "touches", stage.bucket_count)
    repeats = None if stage.wanted.vouched else Repeats(temporary)
    if repeats:
        _add_old_ids(stage, repeats)
    for batch in stage.wanted.batches:
        _spill_batch(batch, spill, repeats)
    dropped = repeats.found() if repeats else np.empty(0, np.int64)
    total = spill.rows + (sum(each.touches for each in stage.old.buckets) if stage.old else 0)
    buckets, done = [], 0
    for number in range(stage.bucket_count):
        buckets.append(_next_bucket(stage, number, _fresh(spill.bucket(number), dropped)))
        done += buckets[-1].touches
        progress(min(done, total), total)
    return buckets


def _add_old_ids(stage: _Stage, repeats: Repeats) -> None:
    """Ids in the old parts came before all others; those of people who are replaced do not count."""
    for bucket in stage.old.buckets if stage.old else ():
        if not bucket.touches:
            continue
        table = load_table(stage.folder, bucket.files, ["person", "at", "id"])
        if stage.wanted.replaced:
            gone = pa.array(sorted(stage.wanted.replaced), pa.string())
            table = table.filter(
                pc.invert(pc.is_in(table.column("person").cast(pa.string()), value_set=gone))
            )
        repeats.add(table.column("id").to_pylist(), np.full(table.num_rows, -1, np.int64))


def _spill_batch(batch: pa.Table, spill: Spill, repeats: Repeats | None) -> None:
    # Coded at once: the same texts come again and again, and would wait in memory as often.
    batch = encoded(batch.select(PLAIN.names).cast(PLAIN))
    if not batch.num_rows:
        return
    bucket = bucket_rows(batch, len(spill))
    if repeats:
        places = np.arange(spill.rows, spill.rows + batch.num_rows, dtype=np.int64)
        repeats.add(batch.column("id").to_pylist(), places)
        batch = batch.append_column("place", pa.array(places))
    spill.add(batch, bucket)


def _fresh(table: pa.Table | None, dropped: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Table | None:
    """The new touches of a bucket in order, without those whose id came before."""
    if table is None:
        return None
    if "place" in table.column_names:
        table = table.filter(pa.array(~np.isin(table.column("place").to_numpy(), dropped)))
        table = table.drop_columns(["place"])
    return in_order(table) if table.num_rows else None


def _next_bucket(stage: _Stage, number: int, fresh: pa.Table | None) -> Bucket:
    gone = stage.replaced.get(number, ())
    old = _old_bucket(stage, number)
    is_split = stage.old is not None and stage.old.bucket_count != stage.bucket_count
    if old is None or is_split or _is_overdue(stage, old, len(gone) + (fresh.num_rows if fresh else 0)):
        return _whole(stage, number, fresh, gone)
    if fresh is None and not gone:
        return old
    return _with_delta(stage, old, fresh, gone)


def _old_bucket(stage: _Stage, number: int) -> Bucket | None:
    if stage.old is None:
        return None
    return stage.old.buckets[number * stage.old.bucket_count // stage.bucket_count]


def _is_overdue(stage: _Stage, old: Bucket, more: int) -> bool:
    """Whether the bucket is to be one file again, with so many touches and replaced people more."""
    if not old.files:
        return bool(more)
    newer = sum(file.rows + len(file.replaced) for file in old.files[1:]) + more
    if stage.wanted.compacting:
        return newer > 0
    return newer > DELTA_SHARE * (1 + old.number % 8 / 8) * old.files[0].rows


def _whole(stage: _Stage, number: int, fresh: pa.Table | None, gone: Sequence[str]) -> Bucket:
    """The bucket as one file."""
    tables: list[pa.Table] = []
    old = _old_bucket(stage, number)
    if old is not None and old.touches:
        table = _parent(stage, old)
        if stage.old and stage.old.bucket_count != stage.bucket_count:
            table = table.filter(pa.array(bucket_rows(table, stage.bucket_count) == number))
        tables.append(table)
    if fresh is not None:
        tables.append(fresh)
    if not tables:
        return Bucket(number, (), 0, 0, None)
    replaced: list[Sequence[str]] = [(), gone] if fresh is not None and len(tables) == 2 else [()]
    if gone and fresh is None:
        tables, replaced = [*tables, tables[0].slice(0, 0)], [(), gone]
    table = tables[0] if len(tables) == 1 else joined(tables, replaced, _ids_of(tables))
    table = without_spares(in_order(table) if len(tables) == 1 else table)
    file = stage.write(number, table)
    return Bucket(number, (file,), file.rows, file.people, file.latest)


def _parent(stage: _Stage, old: Bucket) -> pa.Table:
    if stage.parent is None or stage.parent[0] != old.number:
        stage.parent = (old.number, load_table(stage.folder, old.files, SCHEMA.names))
    return stage.parent[1]


def _with_delta(stage: _Stage, old: Bucket, fresh: pa.Table | None, gone: Sequence[str]) -> Bucket:
    files = list(old.files)
    delta = fresh if fresh is not None else read_part(stage.folder, files[0], SCHEMA.names).slice(0, 0)
    replaced = set(gone)
    while len(files) > 1 and files[-1].rows <= 2 * max(delta.num_rows, 1):
        older = files.pop()
        tables = [read_part(stage.folder, older, SCHEMA.names), delta]
        delta = joined(tables, [(), tuple(replaced)], _ids_of(tables))
        replaced |= set(older.replaced)
    files.append(stage.write(old.number, without_spares(delta), tuple(replaced)))
    merged = load_table(stage.folder, files, ["person", "at"])
    people = len(merged.column("person").combine_chunks().dictionary) if merged.num_rows else 0
    latest = pc.max(merged.column("at").cast(pa.int64())).as_py()
    return Bucket(old.number, tuple(files), merged.num_rows, people, latest)


def _ids_of(tables: Sequence[pa.Table]) -> Callable[[int], pa.Array]:
    def ids(number: int) -> pa.Array:
        chunks = tables[number].column("id").chunks
        return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())

    return ids
