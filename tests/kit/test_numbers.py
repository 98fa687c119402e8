"""Numbers as addresses and forms bring them."""

import pytest

from ripeline.kit.numbers import read_number

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert read_number(text, otherwise=3) == number


@pytest.mark.parametrize("text", ["", " 7", "-1", "1.0", "1_0", "²", "٣", "x", "9" * 19, "9" * 5000])
def test_what_no_database_could_hold_is_no_number(text: str) -> None:
    assert read_number(text) == 0
    assert read_number(text, otherwise=3) == 3
