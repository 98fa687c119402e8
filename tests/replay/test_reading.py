"""Touches out of files, and what is said about a record that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ripeline.lifecycle.instant import parse_instant
from ripeline.lifecycle.touch import Touch
from ripeline.replay.mistakes import ReplayMistake, Unreadable
from ripeline.replay.reading import LONGEST_LINE, measure, read_touches
from tests.replay.files import SCHEMA, record, write_jsonl, write_parquet

pytestmark = pytest.mark.pure

RECORDS = [
    record("t1", "ana", "2026-03-01T09:30:00Z", subject="/pricing", attrs={"utm_medium": "cpc", "deep": 2}),
    record("t2", "béla", "2026-03-01T10:30:00.000001+01:00", "purchased", value=250.5, actor="human"),
    record(
        "t3", "ana", "2026-03-02T00:00:00Z", "custom_thing", direction="in", attrs={"vip": True, "x": None}
    ),
]


def read_all(path: Path) -> list[Touch | Unreadable]:
    return list(read_touches(path, lambda more: None))


def the_mistake(path: Path) -> str:
    (found,) = [each for each in read_all(path) if isinstance(each, Unreadable)]
    return str(found)


def test_json_lines_and_parquet_hold_the_same_touches(tmp_path: Path) -> None:
    lines = read_all(write_jsonl(tmp_path / "touches.jsonl", RECORDS))
    rows = read_all(write_parquet(tmp_path / "touches.parquet", RECORDS))
    assert lines == rows
    assert [touch.at for touch in lines if isinstance(touch, Touch)] == [
        parse_instant("2026-03-01T09:30:00Z"),
        parse_instant("2026-03-01T09:30:00.000001Z"),
        parse_instant("2026-03-02T00:00:00Z"),
    ]


def test_a_folder_of_parts_is_read_in_the_order_of_the_names_and_notes_are_passed_over(
    tmp_path: Path,
) -> None:
    parts = tmp_path / "parts"
    (parts / "later").mkdir(parents=True)
    write_parquet(parts / "later" / "part-2.parquet", RECORDS[2:])
    write_parquet(parts / "a-part-1.parquet", RECORDS[:2])
    (parts / "_SUCCESS").write_text("")
    (parts / "_metadata.parquet").write_bytes(b"not a part")
    (parts / ".part-9.parquet").write_bytes(b"half written")
    assert [touch.id for touch in read_all(parts) if isinstance(touch, Touch)] == ["t1", "t2", "t3"]
    assert measure(parts) == 3


def test_progress_adds_up_to_what_was_measured(tmp_path: Path) -> None:
    many = [record(f"t{n}", "ana", "2026-03-01T09:30:00Z") for n in range(20_000)]
    lines, rows = (
        write_jsonl(tmp_path / "t.jsonl", many),
        write_parquet(tmp_path / "t.parquet", many, group=999),
    )
    for path in (lines, rows):
        steps: list[int] = []
        assert len(list(read_touches(path, steps.append))) == 20_000
        assert sum(steps) == measure(path)
        assert len(steps) > 1


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_no_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "touches.jsonl"
    lines = [json.dumps(each).encode() for each in RECORDS]
    path.write_bytes(b"\xef\xbb\xbf" + lines[0] + b"\r\n\r\n  \n" + lines[1] + b"\r\n" + lines[2])
    assert [touch.id for touch in read_all(path) if isinstance(touch, Touch)] == ["t1", "t2", "t3"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            b'{"id": "x", "person": "p", "at": "yesterday", "kind": "page_viewed"}',
            "'yesterday' is not an instant",
        ),
        (
            b'{"id": "x", "person": "p", "at": 1767225600, "kind": "page_viewed"}',
            "'at' must be RFC 3339 text",
        ),
        (b'{"id": "x", "person": "p", "at": "2026-01-01T00:00:00Z"}', "'kind' must be a text"),
        (b'{"id": "x", "person": "", "at": "2026-01-01T00:00:00Z", "kind": "k"}', "'person' must be a text"),
        (
            b'{"id": "x", "person": "p", "at": "2026-01-01T00:00:00Z", "kind": "k", "vlaue": 1}',
            "mean 'value'",
        ),
        (
            b'{"id": "x", "person": "p", "at": "2026-01-01T00:00:00Z", "kind": "k", "value": NaN}',
            "NaN is no number",
        ),
        (b'{"id": "\\ud800", "person": "p", "at": "2026-01-01T00:00:00Z", "kind": "k"}', "half a character"),
        (b'{"id": "x", "pers', "not JSON: "),
        (b'["x"]', "a touch is a JSON object"),
        (b'{"id": "\xff"}', "not UTF-8 (byte 9 of the line)"),
        (b"[" * 100_000, "recursion"),
        (b'{"value": ' + b"9" * 5000 + b"}", "integer string conversion"),
        (b'"' + b"x" * LONGEST_LINE + b'"', "longer than 16 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "line",
)
def test_a_line_that_is_no_touch_is_reported_with_its_number_and_why(
    tmp_path: Path, line: bytes, why: str
) -> None:
    path = tmp_path / "touches.jsonl"
    good = json.dumps(RECORDS[0]).encode()
    path.write_bytes(b"\n".join([good, b"", line, good]) + b"\n")
    mistake = the_mistake(path)
    assert mistake.startswith(f"{path}, line 3: ")
    assert why in mistake
    assert len(read_all(path)) == 3, "the lines before and after are read all the same"


def test_a_row_that_is_no_touch_is_reported_with_its_part_and_number(tmp_path: Path) -> None:
    rows = [record(f"t{n}", "ana", "2026-03-01T09:30:00Z") for n in range(4)]
    rows.append(record("t4", "ana", "2026-03-01T09:30:00Z", actor="robot"))
    path = write_parquet(tmp_path / "touches.parquet", rows)
    assert the_mistake(path) == f"{path}, row 5: 'actor' must be one of human, machine, unknown, not 'robot'"


@pytest.mark.parametrize(
    ("attrs", "why"),
    [
        ("{broken", "'attrs' is not JSON"),
        ("[1]", "'attrs' must be a flat map"),
        ('{"a": {"b": 1}}', "'attrs.a' must"),
    ],
)
def test_attrs_in_parquet_must_be_a_json_object(tmp_path: Path, attrs: str, why: str) -> None:
    table = pq.read_table(write_parquet(tmp_path / "t.parquet", RECORDS[:1]))
    column = SCHEMA.get_field_index("attrs")
    path = tmp_path / "touches.parquet"
    pq.write_table(table.set_column(column, "attrs", pa.array([attrs])), path)
    assert why in the_mistake(path)


@pytest.mark.parametrize(
    ("kind", "given", "meant"),
    [
        (pa.timestamp("ns", tz="UTC"), 1_772_357_400_123_456_789, "2026-03-01T09:30:00.123456Z"),
        (pa.timestamp("ms", tz="Europe/Athens"), 1_772_357_400_123, "2026-03-01T09:30:00.123Z"),
        (pa.timestamp("s"), 1_772_357_400, "2026-03-01T09:30:00Z"),
        (pa.string(), "2026-03-01T11:30:00+02:00", "2026-03-01T09:30:00Z"),
    ],
)
def test_times_in_parquet_are_utc_whatever_their_unit(
    tmp_path: Path, kind: pa.DataType, given: object, meant: str
) -> None:
    path = tmp_path / "touches.parquet"
    columns = {"id": ["t1"], "person": ["ana"], "at": pa.array([given], kind), "kind": ["page_viewed"]}
    pq.write_table(pa.table(columns), path, version="2.6")
    (touch,) = read_all(path)
    assert isinstance(touch, Touch)
    assert touch.at == parse_instant(meant)


def test_a_decimal_amount_in_parquet_is_a_number(tmp_path: Path) -> None:
    table = pq.read_table(write_parquet(tmp_path / "t.parquet", RECORDS[1:2]))
    decimals = table.set_column(
        SCHEMA.get_field_index("value"), "value", table.column("value").cast(pa.decimal128(9, 2))
    )
    path = tmp_path / "touches.parquet"
    pq.write_table(decimals, path)
    (touch,) = read_all(path)
    assert isinstance(touch, Touch)
    assert touch.value == 250.5


def test_parquet_with_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "touches.parquet"
    pq.write_table(pa.table({"id": ["t1"], "at": [1], "kind": ["k"], "colour": ["red"]}), path)
    with pytest.raises(ReplayMistake) as refused:
        read_all(path)
    said = "\n".join(refused.value.sentences)
    assert "there is no column 'person'" in said
    assert "unknown column 'colour'" in said
    assert "column 'at' must be a timestamp in UTC, not int64" in said


def test_a_file_that_is_no_parquet_is_reported_and_not_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "touches.parquet"
    path.write_bytes(b"PAR1 but not really PAR1")
    assert "cannot be read as Parquet" in the_mistake(path)


def test_a_parquet_file_cut_short_is_reported(tmp_path: Path) -> None:
    whole = write_parquet(tmp_path / "whole.parquet", RECORDS * 50, group=10).read_bytes()
    path = tmp_path / "touches.parquet"
    path.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read as Parquet" in the_mistake(path)


@pytest.mark.parametrize("name", ["touches.csv", "touches", "touches.jsonl.gz"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("id,person\n")
    with pytest.raises(ReplayMistake, match=r"come as \.jsonl, as \.parquet or as a folder"):
        measure(tmp_path / name)


def test_what_is_not_there_and_a_folder_without_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayMistake, match="no such file or folder"):
        measure(tmp_path / "nowhere.jsonl")
    write_jsonl(tmp_path / "touches.jsonl", RECORDS)
    with pytest.raises(ReplayMistake, match=r"holds no \.parquet part"):
        measure(tmp_path)
