"""The rows of a file, one at a time, each with its line; a row that cannot be read is a value, never an
end.

Memory is bounded by one row. A quote that is opened and never closed costs its own row and no other: the
reader goes back to the line after it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ripeline.gateway.imports.sniff import Shape, other_encoding

MAX_CELL = 2_000_000
MAX_LINES_OF_A_ROW = 500
RAW_SHOWN = 2_000
csv.field_size_limit(MAX_CELL * 2)


class Why(StrEnum):
    """Why a row is rejected, for counting alike ones."""

    TOO_FEW_CELLS = "too few cells"
    TOO_MANY_CELLS = "too many cells"
    OPEN_QUOTE = "a quote that is never closed"
    BAD_QUOTES = "quotes inside a quoted cell"
    UNREADABLE = "letters of another encoding"
    TOO_LONG = "too long"
    NO_KEY = "nobody to be recognised by"
    BAD_ADDRESS = "no email address"
    BAD_DATE = "no date"
    FUTURE = "a date in the future"
    BAD_VALUE = "a value that cannot be read"
    NOBODY = "nobody known by this key"


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row: the line it begins on (1 is the first of the file) and as many cells as the
    header.
    """

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row left out: where it begins, what it holds as far as that can be shown, and the reason in a
    sentence.
    """

    line: int
    raw: str
    reason: str
    why: Why
    cells: tuple[str, ...] = ()


class _Line(NamedTuple):
    number: int
    text: str
    broken: bool


def read_rows(path: Path, shape: Shape) -> Iterator[Row | Rejected]:
    """The rows below the header of the file at `path`. Blank lines are passed over; cells beyond the
    header are dropped where they are empty. Raises NotATable where the file is in another encoding altogether.
    """
    try:
        yield from _read_rows(path, shape)
    except UnicodeError as wrong:
        raise other_encoding(shape.encoding, wrong) from None


def _read_rows(path: Path, shape: Shape) -> Iterator[Row | Rejected]:
    is_wide = codecs.lookup(shape.encoding).name.startswith(("utf-16", "utf-32"))
    errors = "replace" if is_wide else "surrogateescape"
    with path.open("rb") as raw, io.TextIOWrapper(raw, shape.encoding, errors, newline="") as text:
        lines = _Lines(text)
        for _ in range(shape.preamble):
            lines.take()
        if shape.has_header:
            _assemble(lines, shape)
        while (row := _assemble(lines, shape)) is not None:
            if row is not _BLANK:
                yield row


class _Lines:
    """Physical lines with their numbers, some given back to be read again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._number = 0
        self._again: deque[_Line] = deque()

    def take(self) -> _Line | None:
        if self._again:
            return self._again.popleft()
        text = self._text.readline(MAX_CELL)
        if not text:
            return None
        self._number += 1
        while len(text) >= MAX_CELL and not text.endswith(("\n", "\r")):
            rest = self._text.readline(MAX_CELL)
            if not rest:
                break
            # The end of an endless line is read and dropped: the row is rejected as too long in any case.
            text = text[:MAX_CELL] + (rest[-1] if rest.endswith(("\n", "\r")) else "")
        if "\0" in text:
            text = text.replace("\0", "")
        return _Line(self._number, text, _is_broken(text))

    def give_back(self, lines: list[_Line]) -> None:
        self._again.extendleft(reversed(lines))


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    if "\ufffd" in text:
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


_BLANK = Row(0, [])


def _assemble(lines: _Lines, shape: Shape) -> Row | Rejected | None:
    """The next row, of one line or, with line breaks inside quotes, of several; None at the end."""
    line = lines.take()
    if line is None:
        return None
    if len(line.text) >= MAX_CELL:
        return _reject([line], f"The row is longer than {MAX_CELL:,} letters.", Why.TOO_LONG)
    if not line.text.strip():
        return _BLANK
    quote = shape.quote
    if quote is None or quote not in line.text:
        return _fit(line.text.rstrip("\r\n").split(shape.separator), [line], shape)
    taken, is_closed = _until_closed(lines, line, shape)
    if not is_closed:
        lines.give_back(taken[1:])
        return _reject(taken[:1], "A quote is opened on this line and never closed.", Why.OPEN_QUOTE)
    row = _parse(taken, shape)
    if isinstance(row, Rejected) and len(taken) > 1 and _starts_rows(taken[1:], shape):
        # The quote closed by chance, rows later: those are rows of their own.
        lines.give_back(taken[1:])
        return _reject(taken[:1], "A quote is opened on this line and never closed.", Why.OPEN_QUOTE)
    return row


