"""A mail as a person would write it: paragraphs, links, a signature. No pictures, no columns."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt

from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.marks import Marks, set_aside
from ripeline.nurture.emails.mistakes import Mistake, Mistakes
from ripeline.nurture.emails.safety import wrong_link

WHERE = "Content"
TAGS = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "hr", "h2", "h3"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["image", "html_block", "html_inline", "fence", "code", "reference", "lheading"]
)
_BARE = re.compile(r"(?<![(<\[\"'\w/])https?://[^\s<>()\[\]]*[^\s<>()\[\].,;:!?]")
_LINK = re.compile(r"<a href=\"([^\"]*)\"")
STYLES = """
body { margin: 0; padding: 24px 16px; background: #ffffff; color: #1f2328; font: 16px/1.55 -apple-system, "Segoe UI",
 Helvetica, Arial, sans-serif }
.letter { max-width: 600px; margin: 0 auto }
.letter a { color: #0b57a4 }
.letter p, .letter ul, .letter ol, .letter blockquote { margin: 0 0 16px }
.letter blockquote { border-left: 3px solid #c9ced6; padding-left: 14px }
.letter h2 { font-size: 19px; line-height: 1.35; margin: 24px 0 10px }
.letter h3 { font-size: 16px; line-height: 1.35; margin: 20px 0 8px }
@media (prefers-color-scheme: dark) {
 body { background: #16191d !important; color: #e6e8eb !important }
 .letter a { color: #8ab8f0 !important }
}
"""


def to_html(content: Content) -> tuple[str, Marks] | Mistakes:
    """The HTML of a plain mail, with marks in the place of Liquid."""
    signed = f"{content.body.rstrip()}\n\n{content.signature.strip()}" if content.signature else content.body
    marks = set_aside(signed.replace("\r\n", "\n"), WHERE)
    if isinstance(marks, Mistakes):
        return marks
    alone = re.compile(rf"^[ \t]*((?:{marks.word}\d+z[ \t]*)+)$", re.M)
    apart = alone.sub(
        lambda match: f"\n{match[1]}\n" if _are_conditions(match, marks) else match[0], marks.marked
    )
    written = _BARE.sub(lambda match: f"<{match[0]}>", apart)
    made = _MARKDOWN.render(written)
    clean = nh3.clean(
        made,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative="pass_through",
        link_rel=None,
    )
    wrong = tuple(_wrong_links(clean, marks))
    if wrong:
        return Mistakes(wrong)
    return _bare_conditions(clean, marks), marks


def _wrong_links(html: str, marks: Marks) -> list[Mistake]:
    found = []
    for match in _LINK.finditer(html):
        address = marks.restore(match[1].replace("&amp;", "&"))
        if said := wrong_link(address):
            at = marks.marked.find(match[1].replace("&amp;", "&"))
            found.append(Mistake(WHERE, marks.line(at) if at >= 0 else 0, said))
    return found


def _bare_conditions(html: str, marks: Marks) -> str:
    """Conditions that stand alone in a paragraph stand without it, and all of them as comments."""
    alone = re.compile(rf"<p>((?:\s|{marks.word}\d+z)+)</p>")
    found = alone.sub(lambda match: match[1] if _are_conditions(match, marks) else match[0], html)
    return re.sub(rf"{marks.word}(\d+)z(?![^<]*>)", lambda match: _commented(match, marks), found)


def _are_conditions(match: re.Match[str], marks: Marks) -> bool:
    inner = marks.found_in(match[1])
    return bool(inner) and all(marks.tag_of(each) for each in inner)


def _commented(match: re.Match[str], marks: Marks) -> str:
    return f"<!--{match[0]}-->" if marks.tags[int(match[1])] else match[0]
