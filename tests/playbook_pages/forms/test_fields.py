"""What is typed and what it means, there and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.playbooks.forms.acts import path_in
from ripeline.playbooks.forms.fields import (
    ABSENT,
    name_of,
    read_duration,
    read_list,
    read_scalar,
    read_snippet,
    show_duration,
    show_list,
    show_scalar,
    show_snippet,
)
from ripeline.playbooks.forms.tests import join_test, split_test

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("60 days", "60d"), ("60d", "60d"), ("2 weeks", "2w"), ("1 Hour", "1h"), ("", ABSENT), ("soon", "soon"),
     ("6", "6"), ("3 months", "3 months"), ("none", "none")],
)  # fmt: skip
def test_durations_are_typed_as_they_are_said(typed: str, meant: Any) -> None:
    assert read_duration([typed]) == meant


@pytest.mark.parametrize("written", ["60d", "1d", "2w", "12h", "90m", "45s"])
def test_a_duration_shown_reads_as_itself(written: str) -> None:
    assert read_duration([show_duration(written)]) == written


def test_values_are_separated_by_commas_and_quoted_where_they_must_be() -> None:
    assert read_list('author, "a, b", 50, "50", true, "true" , 1.5') == [
        "author",
        "a, b",
        50,
        "50",
        True,
        "true",
        1.5,
    ]
    assert show_list(["author", "a, b", 50, "50", True]) == 'author, "a, b", 50, "50", true'
    assert read_list("") == []


scalars = st.one_of(
    st.text(max_size=12), st.booleans(), st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6).map(lambda it: round(it, 4)),
)  # fmt: skip


@given(scalars)
def test_any_value_shown_reads_as_itself(value: Any) -> None:
    if isinstance(value, str) and value.strip() != value.strip(" \t\r\n"):
        return
    read = read_scalar(show_scalar(value))
    assert (type(read) in (int, float)) == (type(value) in (int, float))
    assert read == value


@given(st.lists(scalars, min_size=1, max_size=4))
def test_any_list_shown_reads_as_itself(values: list[Any]) -> None:
    assert read_list(show_list(values)) == values


@pytest.mark.parametrize(
    "test",
    ["author", 50, True, {"in": ["a", "b"]}, {"in": ["a"]}, {"not": "x"}, {"gte": 5}, {"lt": 1.5}, {"glob": "a*"},
     {"exists": True}, {"exists": False}],
)  # fmt: skip
def test_a_test_in_words_means_the_same(test: Any) -> None:
    split = split_test(test)
    assert split is not None
    assert join_test(*split, test) == test


@pytest.mark.parametrize(
    "test", [{"gte": 1, "lt": 2}, {"between": 3}, {"in": [{}]}, [1], {"gte": [1]}, {"exists": 1}]
)
def test_a_test_too_rich_for_words_is_left_to_the_text(test: Any) -> None:
    assert split_test(test) is None


def test_a_piece_of_yaml_reads_as_itself_and_what_is_none_is_kept() -> None:
    value = {"not": {"all": [{"signal": "x", "within": "3d"}, {"score": {"gte": 1, "lt": 5}}]}}
    assert read_snippet([show_snippet(value)]) == value
    assert read_snippet(["{all: [1"]) == "{all: [1"
    assert show_snippet("{all: [1") == "{all: [1"


def test_names_lead_back_to_their_places() -> None:
    plain = {"signals": {"odd/key é": {"kind": "x"}}, "stages": [{"enter": {"any": [1, 2]}}]}
    for path in (("signals", "odd/key é", "kind"), ("stages", 0, "enter", "any", 1), ("signals", "new")):
        assert path_in(plain, name_of(path)) == path
    for name in ("stages/7", "stages/x", "", "stages/-1", "stages/٣"):
        assert path_in(plain, name) is None
