"""From what was written to what is sent: HTML with its styles where mail programs read them, a text part, links by
number. Liquid stays in it; nothing is loaded from anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from css_inline import CSSInliner, InlineError

from ripeline.nurture.emails import mjml, plain
from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.footer import STYLES as FOOTER_STYLES
from ripeline.nurture.emails.footer import footer
from ripeline.nurture.emails.marks import Marks
from ripeline.nurture.emails.mistakes import Mistake, Mistakes
from ripeline.nurture.emails.naming import unknown_fields
from ripeline.nurture.emails.templates import Field, fields_of, read_template
from ripeline.nurture.emails.text_part import text_of, tidy

_INLINER = CSSInliner(
    keep_style_tags=False, keep_link_tags=False, keep_at_rules=True, load_remote_stylesheets=False
)
_HREF = re.compile(r'(<a\b[^>]*?\shref=")([^"]*)(")')
_ADDRESS = re.compile(r"https?://[^\s<>()]*[^\s<>().,;:!?]")
_OUTPUT = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.S)
PIXEL = '{% if pixel != "" %}<img src="{{ pixel }}" width="1" height="1" alt="" style="border:0">{% endif %}'
TRAP = (
    '{% if trap != "" %}<a href="{{ trap }}" style="display:none;mso-hide:all" aria-hidden="true" tabindex="-1"></a>'
    "{% endif %}"
)
"""A link that nobody sees: whoever follows it is a program."""
HIDDEN = "display:none;max-height:0;overflow:hidden;mso-hide:all"
SCHEMES = '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a version keeps: Liquid stands in all of it, and `{{ links[0] }}` in the place of the first of `links`.
    `fields` are those of people and of the house that it names, each once."""

    subject: str
    html: str
    text: str
    links: tuple[str, ...]
    fields: tuple[Field, ...]


def compile_email(content: Content) -> Compiled | Mistakes:
    """An email as it is sent, or all that is wrong with it."""
    fields, wrong = _read_sources(content)
    made = (plain if content.mode == "plain" else mjml).to_html(content)
    if isinstance(made, Mistakes):
        return Mistakes((*wrong, *(each for each in made.found if each not in wrong)))
    if wrong:
        return Mistakes(tuple(wrong))
    names = {each.path for each in fields if each.written}
    body, marks = made
    try:
        whole = _INLINER.inline(_document(content, body, marks, footer(content.language, names)))
    except InlineError as odd:
        return Mistakes((Mistake("Content", 0, f"The styles cannot be read: {odd}."),))
    marked, links = _number_links(whole, marks)
    html = marks.restore(marked).replace("</body>", f"{TRAP}{PIXEL}</body>")
    text = _own_text(content, links) if content.text.strip() else marks.restore(text_of(marked, marks.word))
    for part, source in (("Content", html), ("Text part", text)):
        read = read_template(source, part, is_html=part == "Content")
        if isinstance(read, Mistakes):
            return Mistakes(tuple(Mistake(each.where, 0, each.said, each.instead) for each in read.found))
    return Compiled(" ".join(content.subject.split()), html, text, links, tuple(fields))


def _read_sources(content: Content) -> tuple[list[Field], list[Mistake]]:
    """The fields that the mail names, and what is wrong with what stands between its braces, by line."""
    fields: dict[tuple[str, bool, bool], Field] = {}
    wrong: list[Mistake] = []
    if not content.subject.strip():
        wrong.append(Mistake("Subject", 0, "It is empty.", "Nobody opens a mail without one."))
    if not content.body.strip():
        wrong.append(Mistake("Content", 0, "It is empty."))
    body = unescape(content.body) if content.mode == "mjml" and "{" in content.body else content.body
    sources = {
        "Subject": content.subject,
        "Preview line": content.preheader,
        "Content": body,
        "Signature": content.signature if content.mode == "plain" else "",
        "Text part": content.text,
    }
    for where, source in sources.items():
        read = read_template(source, where)
        if isinstance(read, Mistakes):
            wrong += read.found
            continue
        found = list(fields_of(read, source))
        wrong += unknown_fields(found, where)
        fields |= {(each.path, each.written, each.has_default): each for each in found}
    return list(fields.values()), wrong


def _document(content: Content, body: str, marks: Marks, end: str) -> str:
    """A whole HTML document: of MJML the one it made, of a plain mail one round it."""
    title = escape(re.sub(r"\{[{%].*?[}%]\}", "", content.subject).strip())
    ahead = f'<div style="{HIDDEN}">{marks.add(content.preheader)}</div>' if content.preheader else ""
    if content.mode == "plain":
        return (
            f'<!DOCTYPE html><html lang="{escape(content.language)}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{SCHEMES}<title>{title}</title>'
            f"<style>{plain.STYLES}{FOOTER_STYLES if end else ''}</style></head>"
            f'<body>{ahead}<div class="letter">{body}</div>{end}</body></html>'
        )
    styles = f"<style>{FOOTER_STYLES}</style>" if end else ""
    made = body.replace("</head>", f"{SCHEMES}{styles}</head>", 1)
    made = made.replace("<title></title>", f"<title>{title}</title>", 1)
    made = made.replace('lang="und"', f'lang="{escape(content.language)}"')
    made = re.sub(r"<body\b[^>]*>", lambda match: match[0] + ahead, made, count=1)
    return made.replace("</body>", f"{end}</body>", 1)


def _number_links(whole: str, marks: Marks) -> tuple[str, tuple[str, ...]]:
    """Puts `{{ links[n] }}` in the place of every address of a page (marks stay); the addresses in order, each once."""
    links: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        address = marks.restore(unescape(match[2])).strip()
        if not address.lower().startswith(("http://", "https://")):
            return match[0]
        safe = _OUTPUT.sub(_encoded, address)
        if safe not in links:
            links.append(safe)
        return f"{match[1]}{{{{ links[{links.index(safe)}] }}}}{match[3]}"

    return _HREF.sub(numbered, whole), tuple(links)


def _encoded(match: re.Match[str]) -> str:
    """A field in an address, made a part of one."""
    inner = match[2]
    return match[0] if inner.endswith("url_encode") else f"{{{{ {inner} | url_encode }}}}"


def _own_text(content: Content, links: Sequence[str]) -> str:
    """A text part that somebody wrote, with the links of the HTML and with what the footer says."""
    written = _ADDRESS.sub(lambda match: _numbered_in_text(match[0], links), content.text)
    read = read_template(content.text, "Text part")
    names = set() if isinstance(read, Mistakes) else {each.path for each in fields_of(read, content.text)}
    return tidy(f"{written}\n\n{text_of(footer(content.language, names))}")


def _numbered_in_text(address: str, links: Sequence[str]) -> str:
    return f"{{{{ links[{links.index(address)}] }}}}" if address in links else address
