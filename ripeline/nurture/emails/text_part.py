"""The text of a mail for those who read no HTML: every mail has one."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset("p div tr table ul ol h1 h2 h3 h4 h5 h6 blockquote section hr li".split())
_APART = frozenset("p ul ol h1 h2 h3 h4 h5 h6 blockquote table".split())
_UNSEEN = frozenset("head style script title".split())


class _Text(HTMLParser):
    def __init__(self, word: str) -> None:
        super().__init__(convert_charrefs=True)
        self.mark = re.compile(rf"{word}\d+z") if word else None
        self.parts: list[str] = []
        self.hidden = 0
        self.link: tuple[str, int] | None = None
        self.stack: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n\n--\n\n")
        elif tag == "img":
            self._say(said.get("alt") or "")
        if tag in ("br", "hr", "img", "meta", "link", "col", "wbr", "area"):
            return
        style = (said.get("style") or "").replace(" ", "")
        is_hidden = tag in _UNSEEN or "display:none" in style or "mso-hide:all" in style
        self.stack.append((tag, is_hidden))
        self.hidden += is_hidden
        self._break(tag)
        if tag == "li" and not self.hidden:
            self.parts.append("- ")
        if tag == "a" and said.get("href"):
            self.link = (said["href"] or "", len(self.parts))

    def handle_endtag(self, tag: str) -> None:
        while self.stack:
            opened, was_hidden = self.stack.pop()
            self.hidden -= was_hidden
            if opened == tag:
                break
        if tag == "a" and self.link is not None:
            href, start = self.link
            shown = "".join(self.parts[start:]).strip()
            target = href.removeprefix("mailto:").removeprefix("tel:")
            if shown.startswith(("http://", "https://")) or shown == target:
                self.parts[start:] = [target]
            elif shown and not href.startswith("#"):
                self.parts.append(f" <{target}>")
            self.link = None
        self._break(tag)

    def handle_data(self, data: str) -> None:
        said = re.sub(r"[ \t\r\n\xa0]+", " ", data)
        if said != " " or (self.parts and not self.parts[-1].endswith(("\n", " "))):
            self._say(said)

    def handle_comment(self, data: str) -> None:
        if self.mark and self.mark.fullmatch(data) and not self.hidden:
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag in _APART:
            self.parts.append("\n\n")
        elif tag in _BLOCKS and not (self.parts and self.parts[-1].endswith("\n")):
            self.parts.append("\n")

    def _say(self, text: str) -> None:
        if not self.hidden and text:
            self.parts.append(text)


def text_of(html: str, word: str = "") -> str:
    """The text of a mail. `word` begins the marks in it, which stay, in comments too."""
    reader = _Text(word)
    reader.feed(html)
    reader.close()
    return tidy("".join(reader.parts))


def tidy(text: str) -> str:
    """Text without blanks at the ends of lines, and with at most one empty line in a row."""
    lines = "\n".join(line.strip(" ") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
