"""The form of a part: one Parquet file, one row group, sorted by person, `at` and id; any Parquet reader reads it.

Chosen by measuring 1.6 M touches of 31,000 people on one core (pyarrow 26), for a replay that loads nine columns:

- Texts that repeat are dictionary-encoded and read as dictionaries: codes come out as they lie, 4 ms a column. One row
  group gives each column one dictionary, so nothing is unified. 31,000 people cost 6 ms, and no text is compared:
  where the code changes, the next person begins.
- `at` is split by bytes and LZ4: 5 ms and 5.9 bytes a touch. Plain is 3 ms and 8 bytes, delta packing 6 ms and 5.8.
- The rest is LZ4 too: 55 ms for all nine, where no compression takes 49 ms, Snappy 67 and Zstandard 85 for a fifth
  fewer bytes. Ids (17 bytes of 32) and `received_at` are read seldom and take Zstandard.
- Whole numbers in place of dictionaries would save 30 % of the time, and nobody else could read the files.

So 100 M touches take 3.5 s of one core. Each column's bytes have a CRC-32 in the manifest (5 GB/s), checked before
they are decoded: a flipped bit is an error, never another history.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ripeline.replay.odd_attrs import find_odd
from ripeline.replay.parts.folder import Folder
from ripeline.replay.parts.problems import DamagedParts

SCHEMA_VERSION: Final = 1
"""Goes up with every change of the form: parts of another number are stale."""

TEXT: Final = pa.dictionary(pa.int32(), pa.string())
INSTANT: Final = pa.timestamp("us", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        # In the order in which they are read together, so that one read brings neighbours.
        pa.field("person", TEXT, nullable=False),
        pa.field("at", INSTANT, nullable=False),
        pa.field("kind", TEXT, nullable=False),
        pa.field("actor", TEXT, nullable=False),
        pa.field("direction", TEXT, nullable=False),
        pa.field("subject", TEXT),
        pa.field("attrs", TEXT),  # JSON text; null: no attrs
        pa.field("value", pa.float64()),
        pa.field("received_at", INSTANT),
        pa.field("id", pa.string()),
    ]
)
"""The columns of a part. A part made for one replay may lack `received_at` and `id`."""

DICTIONARIES: Final = ("person", "kind", "actor", "direction", "subject", "attrs")
FOOTER: Final = "footer"
_ZSTD: Final = ("received_at", "id")
_LARGEST_DICTIONARY: Final = 1 << 30  # never fall back to plain pages: codes are what we come for


@dataclass(frozen=True, slots=True)
class PartFile:
    """What the manifest knows of a file. `spans`: offset, length and CRC-32 of each column's bytes and the footer's.

    `replaced`: people all of whose touches in older files of the bucket count no more. `odd_attrs`: how many of its
    distinct attrs are no flat map; None where nobody looked.
    """

    name: str
    rows: int
    people: int
    size: int
    latest: int | None
    spans: Mapping[str, tuple[int, int, int]]
    replaced: tuple[str, ...] = ()
    odd_attrs: int | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The columns the file has."""
        return frozenset(self.spans) - {FOOTER}


def write_part(folder: Folder, name: str, table: pa.Table, replaced: Iterable[str] = ()) -> PartFile:
    """Writes a sorted table (columns of SCHEMA, each in one chunk) as a part. Raises OSError."""
    content = _encoded(table)
    folder.put(name, memoryview(content))
    at = table.column("at")
    latest = pc.max(at).cast(pa.int64()).as_py() if table.num_rows else None
    return PartFile(
        name=name,
        rows=table.num_rows,
        people=len(table.column("person").chunk(0).dictionary) if table.num_rows else 0,
        size=content.size,
        latest=latest,
        spans=_spans(content),
        replaced=tuple(sorted(replaced, key=str.encode)),
        odd_attrs=len(find_odd(table.column("attrs").chunk(0).dictionary)) if table.num_rows else 0,
    )


