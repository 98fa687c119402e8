"""What is wrong with a mail: where, in which line, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that keeps a mail from being sent. `where` is a part of it (Subject, Content ...), `line` counts from
    1 (0: the part as a whole), `instead` says what would be right ("": nothing to say)."""

    where: str
    line: int
    said: str
    instead: str = ""

    def __str__(self) -> str:
        place = f"{self.where}, line {self.line}" if self.line else self.where
        return f"{place}: {self.said}{' ' + self.instead if self.instead else ''}"


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Why something was not done."""

    found: tuple[Mistake, ...]

    def __str__(self) -> str:
        return " ".join(str(each) for each in self.found)


def line_of(source: str, position: int) -> int:
    """The line, from 1, that a position is in."""
    return source.count("\n", 0, position) + 1


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that somebody probably meant; "" for none."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""
