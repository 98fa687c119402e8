"""Two texts line by line: nothing lost, as little as possible told, and never long to wait for."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.playbooks.changes import lines as room
from ripeline.playbooks.changes.lines import MOST_SHOWN, DiffLine, compare_lines

pytestmark = pytest.mark.pure

SOME_LINES = st.lists(st.sampled_from("abcd"), max_size=12).map("\n".join)


def told(old: str, new: str) -> list[str]:
    """Each line as a difference is usually printed."""
    sign = {"same": " ", "gone": "-", "come": "+", "gap": "…", "note": "!"}
    return [f"{sign[line.kind]}{line.text}" for line in compare_lines(old, new)]


def longest_common(one: list[str], other: list[str]) -> int:
    """How many lines can stay, by the definition."""

    @cache
    def most(at: int, there: int) -> int:
        if at == len(one) or there == len(other):
            return 0
        if one[at] == other[there]:
            return 1 + most(at + 1, there + 1)
        return max(most(at + 1, there), most(at, there + 1))

    return most(0, 0)


def test_a_line_that_changed_stands_between_two_lines_that_stayed() -> None:
    old, new = "a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nD\ne\nf\ng"
    assert told(old, new) == ["…", " b", " c", "-d", "+D", " e", " f"]
    assert compare_lines(old, new)[3:5] == (DiffLine("gone", 4, None, "d"), DiffLine("come", None, 4, "D"))


def test_lines_left_out_between_two_differences_are_a_gap() -> None:
    old = "\n".join(f"line {number}" for number in range(12))
    new = old.replace("line 1\n", "").replace("line 9", "line 9\nanother")
    assert told(old, new) == [
        " line 0", "-line 1", " line 2", " line 3", "…", " line 8", " line 9", "+another", " line 10", " line 11",
    ]  # fmt: skip


def test_the_same_text_has_no_differences() -> None:
    assert told("a\nb", "a\nb\n") == []


@given(SOME_LINES, SOME_LINES)
def test_each_line_that_went_or_came_is_told_and_no_more_than_must_be(old: str, new: str) -> None:
    was, now = old.splitlines(), new.splitlines()
    found = compare_lines(old, new)
    gone = [line for line in found if line.kind == "gone"]
    come = [line for line in found if line.kind == "come"]
    kept = [line for place, line in enumerate(was, 1) if place not in {each.old for each in gone}]
    assert kept == [line for place, line in enumerate(now, 1) if place not in {each.new for each in come}]
    assert len(kept) == longest_common(was, now)
    assert all(each.text == was[(each.old or 0) - 1] for each in found if each.kind in ("gone", "same"))
    assert all(each.text == now[(each.new or 0) - 1] for each in found if each.kind in ("come", "same"))


LONG = {
    "the same few lines in another rhythm": (
        "\n".join("ab"[place % 2] + str(place % 7) for place in range(33_000)),
        "\n".join("ab"[place % 2] + str(place % 5) for place in range(33_000)),
    ),
    "one letter a line": ("a\n" * 50_000, "ab\n" * 33_000),
    "two letters shuffled": ("ab\nba\nb\n" * 12_000, "b\nba\nba\nab\n" * 9_000),
    "every line another": (
        "\n".join(f"old {place}" for place in range(10_000)),
        "\n".join(f"new {place}" for place in range(10_000)),
    ),
    "every second line another": (
        "\n".join(f"line {place}" for place in range(9_000)),
        "\n".join(f"line {place}" if place % 2 else f"LINE {place}" for place in range(9_000)),
    ),
    "upside down": (
        "\n".join(f"line {place}" for place in range(9_000)),
        "\n".join(f"line {place}" for place in reversed(range(9_000))),
    ),
}


@pytest.mark.parametrize("kind", LONG)
def test_texts_of_a_hundred_thousand_letters_take_less_than_a_second(kind: str) -> None:
    old, new = LONG[kind]
    begun = perf_counter()
    found = compare_lines(old, new)
    assert perf_counter() - begun < 1.0
    assert found
    assert len(found) <= MOST_SHOWN + 1


def test_what_differs_in_too_many_places_is_one_piece_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_STEPS", 3)
    assert told("top\na\nb\na\nend", "top\nb\na\nb\nend") == [
        f"!{room.COARSE}", " top", "-a", "-b", "-a", "+b", "+a", "+b", " end",
    ]  # fmt: skip


def test_a_long_piece_is_cut_with_a_word_of_how_much_was_left_out() -> None:
    old = "\n".join(f"old {place}" for place in range(room.MOST_OF_A_BLOCK + 7))
    assert told(old, "new")[-2:] == ["!7 more lines are gone here.", "+new"]


def test_an_ordinary_change_of_a_shipped_playbook_is_told_as_difflib_tells_it() -> None:
    old = "\n".join(f"  - {{signal: s{place % 5}, add: {place}}}" for place in range(60))
    new = old.replace("add: 30}", "add: 31}\n  - {signal: s9, add: 1}").replace(
        "  - {signal: s2, add: 12}\n", ""
    )
    matcher = SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    changed = sum(
        high - low + stop - start for tag, low, high, start, stop in matcher.get_opcodes() if tag != "equal"
    )
    assert sum(line[0] in "-+" for line in told(old, new)) == changed
