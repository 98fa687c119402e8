"""An import's file as a stream of what each row says, from wherever the import stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ripeline.gateway.imports.mapping import Mapping, load_mapping
from ripeline.gateway.imports.merge import Repeats
from ripeline.gateway.imports.reader import Reader
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.survey import Progress, Survey, survey
from ripeline.gateway.imports.table import RAW_SHOWN, Rejected, Row, Why, read_rows
from ripeline.gateway.imports.values import read_address
from ripeline.gateway.models import Import
from ripeline.lifecycle.touch import Touch, TouchMistake, parse_touch


class Source:
    """The rows of one file, read by one mapping, as often as needed and always the same."""

    def __init__(self, path: Path, mapping: Mapping, look: Survey | None, rows: int) -> None:
        self._path = path
        self.look = look
        self.mapping = look.mapping if look else mapping
        self.rows = rows
        self.repeats = look.repeats if look else Repeats()

    def read(self) -> Iterator[Record | Rejected]:
        """Every row's record, or why there is none, in the order of the file."""
        if self.look is None:
            yield from _read_touches(self._path, self.mapping)
            return
        reader = Reader(self.look.shape.columns, self.look.settled)
        for row in read_rows(self._path, self.look.shape):
            yield reader.read(row) if isinstance(row, Row) else row


def open_source(import_of: Import, progress: Progress | None = None) -> Source:
    """The source of an import. Raises NotATable, MappingMistakes, OSError."""
    return source_of(Path(import_of.file), import_of.mapping, Import.Form(import_of.form), progress)


def source_of(path: Path, mapping: str, form: Import.Form, progress: Progress | None = None) -> Source:
    """The file at `path` read by the mapping written in `mapping`. Raises NotATable, MappingMistakes, OSError."""
    given = load_mapping(mapping)
    if form == Import.Form.TOUCHES:
        with path.open("rb") as file:
            return Source(path, given, None, sum(1 for line in file if line.strip()))
    look = survey(path, given, progress)
    load_mapping(mapping, look.shape.columns)
    return Source(path, given, look, look.rows)


def _read_touches(path: Path, mapping: Mapping) -> Iterator[Record | Rejected]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                yield _touch_of(number, raw.removeprefix(b"\xef\xbb\xbf"), mapping)


def _touch_of(number: int, raw: bytes, mapping: Mapping) -> Record | Rejected:
    try:
        fields = json.loads(raw)
        if not isinstance(fields, dict):
            raise TouchMistake('a touch is a JSON object, such as {"id": ..., "person": ...}')
        touch = parse_touch(fields)
    except UnicodeDecodeError:
        return _bad_line(number, raw, "The line holds letters that are not UTF-8.", Why.UNREADABLE)
    except json.JSONDecodeError as trouble:
        return _bad_line(
            number, raw, f"The line is not JSON: {trouble.msg} at column {trouble.colno}.", Why.BAD_VALUE
        )
    except TouchMistake as mistake:
        return _bad_line(number, raw, f"{str(mistake).rstrip('.')}.", Why.BAD_VALUE)
    record = _record_of(number, touch, mapping)
    record.raw = raw.decode().rstrip("\r\n")
    return record


def _record_of(number: int, touch: Touch, mapping: Mapping) -> Record:
    record = Record(number, [])
    address = read_address(touch.person) if "@" in touch.person else None
    if address:
        record.emails.append(address)
    else:
        prefix = f"{mapping.key_prefix}:" if mapping.key_prefix else ""
        record.external.append(f"{prefix}{touch.person}"[:254])
        record.person = touch.person
    record.touches.append(touch)
    return record


def _bad_line(number: int, raw: bytes, reason: str, why: Why) -> Rejected:
    shown = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")[:RAW_SHOWN].replace("\0", "\\x00")
    return Rejected(number, shown, reason[:400], why)
