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
        "Prospect: no reply in the last 90 days; fit B or better (now F); a yes on authority (not answered yet)",
        (
            Missing(False, "no reply in the last 90 days"),
            Missing(False, "fit B or better (now F)"),
            Missing(False, "a yes on authority (not answered yet)"),
        ),
        "all",
    )
    assert next_stages(playbook, result) == ("mql", "prospect", "customer")
    assert missing_for(playbook, result, "lead", result.as_of).text == "Lead: nothing is missing"
    assert (
        missing_for(playbook, result, "customer", result.as_of).text
        == "Customer: one of: a purchase or a won deal"
    )
    assert missing_for(playbook, result, "suspect", result.as_of).text == "Suspect: entered by hand only"


@pytest.mark.parametrize(
    ("enter", "met", "text"),
    [
        ("{score: {gte: 30}}", False, "20 more points of 30"),
        ("{score: {gte: 10, lt: 15}}", True, "score 10, 10 needed and score below 15 (now 10)"),
        ("{signal: page_viewed, count: 3}", False, "page view only once, 3 times needed"),
        ("{signal: page_viewed, within: 30d}", True, "a page view in the last 30 days"),
        ("{persona: me}", False, "persona My kind (not known)"),
        ("{idle: 7d}", False, "7 days of silence (so far 1 day)"),
        ("{idle: 12h}", True, "12 hours of silence"),
        ("{in_stage: 7d}", False, "7 days in the stage (so far 1 day)"),
        ("{trait: {city: Rome}}", False, "city is Rome (now Bonn)"),
        ("{answer: {need: y}}", True, "they said y on need"),
        ("{answer: {need: n}}", False, "n as the answer on need (they said y)"),
        ("{answer: {budget: y}}", False, "y as the answer on budget (their y is too old to count)"),
        ("{not: {idle: 7d}}", True, "something was heard in the last 7 days"),
        ("{not: {score: {gte: 5}}}", False, "score below 5 (now 10)"),
        ("{not: {fit: B}}", True, "the fit is not known"),
        ("{not: {signal: purchased}}", True, "has not bought"),
        ("{not: {signal: purchased, within: 30d}}", True, "has not bought in 30 days"),
        ("{not: {signal: page_viewed}}", False, "in the way: a page view on 1 March"),
        ("{not: {signal: page_viewed, count: 2}}", True, "page view came only once, not twice"),
        (
            "{not: {signal: careers, within: 30d}}",
            False,
            "in the way: careers in the last 30 days (until 31 March)",
        ),
        (
            "{not: {signal: answered, within: 400d}}",
            False,
            "in the way: an answer in the last 400 days (until 5 April 2027)",
        ),
        ("{not: {answer: {need: y}}}", False, "they said y on need on 1 March"),
        (
            "{not: {answer: {authority: n}}}",
            False,
            "they said n on authority on 1 March (ask again after 30 May)",
        ),
        ("{not: {answer: {timeline: n}}}", True, "timeline was not answered"),
        ("{not: {all: [{idle: 7d}, {signal: page_viewed}]}}", True, "something was heard in the last 7 days"),
        (
            "{any: [{signal: told, within: 30d}, {idle: 7d}]}",
            False,
            "one of: a form in the last 30 days or 7 days of silence (so far 1 day)",
        ),
        ("{signal: told}", False, "no form sent yet"),
        ("{any: []}", False, "nothing can"),
        ("{any: [{idle: 12h}, {idle: 7d}]}", True, "12 hours of silence"),
        ("{any: [{all: [{idle: 7d}, {signal: page_viewed}]}]}", False, "7 days of silence (so far 1 day)"),
        ("{any: [{all: [{idle: 12h}, {signal: page_viewed}]}]}", True, "12 hours of silence and a page view"),
        ("{any: [{all: []}]}", True, "nothing"),
        ("{fit: A}", False, "fit A (not known)"),
        ("{score: {lt: 5}}", False, "score below 5 (now 10)"),
        ("{not: {score: {lt: 30}}}", False, "20 more points of 30"),
        ("{not: {score: {gte: 5, lt: 15}}}", False, "in the way: the score is 10, 5 needed"),
        ("{not: {idle: 12h}}", False, "a new sign of life (nothing heard for 12 hours)"),
        ("{not: {trait: {city: Bonn}}}", False, "in the way: city is Bonn"),
        ("{trait: {land: Italy}}", False, "land is Italy (not known)"),
        ("{trait: {land: {exists: false}}}", True, "land is not known"),
        ("{trait: {city: {exists: false}}}", False, "city is not known (now Bonn)"),
        ("{answer: {timeline: now}}", False, "now as the answer on timeline (not answered yet)"),
        (
            "{signal: page_viewed, count: 3, within: 30d}",
            False,
            "page view only once in the last 30 days, 3 times needed",
        ),
        ("{signal: reply, count: 2}", False, "no reply yet, twice needed"),
        ("{signal: page_viewed, count: 1}", True, "a page view"),
        ("{signal: answered, count: 2}", True, "answer twice"),
        (
            "{any: [{signal: reply, count: 2}, {idle: 7d}]}",
            False,
            "one of: reply twice (so far none) or 7 days of silence (so far 1 day)",
        ),
        ("{signal: bought}", False, "has not bought yet"),
        ("{signal: came_often, within: 30d}", False, "has not come often in the last 30 days"),
        ("{not: {signal: bought}}", True, "has not bought"),
        ("{signal: identified}", False, "has not told us who they are yet"),
        ("{signal: meeting_booked}", False, "no meeting booked yet"),
        (
            "{any: [{signal: identified}, {signal: bought}]}",
            False,
            "one of: telling us who they are or has bought",
        ),
        ("{signal: two_way}", False, "no two-way talk yet"),
    ],
)
def test_each_condition_says_how_far_it_is(enter: str, met: bool, text: str) -> None:
    rules = f"  - {{key: low}}\n  - {{key: mid}}\n  - {{key: high, enter: {{all: [{enter}]}}, from: [mid]}}\n"
    more = {
        "personas": "[{key: me, title: My kind, when: {signal: purchased}}]",
        "score": "{points: [{signal: page_viewed, add: 10}]}",
        "answers": "{budget: {valid_for: 60m}, authority: {valid_for: 90d}}",
        "signals": "{careers: {kind: page_viewed, subject: [/jobs]}, told: {kind: form_submitted}, "
        "reply: {kind: [email_replied, call_held]}, bought: {kind: purchased, value: {gte: 9}}, "
        "came_often: {kind: page_viewed, subject: /x}, two_way: {kind: [call_held, chat_held]}}",
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
    assert way == Missing(False, "entered from mid only (now low)")
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
        (None, "a purchase"),
        (None, "a won deal"),
    ]


