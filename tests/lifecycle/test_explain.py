from dataclasses import replace
from typing import Any

import pytest

from ripeline.lifecycle.explain import (
    Missing,
    missing_for,
    next_stages,
    say_contributions,
    say_standing,
    say_transition,
    tell_story,
)
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.lifecycle.touch import Touch
from tests.lifecycle.examples import PLAYBOOK, instant, ladder, touch

pytestmark = pytest.mark.pure

LIFE = [
    touch("02-20 10:00", "page_viewed", subject="/blog"),
    touch("02-21 10:00", "identified"),
    touch("03-03 08:00", "page_viewed", subject="/pricing"),
    touch("03-03 09:00", "page_viewed", subject="/pricing/teams"),
    touch("03-03 10:00", "form_submitted", subject="white paper"),
    touch("03-05 10:00", "traits_changed", attrs={"industry": "media", "employees": 60, "role": "author"}),
    touch("03-06 10:00", "answered", subject="authority", attrs={"value": "yes"}),
    touch("03-07 10:00", "email_replied"),
    touch("06-07 10:00", "stage_set", subject="prospect", attrs={"by": "Eva", "reason": "met at the fair"}),
    touch("06-08 10:00", "stage_set", subject="winner"),
    touch("06-09 10:00", "rejected", attrs={"by": "Tom", "text": "no budget"}),
    touch("06-10 10:00", "disqualified", attrs={"by": "Tom"}),
    touch("06-11 10:00", "reopened"),
    touch("06-12 10:00", "page_viewed", subject="/pricing"),
]


def reason(enter: str, touches: list[Touch], until: str, **more: str) -> str:
    """Why the last move of a small playbook was made: up by `enter`, down where it no longer holds."""
    high = f"enter: {enter}, exit: [{{when: {{not: {enter}}}, to: low}}]"
    rules = f"  - {{key: low}}\n  - {{key: high, title: High, {high}}}\n"
    playbook = load_playbook(ladder(rules, **more))
    return say_transition(playbook, fold(playbook, touches, instant(until)).transitions[-1])


def test_a_life_is_told_in_sentences_with_every_reason() -> None:
    assert tell_story(load_playbook(PLAYBOOK), [*LIFE, LIFE[11]], instant("07-01")) == [
        "Suspect on 20 February 2026: first seen when the page /blog was viewed",
        "Lead on 21 February because we learned who they are",
        "MQL on 3 March because the score reached 40 of 30: pricing visit +10, +10, conversion +20, "
        "and the form white paper was sent",
        "Prospect on 7 March because they replied by email, the fit is B and authority was answered yes",
        "back to Lead on 6 May because nothing was heard for 60 days (went quiet)",
        "moved to Prospect by hand by Eva on 7 June: met at the fair",
        "a move by hand to winner on 8 June was ignored: this playbook has no such stage",
        "rejected by sales and back to Lead by Tom on 9 June: no budget",
        "disqualified by Tom on 10 June",
        "reopened on 11 June",
        "now Lead since 9 June 2026, score 8.9, fit B, cold, Self-published author, last heard on 12 June 2026",
        "next MQL: 21.1 more points of 30",
    ]


def test_a_story_names_the_year_where_a_new_one_begins() -> None:
    touches = [touch("03-01", "page_viewed"), touch("03-02", "recycled")]
    playbook = load_playbook(ladder("  - {key: a}\n  - {key: b, enter: {idle: 400d}}\n"))
    assert tell_story(playbook, touches[:1], instant("03-01") + 400 * 86_400_000_000)[1:] == [
        "2027: b on 5 April because nothing was heard for 400 days",
        "now b since 5 April 2027, score 0, last heard on 1 March 2026",
    ]
    assert tell_story(playbook, touches, instant("02-28")) == ["nothing is known of this person yet"]


def test_a_recycled_disqualified_person_who_was_never_heard_is_told_as_such() -> None:
    playbook = load_playbook(ladder("  - {key: a, title: First}\n  - {key: b, enter: {signal: imported}}\n"))
    touches = [
        touch("03-01", "imported"),
        touch("03-02", "recycled"),
        touch("03-03", "disqualified", attrs={"reason": "student"}),
    ]
    assert tell_story(playbook, touches, instant("03-04"))[2:] == [
        "recycled to First on 2 March",
        "disqualified on 3 March: student",
        "now First since 2 March 2026, score 0, disqualified, placed by hand until they are heard again, never heard",
        "next b: disqualified until somebody reopens them; placed by hand: a new sign of life",
    ]


