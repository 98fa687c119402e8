"""Files as they are: every encoding, separator and accident; broken rows are values and end nothing."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ripeline.gateway.imports.sniff import NotATable, Shape, sniff
from ripeline.gateway.imports.table import Rejected, Row, Why, read_rows
from tests.gateway.imports.bringing import DATA, needs_data

pytestmark = pytest.mark.pure
TEXT = "Name;Straße;Ort\nJürgen Groß;Königsallee 3;Köln\nZoë;Łódź 1;Málaga\n".replace("Łódź", "Lodz")


def whole(folder: Path, data: bytes | str) -> tuple[Shape, list[Row | Rejected]]:
    path = folder / "file.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    shape = sniff(path)
    return shape, list(read_rows(path, shape))


def cells(rows: list[Row | Rejected]) -> list[list[str]]:
    return [row.cells for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("latin-1"), "cp1252"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, data: bytes, encoding: str) -> None:
    shape, rows = whole(tmp_path, data)
    assert shape.encoding == encoding
    assert shape.columns == ("Name", "Straße", "Ort")
    assert cells(rows)[0] == ["Jürgen Groß", "Königsallee 3", "Köln"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_even_with_commas_in_the_cells(tmp_path: Path, mark: str) -> None:
    lines = [["name", "price", "note"], ["Anna", "1,50", "a, b and c"], ["Bert", "2,75", "d"]]
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows(lines)
    shape, rows = whole(tmp_path, out.getvalue())
    assert shape.separator == mark
    assert cells(rows) == lines[1:]


def test_a_first_line_that_names_the_separator_is_believed_and_passed_over(tmp_path: Path) -> None:
    shape, rows = whole(tmp_path, "sep=;\na;b\n1;2\n")
    assert (shape.separator, shape.columns, cells(rows)) == (";", ("a", "b"), [["1", "2"]])


def test_lines_before_the_table_are_passed_over(tmp_path: Path) -> None:
    text = 'Notes:\n"When exporting, some, addresses are missing."\n\n'
    text += "First Name,Last Name,Email Address\nA,B,a@b.example\n"
    shape, rows = whole(tmp_path, text)
    assert shape.columns == ("First Name", "Last Name", "Email Address")
    assert [(row.line, row.cells) for row in rows if isinstance(row, Row)] == [(5, ["A", "B", "a@b.example"])]


def test_a_file_without_a_header_keeps_its_first_row(tmp_path: Path) -> None:
    shape, rows = whole(tmp_path, "anna@b.example,Anna\nbert@b.example,Bert\n")
    assert (shape.has_header, shape.columns) == (False, ("Column 1", "Column 2"))
    assert len(cells(rows)) == 2


def test_names_that_repeat_or_are_missing_are_told_apart(tmp_path: Path) -> None:
    shape, _ = whole(tmp_path, "Email,Birthday,,Birthday,\na@b.example,1,2,3,\n")
    assert shape.columns == ("Email", "Birthday", "Column 3", "Birthday (2)", "Column 5")


def test_mixed_line_ends_and_a_missing_last_one_read_the_same(tmp_path: Path) -> None:
    _, rows = whole(tmp_path, "email,name\r\na@b.example,A\nb@b.example,B\rc@b.example,C")
    assert cells(rows) == [["a@b.example", "A"], ["b@b.example", "B"], ["c@b.example", "C"]]


def test_zero_bytes_are_dropped(tmp_path: Path) -> None:
    _, rows = whole(tmp_path, b"email,name\na@b.example,A\x00nna\n")
    assert cells(rows) == [["a@b.example", "Anna"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"\r\n\n  ", "The file is empty."),
        (b"PK\x03\x04....", "Excel workbook"),
        (b"%PDF-1.4", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a picture"),
        (bytes(range(256)) * 40, "binary file"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(NotATable, match=said):
        whole(tmp_path, data)


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotATable, match="2,000 are the most"):
        whole(tmp_path, ",".join(f"c{n}" for n in range(30_000)) + "\n1\n")


def test_a_quote_never_closed_costs_its_own_row_and_no_other(tmp_path: Path) -> None:
    lines = [f'p{n}@b.example,"Person, {n}"' if n % 2 else f"p{n}@b.example,Person {n}" for n in range(2000)]
    lines[700] = 'p700@b.example,"never closed'
    _, rows = whole(tmp_path, "email,name\n" + "\n".join(lines) + "\n")
    assert [(row.line, row.why) for row in rows if isinstance(row, Rejected)] == [(702, Why.OPEN_QUOTE)]
    assert len(cells(rows)) == 1999


def test_a_quote_that_closes_by_chance_rows_later_swallows_none_of_them(tmp_path: Path) -> None:
    text = 'a,b,c\n1,"open,3\n4,5,6\n7,8,"x"\n9,10,11\n'
    _, rows = whole(tmp_path, text)
    assert cells(rows) == [["4", "5", "6"], ["7", "8", "x"], ["9", "10", "11"]]


def test_too_many_too_few_and_undecodable_rows_are_told_with_their_line(tmp_path: Path) -> None:
    data = "email,name\na@b.example,Ä\nb@b.example,B,C\nc@b.example\n".encode() + b"d@b.example,\xff\xfe\n"
    data += "e@b.example,É\n".encode() * 12
    _, rows = whole(tmp_path, data)
    found = [(row.line, row.why, row.raw) for row in rows if isinstance(row, Rejected)]
    assert found == [
        (3, Why.TOO_MANY_CELLS, "b@b.example,B,C"),
        (4, Why.TOO_FEW_CELLS, "c@b.example"),
        (5, Why.UNREADABLE, "d@b.example,\\xff\\xfe"),
    ]


def test_a_cell_of_many_megabytes_costs_its_row_and_little_memory(tmp_path: Path) -> None:
    _, rows = whole(tmp_path, "email,name\na@b.example," + "x" * 9_000_000 + "\nb@b.example,B\n")
    assert isinstance(rows[0], Rejected)
    assert (rows[0].why, len(rows[0].raw) <= 2_000) == (Why.TOO_LONG, True)
    assert cells(rows) == [["b@b.example", "B"]]


@needs_data
@pytest.mark.parametrize("name", sorted(path.stem for path in (DATA / "csv_spectrum" / "csvs").glob("*.csv")))
def test_the_csv_spectrum_reads_as_its_answers_say(name: str) -> None:
    path = DATA / "csv_spectrum" / "csvs" / f"{name}.csv"
    shape = sniff(path)
    expected = json.loads((DATA / "csv_spectrum" / "json" / f"{name}.json").read_text())
    # The files' own line ends were made \n when they were stored; the answers still have \r\n.
    expected = [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in expected]
    assert [
        dict(zip(shape.columns, row, strict=True)) for row in cells(list(read_rows(path, shape)))
    ] == expected


# Without U+FFFD: a row that holds one has lost characters and is rejected, see the tests above.
CELL = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffd")
    | st.sampled_from('",;\n\t|'),
    max_size=12,
)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), st.sampled_from([",", ";", "\t", "|"]))
@settings(max_examples=80, deadline=None)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], mark: str
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\r\n").writerows([("email", "name", "note"), *rows])
    path = tmp_path_factory.mktemp("fuzz") / "file.csv"
    path.write_bytes(out.getvalue().encode())
    shape = Shape("utf-8", mark, columns=("email", "name", "note"))
    read = [row.cells for row in read_rows(path, shape) if isinstance(row, Row)]
    blank = [list(row) for row in rows if mark.join(row).strip()]
    assert read == blank


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_bytes_whatsoever_end_in_more_than_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "file.csv"
    path.write_bytes(data)
    try:
        shape = sniff(path)
    except NotATable:
        return
    for row in read_rows(path, shape):
        assert row.line >= 1
