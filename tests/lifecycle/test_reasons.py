from dataclasses import replace
from json import dumps, loads
from typing import Any

import pytest

from ripeline.lifecycle.evidence import condition_evidence
from ripeline.lifecycle.explain import say_reasons, say_transition
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.rules import compile_playbook
from ripeline.lifecycle.touch import Touch
from tests.lifecycle.examples import instant, ladder, touch

pytestmark = pytest.mark.pure


def reason(enter: str, touches: list[Touch], until: str, **more: str) -> str:
    """Why the last move of a small playbook was made: up by `enter`, down where it no longer holds."""
    high = f"enter: {enter}, exit: [{{when: {{not: {enter}}}, to: low}}]"
    rules = f"  - {{key: low}}\n  - {{key: high, title: High, {high}}}\n"
    playbook = load_playbook(ladder(rules, **more))
    return say_transition(playbook, fold(playbook, touches, instant(until)).transitions[-1])


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
        ("{signal: page_viewed}", "03-01", "High on 1 March because they viewed the page /a"),
        (
            "{signal: inbound, within: 2d}",
            "03-09",
            "back to low on 3 March because there was no sign of life in 2 days",
        ),
        ("{not: {signal: purchased}}", "03-01", "High on 1 March because there was no purchase ever"),
        (
            "{not: {signal: inbound, count: 2}}",
            "03-01",
            "High on 1 March because sign of life came only once, not twice",
        ),
        ("{not: {fit: A}}", "03-01", "High on 1 March because the fit is not known"),
        ("{not: {persona: me}}", "03-01", "High on 1 March because the persona is not known"),
        ("{not: {answer: {need: clear}}}", "03-01", "High on 1 March because need was not answered"),
        ("{trait: {city: {exists: false}}}", "03-01", "High on 1 March because city is unknown"),
        ("{score: {lt: 5}}", "03-01", "High on 1 March because the score is 0, below 5"),
        ("{not: {score: {gte: 5}}}", "03-01", "High on 1 March because the score is 0, below 5"),
        ("{score: {gte: 0}}", "03-01", "High on 1 March because the score is 0, 0 needed"),
        (
            "{any: [{idle: 3d}, {signal: inbound}]}",
            "03-01",
            "High on 1 March because they viewed the page /a",
        ),
        (
            "{not: {all: [{signal: purchased}, {idle: 3d}]}}",
            "03-01",
            "High on 1 March because something was heard in the last 3 days",
        ),
        (
            "{not: {any: [{signal: purchased}, {score: {gte: 3}}]}}",
            "03-01",
            "High on 1 March because there was no purchase ever, and the score is 0, below 3",
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
            "page view came twice in 3 days",
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
            "they said 3.5 on need",
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
            "they said n on need, not y",
        ),
        (
            "{answer: {need: y, intent: y}}",
            touch("03-02", "answered", subject="need", attrs={"value": "n"}),
            "they said n on need, not y",
        ),
        ("{answer: {need: y}}", touch("03-02", "page_viewed"), "their y on need is too old to count"),
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


SALES = """\
key: sales
signals:
  two_way: {kind: [email_replied, call_held]}
  price_objection: {kind: objected, subject: price}
score:
  half_life: 30d
  points: [{signal: page_viewed, add: 10}, {signal: form_submitted, add: 14}, {signal: two_way, add: 20}]
fit: {criteria: [{trait: role, in: [author]}]}
answers: {intent: {valid_for: 30d}, budget: {valid_for: 90d}}
stages:
  - {key: lead, title: Lead}
  - {key: mql, title: MQL, enter: {all: [{score: {gte: 30}}, {signal: form_submitted}]}}
  - key: sql
    title: Prospect
    enter:
      all:
        - {signal: two_way, within: 60d}
        - {any: [{fit: C}, {signal: fit_confirmed}]}
        - {any: [{answer: {intent: "yes"}}, {score: {gte: 30}}, {signal: meeting_booked}]}
        - not: {answer: {intent: "no"}}
        - not: {answer: {need: "no"}}
        - not: {answer: {budget: "no"}}
        - not: {answer: {authority: "no"}}
        - not: {signal: price_objection, within: 90d}
"""
AUTHOR = touch("03-01 09:00", "traits_changed", attrs={"role": "author"})
REPLY = touch("03-05 09:00", "email_replied", subject="welcome-3")


def answer(when: str, question: str, value: str) -> Touch:
    return touch(when, "answered", id=f"{when} {question}", subject=question, attrs={"value": value})


def last_move(*touches: Touch, until: str = "03-10") -> str:
    playbook = load_playbook(SALES)
    return say_transition(playbook, fold(playbook, touches, instant(until)).transitions[-1])


def test_a_score_that_crosses_its_line_tells_what_it_is_made_of() -> None:
    pages = [touch(f"03-03 0{hour}:00", "page_viewed", subject="/pricing") for hour in (7, 8)]
    assert (
        last_move(*pages, touch("03-03 09:00", "form_submitted"))
        == "MQL on 3 March because the score reached 34 of 30 needed: pricing page +10, +10, form +14, "
        "and a form was sent"
    )


