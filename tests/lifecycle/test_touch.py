import math
from typing import Any

import pytest

from ripeline.lifecycle.touch import KINDS, TWO_WAY, Touch, TouchMistake, parse_touch, touch_record
from ripeline.lifecycle.words import KIND_WORDS

pytestmark = pytest.mark.pure
RECORD = {"id": "t1", "person": "p1", "at": "2026-03-01T10:00:00Z", "kind": "page_viewed"}


def test_a_record_becomes_a_touch_with_the_defaults_of_its_kind() -> None:
    assert parse_touch(RECORD) == Touch(
        "t1", "p1", 1772359200000000, "page_viewed", "in", "unknown", None, None, {}
    )


@pytest.mark.parametrize(
    ("kind", "direction"),
    [("email_sent", "out"), ("answered", "internal"), ("purchased", "in"), ("never_heard_of", "in")],
)
def test_the_direction_defaults_by_kind_and_an_unknown_kind_is_the_persons_own_act(
    kind: str, direction: str
) -> None:
    assert parse_touch({**RECORD, "kind": kind}).direction == direction


@pytest.mark.parametrize(
    "more",
    [
        {},
        {
            "actor": "human",
            "subject": "/é",
            "value": 3,
            "attrs": {"utm": "x", "n": 1.5, "b": True, "none": None},
        },
        {"direction": "internal", "kind": "odd"},
    ],
)
def test_a_touch_is_written_as_it_was_read(more: dict[str, Any]) -> None:
    assert touch_record(parse_touch({**RECORD, **more})) == {**RECORD, **more}


def test_an_instant_may_be_given_in_microseconds() -> None:
    assert parse_touch({**RECORD, "at": 5}).at == 5


def test_nulls_are_as_good_as_nothing() -> None:
    nothing = {"direction": None, "actor": None, "subject": None, "value": None, "attrs": None}
    assert parse_touch({**RECORD, **nothing}) == parse_touch(RECORD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"id": None}, "'id' must be a text that is not empty, but it is missing"),
        ({"person": ""}, "'person' must be a text that is not empty, not ''"),
        ({"kind": 5}, "'kind' must be a text"),
        ({"at": None}, "'at' must be an instant such as 2026-03-01T09:30:00Z, but it is missing"),
        ({"at": "soon"}, "'at': 'soon' is not an instant"),
        ({"at": 10**18}, "'at' must be an instant"),
        ({"at": True}, "'at' must be an instant"),
        ({"direction": "up"}, "'direction' must be one of in, out, internal, not 'up'"),
        ({"actor": ["human"]}, "'actor' must be one of human, machine, unknown"),
        ({"subject": 5}, "'subject' must be a text or null"),
        ({"value": "5"}, "'value' must be a finite number or null"),
        ({"value": math.nan}, "'value' must be a finite number"),
        ({"value": True}, "'value' must be a finite number"),
        ({"value": 10**400}, "'value' must be a finite number"),
        ({"attrs": ["a"]}, "'attrs' must be a flat map"),
        ({"attrs": {1: "a"}}, "a name in 'attrs' must be a text"),
        ({"attrs": {"deep": {"er": 1}}}, "'attrs.deep' must be text"),
        ({"attrs": {"n": math.inf}}, "'attrs.n' must be text, a finite number"),
        ({"id": "a\x00"}, "'id' holds a zero byte"),
        ({"subject": "\ud800"}, "'subject' holds half a character"),
        ({"subjct": "x"}, "unknown field 'subjct'; did you mean 'subject'"),
        ({"zzz": "x"}, "unknown field 'zzz'; put facts of your own into 'attrs'"),
    ],
)
def test_a_record_that_is_no_touch_is_refused_with_a_sentence_naming_the_field(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TouchMistake) as refused:
        parse_touch({**RECORD, **change})
    assert sentence in str(refused.value)


def test_every_kind_has_words_and_two_way_kinds_are_known() -> None:
    assert set(KIND_WORDS) == set(KINDS)
    assert set(KINDS) > TWO_WAY


def test_a_value_counts_as_the_number_that_columns_hold() -> None:
    value = parse_touch({**RECORD, "value": 2**53 + 1}).value
    assert isinstance(value, float)
    assert value == 2.0**53
