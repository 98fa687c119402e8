import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.lifecycle import conditions
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.matching import compile_test
from ripeline.lifecycle.playbook import load_playbook
from tests.lifecycle.examples import instant, ladder, touch
from tests.lifecycle.naive import passes

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("test", "value", "held"),
    [
        ("media", "media", True),
        ("media", "Media", False),
        ("media", None, False),
        ("5", 5, False),
        (5, 5.0, True),
        (1, True, False),
        (True, True, True),
        ({"in": ["a", 2]}, 2, True),
        ({"in": ["a", 2]}, "2", False),
        ({"in": ["a", 2]}, None, False),
        ({"gte": 5}, 5, True),
        ({"gte": 5}, "6", False),
        ({"gt": 5}, 5, False),
        ({"lte": 5}, 5, True),
        ({"lt": 5}, None, False),
        ({"gte": 0}, True, False),
        ({"gte": 2, "lt": 5}, 4, True),
        ({"gte": 2, "lt": 5}, 5, False),
        ({"not": "a"}, "b", True),
        ({"not": "a"}, "a", False),
        ({"not": "a"}, None, True),
        ({"not": 1}, True, True),
        ({"exists": True}, "x", True),
        ({"exists": True}, None, False),
        ({"exists": False}, None, True),
        ({"glob": "/pricing"}, "/pricing", True),
        ({"glob": "/pricing*"}, "/pricing/teams", True),
        ({"glob": "/pricing*"}, "/blog", False),
        ({"glob": "/pricing*"}, 5, False),
        ({"glob": "*/t??ms**"}, "/pricing/teams\n", True),
        ({"glob": "*/t??ms"}, "/pricing/tms", False),
        ({"glob": "a.b*c"}, "axb-c", False),
        ({"glob": "a*c"}, 5, False),
    ],
)
def test_a_value_passes_a_test_or_does_not(test: object, value: object, held: bool) -> None:
    rules = "  - {key: low}\n  - {key: high, enter: {trait: {it: TEST}}}\n".replace("TEST", _yaml(test))
    touches = [touch("03-01", "traits_changed", attrs={"it": value})]
    result = fold(load_playbook(ladder(rules)), touches, instant("03-01"))
    assert bool(result.transitions) == held
    assert passes(test, value) == held


def _yaml(test: object) -> str:
    return repr(test).replace("True", "true").replace("False", "false")


@pytest.mark.parametrize(
    ("signal", "matched"),
    [
        ("{kind: purchased}", True),
        ("{kind: [deal_won, purchased]}", True),
        ("{kind: deal_won}", False),
        ("{subject: 'book-?'}", True),
        ("{subject: [course, book-1]}", True),
        ("{subject: [course, 'talk*']}", False),
        ("{value: {gte: 20, lt: 21}}", True),
        ("{value: 21}", False),
        ("{attrs: {coupon: SPRING, gift: {exists: false}}}", True),
        ("{attrs: {coupon: {exists: false}}}", False),
        ("{direction: in}", True),
        ("{direction: out}", False),
        ("{kind: purchased, actors: [machine]}", False),
        ("{kind: purchased, actors: [human]}", True),
        ("{kind: purchased, direction: in, value: {gt: 19}, attrs: {coupon: {glob: 'SP*'}}}", True),
    ],
)
def test_a_touch_matches_a_signal_when_every_test_holds(signal: str, matched: bool) -> None:
    text = ladder("  - {key: low}\n  - {key: high, enter: {signal: mine}}\n", signals=f"{{mine: {signal}}}")
    bought = touch(
        "03-01", "purchased", actor="human", subject="book-1", value=20.5, attrs={"coupon": "SPRING"}
    )
    assert bool(fold(load_playbook(text), [bought], instant("03-01")).transitions) == matched


def test_touches_by_others_than_the_playbooks_actors_match_nothing_unless_the_signal_says_so() -> None:
    rules = "  - {key: low}\n  - {key: high, enter: {signal: mine}}\n"
    scanner = touch("03-01", "email_clicked", actor="machine")
    quiet = fold(
        load_playbook(ladder(rules, signals="{mine: {kind: email_clicked}}")), [scanner], instant("03-01")
    )
    assert quiet.transitions == ()
    assert quiet.standing is not None
    assert quiet.standing.last_inbound_at is None
    mine = "{mine: {kind: email_clicked, actors: [machine]}}"
    assert fold(load_playbook(ladder(rules, signals=mine)), [scanner], instant("03-01")).transitions
    everyone = ladder(rules, signals="{mine: {kind: email_clicked}}", actors="[machine]")
    assert fold(load_playbook(everyone), [scanner], instant("03-01")).transitions


def test_an_unknown_kind_matches_the_signal_that_names_it_and_counts_as_a_sign_of_life() -> None:
    rules = "  - {key: low}\n  - {key: high, enter: {signal: mine}}\n"
    seen = touch("03-01", "webinar_seen")
    result = fold(
        load_playbook(ladder(rules, signals="{mine: {kind: webinar_seen}}")), [seen], instant("03-01")
    )
    assert [it.to_stage for it in result.transitions] == ["high"]
    assert result.standing is not None
    assert result.standing.last_inbound_at == instant("03-01")


def test_an_answer_to_no_question_answers_nothing() -> None:
    result = fold(load_playbook(ladder("  - {key: low}\n")), [touch("03-01", "answered")], instant("03-01"))
    assert result.standing is not None
    assert result.standing.answers == {}


@given(st.text("ab*?\n", max_size=7).filter(str.strip), st.text("ab\n", max_size=9))
def test_a_glob_matches_what_the_regular_expression_matches(glob: str, value: str) -> None:
    form = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in glob)
    assert compile_test(conditions.Test(glob=glob))(value) == bool(re.fullmatch(form, value, re.DOTALL))


def test_a_glob_of_many_stars_takes_no_longer_than_its_value_is_long() -> None:
    passes_test = compile_test(conditions.Test(glob="*a" * 20 + "*b"))
    before = time.perf_counter()
    assert not passes_test("a" * 20_000)
    assert time.perf_counter() - before < 1
