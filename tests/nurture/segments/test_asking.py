"""Whatever is asked, the one statement finds exactly those for whom it holds, of everybody and of a few alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.nurture.segments.applying import held_by
from ripeline.nurture.segments.asking import Terms, find, these
from ripeline.nurture.segments.definition import leaves
from ripeline.nurture.segments.models import Segment
from ripeline.nurture.segments.reading import read_definition
from tests.factories import NOW
from tests.nurture.segments.worlds import HALF_LIFE, MOST, Reading, people, read_all

pytestmark = pytest.mark.django_db

TESTS: tuple[Any, ...] = (
    *(
        "author",
        {"in": ["50% off_[a]*", 1000]},
        {"gte": 1},
        {"lt": 1000},
        {"gt": 1, "lte": 1000},
        True,
        "1000",
    ),
    *(
        {"not": 1},
        {"not": "author"},
        {"exists": False},
        {"exists": True},
        {"glob": "50%*"},
        {"glob": "*[a]?"},
    ),
    *({"not": True}, {"glob": "auth?r"}, {"gte": 1, "not": 1000}, 1),
)
tests = st.sampled_from(TESTS)
leaf = st.one_of(
    st.sampled_from(
        [
            *({"stage": [each]} for each in ("suspect", "lead", "mql", "none")),
            *({"rating": ["hot", "none"]}, {"rating": "warm"}, {"grade": ["A"]}, {"grade": ["B", "none"]}),
            *({"persona": "author"}, {"persona": "none"}, {"status": "active"}, {"source": ["ads", "none"]}),
            *({"country": ["NL"]}, {"country": "none"}, {"language": "en"}, {"language": ["nl", "none"]}),
            *(
                {"tag": ["a,b", "beta"]},
                {"tag": "vip"},
                {"owner": "none"},
                {"owner": "olga.owner@ours.example"},
            ),
            *({"consent": "newsletter", "is": each} for each in ("given", "withdrawn", "unknown")),
            *({"segment": "some"}, {"segment": "gone"}),
        ]
    ),
    st.builds(lambda low: {"score": {"gte": low}}, st.sampled_from([0, 5, 29.5, 30, 60, 100, 101])),
    st.builds(lambda high: {"score": {"lt": high}}, st.sampled_from([0, 5, 30, 100, 101])),
    st.builds(
        lambda name, test: {"trait": {name: test}},
        st.sampled_from(["budget", "role", "is_new", "a.b'c\"d"]),
        tests,
    ),
    st.builds(
        lambda name, test: {"company": {name: test}},
        st.sampled_from(["name", "domain", "industry", "employees", "country"]),
        st.sampled_from(
            [
                {"gte": 10},
                "publishing",
                {"glob": "Press [?]"},
                {"not": 40},
                {"exists": False},
                40,
                {"not": "NL"},
            ]
        ),
    ),
    st.builds(
        lambda **asked: {"touch": {name: value for name, value in asked.items() if value is not None}},
        kind=st.sampled_from([None, ["page_viewed"], ["form_submitted", "page_viewed"]]),
        subject=st.sampled_from([None, "/pricing", ["/pricing*", "/x"], "*100%_[?]"]),
        attrs=st.sampled_from([None, {"seconds": {"gte": 10}}, {"seconds": {"exists": False}}]),
        actor=st.sampled_from([None, ["human"], ["machine", "human"]]),
        count=st.sampled_from([1, 2, 3]),
        within=st.sampled_from([None, "10d", "25d"]),
    ),
)
definitions = st.recursive(
    leaf,
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
).map(lambda each: each if {"all", "any", "none"} & each.keys() else {"all": [each]})


@pytest.fixture
def world(db: None) -> Reading:
    people()
    return read_all()


def test_one_statement_finds_exactly_those_for_whom_a_definition_holds(world: Reading) -> None:
    owner = next(each.owner for each in world.contacts if each.owner)
    terms = Terms(
        NOW,
        HALF_LIFE,
        MOST,
        {"some": Segment.objects.get(key="some").pk},
        {"olga.owner@ours.example": owner.pk},
    )
    few = {each.pk for each in world.contacts[::2]}

    @settings(max_examples=250, suppress_health_check=list(HealthCheck))
    @given(definitions)
    def check(written: Any) -> None:
        definition = read_definition(written)
        wanted = world.who(definition)
        rows = [int(str(row[0])) for row in find(definition, terms).rows()]
        assert sorted(rows) == sorted(wanted)
        assert {row[0] for row in find(definition, terms, within=these(few)).rows()} == wanted & few
        held = held_by(definition, few, terms)
        conditions = list(leaves(definition))
        assert held == {
            pk: "".join("1" if pk in world.who(each) else "0" for each in conditions) for pk in few
        }

    check()
