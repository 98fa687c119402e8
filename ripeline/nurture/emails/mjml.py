"""MJML read with care: which blocks there are and where they may stand, with the line of what is wrong.

The compiler itself says neither. What could load from elsewhere, or run, is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from mjml import mjml2html

from ripeline.nurture.emails.conditions import RIGHT, read_when
from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.marks import Marks, set_aside
from ripeline.nurture.emails.mistakes import Mistake, Mistakes, meant
from ripeline.nurture.emails.safety import VOID, wrong_attribute, wrong_style, wrong_tag

WHERE = "Content"
_PARTS = ("mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-raw", "mj-navbar")
INSIDE: Mapping[str, tuple[str, ...]] = {
    "": ("mjml",),
    "mjml": ("mj-head", "mj-body"),
    "mj-head": ("mj-title", "mj-preview", "mj-attributes", "mj-style", "mj-breakpoint"),
    "mj-body": ("mj-section", "mj-wrapper", "mj-hero", "mj-raw"),
    "mj-wrapper": ("mj-section", "mj-hero", "mj-raw"),
    "mj-section": ("mj-column", "mj-group", "mj-raw"),
    "mj-group": ("mj-column", "mj-raw"),
    "mj-column": (*_PARTS, "mj-social", "mj-accordion"),
    "mj-hero": _PARTS,
    "mj-social": ("mj-social-element", "mj-raw"),
    "mj-navbar": ("mj-navbar-link", "mj-raw"),
    "mj-accordion": ("mj-accordion-element", "mj-raw"),
    "mj-accordion-element": ("mj-accordion-title", "mj-accordion-text", "mj-raw"),
}
"""What each block may hold; a block that is not here holds text and HTML."""
KNOWN = {each for inner in INSIDE.values() for each in inner}
HEAD = frozenset({"mj-head", "mj-title", "mj-preview", "mj-attributes", "mj-style", "mj-breakpoint"})
REMOTE = {
    "mj-include": "Write it here, or copy it.",
    "mj-font": "Use a font that mail programs have, such as Arial.",
}
_OPENS = {"if": "endif", "unless": "endunless", "case": "endcase", "for": "endfor", "capture": "endcapture"}
_WHEN = re.compile(r"""\swhen\s*=\s*("[^"]*"|'[^']*')""")


def to_html(content: Content) -> tuple[str, Marks] | Mistakes:
    """The HTML that MJML compiles to, with marks in the place of Liquid."""
    written = _when(content.body)
    if isinstance(written, Mistakes):
        return written
    marks = set_aside(written, WHERE, is_escaped=True)
    if isinstance(marks, Mistakes):
        return marks
    reader = _Reader(marks)
    reader.read()
    if reader.wrong:
        return Mistakes(tuple(reader.wrong[:20]))
    try:
        made = mjml2html(reader.edited(), fonts={}, include_loader=_refuse, social_icon_origin="")
    except ValueError as odd:
        return Mistakes((Mistake(WHERE, 0, f"MJML cannot be read: {odd}."),))
    return made, marks


def _refuse(path: str) -> str:
    raise ValueError(f"{path} is not loaded")