@pytest.mark.parametrize(
    ("enter", "until", "sentence"),
    [
        ("{all: []}", "03-01", "High on 1 March because its rule always holds"),
        ("{idle: 3d}", "03-09", "High on 4 March because nothing was heard for 3 days"),
        ("{in_stage: 3d}", "03-04", "High on 4 March because 3 days passed in the stage"),
        ("{not: {idle: 3d}}", "03-01", "High on 1 March because something was heard in the last 3 days"),
        ("{not: {idle: 3d}}", "03-09", "back to low on 4 March because nothing was heard for 3 days"),
        (
            "{not: {in_stage: 3d}}",
            "03-01",
            "High on 1 March because they are in the stage for less than 3 days",
        ),
        ("{signal: page_viewed}", "03-01", "High on 1 March because the page /a was viewed"),
        (
            "{signal: inbound, within: 2d}",
            "03-09",
            "back to low on 3 March because there was no sign of life in 2 days",
        ),
        ("{not: {signal: purchased}}", "03-01", "High on 1 March because there was no purchase ever"),
        (
            "{not: {signal: inbound, count: 2}}",
            "03-01",
            "High on 1 March because only 1 of 2 times sign of life",
        ),
        ("{not: {fit: A}}", "03-01", "High on 1 March because the fit is not known"),
        ("{not: {persona: me}}", "03-01", "High on 1 March because the persona is not known"),
        ("{not: {answer: {need: clear}}}", "03-01", "High on 1 March because need was not answered"),
        ("{trait: {city: {exists: false}}}", "03-01", "High on 1 March because city is unknown"),
        ("{score: {lt: 5}}", "03-01", "High on 1 March because the score is 0, below 5"),
        ("{not: {score: {gte: 5}}}", "03-01", "High on 1 March because the score is 0, below 5"),
        ("{score: {gte: 0}}", "03-01", "High on 1 March because the score reached 0 of 0"),
        ("{any: [{idle: 3d}, {signal: inbound}]}", "03-01", "High on 1 March because the page /a was viewed"),
        (
            "{not: {all: [{signal: purchased}, {idle: 3d}]}}",
            "03-01",
            "High on 1 March because there was no purchase ever",
        ),
        (
            "{not: {any: [{signal: purchased}, {score: {gte: 3}}]}}",
            "03-01",
            "High on 1 March because there was no purchase ever and the score is 0, below 3",
        ),
    ],
)
def test_a_condition_is_told_by_what_made_it_true(enter: str, until: str, sentence: str) -> None:
    personas = "[{key: me, title: My kind, when: {signal: purchased}}]"
    assert reason(enter, [touch("03-01", "page_viewed", subject="/a")], until, personas=personas) == sentence


@pytest.mark.parametrize(
    ("enter", "last", "sentence"),
    [
        (
            "{signal: page_viewed, count: 2, within: 3d}",
            touch("03-02", "page_viewed"),
            "page view came 2 times in 3 days",
        ),
        ("{fit: B}", touch("03-02", "traits_changed", attrs={"city": "Bonn"}), "the fit is A"),
        ("{persona: me}", touch("03-02", "traits_changed", attrs={"city": "Bonn"}), "the persona is My kind"),
        (
            "{trait: {city: Bonn, vip: true}}",
            touch("03-02", "traits_changed", attrs={"city": "Bonn", "vip": True}),
            "city is Bonn and vip is true",
        ),
        (
            "{answer: {need: 3.5}}",
            touch("03-02", "answered", subject="need", attrs={"value": 3.5}),
            "need was answered 3.5",
        ),
        ("{signal: own}", touch("03-02", "webinar_seen"), "webinar seen happened"),
        ("{signal: own}", touch("03-02", "webinar_seen", subject="of May"), "webinar seen of May happened"),
    ],
)
def test_a_touch_that_moves_somebody_is_told(enter: str, last: Touch, sentence: str) -> None:
    fit, personas = (
        "{criteria: [{trait: city, in: [Bonn]}]}",
        "[{key: me, title: My kind, when: {trait: {city: Bonn}}}]",
    )
    touches = [touch("03-01", "page_viewed"), last]
    told = reason(enter, touches, "03-02", fit=fit, personas=personas, signals="{own: {kind: webinar_seen}}")
    assert told == f"High on 2 March because {sentence}"


