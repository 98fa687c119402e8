"""What may stand between braces in a mail: Liquid on plain data, with the tags and filters that mails need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import dateformat, translation
from liquid.ast import Node
from liquid.builtin.expressions import Filter, FilteredExpression, Path
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.template import BoundTemplate
from liquid.token import TOKEN_CONTENT, TOKEN_ILLEGAL, TOKEN_OUTPUT

from ripeline.nurture.emails.limits import Bounded, BoundedContext, BoundedForTag, Missing
from ripeline.nurture.emails.mistakes import Mistake, Mistakes, line_of, meant

TAGS = ("if", "unless", "case", "for", "break", "continue", "assign", "capture", "comment", "#")
INNER = (
    "elsif",
    "else",
    "when",
    "endif",
    "endunless",
    "endcase",
    "endfor",
    "endcapture",
    "endcomment",
    "raw",
    "endraw",
)
FILTERS = (
    *(
        "default",
        "append",
        "prepend",
        "capitalize",
        "downcase",
        "upcase",
        "strip",
        "lstrip",
        "rstrip",
        "date",
    ),
    *(
        "strip_newlines",
        "newline_to_br",
        "escape",
        "escape_once",
        "url_encode",
        "replace",
        "replace_first",
        "remove",
    ),
    *(
        "remove_first",
        "truncate",
        "truncatewords",
        "slice",
        "split",
        "join",
        "first",
        "last",
        "size",
        "reverse",
        "sort",
    ),
    *(
        "uniq",
        "map",
        "where",
        "compact",
        "concat",
        "plus",
        "minus",
        "times",
        "divided_by",
        "modulo",
        "round",
        "ceil",
    ),
    *("floor", "abs", "at_least", "at_most"),
)
"""Left out is what writes a value as HTML, and what nobody needs in a letter."""
LARGEST = 400_000
MOST_PIECES, LONGEST_PIECE, ALL_PIECES = 3_000, 2_000, 60_000
_ENDRAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_TAG = re.compile(r"\{%-?\s*([\w#]*)")
# What a date's format may ask for, as Django writes it in the language of the mail.
_DATES = dict(
    each.split("=")
    for each in "%Y=Y %y=y %m=m %-m=n %d=d %-d=j %e=j %B=F %b=M %A=l %a=D %H=H %-H=G %M=i %I=h %p=A %j=z".split()
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something between braces: where it stands in its source, and the tag it is ("": a field)."""

    start: int
    end: int
    tag: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a template writes or asks for: its path, its line, whether it is `written` to the reader (else it
    is asked for by a condition), and whether it has a default."""

    path: str
    line: int
    written: bool
    has_default: bool


def read_template(source: str, where: str, *, is_html: bool = False) -> BoundTemplate | Mistakes:
    """A template that may be rendered; in HTML what it writes of people is escaped."""
    found = pieces(source, where)
    if isinstance(found, Mistakes):
        return found
    try:
        template = (_HTML if is_html else _TEXT).from_string(source)
    except LiquidError as wrong:
        return Mistakes((_said(wrong, source, where),))
    except RecursionError:
        return Mistakes((Mistake(where, 0, "This is nested too deeply."),))
    unknown = tuple(_unknown_filters(template, source, where))
    return Mistakes(unknown) if unknown else template


def pieces(source: str, where: str) -> list[Piece] | Mistakes:
    """What stands between braces, in order; what is between raw and endraw is one piece."""
    if len(source) > LARGEST:
        return Mistakes((Mistake(where, 0, f"It is longer than {LARGEST:,} characters."),))
    found: list[Piece] = []
    inside = at = 0
    while (at := _next(source, at)) >= 0:
        is_tag = source[at + 1] == "%"
        end = source.find("%}" if is_tag else "}}", at + 2)
        if end < 0:
            opened, closed = ("{%", "%}") if is_tag else ("{{", "}}")
            said = f"{opened} is never closed."
            return Mistakes((Mistake(where, line_of(source, at), said, f"It ends with {closed}."),))
        end += 2
        named = _TAG.match(source, at) if is_tag else None
        tag = named[1] if named else ""
        if tag == "raw":
            closing = _ENDRAW.search(source, end)
            if closing is None:
                said = "{% raw %} is never ended."
                return Mistakes((Mistake(where, line_of(source, at), said, "It ends with {% endraw %}."),))
            end = closing.end()
        else:
            inside += end - at
            if end - at > LONGEST_PIECE:
                said = f"What stands between these braces is longer than {LONGEST_PIECE:,} characters."
                return Mistakes((Mistake(where, line_of(source, at), said),))
        found.append(Piece(at, end, tag))
        at = end
    if len(found) > MOST_PIECES or inside > ALL_PIECES:
        return Mistakes((Mistake(where, 0, f"It has more than {MOST_PIECES:,} fields and conditions."),))
    return found


def fields_of(template: BoundTemplate, source: str) -> Iterator[Field]:
    """The fields of people and of the house that a template names, without names that it gives itself."""
    own = {str(each) for each in template.analyze().locals} | {"forloop"}
    for node in _nodes(template.nodes):
        own |= {str(each) for each in node.block_scope()}
    for node in _nodes(template.nodes):
        for expression in node.expressions():
            written = isinstance(expression, FilteredExpression)
            filters = (expression.filters or []) if isinstance(expression, FilteredExpression) else []
            has_default = any(each.name == "default" for each in filters)
            for path in _paths(expression):
                if str(path.head()) not in own:
                    line = line_of(source, path.token.start_index)
                    yield Field(str(path), line, written, has_default)


def quoted(value: str) -> str:
    """A word as a string of Liquid."""
    return f'"{value}"' if '"' not in value else f"'{value.replace(chr(39), '')}'"


def _nodes(nodes: Any) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children(_NOTHING, include_partials=False))


def _paths(expression: Expression) -> Iterator[Path]:
    if isinstance(expression, Path):
        yield expression
    for each in expression.children():
        yield from _paths(each)


def _unknown_filters(template: BoundTemplate, source: str, where: str) -> Iterator[Mistake]:
    for node in _nodes(template.nodes):
        for each in _filters(node):
            if each.name not in FILTERS:
                close = meant(each.name, FILTERS)
                instead = f"Did you mean | {close}?" if close else f"There are: {', '.join(sorted(FILTERS))}."
                line = line_of(source, each.token.start_index)
                yield Mistake(where, line, f"There is no filter {each.name}.", instead)


def _filters(node: Node) -> Iterator[Filter]:
    for each in node.expressions():
        if isinstance(each, FilteredExpression):
            yield from each.filters or []


def _next(source: str, at: int) -> int:
    """Where the next braces open; -1: nowhere."""
    places = [place for each in ("{{", "{%") if (place := source.find(each, at)) >= 0]
    return min(places, default=-1)


def _said(wrong: LiquidError, source: str, where: str) -> Mistake:
    """What the library found, in words for whoever writes mails."""
    token = wrong.token
    line = line_of(source, token.start_index) if token is not None and token.start_index >= 0 else 0
    said = str(wrong.message or "This cannot be read").strip()
    if match := re.match(r"unexpected tag '?([^',]+)'?", said):
        word = match[1]
        if word in INNER or word.startswith("end"):
            return Mistake(where, line, f"{{% {word} %}} has nothing that it belongs to.")
        close = meant(word, TAGS)
        instead = f"Did you mean {{% {close} %}}?" if close else f"There are: {', '.join(TAGS[:-1])}."
        return Mistake(where, line, f"There is no {{% {word} %}} in mails.", instead)
    if match := re.match(r"expected tag (\w+), found", said):
        word = match[1].removeprefix("end")
        opened = source.find(f"{{% {word}")
        line = line if line else line_of(source, opened) if opened >= 0 else 0
        return Mistake(where, line, f"{{% {word} %}} is never ended.", f"It ends with {{% end{word} %}}.")
    return Mistake(where, line, f"This cannot be read: {said}.")


@with_context
def _date(value: object, form: object = "%-d %B %Y", *, context: BoundedContext) -> str:
    """A day or a moment, written as the format says in the language of the mail."""
    moment = _moment(value)
    if moment is None:
        return str(value)
    language = str(context.globals.get("language") or "en")
    with translation.override(language):
        return "".join(_part(moment, each) for each in re.findall(r"%-?.|[^%]+|%", str(form)[:100]))


def _part(moment: datetime, sign: str) -> str:
    if not sign.startswith("%"):
        return sign
    if sign == "%%":
        return "%"
    if sign not in _DATES:
        raise FilterArgumentError(f"a date has no {sign}; there are {', '.join(_DATES)}", token=None)
    return dateformat.format(moment, _DATES[sign])


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return None


class Mail(Bounded):
    """The environment of mails: these tags, these filters, nothing from anywhere else."""

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Takes what mails need from the library, and leaves the rest."""
        super().setup_tags_and_filters(extra=False)
        kept = {*TAGS, TOKEN_CONTENT, TOKEN_OUTPUT, TOKEN_ILLEGAL}
        self.tags = {name: tag for name, tag in self.tags.items() if name in kept}
        self.filters = {name: each for name, each in self.filters.items() if name in FILTERS}
        self.add_tag(BoundedForTag)
        self.add_filter("date", _date)


_HTML = Mail(undefined=Missing, autoescape=True)
_TEXT = Mail(undefined=Missing, autoescape=False)
_NOTHING = BoundedContext(_TEXT.from_string(""))


def filled(template: BoundTemplate, data: Mapping[str, object]) -> str:
    """The template with this data. Raises MissingField, and LiquidError where it cannot be done."""
    try:
        return template.render(data)
    except (ArithmeticError, ValueError, TypeError, RecursionError) as odd:
        raise LiquidError(str(odd), token=None) from odd
