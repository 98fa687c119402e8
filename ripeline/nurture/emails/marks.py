"""What stands between braces, put aside while a mail is worked on as MJML and HTML: a mark stands for each piece.

Neither the one nor the other knows Liquid: they would escape it, move it out of tables, or read < as a tag.
"""

from __future__ import annotations

import re
from html import escape, unescape

from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.templates import pieces


class Marks:
    """The pieces of one text, and that text with marks in their place (`marked`)."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.marked = ""
        self._lost: list[tuple[int, int]] = []
        self._known = re.compile(rf"<!--{word}(\d+)z-->|{word}(\d+)z")

    def put(self, source: str, tag: str = "") -> str:
        """A mark for a piece; `tag` is its name (if, endif ...), "" for a field."""
        self.sources.append(source)
        self.tags.append(tag)
        return f"{self.word}{len(self.sources) - 1}z"

    def add(self, text: str) -> str:
        """More text, escaped as HTML, with marks in the place of its pieces; it was read before."""
        found = pieces(text, "")
        assert not isinstance(found, Mistakes)
        parts, at = [], 0
        for piece in found:
            parts += [escape(text[at : piece.start]), self.put(text[piece.start : piece.end], piece.tag)]
            at = piece.end
        return "".join([*parts, escape(text[at:])])

    def found_in(self, text: str) -> list[re.Match[str]]:
        """Where marks stand in a text."""
        return list(self._known.finditer(text))

    def tag_of(self, match: re.Match[str]) -> str:
        """The tag that a mark stands for; "" for a field."""
        return self.tags[int(match[1] or match[2])]

    def source_of(self, match: re.Match[str]) -> str:
        """The piece that a mark stands for."""
        return self.sources[int(match[1] or match[2])]

    def restore(self, text: str) -> str:
        """The text with all pieces in it again."""
        return self._known.sub(self.source_of, text)

    def without(self, text: str) -> str:
        """The text without its marks."""
        return self._known.sub(" ", text)

    def line(self, at: int) -> int:
        """The line of what was written that a place in `marked` comes from."""
        return self.marked.count("\n", 0, at) + 1 + sum(lost for place, lost in self._lost if place <= at)


def set_aside(source: str, where: str, *, is_escaped: bool = False) -> Marks | Mistakes:
    """Puts marks in the place of all pieces. `is_escaped`: the source is HTML, in which < is written as an entity."""
    found = pieces(source, where)
    if isinstance(found, Mistakes):
        return found
    marks = Marks(_unused(source))
    parts, at, length = [], 0, 0
    for piece in found:
        written = source[piece.start : piece.end]
        parts += [
            source[at : piece.start],
            marks.put(unescape(written) if is_escaped else written, piece.tag),
        ]
        length += len(parts[-2])
        if lines := written.count("\n"):
            marks._lost.append((length, lines))
        length += len(parts[-1])
        at = piece.end
    marks.marked = "".join([*parts, source[at:]])
    return marks


def _unused(source: str) -> str:
    word = "lq"
    while word in source:
        word += "q"
    return word