@pytest.mark.parametrize(
    ("enter", "last", "sentence"),
    [
        (
            "{fit: B}",
            touch("03-02", "traits_changed", attrs={"city": "Rome"}),
            "the fit is F, not B or better",
        ),
        (
            "{persona: me}",
            touch("03-02", "traits_changed", attrs={"city": "Rome"}),
            "the persona is Others, not My kind",
        ),
        (
            "{answer: {need: y}}",
            touch("03-02", "answered", subject="need", attrs={"value": "n"}),
            "need was answered n, not y",
        ),
        (
            "{answer: {need: y, intent: y}}",
            touch("03-02", "answered", subject="need", attrs={"value": "n"}),
            "need was answered n, not y",
        ),
        ("{answer: {need: y}}", touch("03-02", "page_viewed"), "the answer on need is too old"),
        ("{score: {lt: 5}}", touch("03-02", "call_held"), "the score is 20, not below 5"),
        ("{not: {idle: 1d}}", touch("03-02", "imported"), "nothing was heard for 1 day"),
    ],
)
def test_an_exit_is_told_by_what_is_no_longer_so(enter: str, last: Touch, sentence: str) -> None:
    rules = (
        f"  - {{key: low}}\n  - {{key: high, enter: {enter}, exit: [{{when: {{not: {enter}}}, to: low}}]}}\n"
    )
    personas = "[{key: me, title: My kind, when: {trait: {city: Bonn}}}, {key: any, title: Others}]"
    text = ladder(
        rules,
        fit="{criteria: [{trait: city, in: [Bonn]}]}",
        personas=personas,
        answers="{need: {valid_for: 1d}}",
        score="{points: [{signal: call_held, add: 20}]}",
    )
    touches = [
        touch("03-01", "traits_changed", attrs={"city": "Bonn"}),
        touch("03-01", "answered", subject="need", attrs={"value": "y"}),
        touch("03-01", "answered", id="second", subject="intent", attrs={"value": "y"}),
        last,
    ]
    playbook = load_playbook(text)
    move = fold(playbook, touches, instant("03-02")).transitions[-1]
    assert say_transition(playbook, move) == f"back to low on 2 March because {sentence}"


def test_a_person_not_known_for_long_is_not_idle() -> None:
    told = reason("{not: {idle: 1d}}", [touch("03-01", "imported")], "03-01")
    assert told == "High on 1 March because they are known for less than 1 day"


def test_a_move_is_said_without_evidence_by_its_rule() -> None:
    playbook = load_playbook(PLAYBOOK)
    moves = fold(playbook, LIFE, instant("07-01"), explained=False).transitions
    assert say_transition(playbook, moves[0]) == "lead on 21 February by the rule lead.enter"
    assert say_transition(playbook, moves[4]) == "moved to prospect by hand on 7 June"


def test_a_sentence_is_told_from_evidence_alone_even_by_another_playbook() -> None:
    move = fold(load_playbook(PLAYBOOK), LIFE, instant("03-05")).transitions[1]
    other = load_playbook(ladder("  - {key: only}\n"))
    assert say_transition(other, replace(move, evidence=dict(move.evidence))) == say_transition(
        load_playbook(PLAYBOOK), move
    )


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ([], ""),
        ([("form", [20.0], 1, 20.0)], "form +20"),
        (
            [("form", [20.0], 1, 20.0), ("white_paper", [10.0, 7.94], 2, 17.94)],
            "form +20, white paper +10, +7.9",
        ),
        ([("old", [0.01], 1, 0.01), ("spam", [-20.0], 1, -20.0)], "spam -20"),
        ([("email_clicked", [1.0, 1.0, 1.0, 1.0], 4, 4.0)], "email click 4 times +4"),
        ([("page_viewed", [1.0, 1.0], 9, 9.0)], "page view 9 times +9"),
        (
            [(name, [float(n)], 1, float(n)) for n, name in enumerate("abcdef", 1)],
            "f +6, e +5, d +4, c +3, others +3",
        ),
    ],
)
def test_the_score_is_told_by_its_largest_parts(
    told: list[tuple[str, list[float], int, float]], text: str
) -> None:
    evidence: list[dict[str, Any]] = [
        {"signal": signal, "latest": [{"present": it} for it in latest], "times": times, "present": present}
        for signal, latest, times, present in told
    ]
    assert say_contributions(evidence) == text


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
    )
    assert next_stages(playbook, result) == ("mql", "prospect", "customer")
    assert missing_for(playbook, result, "lead", result.as_of).text == "Lead: nothing is missing"
    assert (
        missing_for(playbook, result, "customer", result.as_of).text
        == "Customer: one of: no purchase yet or no won deal yet"
    )
    assert missing_for(playbook, result, "suspect", result.as_of).text == "Suspect: entered by hand only"


@pytest.mark.parametrize(
    ("enter", "met", "text"),
    [
        ("{score: {gte: 30}}", False, "20 more points of 30"),
        ("{score: {gte: 10, lt: 15}}", True, "score 10 of 10 and score below 15 (now 10)"),
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
        ("{not: {idle: 7d}}", True, "not (7 days of silence (so far 1 day))"),
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
        "answers": "{budget: {valid_for: 1h}}".replace("1h", "60m"),
    }
    playbook = load_playbook(ladder(rules, **more))
    touches = [
        touch("03-01", "page_viewed"),
        touch("03-01", "traits_changed", attrs={"city": "Bonn"}),
        touch("03-01", "answered", subject="need", attrs={"value": "y"}),
        touch("03-01", "answered", id="second", subject="budget", attrs={"value": "y"}),
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


def test_a_standing_is_said_in_one_line() -> None:
    playbook = load_playbook(PLAYBOOK)
    standing = someone(playbook, LIFE[:1], "02-20 10:00").standing
    assert standing is not None
    assert say_standing(playbook, standing) == (
        "Suspect since 20 February 2026, score 0, fit F, cold, last heard on 20 February 2026"
    )
