"""What kind of text a file of rows is: its encoding, separator, quotes, preamble and header.

A file says none of this about itself. Each answer is a choice made from a sample, told in `notes`, and
may be set by hand in a mapping instead.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

from ripeline.gateway.imports.cells import looks_like_data
from ripeline.gateway.imports.names import is_known_name
from ripeline.kit.folding import plain

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 400
SEPARATORS = (",", ";", "\t", "|")
MAX_COLUMNS = 2_000
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = tuple(bom for bom, name in _BOMS if name != "utf-8-sig")
# What `surrogateescape` makes of bytes that are no UTF-8.
_BROKEN = re.compile("[\udc80-\udcff]")
# All but tab, line ends, form feed, and the marks some programs end a file or switch an alphabet with.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f\x01")) + b"\x7f"
_NOT_TEXT = (
    (
        b"PK\x03\x04",
        "an Excel workbook or another zip archive; save the sheet as CSV (UTF-8) and import that",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV (UTF-8) and import that"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"%PDF", "a PDF document; export the table as CSV"),
    (b"SQLite format 3", "a SQLite database; export the table as CSV"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"\x89PNG", "a picture; import a table saved as CSV"),
    (b"\xff\xd8\xff", "a picture; import a table saved as CSV"),
    (b"GIF8", "a picture; import a table saved as CSV"),
    (b"BEGIN:VCARD", "a file of vCards; export the address book as CSV"),
)


class NotATable(ValueError):
    """The file holds no rows we can read. Its text says what it is instead and what to do."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read a file. `preamble` is the number of lines before the header (or before the first row);
    `columns` are the header's names made unique, or `Column 1` and so on where there is no header."""

    encoding: str
    separator: str
    quote: str | None = '"'
    escape: str | None = None
    preamble: int = 0
    has_header: bool = True
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def sniff(
    path: Path, *, encoding: str | None = None, separator: str | None = None, has_header: bool | None = None
) -> Shape:
    """The shape of the file at `path`; what is given is believed, the rest found out.

    Raises NotATable where the file is empty, binary, or wider than any table we take.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    _refuse_what_is_no_text(sample)
    if encoding is None:
        _refuse_what_is_binary(sample)
    found = encoding or _encoding(path, sample)
    text = _decode(sample, found)
    shape = _marks(text, Shape(encoding=found, separator=separator or ""), separator)
    shape = _header(text, shape, has_header)
    if len(shape.columns) > MAX_COLUMNS:
        raise NotATable(f"The file has {len(shape.columns):,} columns; {MAX_COLUMNS:,} are the most we read.")
    return shape


def other_encoding(encoding: str, wrong: UnicodeError) -> NotATable:
    """What to say of a file that cannot be read by the encoding named for it."""
    why = wrong.reason if isinstance(wrong, UnicodeDecodeError) else str(wrong)
    return NotATable(f"The file is not written in {encoding} ({why}); name another encoding, or none.")


def column_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Header cells as unique names: an empty one becomes `Column 7`, the second `Birthday` `Birthday
    (2)`.
    """
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        base = " ".join(cell.split()) or f"Column {number}"
        name, copy = base, 2
        while name in taken:
            name, copy = f"{base} ({copy})", copy + 1
        taken.add(name)
        names.append(name)
    return tuple(names)


def _refuse_what_is_no_text(sample: bytes) -> None:
    if not sample.strip(b"\x00\r\n\t ,;|\xef\xbb\xbf"):
        raise NotATable("The file is empty.")
    for magic, what in _NOT_TEXT:
        if sample.startswith(magic):
            raise NotATable(f"This is {what}.")


def _refuse_what_is_binary(sample: bytes) -> None:
    """No text has many control characters, unless its letters are of two or four bytes; a few stray ones it may."""
    if sample.startswith(_WIDE) or _utf16_without_mark(sample):
        return
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > 8 and controls > len(sample) * 0.02:
        raise NotATable("This is no text but a binary file; export the table as CSV and import that.")


def _encoding(path: Path, sample: bytes) -> str:
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    if wide := _utf16_without_mark(sample):
        return wide
    if _is_utf8(path):
        return "utf-8"
    return _eight_bit(sample)


