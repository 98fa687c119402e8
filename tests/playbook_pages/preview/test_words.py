"""The sentences of a preview, of one and of several."""

from __future__ import annotations

import pytest

from ripeline.playbooks.preview.words import say_change, say_unused

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("differ", "people", "said"),
    [
        (1, 2000, "1 of 2,000 people would stand elsewhere (fewer than 1 in 100)."),
        (1, 1, "1 of 1 person would stand elsewhere (100 in 100)."),
        (1999, 2000, "1,999 of 2,000 people would stand elsewhere (more than 99 in 100)."),
        (3, 30, "3 of 30 people would stand elsewhere (10 in 100)."),
    ],
)
def test_who_would_stand_elsewhere_is_counted_of_all_people(differ: int, people: int, said: str) -> None:
    assert say_change({"version": "a"}, {"version": "b"}, differ, people) == said


@pytest.mark.parametrize(
    ("sort", "one", "several"),
    [
        ("kind tour", "has the kind “tour”, which", "have the kind “tour”, which"),
        ("future", "is dated in the future: it is left out until its day comes",
         "are dated in the future: they are left out until their day comes"),
        ("attrs unreadable", "has details that cannot be read: it counts as if it had none",
         "have details that cannot be read: they count as if they had none"),
        ("stage one", "moves somebody by hand to a stage that “A” does not have: that move is left out there",
         "move somebody by hand to a stage that “A” does not have: those moves are left out there"),
        ("stage other", "moves somebody by hand to a stage that “B” does not have: that move is left out there",
         "move somebody by hand to a stage that “B” does not have: those moves are left out there"),
    ],
)  # fmt: skip
def test_touches_that_could_not_be_used_are_told_of_one_and_of_several(
    sort: str, one: str, several: str
) -> None:
    assert say_unused(sort, "A", "B", is_one=True).startswith(one)
    assert say_unused(sort, "A", "B").startswith(several)
