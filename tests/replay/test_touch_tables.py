"""The quick way of reading files says what the careful way says, about every record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.lifecycle.touch import Touch
from ripeline.replay import reading, touch_tables
from ripeline.replay.mistakes import Unreadable
from ripeline.replay.parts.building import PLAIN
from ripeline.replay.reading import read_touches
from ripeline.replay.touch_tables import (
    read_json_tables,
    read_parquet_tables,
    table_of_touches,
)
from tests.replay.files import SCHEMA, record

pytestmark = pytest.mark.pure
TOUCH = record("t1", "ana", "2026-03-01T09:30:00Z", subject="/pricing", value=3, attrs={"b": 1, "a": None})

texts = st.sampled_from(
    ["ana", "", "é\u2028x", "a\x00b", "page_viewed", "in", "human", "x" * 40, 7, None, True, []]
)
instants = st.sampled_from(
    [
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00.5Z",
        "2026-03-01T09:30:00.1234567Z",
        "2026-03-01T09:30:00+02:00",
        "2026-02-30T09:30:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T09:30:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "2026-03-01 09:30:00Z",
        "2026-03-01t09:30:00z",
        "2026-03-01",
        "2026-03-01T09:30:00Z\n",
        1,
        None,
    ]
)
values = st.sampled_from([None, 1, 2.5, True, "3", 1e308, 2**60 + 1, 10**400, [], float("nan"), float("inf")])
attrs = st.sampled_from(
    [None, {}, {"a": 1}, {"a": {"b": 1}}, {"a": [1]}, {"a": None, "é": "ü"}, {"a\x00": 1}, "x", []]
)
records = st.fixed_dictionaries(
    {"id": texts, "person": texts, "at": instants, "kind": texts},
    optional={
        "direction": texts,
        "actor": texts,
        "subject": texts,
        "value": values,
        "attrs": attrs,
        "colour": texts,
    },
)
good = st.builds(
    lambda number, more: {**TOUCH, "id": f"t{number}"} | more,
    st.integers(0, 99),
    st.sampled_from([{}, {"kind": "carrier_pigeon"}, {"attrs": None}, {"at": "2026-01-01T00:00:00.25Z"}]),
)
lines = st.one_of(
    good.map(json.dumps),
    records.map(json.dumps),
    st.sampled_from(
        [
            *(
                "",
                "  ",
                "\x0c",
                "{}",
                "[]",
                "5",
                "null",
                '{"id": "x"',
                '"a"',
                "{},{}",
                '{"attrs":[{}',
                "{}]}",
            ),
            json.dumps(TOUCH) + "," + json.dumps(TOUCH),
            json.dumps(TOUCH) + " ",
            json.dumps(TOUCH) + "\x0c",
            "\ufeff" + json.dumps(TOUCH),
            json.dumps(TOUCH).replace("ana", "\\ud800"),
            json.dumps(TOUCH).replace(": 3", ": NaN"),
        ]
    ),
)
thorough = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def told(found: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """The mistakes, and the rows as parts would hold them."""
    items = list(found)
    mistakes = [str(it) for it in items if isinstance(it, Unreadable)]
    tables = [
        it if isinstance(it, pa.Table) else table_of_touches([it])
        for it in items
        if not isinstance(it, Unreadable)
    ]
    assert all(isinstance(it, pa.Table | Touch | Unreadable) for it in items)
    rows = pa.concat_tables([PLAIN.empty_table(), *(it.cast(PLAIN) for it in tables)])
    return mistakes, rows.to_pylist()


def both(path: Path, quick: Any) -> tuple[Any, Any]:
    return told(quick), told(read_touches(path, lambda _: None))


@thorough
@given(
    st.lists(lines, max_size=6), st.sampled_from(["", "\ufeff", " \ufeff"]), st.sampled_from(["\n", "\r\n"])
)
def test_lines_are_read_quickly_as_they_are_read_carefully(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], start: str, end: str
) -> None:
    path = tmp_path_factory.mktemp("lines") / "touches.jsonl"
    path.write_bytes((start + end.join(texts)).encode())
    quick, careful = both(path, read_json_tables(path, lambda _: None))
    assert quick == careful


@thorough
@given(st.lists(st.one_of(good, records), max_size=6), st.integers(1, 4))
def test_rows_are_read_quickly_as_they_are_read_carefully(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], group: int
) -> None:
    path = tmp_path_factory.mktemp("rows") / "touches.parquet"
    columns = {field.name: pa.array([_cell(field, row) for row in rows], field.type) for field in SCHEMA}
    pq.write_table(pa.table(columns, schema=SCHEMA), path, row_group_size=group)
    quick, careful = both(path, read_parquet_tables([path], lambda _: None))
    assert quick == careful


def _cell(field: pa.Field, row: dict[str, Any]) -> Any:
    value = row.get(field.name)
    if field.name == "at":
        return None if not isinstance(value, str) else 1_700_000_000_000_000
    if field.name == "value":
        return value if isinstance(value, float) else None
    if field.name == "attrs":
        return value if isinstance(value, str) else None if value is None else json.dumps(value)
    return value if isinstance(value, str) else None


def test_ordinary_lines_are_read_the_quick_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "touches.jsonl"
    path.write_text("\n".join(json.dumps({**TOUCH, "id": f"t{n}"}) for n in range(50)) + "\n\n")

    def refuse(*_: object) -> None:
        raise AssertionError("the careful way was taken")

    monkeypatch.setattr(touch_tables, "_careful_tables", refuse)
    mistakes, rows = told(read_json_tables(path, lambda _: None))
    assert (mistakes, len(rows)) == ([], 50)
    assert (rows[0]["direction"], rows[0]["actor"], rows[0]["attrs"]) == (
        "in",
        "unknown",
        '{"a": null, "b": 1}',
    )


def test_a_line_longer_than_any_touch_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touch_tables, "LONGEST_LINE", 300)
    monkeypatch.setattr(reading, "LONGEST_LINE", 300)
    path = tmp_path / "touches.jsonl"
    path.write_text("\n".join([json.dumps(TOUCH), "x" * 5000, json.dumps({**TOUCH, "id": "t2"})]))
    mistakes, rows = told(read_json_tables(path, lambda _: None))
    assert mistakes == [f"{path}, line 2: longer than 16 MiB; is this JSON Lines?"]
    assert [row["id"] for row in rows] == ["t1", "t2"]


def test_blocks_count_their_lines_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touch_tables, "BLOCK_BYTES", 200)
    path = tmp_path / "touches.jsonl"
    path.write_text("\n".join([*(json.dumps({**TOUCH, "id": f"t{n}"}) for n in range(9)), "{"]))
    advanced: list[int] = []
    mistakes, rows = told(read_json_tables(path, advanced.append))
    assert len(rows) == 9
    assert mistakes[0].startswith(f"{path}, line 10: not JSON")
    assert sum(advanced) == path.stat().st_size
    assert len(advanced) > 3
