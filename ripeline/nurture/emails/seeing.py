"""A mail as it is seen and heard: its pictures, colours, headings and links, for what checks say of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})$")
_RGB = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)")
_NAMED = {"white": "#fff", "black": "#000", "red": "#f00", "blue": "#00f", "green": "#008000", "gray": "#808080",
          "grey": "#808080", "silver": "#c0c0c0", "yellow": "#ff0", "orange": "#ffa500", "navy": "#000080"}  # fmt: skip
VAGUE = frozenset(
    {"click here", "here", "more", "read more", "link", "this", "hier", "ici", "aquí", "aqui", "klik hier"}
)
READABLE = 4.5
_VOID = frozenset({"br", "hr", "img", "meta", "link", "col", "wbr", "area"})
Colour = tuple[int, int, int]


@dataclass(slots=True)
class Seen:
    """What a mail shows: pictures without words, text too faint to read with its contrast, headings that leave a level
    out, links that name nothing."""

    language: str = ""
    pictures: int = 0
    text: str = ""
    without_alt: list[str] = field(default_factory=list)
    faint: list[tuple[str, float]] = field(default_factory=list)
    jumps: list[tuple[int, int]] = field(default_factory=list)
    vague: list[str] = field(default_factory=list)


def see(html: str) -> Seen:
    """Looks at a mail's HTML, whose styles stand in the elements."""
    reader = _Eye()
    reader.feed(html)
    reader.close()
    reader.seen.text = " ".join(reader.seen.text.split())
    return reader.seen


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2, 1.4.3)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def read_colour(said: str) -> Colour | None:
    """A colour as styles write it; None for one that cannot be told, such as none."""
    low = said.strip().lower()
    low = _NAMED.get(low, low)
    if match := _HEX.match(low):
        digits = match[1] if len(match[1]) == 6 else "".join(each * 2 for each in match[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if match := _RGB.match(low):
        return int(match[1]), int(match[2]), int(match[3])
    return None


def _luminance(colour: Colour) -> float:
    parts = [each / 255 for each in colour]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class _Eye(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self.stack: list[tuple[str, Colour, Colour, bool]] = [("", (0, 0, 0), (255, 255, 255), False)]
        self.level = 0
        self.link: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.seen.language = said.get("lang", "")
        if tag == "img" and said.get("width") != "1":
            self.seen.pictures += 1
            if "alt" not in said:
                self.seen.without_alt.append(said.get("src", ""))
            elif self.link is not None:
                self.link.append(said["alt"])
        if re.fullmatch("h[1-6]", tag):
            level = int(tag[1])
            if self.level and level > self.level + 1:
                self.seen.jumps.append((self.level, level))
            self.level = level
        if tag == "a" and said.get("href"):
            self.link = []
        if tag not in _VOID:
            self.stack.append(self._styled(tag, said))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.link is not None:
            text = " ".join("".join(self.link).split())
            if text.lower().rstrip(".!>» ") in VAGUE:
                self.seen.vague.append(text)
            self.link = None
        if any(each[0] == tag for each in self.stack):
            while self.stack.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        _, colour, ground, is_hidden = self.stack[-1]
        if self.link is not None:
            self.link.append(data)
        text = re.sub(r"\{%.*?%\}", " ", data, flags=re.S).strip()
        if not text or is_hidden:
            return
        self.seen.text += f" {text}"
        ratio = contrast(colour, ground)
        if ratio < READABLE:
            self.seen.faint.append((" ".join(text.split()), ratio))

    def _styled(self, tag: str, said: dict[str, str]) -> tuple[str, Colour, Colour, bool]:
        _, colour, ground, is_hidden = self.stack[-1]
        if tag == "a" and said.get("href"):
            colour = (0, 0, 238)
        style = {}
        for part in said.get("style", "").split(";"):
            name, _, value = part.partition(":")
            style[name.strip().lower()] = value.replace("!important", "").strip()
        back = (
            style.get("background-color")
            or style.get("background", "").split(" ")[0]
            or said.get("bgcolor", "")
        )
        hides = tag in ("head", "style", "title") or style.get("display", "").startswith("none")
        return (
            tag,
            read_colour(style.get("color", "")) or colour,
            read_colour(back) or ground,
            is_hidden or hides,
        )
