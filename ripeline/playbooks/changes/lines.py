"""Two texts line by line: what went, what came, and a few lines round it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 2


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of either text: `kind` is same, gone, come or gap (lines left out); numbers from 1, or None."""

    kind: str
    old: int | None
    new: int | None
    text: str = ""


def compare_lines(old: str, new: str) -> tuple[DiffLine, ...]:
    """The lines that differ, with two lines round them; empty where none does."""
    was, now = old.splitlines(), new.splitlines()
    groups = SequenceMatcher(None, was, now, autojunk=False).get_grouped_opcodes(AROUND)
    return tuple(line for group in groups for line in _lines(group, was, now))


def _lines(group: list[tuple[str, int, int, int, int]], was: list[str], now: list[str]) -> Iterator[DiffLine]:
    if group[0][1] or group[0][3]:
        yield DiffLine("gap", None, None)
    for tag, low, high, start, stop in group:
        if tag == "equal":
            for step in range(high - low):
                yield DiffLine("same", low + step + 1, start + step + 1, was[low + step])
            continue
        for place in range(low, high):
            yield DiffLine("gone", place + 1, None, was[place])
        for place in range(start, stop):
            yield DiffLine("come", None, place + 1, now[place])
