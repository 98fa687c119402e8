"""The properties of section 4 of the contract, on drawn playbooks and histories."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ripeline.lifecycle.explain import missing_for, next_stages, say_standing, say_transition, tell_story
from ripeline.lifecycle.fold import Fold, LateTouch, State, fold
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import Touch
from tests.lifecycle.naive import Naive
from tests.lifecycle.strategies import histories, playbook_maps, to_playbook

pytestmark = pytest.mark.pure
thorough = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
later = st.sampled_from([0, 1, DAY, 20 * DAY, 100 * DAY])


def told(result: Fold) -> tuple[Any, ...]:
    """Everything a fold says, but for the state it can be folded on from."""
    return result.transitions, result.ignored, result.standing, result.due_at, result.contributions


@thorough
@given(playbook_maps(), histories(), later)
def test_the_fold_moves_people_as_a_slow_second_reading_does(
    plain: dict[str, Any], touches: list[Touch], wait: int
) -> None:
    as_of = touches[-1].at + wait
    slow = Naive(plain, touches, as_of)
    quick = fold(to_playbook(plain), touches, as_of)
    assert [(it.at, it.from_stage, it.to_stage, it.cause, it.rule, it.grade) for it in quick.transitions] == [
        (*it[:5], it[6]) for it in slow.transitions
    ]
    assert [it.score for it in quick.transitions] == pytest.approx(
        [it[5] for it in slow.transitions], abs=1e-9
    )
    standing = quick.standing
    assert standing is not None
    assert (standing.stage, standing.entered_at) == (slow.keys[slow.stage], slow.entered)
    assert (standing.persona, standing.rating, standing.grade) == (
        slow.persona(as_of),
        slow.rating(as_of),
        slow.grade(),
    )
    assert standing.score == pytest.approx(slow.shown(as_of), abs=1e-9)


@thorough
@given(playbook_maps(), histories(), later, st.randoms())
def test_the_order_in_which_touches_are_given_changes_nothing(
    plain: dict[str, Any], touches: list[Touch], wait: int, random: Any
) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at + wait
    shuffled = random.sample(touches, len(touches))
    assert told(fold(playbook, shuffled, as_of)) == told(fold(playbook, touches, as_of))


@thorough
@given(playbook_maps(), histories(), later, st.data())
def test_a_touch_given_twice_changes_nothing(
    plain: dict[str, Any], touches: list[Touch], wait: int, data: Any
) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at + wait
    again = data.draw(st.lists(st.sampled_from(touches), min_size=1))
    assert told(fold(playbook, [*again, *touches], as_of)) == told(fold(playbook, touches, as_of))


@thorough
@given(playbook_maps(), histories(), later, st.data())
def test_folding_on_from_a_saved_state_gives_what_folding_all_gives(
    plain: dict[str, Any], touches: list[Touch], wait: int, data: Any
) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at + wait
    cut = data.draw(st.integers(1, len(touches)))
    pause = data.draw(st.sampled_from([0, 1, DAY, 7 * DAY]))
    first = fold(playbook, touches[:cut], min(touches[cut - 1].at + pause, as_of))
    assert first.state is not None
    saved = State.from_json(json.loads(json.dumps(first.state.to_json())))
    assume(cut == len(touches) or touches[cut].at > saved.journey.through)
    rest = fold(playbook, touches[cut:], as_of, state=saved)
    whole = fold(playbook, touches, as_of)
    assert first.transitions + rest.transitions == whole.transitions
    assert first.ignored + rest.ignored == whole.ignored
    assert told(rest)[2:] == told(whole)[2:]


@thorough
@given(playbook_maps(), histories(), later, st.data())
def test_a_touch_that_arrives_late_is_either_refused_or_counts_as_if_in_time(
    plain: dict[str, Any], touches: list[Touch], wait: int, data: Any
) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at + wait
    assume(len(touches) > 1)
    late = data.draw(st.sampled_from(touches))
    early = [touch for touch in touches if touch is not late]
    first = fold(playbook, early, as_of)
    try:
        rest = fold(playbook, [late], as_of, state=first.state)
    except LateTouch:
        return
    whole = fold(playbook, touches, as_of)
    assert first.transitions + rest.transitions == whole.transitions
    assert told(rest)[2:] == told(whole)[2:]


@thorough
@given(playbook_maps(), histories(), later, st.data())
def test_what_was_known_then_is_the_beginning_of_what_is_known_later(
    plain: dict[str, Any], touches: list[Touch], wait: int, data: Any
) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at + wait
    then = data.draw(st.integers(touches[0].at, as_of))
    whole = fold(playbook, touches, as_of)
    assert fold(playbook, touches, then).transitions == tuple(it for it in whole.transitions if it.at <= then)


@thorough
@given(playbook_maps(), histories(), later)
def test_the_log_of_contributions_adds_up_to_the_raw_score(
    plain: dict[str, Any], touches: list[Touch], wait: int
) -> None:
    result = fold(to_playbook(plain), touches, touches[-1].at + wait)
    assert result.standing is not None
    assert sum(it.present for it in result.contributions) == pytest.approx(result.standing.raw, abs=1e-6)
    for transition in result.transitions:
        raw = sum(it["present"] for it in transition.evidence["contributions"])
        assert max(0.0, raw) == pytest.approx(transition.score, abs=1e-6) or transition.score == plain[
            "score"
        ].get("max")


@thorough
@given(playbook_maps(), histories())
def test_before_it_is_due_time_alone_changes_nothing(plain: dict[str, Any], touches: list[Touch]) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at
    now = fold(playbook, touches, as_of)
    before = fold(playbook, touches, as_of + 500 * DAY if now.due_at is None else now.due_at - 1)
    assert now.standing is not None
    assert before.standing is not None
    assert before.transitions == now.transitions
    assert (before.standing.persona, before.standing.rating) == (now.standing.persona, now.standing.rating)
    assert now.due_at is None or now.due_at > as_of


@thorough
@given(playbook_maps(), histories())
def test_everything_that_happens_can_be_said(plain: dict[str, Any], touches: list[Touch]) -> None:
    playbook, as_of = to_playbook(plain), touches[-1].at
    result = fold(playbook, touches, as_of)
    assert all(say_transition(playbook, it) for it in result.transitions)
    for stage in next_stages(playbook, result):
        _check_missing(playbook, result, stage)
    assert result.standing is not None
    story = tell_story(playbook, touches, as_of)
    assert f"now {say_standing(playbook, result.standing)}" in story
    assert len(story) >= 2 + len(result.transitions)
    assert json.loads(json.dumps([it.evidence for it in result.transitions])) == [
        it.evidence for it in result.transitions
    ]


def _check_missing(playbook: Playbook, result: Fold, stage: str) -> None:
    missing = missing_for(playbook, result, stage, result.as_of)
    assert missing.text.startswith(playbook.stages[playbook.stage_index(stage)].title)
    assert missing.met == all(part.met for part in missing.children)
