"""Results that appear whole or not at all, in three forms that say the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ripeline.lifecycle.instant import parse_instant
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.writing import check_outputs, whole_files, write_rows

pytestmark = pytest.mark.pure

COLUMNS = (("person", "text"), ("at", "instant"), ("score", "number"), ("grade", "text"))
ROWS = [
    ("ana", parse_instant("2026-03-01T09:30:00Z"), 23.369888107907734, "B"),
    ('b,"é\nla', parse_instant("2026-03-01T09:30:00.000001Z"), 0.0, None),
    ("zoe", None, 1e-7, "F"),
]


def test_json_lines_hold_names_times_in_utc_and_whole_numbers_of_digits(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    assert write_rows(path, COLUMNS, ROWS) == 3
    lines = path.read_text(encoding="utf-8").split("\n")
    assert (
        lines[0]
        == '{"person": "ana", "at": "2026-03-01T09:30:00Z", "score": 23.369888107907734, "grade": "B"}'
    )
    assert json.loads(lines[1]) == {
        "person": 'b,"é\nla',
        "at": "2026-03-01T09:30:00.000001Z",
        "score": 0.0,
        "grade": None,
    }
    assert lines[3] == ""


def test_csv_reads_back_as_it_was_with_null_as_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_rows(path, COLUMNS, ROWS)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["person", "at", "score", "grade"]
    assert rows == [
        ["ana", "2026-03-01T09:30:00Z", "23.369888107907734", "B"],
        ['b,"é\nla', "2026-03-01T09:30:00.000001Z", "0.0", ""],
        ["zoe", "", "1e-07", "F"],
    ]


def test_parquet_keeps_types_and_nulls(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    write_rows(path, COLUMNS, ROWS)
    table = pq.read_table(path)
    assert table.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert table.column("at").cast(pa.int64()).to_pylist() == [row[1] for row in ROWS]
    assert table.column("score").to_pylist() == [row[2] for row in ROWS]
    assert table.column("grade").to_pylist() == ["B", None, "F"]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_no_rows_make_an_empty_file_of_the_form_and_many_rows_all_arrive(tmp_path: Path, ending: str) -> None:
    nothing, many = tmp_path / f"nothing.{ending}", tmp_path / f"many.{ending}"
    assert write_rows(nothing, COLUMNS, []) == 0
    assert write_rows(many, COLUMNS, (ROWS[n % 3] for n in range(40_000))) == 40_000
    if ending == "parquet":
        assert pq.read_table(nothing).column_names == ["person", "at", "score", "grade"]
        assert pq.read_table(many).num_rows == 40_000
    else:
        assert nothing.read_text() == ("" if ending == "jsonl" else "person,at,score,grade\n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", '"='])
def test_a_name_that_looks_like_a_formula_is_shown_and_not_run(tmp_path: Path, start: str) -> None:
    path = tmp_path / "out.csv"
    write_rows(path, (("person", "text"), ("score", "number")), [(f"{start}cmd|' /C calc'!A0", -3.5)])
    with path.open(encoding="utf-8", newline="") as file:
        _, row = csv.reader(file)
    assert row == [f"'{start}cmd|' /C calc'!A0", "-3.5"], "a number may keep its sign"


def test_both_files_appear_together_when_all_went_well(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.csv"
    one.write_text("old")
    with whole_files(one, two) as parts:
        for part in parts:
            part.write_text("new")
        assert one.read_text() == "old", "the old result stands until the new one is whole"
        assert not two.exists()
    assert (one.read_text(), two.read_text()) == ("new", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl", "two.csv"]


def test_a_run_that_fails_leaves_the_old_result_and_nothing_else(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.csv"
    one.write_text("old")

    def fail_half_way() -> None:
        with whole_files(one, two) as parts:
            parts[0].write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("one.jsonl", "old")]


def test_a_result_behind_a_link_is_written_where_the_link_leads(tmp_path: Path) -> None:
    real, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    real.write_text("old")
    link.symlink_to(real)
    with whole_files(link) as (part,):
        part.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_outputs_that_could_not_be_written_are_refused_before_any_work(tmp_path: Path) -> None:
    source, good = tmp_path / "touches.jsonl", tmp_path / "good.csv"
    source.write_text("")
    (tmp_path / "folder.csv").mkdir()
    for out, why in {
        "out.xlsx": "the ending must be one of .jsonl, .csv, .parquet",
        "folder.csv": "is no file",
        "nowhere/out.csv": "does not exist",
        "touches.jsonl": "part of the touches that are read",
        "good.csv": "both results cannot go into one file",
    }.items():
        with pytest.raises(ReplayMistake, match=why):
            check_outputs([good, tmp_path / out], source)
    check_outputs([good, tmp_path / "other.csv"], source)


def test_a_parquet_result_may_not_land_among_the_parts_it_is_made_of(tmp_path: Path) -> None:
    with pytest.raises(ReplayMistake, match="part of the touches"):
        check_outputs([tmp_path / "out.parquet"], tmp_path)
    check_outputs([tmp_path / "out.csv"], tmp_path)
