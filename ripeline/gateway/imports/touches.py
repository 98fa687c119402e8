"""The lines of a file of touches (JSON Lines), one at a time; a line that is none is a value, never an end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ripeline.gateway.imports.dates import FIRST_YEAR
from ripeline.gateway.imports.mapping import Mapping
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.table import MAX_CELL, RAW_SHOWN, Rejected, Why
from ripeline.lifecycle.instant import format_instant, parse_instant
from ripeline.lifecycle.touch import Touch, TouchMistake, parse_touch
from ripeline.people.values import read_address

_FIRST = parse_instant(f"{FIRST_YEAR}-01-01T00:00:00Z")
_NO_PERSON = "The line says of nobody: 'person' is missing or empty."
LONGEST_ID, LONGEST_KIND, LONGEST_KEY = 128, 64, 254
"""Letters of a touch's id and kind and of an outside key: the widths of their columns."""


def read_touches(path: Path, mapping: Mapping, latest: int) -> Iterator[Record | Rejected]:
    """The record of every line that is not blank, or why there is none; `latest` is the last instant a touch may be
    dated at."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                yield _touch_of(number, raw.removeprefix(b"\xef\xbb\xbf"), mapping, latest)


def _touch_of(number: int, raw: bytes, mapping: Mapping, latest: int) -> Record | Rejected:
    if len(raw) > MAX_CELL:
        return _bad_line(number, raw, f"The line is longer than {MAX_CELL:,} bytes.", Why.TOO_LONG)
    try:
        text = raw.decode()
        fields = _fields(text)
        if _is_nobodys(fields):
            return _bad_line(number, raw, _NO_PERSON, Why.NO_KEY)
        touch = _keepable(parse_touch(fields))
        if touch.at > latest:
            said = (
                f"'at' is {format_instant(touch.at)}, more than a day ahead: nothing can have happened then."
            )
            return _bad_line(number, raw, said, Why.FUTURE)
        record = _record_of(number, touch, mapping)
    except UnicodeDecodeError:
        return _bad_line(number, raw, "The line holds letters that are not UTF-8.", Why.UNREADABLE)
    except TouchMistake as mistake:
        return _bad_line(number, raw, f"{str(mistake).rstrip('.')}.", Why.BAD_VALUE)
    record.raw = text.rstrip("\r\n")
    return record


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as trouble:
        what = trouble.msg.removesuffix(" at")
        raise TouchMistake(f"The line is not JSON: {what} at column {trouble.colno}") from None
    except RecursionError:
        raise TouchMistake("The line holds lists within lists, too deep to read") from None
    except ValueError:
        # Python reads no number of more than 4,300 digits.
        raise TouchMistake("The line holds a number of thousands of digits") from None
    if not isinstance(fields, dict):
        raise TouchMistake('a touch is a JSON object, such as {"id": ..., "person": ...}')
    return fields


def _is_nobodys(fields: dict[str, Any]) -> bool:
    person = fields.get("person")
    return person is None or (isinstance(person, str) and not person.strip())


def _keepable(touch: Touch) -> Touch:
    """The touch as the log can keep it; TouchMistake where it cannot."""
    _check_length("id", touch.id, LONGEST_ID)
    _check_length("kind", touch.kind, LONGEST_KIND)
    if touch.at < _FIRST:
        raise TouchMistake(f"'at' is {format_instant(touch.at)}, before {FIRST_YEAR}: no date was meant")
    # SQLite keeps whole numbers of 64 bits alone.
    return touch if touch.value is None else replace(touch, value=float(touch.value))


def _check_length(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise TouchMistake(f"{name!r} has {len(text)} letters; {most} is the most we keep")


def _record_of(number: int, touch: Touch, mapping: Mapping) -> Record:
    record = Record(number, [])
    address = read_address(touch.person) if "@" in touch.person else None
    if address:
        record.emails.append(address)
    else:
        prefix = f"{mapping.key_prefix}:" if mapping.key_prefix else ""
        _check_length("person", touch.person, LONGEST_KEY - len(prefix))
        record.external.append(f"{prefix}{touch.person}")
        record.person = touch.person
    record.touches.append(touch)
    return record


def _bad_line(number: int, raw: bytes, reason: str, why: Why) -> Rejected:
    shown = raw[: 4 * RAW_SHOWN].decode("utf-8", "backslashreplace").rstrip("\r\n")[:RAW_SHOWN]
    return Rejected(number, shown.replace("\0", "\\x00"), reason[:400], why)
