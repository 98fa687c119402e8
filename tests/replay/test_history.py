"""Touches as columns and back."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ripeline.lifecycle.touch import Touch
from ripeline.replay.history import from_touches, to_touches
from ripeline.replay.odd_attrs import find_odd, flat_map, oddness_of
from tests.lifecycle.examples import LIFE, touch
from tests.replay.alike import crowds

pytestmark = pytest.mark.pure


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(crowds(), st.randoms(use_true_random=False))
def test_touches_come_back_as_they_were_in_order(touches: list[Touch], random: Random) -> None:
    shuffled = random.sample(touches, len(touches))
    history = from_touches(shuffled)
    assert list(to_touches(history)) == sorted(
        touches, key=lambda it: (it.person.encode(), it.at, it.id.encode())
    )
    assert history.starts.tolist()[-1] == history.touches == len(touches)


def test_people_and_ids_are_ordered_by_their_bytes() -> None:
    names = ["\uffee", "😀", "Z", "a", "é"]
    history = from_touches([touch("03-01", "imported", person=name, id=name) for name in names])
    assert history.people.to_pylist() == sorted(names, key=str.encode)


def test_an_id_of_a_person_counts_once_with_its_earliest_touch() -> None:
    early = touch("03-01", "subscribed", id="same")
    late = touch("03-02", "email_replied", id="same")
    history = from_touches([late, early], [20, 10])
    assert list(to_touches(history)) == [early]
    assert history.received_at is not None
    assert history.received_at.tolist() == [10]


def test_what_was_not_read_is_null() -> None:
    bare = replace(from_touches(LIFE), value=None, ids=None)
    assert {it.value for it in to_touches(bare)} == {None}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, {}),
        ('{"a": 1, "b": null}', {"a": 1, "b": None}),
        ('{"a": {}}', None),
        ('{"a": [1]}', None),
        ("[]", None),
        ('{"a"', None),
        ("[" * 100_000, None),
    ],
)
def test_only_a_flat_map_is_attrs(text: str | None, found: object) -> None:
    assert flat_map(text) == found


def _encodable(text: str) -> str:
    return text.encode(errors="ignore").decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)  # fmt: skip
TEXTS = st.builds(json.dumps, JSON, ensure_ascii=st.booleans(), indent=st.none() | st.just(1)) | st.text(
    st.sampled_from('{}[]":,\\ u0e-.1tn')
)


@example(['{"a":%s}' % ("1" * digits) for digits in (1, 31, 32, 4300, 4301)])
@given(st.lists(st.none() | TEXTS.map(_encodable), max_size=8))
def test_what_is_odd_among_many_texts_is_what_is_odd_of_each(texts: list[str | None]) -> None:
    odd = {place: why for place, text in enumerate(texts) if (why := oddness_of(text))}
    assert find_odd(pa.array(texts, pa.string())) == odd