def _until_closed(lines: _Lines, line: _Line, shape: Shape) -> tuple[list[_Line], bool]:
    """The lines of the row that begins with `line`, and whether its quotes close."""
    quote = shape.quote or '"'
    taken, is_open, size = [line], _leaves_open(line.text, shape), len(line.text)
    while is_open:
        following = lines.take()
        if following is None:
            return taken, False
        taken.append(following)
        size += len(following.text)
        if len(taken) > MAX_LINES_OF_A_ROW or size > MAX_CELL:
            return taken, False
        if quote in following.text:
            after = _closes(following.text, shape)
            if after is None:
                continue
            if after < 0:
                return taken, False
            is_open = _leaves_open(following.text[after:], shape)
    return taken, True


def _leaves_open(text: str, shape: Shape) -> bool:
    """Whether a quoted cell that begins in `text` is still open at its end."""
    quote, separator = shape.quote or '"', shape.separator
    start = 0
    while True:
        if text.startswith(quote, start):
            close = _closing(text, start + 1, shape)
            if close < 0:
                return True
            start = close + 1
        following = text.find(separator, start)
        if following < 0:
            return False
        start = following + 1


def _closing(text: str, start: int, shape: Shape) -> int:
    """Where the quote that ends the cell is, or -1. A doubled or escaped quote ends nothing."""
    quote = shape.quote or '"'
    at = text.find(quote, start)
    while at >= 0:
        if shape.escape and at > 0 and text[at - 1] == shape.escape:
            at = text.find(quote, at + 1)
        elif text.startswith(quote, at + 1):
            at = text.find(quote, at + 2)
        else:
            return at
    return -1


def _closes(text: str, shape: Shape) -> int | None:
    """Where a cell open since an earlier line ends in `text`; None: it goes on; -1: what follows its
    quote is neither separator nor line end, so it is no closing quote but the opening one of another
    row.
    """
    at = _closing(text, 0, shape)
    if at < 0:
        return None
    rest = text[at + 1 :]
    return at + 1 if rest.startswith((shape.separator, "\n", "\r")) or not rest.strip() else -1


def _parse(lines: list[_Line], shape: Shape) -> Row | Rejected:
    text = "".join(line.text for line in lines)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=shape.separator,
        quotechar=shape.quote,
        escapechar=shape.escape,
        doublequote=True,
        strict=True,
        skipinitialspace=False,
    )
    try:
        rows = list(reader)
    except csv.Error:
        rows = [_loosely(text, shape)]
    if len(rows) != 1 or not rows[0]:
        return _reject(lines, "A quoted cell has quotes inside that are not doubled.", Why.BAD_QUOTES)
    return _fit(rows[0], lines, shape)


def _loosely(text: str, shape: Shape) -> list[str]:
    """`"ha "x" ha",3` and `"a" ,b` are wrong but clear: quotes count only next to a separator or an end.
    An empty list where that reading does not give the right number of cells either.
    """
    quote, separator = re.escape(shape.quote or '"'), re.escape(shape.separator)
    line = text.rstrip("\r\n")
    cells = re.split(rf"(?<={quote}){separator}(?={quote})|{separator}", line) if quote in line else [line]
    if len(cells) != len(shape.columns):
        return []
    mark = shape.quote or '"'
    return [
        cell.strip()[1:-1].replace(mark * 2, mark) if _is_wrapped(cell.strip(), mark) else cell
        for cell in cells
    ]


def _is_wrapped(cell: str, quote: str) -> bool:
    return len(cell) > 1 and cell.startswith(quote) and cell.endswith(quote)


def _starts_rows(lines: list[_Line], shape: Shape) -> bool:
    """Whether any of these lines is a whole row by itself."""
    return any(
        not _leaves_open(line.text, shape) and isinstance(_parse([line], shape), Row) for line in lines
    )


def _fit(cells: list[str], lines: list[_Line], shape: Shape) -> Row | Rejected:
    width = len(shape.columns)
    if any(line.broken for line in lines):
        said = f"The row holds letters that are not {shape.encoding}."
        return _reject(lines, said, Why.UNREADABLE)
    if len(cells) == width:
        return Row(lines[0].number, cells)
    if len(cells) > width:
        if not any(cell.strip() for cell in cells[width:]):
            return Row(lines[0].number, cells[:width])
        return _reject(
            lines, f"The row has {len(cells)} cells where the header has {width}.", Why.TOO_MANY_CELLS
        )
    return _reject(lines, f"The row has {len(cells)} cells where the header has {width}.", Why.TOO_FEW_CELLS)


def _reject(lines: list[_Line], reason: str, why: Why) -> Rejected:
    text = "".join(line.text for line in lines).rstrip("\r\n")[:RAW_SHOWN]
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return Rejected(lines[0].number, shown, reason, why)
