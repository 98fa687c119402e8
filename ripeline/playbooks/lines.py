"""Where each part of a playbook is written, and its text in pieces that can be coloured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.tokens import KeyToken, ScalarToken, Token

from ripeline.lifecycle.written import careful

Path = tuple[str | int, ...]

WORDS = frozenset({"true", "false", "null", "none", "~"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one kind: key, text (in quotes), number, word (true, none ...), comment, or "" for the rest."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text, numbered from 1."""

    number: int
    pieces: tuple[Piece, ...]


def find_lines(text: str) -> Mapping[Path, int]:
    """The line, from 1, on which each key and each item is written. Empty for what is not YAML."""
    try:
        root = _reader().compose(text)
    except YAMLError:
        return {}
    return {} if root is None else dict(_places(root, ()))


def colour(text: str) -> tuple[Line, ...]:
    """The text line by line, in pieces; put together again they are the text. What is not YAML is left plain."""
    try:
        marks = list(_marks(text))
    except YAMLError:
        marks = []
    kinds = [""] * len(text)
    end = 0
    for start, stop, kind in marks:
        _mark_comments(text, end, start, kinds)
        kinds[start:stop] = [kind] * (stop - start)
        end = stop
    if marks:
        _mark_comments(text, end, len(text), kinds)
    return tuple(_lines(text, kinds))


def _reader() -> YAML:
    return careful(YAML(typ="safe", pure=True))


def _places(node: Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            yield below, key.start_mark.line + 1
            yield from _places(value, below)
    elif isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            yield (*path, position), item.start_mark.line + 1
            yield from _places(item, (*path, position))


def _marks(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each scalar stands, and what it is. A scalar right after a key's mark is a key."""
    before: Token | None = None
    for token in _reader().scan(text):
        if isinstance(token, ScalarToken):
            yield token.start_mark.index, token.end_mark.index, _kind(token, isinstance(before, KeyToken))
        before = token


def _kind(token: ScalarToken, is_key: bool) -> str:
    if is_key:
        return "key"
    if not token.plain:
        return "text"
    return "number" if _is_number(token.value) else "word" if token.value in WORDS else ""


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _mark_comments(text: str, start: int, stop: int, kinds: list[str]) -> None:
    """Between scalars a # begins a comment; within them it is a letter like any other."""
    at = text.find("#", start, stop)
    while at >= 0:
        end = text.find("\n", at, stop)
        end = stop if end < 0 else end
        kinds[at:end] = ["comment"] * (end - at)
        at = text.find("#", end, stop)


def _lines(text: str, kinds: list[str]) -> Iterator[Line]:
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        body = line.rstrip("\r\n")
        cuts = [at for at in range(1, len(body)) if kinds[start + at] != kinds[start + at - 1]]
        pieces = tuple(
            Piece(kinds[start + begin], body[begin:end])
            for begin, end in pairwise([0, *cuts, len(body)])
            if body
        )
        yield Line(number, pieces)
        start += len(line)
