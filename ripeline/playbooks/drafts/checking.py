"""A draft's text looked over: what is wrong with it, what is doubtful, and what it says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ripeline.lifecycle.playbook import (
    Mistake,
    Playbook,
    PlaybookMistakes,
    find_doubts,
    load_playbook,
    read_written,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of looking a text over. `playbook` is None where there are mistakes; `plain` (its values) is None
    where it is not even YAML; `doubts` are legal and probably not meant."""

    text: str
    playbook: Playbook | None
    plain: Any
    mistakes: tuple[Mistake, ...]
    doubts: tuple[Mistake, ...]

    @property
    def marked(self) -> Mapping[int, str]:
        """The lines with something to say, and whether it is a mistake or a doubt."""
        return {it.line: "doubt" for it in self.doubts} | {it.line: "mistake" for it in self.mistakes}

    def line_of(self, mistake: Mistake) -> str:
        """The line a mistake is on, as it is written."""
        lines = self.text.splitlines()
        return lines[mistake.line - 1] if 0 < mistake.line <= len(lines) else ""

    @property
    def told(self) -> tuple[tuple[Mistake, str, str], ...]:
        """Each mistake and doubt with its line as written and which of the two it is, in the order of lines."""
        found = [(it, self.line_of(it), "mistake") for it in self.mistakes]
        found += [(it, self.line_of(it), "doubt") for it in self.doubts]
        return tuple(sorted(found, key=lambda it: it[0].line))


@lru_cache(maxsize=32)
def check_text(text: str, *, is_kept: bool = False) -> Checked:
    """Looks a text over; `is_kept`: it is a version's, and may be longer than a new one. The values it holds are
    shared: change a copy."""
    try:
        written = read_written(text, is_kept=is_kept)
    except PlaybookMistakes as wrong:
        return Checked(text, None, None, wrong.mistakes, ())
    doubts = find_doubts(written)
    try:
        return Checked(text, load_playbook(written), written.plain, (), doubts)
    except PlaybookMistakes as wrong:
        return Checked(text, None, written.plain, wrong.mistakes, doubts)
