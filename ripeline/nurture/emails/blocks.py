"""MJML for the editor of blocks: its body alone, as XML, since a browser's HTML would move what it does not know.

The head stays out: the editor knows only parts of it, and would lose the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.marks import Marks, set_aside
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.mjml import INSIDE, to_html
from ripeline.nurture.emails.safety import VOID

_BODY = re.compile(r"<mj-body\b.*</mj-body\s*>", re.S)
_HIDING = re.compile(r"<(mj-text|mj-button|mj-table|mj-raw|mj-navbar-link|mj-accordion-\w+)\b.*?</\1>", re.S)
_BLOCK = re.compile(r"(</?mj-(?:[^>\"']|\"[^\"]*\"|'[^']*')*>)")
HOLDERS = frozenset(INSIDE) - {""}
EMPTY = "<mj-body><mj-section><mj-column><mj-text>Write here.</mj-text></mj-column></mj-section></mj-body>"


@dataclass(frozen=True, slots=True)
class CannotBeMoved:
    """Why the editor of blocks would lose something: a sentence."""

    why: str


def for_editor(content: Content) -> str | CannotBeMoved:
    """The email as the editor reads it."""
    if isinstance(wrong := to_html(content), Mistakes):
        return CannotBeMoved(f"Put this right first. {wrong.found[0]}")
    found = _BODY.search(content.body)
    body = found[0] if found else EMPTY
    if "{%" in _HIDING.sub("", body):
        return CannotBeMoved(
            "Conditions stand between its blocks: write them as when=… to move blocks about."
        )
    marks = set_aside(body, "Content", is_escaped=True)
    assert not isinstance(marks, Mistakes)
    writer = _Xml(marks)
    writer.feed(marks.marked)
    writer.close()
    return f"<mjml>{''.join(writer.parts)}</mjml>"


def from_editor(before: str, sent: str) -> str | None:
    """The source with the body that the editor sent in the place of its own; None where it sent none."""
    found = _BODY.search(sent)
    if found is None:
        return None
    body = _laid_out(found[0])
    if not _BODY.search(before):
        return f"<mjml>\n{body}\n</mjml>\n"
    return _BODY.sub(lambda _: body.lstrip(), before, count=1)


def _laid_out(body: str) -> str:
    """The editor's one line as somebody would write it: a line a block, those inside further in."""
    lines, depth = [""], 1
    for part in _BLOCK.split(body):
        is_block, is_end = part.startswith(("<mj-", "</mj-")), part.startswith("</mj-")
        if not is_block and lines[-1] == "" and not part.strip():
            continue
        depth -= is_end
        if is_block and lines[-1] != "" and (not is_end or _tag(part) in HOLDERS):
            lines.append("")
        lines[-1] += part if lines[-1] else f"{'  ' * depth}{part}"
        depth += is_block and not is_end
        if is_block and (is_end or _tag(part) in HOLDERS):
            lines.append("")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _tag(part: str) -> str:
    named = re.match(r"</?([\w-]+)", part)
    return named[1] if named else ""


class _Xml(HTMLParser):
    """Writes HTML of mails as XML: every element closed, every sign escaped."""

    def __init__(self, marks: Marks) -> None:
        super().__init__(convert_charrefs=True)
        self.marks = marks
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs, "/>" if tag in VOID else ">")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Closed by a tag of its own: the editor writes an element without content so as well.
        self._open(tag, attrs, "/>" if tag in VOID else f"></{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(self.marks.restore(data), quote=False))

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data.replace('--', '- -')}-->")

    def _open(self, tag: str, attrs: list[tuple[str, str | None]], end: str) -> None:
        said = "".join(f' {name}="{escape(self.marks.restore(value or ""))}"' for name, value in attrs)
        self.parts.append(f"<{tag}{said}{end}")
