"""Cells that no spreadsheet runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.kit.spreadsheets import plain_cell, safe_cell

pytestmark = pytest.mark.pure

ODD = st.text(alphabet="'\"=+-@＝＋－＠\t\r\n \x00ab;\ufeff\u200b", max_size=6)


@pytest.mark.parametrize(
    "start", ["", " ", "  ", '"', "'", " '\"", "\u00a0", "\u3000", "\x00", "\ufeff", "\u200b", "\u2060 "]
)
@pytest.mark.parametrize("mark", "=+-@＝＋－＠\t\r\n")
def test_what_begins_like_a_formula_gets_an_apostrophe(start: str, mark: str) -> None:
    assert safe_cell(f"{start}{mark}1") == f"'{start}{mark}1"


def test_what_a_spreadsheet_would_split_at_semicolons_is_guarded_in_each_part() -> None:
    assert safe_cell('Anna;=HYPERLINK("http://evil.example")') == 'Anna;\'=HYPERLINK("http://evil.example")'
    assert safe_cell("a; \ufeff+1;b;@x") == "a;' \ufeff+1;b;'@x"


@pytest.mark.parametrize(
    "text", ["a;b; c", "", "Eva Lind", "'s-Hertogenbosch", "a=b", "12-3", " Eva", '"Eva"', "3 + 4"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@given(ODD, ODD)
def test_no_two_texts_come_out_as_the_same_cell(one: str, two: str) -> None:
    assert (safe_cell(one) == safe_cell(two)) == (one == two)


@given(st.text() | ODD)
def test_no_cell_begins_a_formula(text: str) -> None:
    for part in safe_cell(text).split(";"):
        assert not part.lstrip(' "\ufeff\u200b').startswith(tuple("=+-@＝＋－＠\t\r\n"))


@given(st.text() | ODD)
def test_a_guarded_cell_is_read_back_as_it_was(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