def _utf16_without_mark(sample: bytes) -> str | None:
    """Latin text in UTF-16 has a zero in every second byte; nothing else does."""
    head = sample[:4096]
    half = max(1, len(head) // 2)
    if head[1::2].count(0) > 0.6 * half and head[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.6 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _is_utf8(path: Path) -> bool:
    """Whether the file is UTF-8, bar a few broken lines: text in another encoding breaks at most
    non-ASCII letters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    broken = other = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            text = decoder.decode(block)
            if text.isascii():
                continue
            wrong = len(_BROKEN.findall(text))
            broken += wrong
            other += len(text) - len(text.encode("ascii", "ignore")) - wrong
    return broken == 0 or other > 2 * broken


def _eight_bit(sample: bytes) -> str:
    """The likeliest encoding of one byte a letter. Western Windows wins ties: it is what spreadsheets
    write.
    """
    letters = bytes(byte for byte in sample if byte > 0x7F)
    best = from_bytes(sample).best()
    guess = best.encoding if best else "cp1252"
    if guess.startswith("utf_8"):
        guess = "cp1252"
    if _western_letters(letters) > 0.9:
        # 0x80-0x9f are letters and signs in Windows' table alone, controls in Latin-1.
        return "cp1252" if _decodes(sample, "cp1252") else "latin-1"
    return guess


def _western_letters(letters: bytes) -> float:
    """The share of non-ASCII bytes that Western European text in cp1252 uses."""
    if not letters:
        return 1.0
    usual = "ÄÖÜäöüßÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØÙÚÛàáâãåæçèéêëìíîïñòóôõøùúûœŒ€–—‘’“”„…«»°§£©®·¿¡ºª\xa0"
    known = set(usual.encode("cp1252"))
    return sum(byte in known for byte in letters) / len(letters)


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decode(sample: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)("replace").decode(sample).replace("\0", "")
    except LookupError:
        raise NotATable(f"No encoding is called '{encoding}'; use a name such as utf-8 or cp1252.") from None
    except UnicodeError as wrong:
        raise other_encoding(encoding, wrong) from None


def _marks(text: str, shape: Shape, separator: str | None) -> Shape:
    """The separator, the quote and the escape, judged together by how even they make the rows."""
    lines = text.splitlines()
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        hint = lines[0].strip()[4]
        return replace(
            _quotes(text, hint),
            encoding=shape.encoding,
            preamble=1,
            notes=(f"The first line names '{hint}' as separator.",),
        )
    if separator:
        return replace(_quotes(text, separator), encoding=shape.encoding)
    ranked = sorted(SEPARATORS, key=lambda mark: _evenness(text, mark), reverse=True)
    return replace(_quotes(text, ranked[0]), encoding=shape.encoding)


def _quotes(text: str, separator: str) -> Shape:
    """`"` quotes in almost every file; `'` only where cells begin and end with it and none with `"`."""
    double = text.count(f'{separator}"') + text.count('\n"') + text.startswith('"')
    single = text.count(f"'{separator}'") + text.count("'\n'") + text.count("'\r\n'")
    escape = "\\" if text.count('\\"') > max(0, text.count('""') - text.count('\\""')) else None
    if not double and single > 2:
        return Shape(encoding="", separator=separator, quote="'")
    return Shape(encoding="", separator=separator, quote='"', escape=escape)


def _evenness(text: str, separator: str) -> tuple[float, int]:
    """How well `separator` makes rows of one width: (share of rows as wide as most, that width)."""
    widths = Counter(len(row) for row in _rows(text, separator) if any(cell.strip() for cell in row))
    wide = Counter({width: count for width, count in widths.items() if width > 1})
    if not wide:
        return (0.0, 1)
    width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
    return (round(count / max(1, widths.total()), 1), width)


def _rows(text: str, separator: str, quote: str | None = '"') -> list[list[str]]:
    """The sample's rows as the csv module reads them; a bad cell there must not stop the look."""
    rows: list[list[str]] = []
    reader = csv.reader(
        text.splitlines(keepends=True),
        delimiter=separator,
        quotechar=quote or '"',
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    with suppress(csv.Error):
        rows.extend(islice(reader, SAMPLE_ROWS))
    return rows


def _header(text: str, shape: Shape, has_header: bool | None) -> Shape:
    lines = text.splitlines(keepends=True)[shape.preamble :]
    skipped, rows = _without_preamble(lines, shape)
    if not rows:
        raise NotATable("The file has no rows.")
    is_header = _is_header(rows) if has_header is None else has_header
    names = column_names(rows[0]) if is_header else column_names([""] * len(rows[0]))
    notes = list(shape.notes)
    if skipped:
        notes.append(f"The first {skipped} lines are not part of the table and are passed over.")
    if not is_header:
        notes.append("The first line is a row, not a header; the columns are called Column 1, Column 2 ...")
    return replace(
        shape, preamble=shape.preamble + skipped, has_header=is_header, columns=names, notes=tuple(notes)
    )


def _without_preamble(lines: list[str], shape: Shape) -> tuple[int, list[list[str]]]:
    """How many lines come before the table, and the table's rows: it begins where most rows' width
    begins.
    """
    rows = _rows("".join(lines), shape.separator, shape.quote)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    usual = widths.most_common(1)[0][0] if widths else 1
    reader = csv.reader(lines, delimiter=shape.separator, quotechar=shape.quote or '"')
    seen = 0
    for row in islice(reader, 20):
        wide_enough = len(row) >= usual or len(row) >= max(2, usual - 2)
        if wide_enough and any(cell.strip() for cell in row):
            return seen, _rows("".join(lines[seen:]), shape.separator, shape.quote)
        seen = reader.line_num
    return 0, [row for row in rows if row]


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: known names say yes, an address, a number or a date says
    no.
    """
    first, rest = rows[0], rows[1:]
    filled = [cell for cell in first if cell.strip()]
    known = sum(is_known_name(cell) for cell in filled)
    if known and known >= sum(looks_like_data(cell) for cell in filled):
        return True
    if any(looks_like_data(cell) for cell in filled):
        return False
    for number, cell in enumerate(first):
        below = {plain(row[number]) for row in rest if number < len(row)}
        if cell.strip() and plain(cell) in below:
            return False
    return True
