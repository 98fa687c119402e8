import pytest

from ripeline.lifecycle.explain import Missing, missing_for, next_stages
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.lifecycle.touch import Touch
from tests.lifecycle.examples import LIFE, PLAYBOOK, instant, ladder, touch

pytestmark = pytest.mark.pure


def someone(playbook: Playbook, touches: list[Touch], until: str) -> Fold:
    return fold(playbook, touches, instant(until))


def test_what_is_missing_for_a_stage_is_told_with_how_much() -> None:
    playbook = load_playbook(PLAYBOOK)
    result = someone(playbook, LIFE[:5], "03-03")
    lacking = missing_for(playbook, result, "prospect", result.as_of)
    assert lacking == Missing(
        False,
        "Prospect: no reply in the last 90 days; fit B or better (now F); authority answered yes (not answered yet)",
        (
            Missing(False, "no reply in the last 90 days"),
            Missing(False, "fit B or better (now F)"),
            Missing(False, "authority answered yes (not answered yet)"),
        ),
        "all",
    )
    assert next_stages(playbook, result) == ("mql", "prospect", "customer")
    assert missing_for(playbook, result, "lead", result.as_of).text == "Lead: nothing is missing"
    assert (
        missing_for(playbook, result, "customer", result.as_of).text
        == "Customer: one of: purchase or won deal"
    )
    assert missing_for(playbook, result, "suspect", result.as_of).text == "Suspect: entered by hand only"


@pytest.mark.parametrize(
    ("enter", "met", "text"),
    [
        ("{score: {gte: 30}}", False, "20 more points of 30"),
        ("{score: {gte: 10, lt: 15}}", True, "score 10, 10 needed and score below 15 (now 10)"),
        ("{signal: page_viewed, count: 3}", False, "page view 1 of 3 times"),
        ("{signal: page_viewed, within: 30d}", True, "page view in the last 30 days"),
        ("{persona: me}", False, "persona My kind"),
        ("{idle: 7d}", False, "7 days of silence (so far 1 day)"),
        ("{idle: 12h}", True, "12 hours of silence"),
        ("{in_stage: 7d}", False, "7 days in the stage (so far 1 day)"),
        ("{trait: {city: Rome}}", False, "city is Rome (now Bonn)"),
        ("{answer: {need: y}}", True, "need answered y"),
        ("{answer: {need: n}}", False, "need answered n (last answer: y)"),
        ("{answer: {budget: y}}", False, "budget answered y (last answer: y, too long ago)"),
        ("{not: {idle: 7d}}", True, "something was heard in the last 7 days"),
        ("{not: {score: {gte: 5}}}", False, "the score is 10, 5 needed"),
        ("{not: {fit: B}}", True, "the fit is not known"),
        ("{not: {signal: purchased}}", True, "no purchase"),
        ("{not: {signal: purchased, within: 30d}}", True, "no purchase in 30 days"),
        ("{not: {signal: page_viewed}}", False, "a page view on 1 March"),
        ("{not: {signal: page_viewed, count: 2}}", True, "page view came only once, not twice"),
        ("{not: {signal: careers, within: 30d}}", False, "careers in the last 30 days (until 31 March)"),
        (
            "{not: {signal: answered, within: 400d}}",
            False,
            "an answer in the last 400 days (until 5 April 2027)",
        ),
        ("{not: {answer: {need: y}}}", False, "they said y on need on 1 March"),
        (
            "{not: {answer: {authority: n}}}",
            False,
            "they said n on authority on 1 March; ask again after 30 May",
        ),
        ("{not: {answer: {timeline: n}}}", True, "timeline was not answered"),
        ("{not: {all: [{idle: 7d}, {signal: page_viewed}]}}", True, "something was heard in the last 7 days"),
        (
            "{any: [{signal: told, within: 30d}, {idle: 7d}]}",
            False,
            "one of: form in the last 30 days or 7 days of silence (so far 1 day)",
        ),
        ("{signal: told}", False, "no form yet"),
        ("{any: []}", False, "nothing can"),
        ("{any: [{idle: 12h}, {idle: 7d}]}", True, "12 hours of silence"),
        ("{any: [{all: [{idle: 7d}, {signal: page_viewed}]}]}", False, "7 days of silence (so far 1 day)"),
        ("{any: [{all: [{idle: 12h}, {signal: page_viewed}]}]}", True, "12 hours of silence and page view"),
        ("{any: [{all: []}]}", True, "nothing"),
        ("{fit: A}", False, "fit A (now not known)"),
        ("{score: {lt: 5}}", False, "score below 5 (now 10)"),
    ],
)
def test_each_condition_says_how_far_it_is(enter: str, met: bool, text: str) -> None:
    rules = f"  - {{key: low}}\n  - {{key: mid}}\n  - {{key: high, enter: {{all: [{enter}]}}, from: [mid]}}\n"
    more = {
        "personas": "[{key: me, title: My kind, when: {signal: purchased}}]",
        "score": "{points: [{signal: page_viewed, add: 10}]}",
        "answers": "{budget: {valid_for: 60m}, authority: {valid_for: 90d}}",
        "signals": "{careers: {kind: page_viewed, subject: [/jobs]}, told: {kind: form_submitted}}",
    }
    playbook = load_playbook(ladder(rules, **more))
    touches = [
        touch("03-01", "page_viewed", subject="/jobs"),
        touch("03-01", "traits_changed", attrs={"city": "Bonn"}),
        touch("03-01", "answered", subject="need", attrs={"value": "y"}),
        touch("03-01", "answered", id="second", subject="budget", attrs={"value": "y"}),
        touch("03-01", "answered", id="third", subject="authority", attrs={"value": "n"}),
    ]
    result = someone(playbook, touches, "03-02")
    way, condition = missing_for(playbook, result, "high", result.as_of).children
    assert way == Missing(False, "coming from mid")
    assert (condition.met, condition.text) == (met, text)
    assert next_stages(playbook, result) == ()


@pytest.mark.parametrize(
    ("until", "text"),
    [("03-01 00:00", "less than a minute"), ("03-01 00:05", "5 minutes"), ("03-01 03:05", "3 hours")],
)
def test_how_long_something_lasts_is_rounded_down(until: str, text: str) -> None:
    playbook = load_playbook(ladder("  - {key: a}\n  - {key: b, enter: {in_stage: 7d}}\n"))
    result = someone(playbook, [touch("03-01", "page_viewed")], until)
    assert missing_for(playbook, result, "b", result.as_of).text == f"b: 7 days in the stage (so far {text})"


def test_nothing_is_said_to_be_missing_of_nobody() -> None:
    playbook = load_playbook(PLAYBOOK)
    nobody = fold(playbook, [], instant("03-01"))
    assert next_stages(playbook, nobody) == ()
    with pytest.raises(ValueError, match="nothing is known"):
        missing_for(playbook, nobody, "lead", instant("03-01"))


def test_missing_parts_say_whether_all_of_them_are_needed_or_any_will_do() -> None:
    playbook = load_playbook(PLAYBOOK)
    result = someone(playbook, LIFE[:1], "03-03")
    lacking = missing_for(playbook, result, "customer", result.as_of)
    assert lacking.joint == "all"
    assert [(part.joint, part.met) for part in lacking.children] == [("any", False)]
    assert [(part.joint, part.text) for part in lacking.children[0].children] == [
        (None, "purchase"),
        (None, "won deal"),
    ]