def read_part(folder: Folder, file: PartFile, columns: Sequence[str]) -> pa.Table:
    """The columns of a part, each in one chunk. Raises DamagedParts where they are not what was written."""
    present = [name for name in columns if name in file.spans]
    content = np.zeros(file.size, np.uint8)  # only the pages that are read take memory
    place = content.data
    try:
        folder.read_ranges(file.name, _neighbours(file, present), place)
    except FileNotFoundError:
        raise DamagedParts(f"{folder}/{file.name} is gone.", file.name) from None
    check_spans(folder, file, place, [*present, FOOTER])
    source = pa.BufferReader(pa.py_buffer(content))
    try:
        with pq.ParquetFile(source, read_dictionary=list(DICTIONARIES)) as parquet:
            table = parquet.read(present, use_threads=False)
    except (pa.ArrowException, OSError) as mistake:
        raise DamagedParts(f"{folder}/{file.name} cannot be read: {mistake}", file.name) from mistake
    if table.num_rows != file.rows:
        raise DamagedParts(f"{folder}/{file.name} has {table.num_rows} rows, not {file.rows}.", file.name)
    return table.select(present).combine_chunks()


def check_spans(folder: Folder, file: PartFile, content: memoryview, names: Iterable[str]) -> None:
    """Compares bytes with the checksums they were written with. Raises DamagedParts."""
    for name in names:
        start, length, checksum = file.spans[name]
        if zlib.crc32(content[start : start + length]) != checksum:
            raise DamagedParts(f"{folder}/{file.name} is damaged: its {name} is not as written.", file.name)


def _encoded(table: pa.Table) -> pa.Buffer:
    names = table.schema.names
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.cast(pa.schema([SCHEMA.field(name) for name in names])),
        sink,
        row_group_size=max(table.num_rows, 1),
        use_dictionary=[name for name in names if name in DICTIONARIES],
        dictionary_pagesize_limit=_LARGEST_DICTIONARY,
        compression={name: "zstd" if name in _ZSTD else "lz4" for name in names},
        column_encoding={name: "BYTE_STREAM_SPLIT" for name in ("at", "received_at") if name in names},
        write_statistics=["at"],
        store_schema=False,
    )
    return sink.getvalue()


def _spans(content: pa.Buffer) -> dict[str, tuple[int, int, int]]:
    place = memoryview(content)
    metadata = pq.read_metadata(pa.BufferReader(content))
    spans, end = {}, 4
    if metadata.num_row_groups:
        group = metadata.row_group(0)
        for number in range(group.num_columns):
            column = group.column(number)
            start = column.dictionary_page_offset or column.data_page_offset
            length = column.total_compressed_size
            spans[column.path_in_schema] = (start, length, zlib.crc32(place[start : start + length]))
            end = max(end, start + length)
    else:
        spans = dict.fromkeys(metadata.schema.to_arrow_schema().names, (end, 0, 0))
    spans[FOOTER] = (end, len(place) - end, zlib.crc32(place[end:]))
    return spans


def _neighbours(file: PartFile, columns: Sequence[str]) -> list[tuple[int, int]]:
    """The stretches to read, those that touch joined into one."""
    joined: list[tuple[int, int]] = []
    for start, length, _ in sorted(file.spans[name] for name in (*columns, FOOTER)):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], start + length)
        else:
            joined.append((start, start + length))
    return joined


def to_json(file: PartFile) -> dict[str, Any]:
    """The file as the manifest writes it."""
    return {
        "name": file.name,
        "rows": file.rows,
        "people": file.people,
        "size": file.size,
        "latest": file.latest,
        "spans": {name: list(span) for name, span in file.spans.items()},
        "replaced": list(file.replaced),
        "odd_attrs": file.odd_attrs,
    }


def from_json(record: Mapping[str, Any]) -> PartFile:
    """The file a manifest's entry means. Raises KeyError, TypeError, ValueError."""
    return PartFile(
        name=str(record["name"]),
        rows=int(record["rows"]),
        people=int(record["people"]),
        size=int(record["size"]),
        latest=None if record["latest"] is None else int(record["latest"]),
        spans={str(name): _span(span) for name, span in record["spans"].items()},
        replaced=tuple(map(str, record["replaced"])),
        # Not in files of earlier releases.
        odd_attrs=record.get("odd_attrs"),
    )


def _span(given: Sequence[int]) -> tuple[int, int, int]:
    start, length, checksum = given
    return int(start), int(length), int(checksum)
