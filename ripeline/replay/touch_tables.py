"""Touches out of files as tables: whole blocks at once where all is well, record by record where it is not.

The quick way accepts nothing the careful one (`reading`) would refuse: a block with anything unusual in it is read
again with care, so mistakes are told as they always are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ripeline.lifecycle.instant import FIRST_INSTANT, LAST_INSTANT
from ripeline.lifecycle.touch import ACTORS, DIRECTIONS, KINDS, Touch, parse_touch
from ripeline.replay import parquet
from ripeline.replay.history import attrs_text
from ripeline.replay.mistakes import Unreadable
from ripeline.replay.parts.building import PLAIN
from ripeline.replay.reading import LONGEST_LINE, refuse_constant, skip_rest, touch_of_line

Advance = Callable[[int], None]
Columns = dict[str, Any]

BLOCK_BYTES: Final = 4 * 1024 * 1024
BATCH_ROWS: Final = 65_536
_FIELDS: Final = frozenset(("id", "person", "at", "kind", "direction", "actor", "subject", "value", "attrs"))
_ANY: Final = {"id": "i", "person": "p", "kind": "k", "at": 0}
_UTC: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
_BLANK: Final = b" \t\r\n"
_DECODER: Final = json.JSONDecoder(parse_constant=refuse_constant)


class Unusual(Exception):
    """Something in a block asks for the careful way."""


def table_of_touches(touches: Iterable[Touch]) -> pa.Table:
    """The touches as a table of the schema parts are made from."""
    rows = list(touches)
    return pa.table(
        {
            "person": [it.person for it in rows],
            "at": pa.array([it.at for it in rows], pa.int64()).cast(PLAIN.field("at").type),
            "kind": [it.kind for it in rows],
            "actor": [it.actor for it in rows],
            "direction": [it.direction for it in rows],
            "subject": [it.subject for it in rows],
            "attrs": [attrs_text(it.attrs) for it in rows],
            "value": [None if it.value is None else float(it.value) for it in rows],
            "received_at": pa.nulls(len(rows), PLAIN.field("received_at").type),
            "id": [it.id for it in rows],
        },
        schema=PLAIN,
    )


def read_json_tables(path: Path, advance: Advance) -> Iterator[pa.Table | Unreadable]:
    """The touches of a JSON Lines file in their order, block by block; `Unreadable` for each line that is none."""
    with path.open("rb") as file:
        number = 0
        for lines in _blocks(file):
            try:
                yield _quick_table(lines, is_first=number == 0)
            except Unusual:
                yield from _careful_tables(lines, path, number)
            number += len(lines)
            advance(sum(map(len, lines)))


def checked_table(columns: Columns) -> pa.Table:
    """Columns of Arrow arrays as a table of touches. Raises Unusual where any row might be no touch."""
    texts = {name: columns[name] for name in ("id", "person", "kind", "subject", "direction", "actor")}
    for name in ("id", "person", "kind"):
        _refuse(texts[name].null_count or pc.any(pc.equal(texts[name], "")).as_py())
    for name, allowed in (("direction", DIRECTIONS), ("actor", ACTORS)):
        _refuse(not pc.all(pc.is_in(texts[name], value_set=pa.array([*allowed, None], pa.string()))).as_py())
    for name in ("id", "person", "kind", "subject"):
        _refuse(pc.any(pc.match_substring(texts[name], "\x00")).as_py())
    at, value = columns["at"], columns["value"]
    _refuse(at.null_count or not _is_between(at, FIRST_INSTANT, LAST_INSTANT))
    _refuse(not pc.all(pc.is_finite(value.drop_null())).as_py())
    return pa.table(
        {
            **texts,
            "direction": pc.coalesce(texts["direction"], _usual_directions(texts["kind"])),
            "actor": pc.fill_null(texts["actor"], "unknown"),
            "at": at.cast(PLAIN.field("at").type),
            "attrs": columns["attrs"],
            "value": value,
            "received_at": pa.nulls(len(at), PLAIN.field("received_at").type),
        }
    ).select(PLAIN.names)


def read_parquet_tables(parts: Sequence[Path], advance: Advance) -> Iterator[pa.Table | Unreadable]:
    """The touches of Parquet parts in their order; `Unreadable` for each row that is none."""
    for part in parts:
        before = 0
        try:
            with pq.ParquetFile(part) as file:
                parquet.check_schema(part, file.schema_arrow)
                for batch in file.iter_batches(batch_size=BATCH_ROWS):
                    yield from _tables_of_batch(batch, part, before)
                    before += batch.num_rows
                    advance(batch.num_rows)
        except parquet.arrow_errors() as mistake:
            yield Unreadable(str(part), f"cannot be read as Parquet after row {before}: {mistake}")


def _tables_of_batch(batch: pa.RecordBatch, part: Path, before: int) -> Iterator[pa.Table | Unreadable]:
    try:
        yield checked_table(_batch_columns(batch))
    except Unusual:
        numbered = enumerate(parquet.records_of(batch), before + 1)
        yield from _sorted_out(parquet.touch_of_row(record, part, number) for number, record in numbered)


def _batch_columns(batch: pa.RecordBatch) -> Columns:
    columns: Columns = {}
    try:
        for name in _FIELDS - {"at", "value"}:
            columns[name] = _text_column(batch, name)
        kind = batch.schema.field("at").type
        _refuse(not pa.types.is_timestamp(kind))
        micros = batch.column("at").cast(pa.timestamp("us", kind.tz), safe=kind.unit != "ns")
        columns["at"] = micros.cast(pa.int64())
        columns["value"] = _number_column(batch)
    except pa.ArrowException:
        raise Unusual from None
    coded = columns["attrs"].dictionary_encode()
    texts = [None if text is None else _looked_over(text) for text in coded.dictionary.to_pylist()]
    columns["attrs"] = pa.array(texts, pa.string()).take(coded.indices)
    return columns


def _text_column(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.string())
    column = batch.column(name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    _refuse(not (parquet.is_text(kind) or pa.types.is_null(kind)))
    return column.cast(pa.string())


def _number_column(batch: pa.RecordBatch) -> pa.Array:
    if "value" not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.float64())
    column = batch.column("value")
    is_number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    _refuse(not (is_number or pa.types.is_null(column.type)))
    return column.cast(pa.float64())


def _looked_over(given: str) -> str | None:
    """The text parts keep of attrs given as JSON. Raises Unusual where they are no flat map."""
    try:
        return attrs_text(parse_touch({**_ANY, "attrs": json.loads(given)}).attrs)
    except (ValueError, RecursionError):
        raise Unusual from None


def _refuse(is_unusual: object) -> None:
    if is_unusual:
        raise Unusual


def _is_between(at: pa.Array, low: int, high: int) -> bool:
    if not len(at):
        return True
    ends = pc.min_max(at).as_py()
    return bool(low <= ends["min"] and ends["max"] <= high)


def _usual_directions(kinds: pa.Array) -> pa.Array:
    coded = kinds.dictionary_encode()
    usual = pa.array([KINDS.get(kind, "in") for kind in coded.dictionary.to_pylist()], pa.string())
    return usual.take(coded.indices)


def _blocks(file: IO[bytes]) -> Iterator[list[bytes]]:
    """Lines with their ends, some megabytes at a time; a line that is too long comes cut, and alone."""
    lines: list[bytes] = []
    held = 0
    while line := file.readline(LONGEST_LINE + 1):
        lines.append(line)
        held += len(line)
        if len(line) > LONGEST_LINE:
            skip_rest(file)
        if held > BLOCK_BYTES:
            yield lines
            lines, held = [], 0
    if lines:
        yield lines


def _quick_table(lines: list[bytes], *, is_first: bool) -> pa.Table:
    first = [lines[0].removeprefix(b"\xef\xbb\xbf")] if is_first else lines[:1]
    _refuse(first != lines[:1] and not first[0].strip(_BLANK))
    texts = [text for text in (line.strip(_BLANK) for line in chain(first, lines[1:])) if text]
    _refuse(any(not (text[:1] == b"{" and text[-1:] == b"}") for text in texts))
    _refuse(max(map(len, lines)) > LONGEST_LINE)
    try:
        records = _DECODER.decode(f"[{b','.join(texts).decode()}]")
    except (ValueError, RecursionError):
        raise Unusual from None
    _refuse(len(records) != len(texts) or not all(type(record) is dict for record in records))
    _refuse(not all(_FIELDS.issuperset(record) for record in records))
    return checked_table(_columns(records))


def _columns(records: list[dict[str, Any]]) -> Columns:
    columns: Columns = {}
    try:
        for name in _FIELDS - {"attrs", "at", "value"}:
            columns[name] = pa.array([record.get(name) for record in records], pa.string())
        values = [record.get("value") for record in records]
        _refuse(not {type(value) for value in values} <= {int, float, type(None)})
        columns["value"] = pa.array(values, pa.float64())
        at = pa.array([record.get("at") for record in records], pa.string())
        _refuse(at.null_count or not pc.all(pc.match_substring_regex(at, _UTC)).as_py())
        columns["at"] = at.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    except (pa.ArrowException, UnicodeEncodeError, OverflowError):
        raise Unusual from None
    columns["attrs"] = pa.array(_attrs_texts(records), pa.string())
    return columns


def _attrs_texts(records: list[dict[str, Any]]) -> list[str | None]:
    looked_over = cache(_looked_over)
    given = (record.get("attrs") for record in records)
    return [None if attrs is None else looked_over(json.dumps(attrs)) for attrs in given]


def _careful_tables(lines: list[bytes], path: Path, before: int) -> Iterator[pa.Table | Unreadable]:
    numbered = ((number, line) for number, line in enumerate(lines, before + 1) if line.strip())
    yield from _sorted_out(touch_of_line(line, path, number) for number, line in numbered)


def _sorted_out(found: Iterable[Touch | Unreadable]) -> Iterator[pa.Table | Unreadable]:
    touches: list[Touch] = []
    for each in found:
        if isinstance(each, Unreadable):
            yield each
        else:
            touches.append(each)
    yield table_of_touches(touches)