@pytest.mark.parametrize(
    ("ways", "text"),
    [
        # Of several ways the one that lacks the fewest parts comes first, whatever the order they are written in.
        (
            "[{all: [{score: {gte: 60}}, {fit: B}]}, {signal: reply}]",
            "one of: a reply, or 50 more points of 60 and fit B or better (not known)",
        ),
        # One way that is itself one of several counts as ways of the whole.
        (
            "[{signal: reply}, {any: [{signal: purchased}, {idle: 7d}]}]",
            "one of: a reply, a purchase or 7 days of silence (so far 1 day)",
        ),
        (
            "[{signal: reply}, {all: [{fit: B}, {any: [{signal: purchased}, {signal: deal_won}]}]}]",
            "one of: a reply, or fit B or better (not known) and either a purchase or a won deal",
        ),
        # What holds already is no part of the sentence: only what is missing of each way is told.
        (
            "[{all: [{signal: page_viewed}, {signal: reply}]}, {score: {gte: 30}}]",
            "one of: a reply or 20 more points of 30",
        ),
    ],
)
def test_where_any_way_is_enough_the_nearest_comes_first(ways: str, text: str) -> None:
    more = {
        "score": "{points: [{signal: page_viewed, add: 10}]}",
        "signals": "{reply: {kind: [email_replied, call_held]}}",
    }
    playbook = load_playbook(ladder(f"  - {{key: low}}\n  - {{key: high, enter: {{any: {ways}}}}}\n", **more))
    result = someone(playbook, [touch("03-01", "page_viewed")], "03-02")
    assert missing_for(playbook, result, "high", result.as_of).text == f"high: {text}"


def test_who_was_placed_by_hand_needs_a_sign_of_life_before_any_rule_moves_them() -> None:
    playbook = load_playbook(ladder("  - {key: low}\n  - {key: mid, enter: {signal: purchased}}\n"))
    touches = [touch("03-01", "page_viewed"), touch("03-02", "stage_set", subject="low")]
    result = someone(playbook, touches, "03-03")
    assert (
        missing_for(playbook, result, "mid", result.as_of).text
        == "mid: placed by hand, so a new sign of life is needed first; has not bought yet"
    )
