"""The rules of moving between stages, one by one."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from ripeline.lifecycle.fold import Fold, LateTouch, State, fold
from ripeline.lifecycle.instant import DAY, HOUR, LAST_INSTANT
from ripeline.lifecycle.playbook import load_playbook
from ripeline.lifecycle.touch import Touch
from tests.lifecycle.examples import PLAYBOOK, instant, ladder, touch

pytestmark = pytest.mark.pure


def folded(rules: str, touches: Iterable[Touch], until: str, **more: str) -> Fold:
    return fold(load_playbook(ladder(rules, **more)), touches, instant(until))


def moves(result: Fold) -> list[tuple[int, str, str, str]]:
    return [(it.at, it.to_stage, it.cause, it.rule) for it in result.transitions]


def test_nobody_stands_anywhere_without_a_touch() -> None:
    result = fold(load_playbook(PLAYBOOK), [touch("03-02", "identified")], instant("03-01"))
    assert (result.standing, result.state, result.due_at, result.transitions, result.contributions) == (
        None,
        None,
        None,
        (),
        (),
    )


def test_a_person_starts_in_the_first_stage_without_a_transition() -> None:
    result = fold(load_playbook(PLAYBOOK), [touch("03-01", "page_viewed")], instant("03-01"))
    assert result.transitions == ()
    assert result.standing is not None
    assert (result.standing.stage, result.standing.entered_at) == ("suspect", instant("03-01"))


def test_the_highest_stage_that_holds_is_entered_and_those_between_are_skipped() -> None:
    rules = (
        "  - {key: a}\n  - {key: b, enter: {signal: identified}}\n  - {key: c, enter: {signal: identified}}\n"
    )
    assert moves(folded(rules, [touch("03-01", "identified")], "03-01")) == [
        (instant("03-01"), "c", "touch", "c.enter")
    ]


def test_a_stage_is_entered_only_from_the_stages_it_names() -> None:
    enter = "enter: {signal: identified}"
    rules = f"  - {{key: a}}\n  - {{key: b, {enter}}}\n  - {{key: c, {enter}, from: b}}\n"
    result = folded(rules, [touch("03-01", "identified")], "03-01")
    assert [it.to_stage for it in result.transitions] == ["b", "c"]


def test_points_of_one_day_add_up_whole_and_fade_by_half_over_the_half_life() -> None:
    points = "{half_life: 2d, points: [{signal: page_viewed, add: 10}, {signal: form_submitted, add: 20}]}"
    touches = [touch("03-01 09:00", "page_viewed"), touch("03-01 12:00", "form_submitted")]
    rules = (
        "  - {key: a}\n  - {key: b, enter: {score: {gte: 30}}, exit: [{when: {score: {lt: 15}}, to: a}]}\n"
    )
    result = folded(rules, touches, "03-20", score=points)
    assert moves(result) == [
        (instant("03-01 12:00"), "b", "touch", "b.enter"),
        (instant("03-04"), "a", "timer", "b.exit[0]"),
    ]
    assert result.transitions[0].score == 30
    assert folded(rules, touches, "03-03", score=points).standing.score == pytest.approx(15)  # type: ignore[union-attr]


def test_a_score_is_shown_between_nought_and_the_maximum() -> None:
    points = "{max: 25, points: [{signal: page_viewed, add: 20}, {signal: unsubscribed, add: -50}]}"
    touches = [
        touch("03-01 01:00", "page_viewed"),
        touch("03-01 02:00", "page_viewed"),
        touch("03-01 03:00", "unsubscribed"),
    ]
    rules = "  - {key: a}\n  - {key: b, enter: {score: {gte: 25}}}\n"
    high = folded(rules, touches, "03-01 02:00", score=points).standing
    low = folded(rules, touches, "03-01 03:00", score=points).standing
    assert high is not None
    assert low is not None
    assert (high.score, high.raw, high.stage) == (25, 40, "b")
    assert (low.score, low.raw) == (0, -10)


@pytest.mark.parametrize(
    ("limit", "kept"),
    [("each", 4), ("once", 1), ("{times: 2, per: 1d}", 3)],
)
def test_a_limit_keeps_a_rule_from_counting_too_often(limit: str, kept: int) -> None:
    points = f"{{points: [{{signal: page_viewed, add: 1, limit: {limit}}}]}}"
    touches = [touch(f"03-01 {hour}", "page_viewed") for hour in ("10:00", "11:00", "12:00")]
    touches.append(touch("03-02 10:00", "page_viewed"))
    result = folded("  - {key: a}\n", touches, "03-03", score=points)
    assert len(result.contributions) == kept
    assert result.contributions[0].touch_id == "03-01 10:00 page_viewed"


def test_a_match_counts_while_less_than_the_window_has_passed() -> None:
    heard = "{signal: inbound, within: 12h}"
    rules = f"  - {{key: a}}\n  - {{key: b, enter: {heard}, exit: [{{when: {{not: {heard}}}, to: a}}]}}\n"
    result = folded(rules, [touch("03-01", "page_viewed")], "03-05")
    assert moves(result)[1:] == [(instant("03-01 12:00"), "a", "timer", "b.exit[0]")]


def test_an_answer_expires_and_an_exit_names_its_reason() -> None:
    rules = (
        "  - {key: a}\n  - {key: b, enter: {answer: {need: clear}}, "
        "exit: [{when: {not: {answer: {need: clear}}}, to: a, reason: forgot}]}\n"
    )
    answer = touch("03-01", "answered", subject="need", attrs={"value": "clear"})
    result = folded(rules, [answer], "04-01", answers="{need: {valid_for: 10d}}")
    assert moves(result)[1:] == [(instant("03-11"), "a", "timer", "b.exit[0]")]
    assert result.transitions[1].evidence["reason"] == "forgot"


def test_silence_is_counted_from_the_first_touch_where_nothing_inbound_came() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {idle: 3d}}\n"
    assert moves(folded(rules, [touch("03-01", "imported")], "03-31"))[0][0] == instant("03-04")
    machine = touch("03-02", "email_opened", actor="machine")
    assert moves(folded(rules, [touch("03-01", "imported"), machine], "03-31"))[0][0] == instant("03-04")
    human = touch("03-02", "email_opened", actor="human")
    assert moves(folded(rules, [touch("03-01", "imported"), human], "03-31"))[0][0] == instant("03-05")


def test_inbound_may_be_redefined_and_then_only_that_breaks_the_silence() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {idle: 3d}}\n"
    touches = [touch("03-01", "imported"), touch("03-02", "page_viewed"), touch("03-03", "email_replied")]
    result = folded(rules, touches, "03-31", signals="{inbound: {kind: email_replied}}")
    assert result.standing is not None
    assert result.standing.last_inbound_at == instant("03-03")
    assert moves(result)[0][0] == instant("03-06")


def test_no_stage_is_entered_twice_at_one_instant() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {all: []}, exit: [{when: {all: []}, to: a}]}\n"
    touches = [touch("03-01", "identified"), touch("03-02", "identified")]
    assert [(at, to) for at, to, _, _ in moves(folded(rules, touches, "03-02"))] == [
        (instant("03-01"), "b"),
        (instant("03-02"), "a"),
    ]


def test_a_boundary_that_coincides_with_touches_is_looked_at_once_after_them() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {in_stage: 1d}}\n"
    touches = [touch("03-01", "page_viewed"), touch("03-02", "page_viewed")]
    assert moves(folded(rules, touches, "03-05")) == [(instant("03-02"), "b", "touch", "b.enter")]


def test_who_was_placed_by_hand_stays_until_heard_at_a_later_instant() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {signal: identified}}\n"
    touches = [
        touch("03-01", "identified"),
        touch("03-02", "page_viewed"),
        touch("03-02", "stage_set", subject="a"),
        touch("03-03", "answered", subject="need"),
        touch("03-04", "page_viewed"),
    ]
    placed = folded(rules, touches[:4], "03-03")
    assert placed.standing is not None
    assert (placed.standing.stage, placed.standing.suspended, placed.due_at) == ("a", True, None)
    assert moves(folded(rules, touches, "03-04"))[1:] == [
        (instant("03-02"), "a", "manual", "stage_set"),
        (instant("03-04"), "b", "touch", "b.enter"),
    ]


@pytest.mark.parametrize("kind", ["recycled", "rejected"])
def test_who_is_sent_back_goes_down_to_the_stage_named_never_up(kind: str) -> None:
    rules = "  - {key: a}\n  - {key: b}\n  - {key: c, enter: {signal: identified}}\n"
    high = [touch("03-01", "identified"), touch("03-02", kind)]
    assert moves(folded(rules, high, "03-02", recycle_to="b"))[1:] == [
        (instant("03-02"), "b", "manual", kind)
    ]
    low = folded(rules, [touch("03-01", "page_viewed"), touch("03-02", kind)], "03-02", recycle_to="b")
    assert low.transitions == ()
    assert low.standing is not None
    assert low.standing.suspended


def test_a_move_to_a_stage_nobody_knows_is_ignored_and_reported() -> None:
    result = folded(
        "  - {key: a}\n", [touch("03-01", "stage_set", subject="x"), touch("03-02", "stage_set")], "03-02"
    )
    assert [(it.at, it.subject) for it in result.ignored] == [
        (instant("03-01"), "x"),
        (instant("03-02"), None),
    ]
    assert result.standing is not None
    assert not result.standing.suspended


def test_who_is_disqualified_moves_by_hand_only_until_reopened() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {signal: identified}}\n  - {key: c}\n"
    touches = [
        touch("03-01", "disqualified"),
        touch("03-02", "identified"),
        touch("03-03", "reopened"),
    ]
    assert folded(rules, touches[:2], "03-02").transitions == ()
    assert folded(rules, touches[:2], "03-02").standing.status == "disqualified"  # type: ignore[union-attr]
    assert moves(folded(rules, touches, "03-04")) == [(instant("03-03"), "b", "touch", "b.enter")]
    by_hand = [*touches[:2], touch("03-03", "stage_set", subject="c")]
    assert moves(folded(rules, by_hand, "03-03")) == [(instant("03-03"), "c", "manual", "stage_set")]


def test_months_of_silence_need_no_look_at_every_day() -> None:
    rules = "  - {key: a}\n  - {key: b, enter: {score: {gte: 5}}, exit: [{when: {score: {lt: 5}}, to: a}]}\n"
    result = folded(
        rules,
        [touch("03-01", "form_submitted")],
        "03-01",
        score="{half_life: 365d, points: [{signal: inbound, add: 5120}]}",
    )
    assert result.due_at == instant("03-01") + 3651 * DAY
    assert result.state is not None
    assert result.state.journey.settled


def test_what_would_be_due_after_the_year_9999_is_never_due() -> None:
    late = LAST_INSTANT - HOUR
    touches = [Touch("t", "anna", late, "page_viewed", "in", "human", None, None, {})]
    result = fold(load_playbook(ladder("  - {key: a}\n  - {key: b, enter: {idle: 1d}}\n")), touches, late)
    assert result.due_at is None


def test_the_same_id_is_the_same_touch_and_the_first_counts() -> None:
    points = "{points: [{signal: page_viewed, add: 1}]}"
    first = touch("03-01", "page_viewed", id="x")
    other = touch("03-02", "page_viewed", id="x")
    odd = touch("03-01", "unsubscribed", id="x")
    for touches in ([first, other, odd], [odd, other, first]):
        result = folded("  - {key: a}\n", touches, "03-05", score=points)
        assert [it.at for it in result.contributions] == [instant("03-01")]


def test_a_state_is_folded_on_from_and_left_as_it_was() -> None:
    playbook = load_playbook(PLAYBOOK)
    touches = [touch("03-01", "page_viewed", subject="/pricing"), touch("03-02", "form_submitted")]
    first = fold(playbook, touches[:1], instant("03-01"))
    assert first.state is not None
    saved = json.dumps(first.state.to_json())
    on = fold(playbook, touches[1:], instant("03-02"), state=first.state)
    assert json.dumps(first.state.to_json()) == saved
    assert on.contributions == fold(playbook, touches, instant("03-02")).contributions
    assert fold(playbook, [], instant("03-09"), state=State.from_json(json.loads(saved))).transitions == ()


def test_a_state_forgets_the_matches_no_window_needs() -> None:
    playbook = load_playbook(
        ladder("  - {key: a}\n  - {key: b, enter: {signal: page_viewed, count: 2, within: 7d}}\n")
    )
    touches = [touch(f"03-{day:02}", "page_viewed") for day in range(1, 29, 6)]
    state = fold(playbook, touches, instant("03-28")).state
    again = fold(playbook, [], instant("03-28"), state=state).state
    assert again is not None
    assert [it.at for it in again.journey.matches[0]] == [instant("03-19"), instant("03-25")]


def test_what_comes_late_or_from_elsewhere_is_refused() -> None:
    playbook = load_playbook(PLAYBOOK)
    first = fold(playbook, [touch("03-02", "page_viewed")], instant("03-05"))
    with pytest.raises(
        LateTouch, match=r"'03-01 call_held' of 2026-03-01T00:00:00Z is not later than 2026-03-02T00:00:00Z"
    ):
        fold(playbook, [touch("03-01", "call_held")], instant("03-05"), state=first.state)
    other = load_playbook(PLAYBOOK.replace("gte: 30", "gte: 31"))
    with pytest.raises(ValueError, match="another version"):
        fold(other, [], instant("03-05"), state=first.state)
    with pytest.raises(ValueError, match="'anna' and 'bert'"):
        fold(
            playbook,
            [touch("03-02", "page_viewed"), touch("03-03", "page_viewed", person="bert")],
            instant("03-05"),
        )


def test_evidence_is_left_out_where_nobody_will_read_it() -> None:
    touches = [touch("03-01", "identified"), touch("03-02", "stage_set", subject="suspect")]
    result = fold(load_playbook(PLAYBOOK), touches, instant("03-05"), explained=False)
    assert [it.evidence for it in result.transitions] == [{}, {}]


@pytest.mark.parametrize(
    ("attrs", "grade"),
    [
        ({}, "F"),
        ({"industry": "media"}, "C"),
        ({"industry": "media", "employees": 50}, "B"),
        ({"industry": "media", "seniority": "owner"}, "A"),
        ({"seniority": "owner"}, "D"),
        ({"employees": "50"}, "F"),
        ({"employees": True}, "F"),
        ({"employees": None}, "F"),
    ],
)
def test_the_grade_is_the_share_of_the_weight_matched(attrs: dict[str, Any], grade: str) -> None:
    result = fold(load_playbook(PLAYBOOK), [touch("03-01", "traits_changed", attrs=attrs)], instant("03-01"))
    assert result.standing is not None
    assert result.standing.grade == grade
    assert result.standing.traits == {name: value for name, value in attrs.items() if value is not None}


def test_a_long_history_leaves_only_the_latest_touches_behind() -> None:
    playbook = load_playbook(PLAYBOOK)
    start = instant("01-01")
    touches = [
        Touch(f"{n:06}", "anna", start + n * HOUR // 4, "page_viewed", "in", "human", "/pricing", None, {})
        for n in range(20_000)
    ]
    result = fold(playbook, touches, touches[-1].at)
    assert result.state is not None
    assert len(result.contributions) == pytest.approx(3 * 208 / 7, abs=4)
    assert all(len(tally.recent) <= 8 for tally in result.state.journey.tallies)
