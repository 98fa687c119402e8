"""Parquet in and out. pyarrow is loaded when the first such file is met: it takes its time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ripeline.lifecycle.touch import Touch, TouchMistake, parse_touch
from ripeline.replay.mistakes import ReplayMistake, Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Sequence[tuple[object, ...]]

_REQUIRED = ("id", "person", "at", "kind")
_COLUMNS = (*_REQUIRED, "direction", "actor", "subject", "value", "attrs")
_BATCH = 8192


def parts_of(path: Path) -> list[Path]:
    """The Parquet files of `path`: itself, or those below the folder in the order of their names.

    Names that begin with a dot or an underscore are the notes of whoever wrote the folder, not parts.
    """
    if not path.is_dir():
        return [path]
    found = (part for part in path.rglob("*.parquet") if part.is_file())
    parts = [part for part in found if not _is_note(part.relative_to(path))]
    if not parts:
        raise ReplayMistake(f"{path}: the folder holds no .parquet part")
    return sorted(parts, key=lambda part: part.relative_to(path).as_posix().encode())


def count_rows(parts: Sequence[Path]) -> int:
    """The rows of all parts, from their footers; a part that cannot be opened counts nought here."""
    import pyarrow.parquet as pq

    rows = 0
    for part in parts:
        try:
            rows += pq.read_metadata(part).num_rows
        except arrow_errors():
            continue  # `read` reports it with its name
    return rows


def read(parts: Sequence[Path], advance: Callable[[int], None]) -> Iterator[Touch | Unreadable]:
    """The touches of the parts in their order, `Unreadable` in place of each row that is none."""
    import pyarrow.parquet as pq

    for part in parts:
        before = 0
        try:
            with pq.ParquetFile(part) as file:
                check_schema(part, file.schema_arrow)
                for batch in file.iter_batches(batch_size=_BATCH):
                    for number, record in enumerate(records_of(batch), before + 1):
                        yield touch_of_row(record, part, number)
                    before += batch.num_rows
                    advance(batch.num_rows)
        except arrow_errors() as mistake:
            yield Unreadable(str(part), f"cannot be read as Parquet after row {before}: {mistake}")


class Writer:
    """Rows of text, `instant` (microseconds) and `number` columns into one Parquet file."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = {"text": pa.string(), "instant": pa.timestamp("us", tz="UTC"), "number": pa.float64()}
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Rows) -> None:
        """Appends the rows as one row group."""
        import pyarrow as pa

        columns = zip(*rows, strict=True) if rows else [()] * len(self._schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        """Writes the footer; without it the file is none."""
        self._writer.close()


def _is_note(relative: Path) -> bool:
    return any(name.startswith((".", "_")) for name in relative.parts)


def arrow_errors() -> tuple[type[Exception], ...]:
    """What reading a damaged file raises."""
    import pyarrow as pa

    return (pa.ArrowException, OSError)


def check_schema(part: Path, schema: pa.Schema) -> None:
    """Raises ReplayMistake where the columns are not those of touches."""
    import pyarrow as pa

    names = list(schema.names)
    wrong = [f"{part}: there is no column {name!r}" for name in _REQUIRED if name not in names]
    wrong += [
        f"{part}: unknown column {name!r}; the columns are {', '.join(_COLUMNS)}"
        for name in names
        if name not in _COLUMNS
    ]
    kind = schema.field("at").type if "at" in names else pa.timestamp("us")
    if not (pa.types.is_timestamp(kind) or is_text(kind)):
        wrong.append(f"{part}: column 'at' must be a timestamp in UTC, not {kind}")
    if wrong:
        raise ReplayMistake(*wrong)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def records_of(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The rows as records of a file."""
    columns = {name: _values(name, batch.column(name)) for name in batch.schema.names}
    names = list(columns)
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(names, row, strict=True))


def _values(name: str, column: pa.Array) -> list[object]:
    """The column as Python values; instants as whole microseconds, digits beyond them cut off as in text.

    A timestamp with a zone is UTC underneath, and one without is taken for UTC, as the file form says.
    """
    import pyarrow as pa

    if name == "at" and pa.types.is_timestamp(column.type):
        micros = column.cast(pa.timestamp("us", column.type.tz), safe=column.type.unit != "ns")
        column = micros.cast(pa.int64())
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return list(column.to_pylist())


def touch_of_row(record: dict[str, Any], part: Path, number: int) -> Touch | Unreadable:
    """The touch a row means, or why it means none."""
    try:
        attrs = record.get("attrs")
        if isinstance(attrs, str):
            record["attrs"] = json.loads(attrs)
        elif attrs is not None:
            raise TouchMistake("'attrs' must be a JSON string, such as '{\"utm_source\": \"ads\"}'")
        return parse_touch(record)
    except json.JSONDecodeError as mistake:
        return Unreadable(f"{part}, row {number}", f"'attrs' is not JSON: {mistake.msg}")
    except (ValueError, RecursionError) as mistake:
        return Unreadable(f"{part}, row {number}", str(mistake))
