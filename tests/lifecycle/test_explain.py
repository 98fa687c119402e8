from dataclasses import replace

import pytest

from ripeline.lifecycle.explain import say_limits, say_standing, say_transition, tell_story
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import load_playbook
from tests.lifecycle.examples import LIFE, PLAYBOOK, instant, ladder, touch

pytestmark = pytest.mark.pure


def test_a_life_is_told_in_sentences_with_every_reason() -> None:
    assert tell_story(load_playbook(PLAYBOOK), [*LIFE, LIFE[11]], instant("07-01")) == [
        "Suspect on 20 February 2026: first seen when they viewed the blog page",
        "Lead on 21 February because we learned who they are",
        "MQL on 3 March because the score reached 40 of 30 needed: white paper form +20, "
        "pricing page +10, page /pricing/teams +10, and the white paper form was sent",
        "Prospect on 7 March because they replied by email, they said yes on authority and the fit is B",
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
        "next b: disqualified until somebody reopens them; placed by hand, so a new sign of life is needed first",
    ]


def test_a_move_is_said_without_evidence_by_its_rule() -> None:
    playbook = load_playbook(PLAYBOOK)
    moves = fold(playbook, LIFE, instant("07-01"), explained=False).transitions
    assert say_transition(playbook, moves[0]) == "lead on 21 February by the rule lead.enter"
    assert say_transition(playbook, moves[4]) == "moved to prospect by hand on 7 June"
    assert say_transition(playbook, moves[4], now=instant("12-31")) == "moved to prospect by hand on 7 June"
    later = instant("12-31") + DAY
    assert say_transition(playbook, moves[4], now=later) == "moved to prospect by hand on 7 June 2026"


def test_a_sentence_is_told_from_evidence_alone_even_by_another_playbook() -> None:
    move = fold(load_playbook(PLAYBOOK), LIFE, instant("03-05")).transitions[1]
    other = load_playbook(ladder("  - {key: only}\n"))
    assert say_transition(other, replace(move, evidence=dict(move.evidence))) == say_transition(
        load_playbook(PLAYBOOK), move
    )


def test_a_standing_is_said_in_one_line() -> None:
    playbook = load_playbook(PLAYBOOK)
    standing = fold(playbook, LIFE[:1], instant("02-20 10:00")).standing
    assert standing is not None
    assert say_standing(playbook, standing) == (
        "Suspect since 20 February 2026, score 0, fit F, cold, last heard on 20 February 2026"
    )


def test_what_a_limit_left_out_is_told_and_what_counted_adds_up_to_the_score() -> None:
    rules = (
        "{points: [{signal: page_viewed, add: 10, limit: once}, {signal: page_viewed, add: 1},"
        " {signal: email_opened, add: 5, limit: {times: 2, per: 7d}},"
        " {signal: unsubscribed, add: -20, limit: once}, {signal: complained, add: -1, limit: once}]}"
    )
    playbook = load_playbook(ladder("  - {key: a}\n", score=rules))
    touches = [touch(f"03-0{day}", "page_viewed") for day in range(1, 8)]
    touches += [touch(f"03-{day}", "email_opened") for day in ("01", "02", "03", "11", "12", "13")]
    touches += [touch("03-14", "unsubscribed"), touch("03-15", "unsubscribed"), touch("03-16", "complained")]
    result = fold(playbook, touches, instant("03-17"))
    # Told twice, they are folded once; what is still to come was not folded at all.
    more = [*touches, *touches, touch("03-18", "page_viewed")]
    assert say_limits(result, more) == {
        0: "7 times, +10 of at most +10; 6 left out by the limit",
        2: "6 times, +20 with at most +10 in 7 days; 2 left out by the limit",
        3: "2 times, -20 of at most -20; 1 left out by the limit",
    }
    assert result.standing is not None
    assert sum(each.present for each in result.contributions) == result.standing.raw == 10 + 7 + 20 - 20 - 1


def test_where_nothing_has_a_limit_none_is_told_of() -> None:
    playbook = load_playbook(ladder("  - {key: a}\n", score="{points: [{signal: page_viewed, add: 1}]}"))
    assert say_limits(fold(playbook, [touch("03-01", "page_viewed")], instant("03-02")), []) == {}
