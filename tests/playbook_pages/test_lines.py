"""The text of a playbook: coloured without a letter lost, and every part found on its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.playbooks.lines import colour, find_lines

pytestmark = pytest.mark.pure

SHIPPED = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))

TEXT = """\
# a comment: {not: yaml}
key: plain            # after a value
title: "Not # a comment"
signals:
  big: {kind: purchased, value: {gte: 250}}   # "quoted" in a comment
  'odd key': {kind: [a, b]}
score: {half_life: none}
note: |
  # in a block this is text
  second line
"""


def kinds_of(text: str) -> dict[str, str]:
    return {piece.text.strip(): piece.kind for line in colour(text) for piece in line.pieces}


def test_keys_texts_numbers_words_and_comments_are_told_apart() -> None:
    kinds = kinds_of(TEXT)
    assert kinds["# a comment: {not: yaml}"] == "comment"
    assert kinds["# after a value"] == "comment"
    assert kinds['# "quoted" in a comment'] == "comment"
    assert kinds['"Not # a comment"'] == "text"
    assert kinds["title"] == kinds["'odd key'"] == kinds["gte"] == "key"
    assert kinds["250"] == "number"
    assert kinds["none"] == "word"
    assert kinds["# in a block this is text"] == "text"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_pieces_of_a_shipped_playbook_are_its_text(file: Path) -> None:
    text = file.read_text()
    assert ["".join(piece.text for piece in line.pieces) for line in colour(text)] == text.splitlines()
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    coloured = [
        "".join(piece.text for piece in line.pieces) for line in colour(text)
        if line.pieces and {piece.kind for piece in line.pieces if piece.text.strip()} == {"comment"}
    ]  # fmt: skip
    assert coloured == comments


@given(st.text(alphabet="ab:#-{}[]'\"\n ,|>1é\t", max_size=60))
def test_whatever_the_text_is_no_letter_is_lost(text: str) -> None:
    assert ["".join(piece.text for piece in line.pieces) for line in colour(text)] == text.splitlines()


def test_every_part_is_found_on_the_line_where_it_is_written() -> None:
    lines = find_lines(TEXT)
    assert lines["key",] == 2
    assert lines["signals", "big"] == 5
    assert lines["signals", "big", "value", "gte"] == 5
    assert lines["signals", "odd key", "kind", 1] == 6


def test_what_is_not_yaml_has_no_lines_and_is_shown_plain() -> None:
    assert find_lines("a: [1, 2") == {}
    assert find_lines("") == {}
    (line,) = colour("a: [1, 'x")
    assert [(piece.kind, piece.text) for piece in line.pieces] == [("", "a: [1, 'x")]
