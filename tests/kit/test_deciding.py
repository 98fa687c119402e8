"""The test of two versions: never often wrong, however often somebody looks, and finding what is there."""

from __future__ import annotations

from random import Random

import pytest

from ripeline.kit.deciding import ALPHA, MOST, decide, is_uneven, people_needed


def outcomes(chance: Random, rate: float, people: int) -> list[bool]:
    return [chance.random() < rate for _ in range(people)]


@pytest.mark.parametrize("rate", [0.03, 0.5])
def test_of_two_that_are_alike_one_is_rarely_called_better_though_it_is_looked_at_after_every_pair(
    rate: float,
) -> None:
    chance = Random(1)
    called = sum(
        decide(outcomes(chance, rate, 400), outcomes(chance, rate, 400)).decided_at is not None
        for _ in range(300)
    )
    # At most so many of a hundred are what is promised.
    assert called <= 300 * ALPHA


@pytest.mark.parametrize(("base", "wished"), [(0.1, 0.2), (0.3, 0.45), (0.5, 0.35)])
def test_the_number_that_is_said_beforehand_suffices_four_times_in_five(base: float, wished: float) -> None:
    chance = Random(7)
    pairs = people_needed(base, wished) // 2
    found = [decide(outcomes(chance, base, pairs), outcomes(chance, wished, pairs)) for _ in range(60)]
    right = [each for each in found if each.is_other is (wished > base)]
    wrong = [each for each in found if each.is_other is (wished < base)]
    assert len(right) >= 45
    assert len(wrong) <= 1


def test_what_was_decided_stays_so_and_what_was_not_says_how_many_are_needed() -> None:
    decided = decide([False] * 40 + [True] * 40, [True] * 40 + [False] * 40)
    assert (decided.is_other, decided.more) == (True, 0)
    assert decided.decided_at is not None
    assert decided.decided_at <= 40
    assert decided.e_value >= 1 / ALPHA
    open_still = decide([True, False, False, False, False] * 4, [True, True, False, False, False] * 4)
    assert (open_still.decided_at, open_still.is_other) == (None, None)
    assert open_still.more is not None
    assert 50 < open_still.more < 500
    for alike in ([False] * 50, [True, False] * 25):
        assert decide(alike, alike).more is None
    assert decide([True] * 9, [False] * 5).pairs == 5
    assert decide([], []).e_value == 1.0


def test_smaller_differences_need_more_people_and_none_needs_more_than_anybody_waits_for() -> None:
    needed = [people_needed(0.1, wished) for wished in (0.2, 0.15, 0.12, 0.11)]
    assert needed == sorted(needed)
    assert people_needed(0.1, 0.1) == MOST
    assert people_needed(0.1, 0.2) == people_needed(0.2, 0.1)


def test_a_split_that_is_far_from_even_is_told() -> None:
    assert not is_uneven(0, 0)
    assert not is_uneven(540, 460)
    assert is_uneven(600, 400)
