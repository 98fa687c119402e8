"""What can be wrong with what somebody asked to replay."""

from __future__ import annotations

from dataclasses import dataclass


class ReplayMistake(Exception):
    """The request cannot be met as it stands: `sentences` say what is wrong and where, one per mistake."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is no touch: where it stands (`touches.jsonl, line 7`) and why it cannot be read."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