class _When(HTMLParser):
    """Finds the blocks that are for some people only, and puts Liquid round them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.source = source
        self.starts = _line_starts(source)
        self.open: list[tuple[str, str]] = []
        self.edits: list[tuple[int, int, str]] = []
        self.wrong: list[Mistake] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, dict(attrs), is_whole=False)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, dict(attrs), is_whole=True)

    def handle_endtag(self, tag: str) -> None:
        if not tag.startswith("mj") or not self.open or self.open[-1][0] != tag:
            return
        if closed := self.open.pop()[1]:
            end = self.source.find(">", self._at()) + 1
            self.edits.append((end, end, closed))

    def _begin(self, tag: str, attrs: dict[str, str | None], *, is_whole: bool) -> None:
        if not tag.startswith("mj"):
            return
        closed = ""
        if said := attrs.get("when"):
            found = read_when(said)
            if found is None:
                line = self.getpos()[0]
                self.wrong.append(Mistake(WHERE, line, f"when={said!r} cannot be read.", RIGHT))
                found = ("", "")
            at, text = self._at(), self.get_starttag_text() or ""
            self.edits.append((at, at + len(text), found[0] + _WHEN.sub("", text, count=1)))
            closed = found[1]
            if is_whole:
                self.edits.append((at + len(text), at + len(text), closed))
        if not is_whole:
            self.open.append((tag, closed))

    def _at(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column


def _when(source: str) -> str | Mistakes:
    """The source with `when` of blocks turned into Liquid round them."""
    if not _WHEN.search(source):
        return source
    reader = _When(source)
    reader.feed(source)
    reader.close()
    return Mistakes(tuple(reader.wrong)) if reader.wrong else _edit(source, reader.edits)


@dataclass(slots=True)
class _Open:
    tag: str
    at: int
    number: int


class _Reader(HTMLParser):
    """Goes through marked MJML: what is wrong with it, and where its marks must be written as comments."""

    def __init__(self, marks: Marks) -> None:
        super().__init__(convert_charrefs=False)
        self.marks = marks
        self.starts = _line_starts(marks.marked)
        self.open: list[_Open] = []
        self.liquid: list[tuple[str, int, object]] = []
        self.edits: list[tuple[int, int, str]] = []
        self.wrong: list[Mistake] = []
        self.count = 0

    def read(self) -> None:
        """Reads all of it."""
        self.feed(self.marks.marked)
        self.close()
        if not self.count:
            self._note(0, "There is no <mjml> in it.", "A mail in MJML begins with <mjml><mj-body>.")
        for each in self.open[::-1]:
            self._note(each.at, f"<{each.tag}> is never closed.", f"It ends with </{each.tag}>.")
        for tag, at, _ in self.liquid:
            self._note(at, f"{{% {tag} %}} is never ended.", f"It ends with {{% {_OPENS[tag]} %}}.")

    def edited(self) -> str:
        """The MJML for the compiler."""
        return _edit(self.marks.marked, self.edits)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag not in VOID:
            self.open.append(_Open(tag, self._at(), self.count))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open and self.open[-1].tag == tag:
            self.open.pop()
        elif any(each.tag == tag for each in self.open):
            last = self.open[-1]
            self._note(
                self._at(), f"</{tag}> closes what is outside <{last.tag}>.", f"Close <{last.tag}> first."
            )
            while self.open.pop().tag != tag:
                pass
        else:
            self._note(self._at(), f"</{tag}> closes nothing.")

    def handle_data(self, data: str) -> None:
        at, inside = self._at(), self.open[-1].tag if self.open else ""
        if inside == "mj-style" and (said := wrong_style(data)):
            self._note(at, said)
        is_container = inside in INSIDE or inside in HEAD - {"mj-title", "mj-preview", "mj-style"}
        for match in self.marks.found_in(data):
            place = at + match.start()
            self._follow(match, place, self.open[-1].number if self.open else 0)
            self._place(match, place, inside, is_container=is_container)
        if is_container and (between := self.marks.without(data).strip()):
            at += data.find(between.split()[0])
            said = (
                f"There is text between the blocks of <{inside}>."
                if inside
                else "There is text outside <mjml>."
            )
            self._note(at, said, "Text stands in <mj-text>.")

    def _place(self, match: re.Match[str], at: int, inside: str, *, is_container: bool) -> None:
        tag = self.marks.tag_of(match)
        if inside in HEAD:
            if tag or inside not in ("mj-title", "mj-preview"):
                self._note(at, "Fields and conditions have no effect in the head.", "Write them in the body.")
        elif inside == "mjml" or not inside:
            self._note(at, "This stands outside <mj-body>.", "Move it into it.")
        elif is_container and not tag:
            self._note(
                at, f"{self.marks.source_of(match)} stands between blocks.", "Text stands in <mj-text>."
            )
        elif tag:
            comment = f"<!--{match[0]}-->"
            made = f"<mj-raw>{comment}</mj-raw>" if is_container else comment
            self.edits.append((at, at + len(match[0]), made))

    def _follow(self, match: re.Match[str], at: int, home: object) -> None:
        """Whether conditions end in the block in which they begin."""
        tag = self.marks.tag_of(match)
        if tag in _OPENS:
            self.liquid.append((tag, at, home))
        elif tag in _OPENS.values() and self.liquid:
            opened, began, where = self.liquid.pop()
            if where != home:
                line = self.marks.line(began)
                said = f"{{% {opened} %}} of line {line} is ended in another block than it begins."
                self._note(at, said, "Both stand in the same one.")

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += 1
        at, inside = self._at(), self.open[-1].tag if self.open else ""
        if tag.startswith("mj"):
            self._check_block(tag, inside, at)
        elif inside in INSIDE or inside in HEAD:
            self._note(at, f"<{tag}> stands between blocks.", "HTML stands in <mj-text> or <mj-raw>.")
        elif said := wrong_tag(tag):
            self._note(at, said)
        for name, value in attrs:
            if said := wrong_attribute(name, self.marks.restore(value or "")):
                self._note(at, said)
            for match in self.marks.found_in(value or ""):
                self._follow(match, at, (self.count, name))
        if tag == "mj-social-element" and not dict(attrs).get("src"):
            self._note(at, "<mj-social-element> has no picture.", "Give it src, the address of one.")

    def _check_block(self, tag: str, inside: str, at: int) -> None:
        if tag in REMOTE:
            self._note(at, f"<{tag}> would load from elsewhere.", REMOTE[tag])
        elif inside == "mj-attributes" and (tag in KNOWN or tag in ("mj-all", "mj-class")):
            return
        elif tag not in KNOWN:
            close = meant(tag, KNOWN)
            self._note(at, f"There is no <{tag}>.", f"Did you mean <{close}>?" if close else "")
        elif tag not in INSIDE.get(inside, ()):
            homes = [home for home, inner in INSIDE.items() if tag in inner and home]
            stands = f"It stands in <{homes[0]}>." if homes else "It is the outermost."
            self._note(
                at, f"<{tag}> cannot stand in {f'<{inside}>' if inside else 'the text itself'}.", stands
            )

    def _note(self, at: int, said: str, instead: str = "") -> None:
        self.wrong.append(Mistake(WHERE, self.marks.line(at), said, instead))

    def _at(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column


def _line_starts(source: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", source))]


def _edit(source: str, edits: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, made in sorted(edits, key=lambda each: each[:2]):
        parts += [source[at:start], made]
        at = end
    return "".join([*parts, source[at:]])