def test_a_score_that_was_high_before_is_only_set_beside_its_line() -> None:
    pages = [touch(f"03-05 0{hour}:00", "page_viewed", subject="/pricing") for hour in (5, 6, 7)]
    assert (
        last_move(AUTHOR, *pages, REPLY)
        == "Prospect on 5 March because they replied to the mail welcome-3, the score is 50, 30 needed, "
        "and the fit is A"
    )


def test_the_touch_of_the_instant_comes_before_what_was_known_already() -> None:
    said = [answer("03-05 10:00", "intent", "yes"), answer("03-04 10:00", "need", "yes")]
    assert (
        last_move(AUTHOR, REPLY, *said)
        == "Prospect on 5 March because they said yes on intent and need, they replied to the mail welcome-3, "
        "and the fit is A"
    )


def test_answers_alike_are_told_together_and_none_twice() -> None:
    said = [answer("03-04 10:00", question, "yes") for question in ("need", "intent", "authority")]
    assert (
        last_move(AUTHOR, *said, REPLY) == "Prospect on 5 March because they replied to the mail welcome-3, "
        "they said yes on intent, need and authority, and the fit is A"
    )


def test_what_is_merely_not_so_goes_unsaid() -> None:
    told = last_move(AUTHOR, REPLY, touch("03-06", "meeting_booked", subject="launch review"))
    assert (
        told == "Prospect on 6 March because a meeting was booked (launch review), "
        "they replied to the mail welcome-3 and the fit is A"
    )


def test_of_several_ways_in_the_one_people_walked_is_told() -> None:
    pages = [touch(f"03-04 0{hour}:00", "page_viewed") for hour in (7, 8, 9)]
    told = last_move(
        AUTHOR, *pages, touch("03-04 10:00", "meeting_booked"), touch("03-04 11:00", "fit_confirmed"), REPLY
    )
    assert (
        told == "Prospect on 5 March because they replied to the mail welcome-3, the fit was confirmed "
        "and a meeting was booked"
    )


def test_a_hindrance_that_ends_at_this_instant_is_the_reason_and_comes_first() -> None:
    meeting = touch("03-04 10:00", "meeting_booked")
    objection = touch("03-01 08:00", "objected", subject="price")
    late_reply = touch("05-20 09:00", "email_replied")
    assert (
        last_move(AUTHOR, objection, meeting, late_reply, until="06-01")
        == "Prospect on 30 May because there was no price objection in 90 days, they replied by email, "
        "a meeting was booked and the fit is A"
    )


def test_a_no_that_ages_is_the_reason_also_in_evidence_that_does_not_say_until_when_it_counts() -> None:
    playbook = load_playbook(SALES)
    touches = [AUTHOR, answer("03-03 09:00", "intent", "no"), touch("03-04", "meeting_booked"), REPLY]
    move = fold(playbook, touches, instant("04-02") + DAY).transitions[-1]
    expected = (
        "Prospect on 2 April because their no on intent is too old to count, "
        "they replied to the mail welcome-3, a meeting was booked and the fit is A"
    )
    assert say_transition(playbook, move) == expected
    assert '"until"' in dumps(dict(move.evidence))
    older = loads(dumps(dict(move.evidence)), object_hook=without_until)
    assert say_transition(playbook, replace(move, evidence=older)) == expected


def without_until(read: dict[str, Any]) -> dict[str, Any]:
    """Evidence as it was written before answers said until when they count."""
    return {name: value for name, value in read.items() if name != "until"}


def test_a_score_is_not_said_to_be_what_it_is_not() -> None:
    rules = "  - {key: low}\n  - {key: high, enter: {signal: call_held}, exit: [{when: {score: {lt: 30}}, to: low}]}\n"
    score = "{half_life: 2000d, points: [{signal: call_held, add: 30.01}]}"
    playbook = load_playbook(ladder(rules, score=score))
    move = fold(playbook, [touch("03-01 09:00", "call_held")], instant("03-05")).transitions[-1]
    assert say_transition(playbook, move) == "back to low on 2 March because the score is 29.9996, below 30"


def test_standing_still_is_told_without_an_instant() -> None:
    playbook = load_playbook(SALES)
    result = fold(playbook, [AUTHOR, touch("03-02", "page_viewed")], instant("03-02"))
    assert result.state is not None
    rules = compile_playbook(playbook)
    enter = playbook.stages[2].enter
    seen = condition_evidence(rules, result.state.journey, enter, at=result.as_of)
    assert say_reasons(playbook, seen) == "there was no two-way talk in 60 days"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("{signal: bought}", "they have never bought"),
        ("{signal: bought, within: 30d}", "they have not bought in 30 days"),
        ("{signal: reply, within: 30d}", "there was no reply in 30 days"),
    ],
)
def test_a_signal_named_by_what_people_do_is_said_as_a_deed(condition: str, text: str) -> None:
    signals = "{bought: {kind: purchased, value: {gte: 9}}, reply: {kind: [email_replied, call_held]}}"
    playbook = load_playbook(ladder(f"  - {{key: a}}\n  - {{key: b, enter: {condition}}}\n", signals=signals))
    state = fold(playbook, [touch("03-01", "page_viewed")], instant("03-02")).state
    assert state is not None
    enter = playbook.stages[1].enter
    seen = condition_evidence(compile_playbook(playbook), state.journey, enter, at=instant("03-02"))
    assert say_reasons(playbook, seen) == text
