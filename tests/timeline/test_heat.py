"""Heat: a list sorted by it is sorted by present score, for ever."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.timeline.heat import NO_HEAT, heat_for_score, heat_of, score_from

pytestmark = pytest.mark.pure

days = st.integers(18_000, 25_000)
raws = st.floats(1e-6, 1e6)
half_lives = st.one_of(st.none(), st.integers(1, 400))


@given(raw=raws, day=days, later=st.integers(0, 400), half_life=half_lives)
def test_the_score_of_a_later_day_is_read_back_as_the_contract_fades_it(
    raw: float, day: int, later: int, half_life: int | None
) -> None:
    faded = raw * 2 ** (-later / half_life) if half_life else raw
    shown = score_from(heat_of(raw, day, half_life), day + later, half_life=half_life, limit=None)
    assert math.isclose(shown, faded, rel_tol=1e-9)


@given(a=raws, b=raws, day=days, later=st.integers(0, 400), half_life=half_lives)
def test_two_people_never_change_places_by_time_alone(
    a: float, b: float, day: int, later: int, half_life: int | None
) -> None:
    warmer = heat_of(a, day, half_life) > heat_of(b, day, half_life)
    scores = [
        score_from(heat_of(raw, day, half_life), day + later, half_life=half_life, limit=None)
        for raw in (a, b)
    ]
    assert not warmer or scores[0] >= scores[1]


def test_nobody_without_points_is_warmer_than_anybody_with_some() -> None:
    assert heat_of(0, 20_000, 30) == heat_of(-5, 20_000, 30) == NO_HEAT < heat_of(1e-9, 0, 1)
    assert score_from(NO_HEAT, 20_000, half_life=30, limit=100) == 0


def test_the_shown_score_is_clamped_at_the_playbooks_maximum() -> None:
    assert score_from(heat_of(250, 20_000, 30), 20_000, half_life=30, limit=100) == 100


def test_a_filter_on_a_score_finds_exactly_those_who_show_it() -> None:
    least = heat_for_score(20, 20_010, 30)
    assert heat_of(30, 20_000, 30) > least > heat_of(25, 20_000, 30)
