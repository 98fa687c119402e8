"""YAML that only looks like it, or has no end: refused at once, with the line."""

from __future__ import annotations

import pytest

from ripeline.lifecycle.playbook import PlaybookMistakes, load_playbook
from ripeline.lifecycle.written import DEEPEST, LONGEST_REMEMBERED, NotYaml, read_yaml

pytestmark = pytest.mark.pure

BEFORE = "key: small\n"
NOT_WHAT_IT_LOOKS_LIKE = [
    ("2026-99-99", "'2026-99-99'"),
    ("2026-02-30T00:00:00Z", "'2026-02-30T00:00:00Z'"),
    ("!!int abc", "'abc'"),
    ("!!float abc", "'abc'"),
    ("!!bool abc", "'abc'"),
    ("0x_", "'0x_'"),
    ("9" * 5000, f"'{'9' * 40}'"),
]


@pytest.mark.parametrize(("value", "said"), NOT_WHAT_IT_LOOKS_LIKE)
def test_a_value_that_is_not_what_it_looks_like_is_told_with_its_line(value: str, said: str) -> None:
    with pytest.raises(PlaybookMistakes) as refused:
        load_playbook(f"{BEFORE}title: {value}\nstages: [{{key: a}}]\n")
    assert str(refused.value) == (
        f"line 2: not readable as YAML: {said} is not what it looks like; put it in quotes if it is a text"
    )


@pytest.mark.parametrize(("value", "said"), NOT_WHAT_IT_LOOKS_LIKE)
def test_the_same_in_quotes_is_a_text(value: str, said: str) -> None:
    assert read_yaml(f'title: "{value}"').plain == {"title": value}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0x" + "f" * 5000, "'0xffffffffffffffffffffffffffffffffffffff' is too large a number"),
        (r'"\ud800"', r"'\ud800' holds a letter that no text may hold"),
        (r'"a\0"', r"'a\x00' holds a letter that no text may hold"),
        (r'"\UFFFFFFFF"', "this cannot be read"),
    ],
)
def test_what_could_be_neither_kept_nor_shown_is_refused(value: str, why: str) -> None:
    with pytest.raises(NotYaml) as refused:
        read_yaml(f"{BEFORE}# a comment\nscore: {value}\n")
    assert (refused.value.line, refused.value.message) == (3, f"not readable as YAML: {why}")


@pytest.mark.parametrize(
    "deep",
    ["[" * 50_000, "{a: " * 25_000, "[" * 3000 + "]" * 3000, "\n  " + "- " * 50_000, "\n  " + "? " * 50_000],
    ids=["lists", "mappings", "closed", "dashes", "questions"],
)
def test_what_is_nested_without_end_is_refused_where_it_gets_too_deep(deep: str) -> None:
    with pytest.raises(NotYaml, match="this is nested too deeply; split it up") as refused:
        read_yaml(f"{BEFORE}\nx: {deep}")
    assert refused.value.line == (4 if deep.startswith("\n") else 3)


def test_what_aliases_nest_is_refused_like_what_is_written_out() -> None:
    steps = "".join(f"a{at}: &a{at} [*a{at - 1}]\n" for at in range(1, DEEPEST))
    with pytest.raises(NotYaml, match="this is nested too deeply; split it up"):
        read_yaml(f"a0: &a0 [x]\n{steps}")


def test_ninety_lists_within_each_other_are_read() -> None:
    found = read_yaml("x: " + "[" * 90 + "]" * 90).plain["x"]
    for _ in range(89):
        (found,) = found
    assert found == []


def test_brackets_in_texts_and_comments_nest_nothing() -> None:
    sad = ":[" * 200
    assert read_yaml(f"a: '{sad}'  # {sad}\nb: |\n  {sad}\n").plain == {"a": sad, "b": f"{sad}\n"}


def test_a_text_read_again_says_the_same_and_what_was_done_with_its_values_is_not_remembered() -> None:
    text = "# read twice\nkey: [a, {b: 1}]\n"
    first = read_yaml(text)
    first.plain["key"][1]["b"] = 2
    first.plain["more"] = True
    again = read_yaml(text)
    assert again.plain == {"key": ["a", {"b": 1}]}
    assert again.positions.lc.key("key") == (1, 0)


def test_what_is_no_yaml_is_refused_each_time_it_is_read() -> None:
    for _ in range(2):
        with pytest.raises(NotYaml, match="line 2"):
            read_yaml("key: a\n\tb: 2\n")


def test_a_text_too_long_to_remember_is_read_all_the_same() -> None:
    long = "\n".join(f"- {number}" for number in range(20_000))
    assert len(long) > LONGEST_REMEMBERED
    assert read_yaml(long).plain == list(range(20_000))
