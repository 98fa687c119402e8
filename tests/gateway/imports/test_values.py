"""What single cells say: nothing, dates, numbers, how senior somebody is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.gateway.imports.cells import PLACEHOLDERS, SURE_PLACEHOLDERS, Cleaner, clean, is_empty
from ripeline.gateway.imports.dates import DateColumn, DateEvidence, Order, read_date
from ripeline.gateway.imports.figures import NumberColumn, NumberEvidence
from ripeline.gateway.imports.seniority import seniority_of
from ripeline.people.values import read_country, read_number

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("cell", ["", "-", "—", "N/A", "n/a", "Select", "NULL", "none", "..", "Keine Angabe"])
def test_placeholders_say_nothing(cell: str) -> None:
    assert is_empty(cell)


def test_null_is_a_surname_and_na_a_country() -> None:
    assert is_empty("Null", PLACEHOLDERS)
    assert not is_empty("Null", SURE_PLACEHOLDERS)
    assert read_country("NA") == "NA"


@given(
    st.text(st.sampled_from("nNaA/-. se'=+0\0\ufeffé"), max_size=6) | st.sampled_from(sorted(PLACEHOLDERS))
)
def test_many_cells_are_cleaned_as_one_is(cell: str) -> None:
    once = clean(cell)
    said = "" if is_empty(once) else once
    cleaner = Cleaner(PLACEHOLDERS)
    assert (cleaner.said(cell), cleaner.said(cell)) == (said, said)


def test_a_guard_against_formulas_is_taken_off() -> None:
    assert [clean(cell) for cell in ("'=1+1", "'+49", "'quoted'", " x ")] == ["=1+1", "+49", "'quoted'", "x"]


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("CEO & Founder", "owner"),
        ("Geschäftsführerin", "c_level"),
        ("Vice President Sales", "vp"),
        ("Directrice marketing", "director"),
        ("Head of Sales", "head"),
        ("Assistant to the CEO", "specialist"),
        ("Account Manager", "manager"),
        ("Senior Engineer", "senior"),
        ("Praktikantin", "entry"),
        ("Potter", None),
    ],
)
def test_a_job_title_says_how_senior_somebody_is(title: str, level: str | None) -> None:
    assert seniority_of(title) == level


def test_one_clear_date_decides_for_its_column() -> None:
    column = dated(["01-02-2018", "03-04-2018", "26-02-2018"])
    assert column.order == "dmy"
    assert (
        "day first: 1 of 3 can only be read so (such as 26-02-2018), 2 could be read either way"
        in column.evidence
    )
    assert read_date("01-02-2018", column) == datetime(2018, 2, 1, tzinfo=UTC)
    assert dated(["01/02/2018", "02/26/2018"]).order == "mdy"


def test_a_column_no_cell_decides_is_a_guess_and_says_so() -> None:
    column = dated(["01/02/2018", "03/04/2018"])
    assert (column.order, column.is_guess) == ("dmy", True)
    assert "please check" in column.evidence
    assert dated(["01/02/2018"], neighbour="mdy").order == "mdy"
    assert not dated(["01.02.2018"]).is_guess


def test_cells_that_contradict_the_column_are_told_and_not_read() -> None:
    column = dated(["26-02-2018", "27-02-2018", "02-28-2018"])
    assert "1 cannot be read so (such as 02-28-2018)" in column.evidence
    assert read_date("02-28-2018", column) is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-03-15", datetime(2024, 3, 15)),
        ("2024-03-15T10:20:30Z", datetime(2024, 3, 15, 10, 20, 30)),
        ("2024-03-15 10:20:30+02:00", datetime(2024, 3, 15, 8, 20, 30)),
        ("15 Mar 2024", datetime(2024, 3, 15)),
        ("March 15, 2024 4:05 PM", datetime(2024, 3, 15, 16, 5)),
        ("15. März 2024", datetime(2024, 3, 15)),
        ("15 juillet 2024", datetime(2024, 7, 15)),
        ("15 juin 2024", datetime(2024, 6, 15)),
        ("20240315", datetime(2024, 3, 15)),
        ("1710498030", datetime(2024, 3, 15, 10, 20, 30)),
        ("15/03/24 10:20", datetime(2024, 3, 15, 10, 20)),
        ("31-02-2024", None),
        ("0001-01-01", None),
        ("1753-01-01 00:00", None),
        ("2024-03-15T10:20:30+99:99", None),
        ("soon", None),
    ],
)
def test_dates_are_read_in_the_forms_exports_use(cell: str, expected: datetime | None) -> None:
    assert read_date(cell, DateColumn()) == (expected.replace(tzinfo=UTC) if expected else None)


def test_a_date_without_a_zone_is_of_the_column_s_zone() -> None:
    column = DateColumn(zone=ZoneInfo("America/Sao_Paulo"))
    assert read_date("15-03-2018", column) == datetime(2018, 3, 15, 3, tzinfo=UTC)


def test_days_a_spreadsheet_counted_are_dates_where_the_whole_column_is_so() -> None:
    column = dated(["43111", "43112.5"])
    assert read_date("43111", column) == datetime(2018, 1, 11, tzinfo=UTC)
    assert read_date("43111", DateColumn()) is None


@pytest.mark.parametrize(
    ("cells", "cell", "number"),
    [
        (["1,5", "2.000,75"], "1.234,50", 1234.5),
        (["1,234.50"], "1,234", 1234.0),
        (["1.234"], "1.234", 1.234),
        (["1.234.567", "1.000"], "1.234", 1234.0),
        (["€ 12,50"], "€ 12,50", 12.5),
        (["(5)"], "(5)", -5.0),
        (["x"], "x", None),
        (["1e400"], "1e400", None),
        (["e5"], "e5", None),
    ],
)
def test_numbers_are_read_as_their_column_writes_them(
    cells: list[str], cell: str, number: float | None
) -> None:
    assert read_number(cell, numbered(cells).decimal) == number


def dated(cells: list[str], *, neighbour: Order | None = None) -> DateColumn:
    evidence = DateEvidence()
    for cell in cells:
        evidence.see(cell)
    return evidence.settle(neighbour)


def numbered(cells: list[str]) -> NumberColumn:
    evidence = NumberEvidence()
    for cell in cells:
        evidence.see(cell)
    return evidence.settle()
