"""A place in a list: the sort key and the id of a row, and how it is written in an address."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.kit.sql import Value, moment

Kind = Literal["number", "text", "moment", "id"]
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Place:
    """Just past the row with this sort key and id; `key` is None for rows that have none."""

    key: Value
    id: int


def read_key(value: object, kind: Kind) -> Value:
    """A sort key as the database gave it."""
    if value is None or kind == "moment":
        return moment(value)
    if kind == "id":
        return int(str(value))
    return float(str(value)) if kind == "number" else str(value)


def write_place(place: Place) -> str:
    """A place as it stands in an address: 17~12.5, 17~name, 17~1700000000000000 (a moment), 17~~ (no key)."""
    key = place.key
    if key is None:
        return f"{place.id}~~"
    if isinstance(key, datetime):
        key = to_instant(key)
    return f"{place.id}~{key!r}" if isinstance(key, float) else f"{place.id}~{key}"


def read_place(text: str, kind: Kind) -> Place | None:
    """The place that an address names; None for anything that is no place in a list sorted by this kind."""
    own_id, mark, key = text[:LONGEST].partition("~")
    if not mark or not own_id.isascii() or not own_id.isdigit() or len(own_id) > 18:
        return None
    if key == "~":
        return Place(None, int(own_id)) if kind == "moment" else None
    try:
        return Place(_parsed(key, kind), int(own_id))
    except (ValueError, OverflowError):
        return None


def _parsed(key: str, kind: Kind) -> Value:
    if kind == "moment":
        return to_datetime(int(key))
    if kind == "number":
        number = float(key)
        if not math.isfinite(number):
            raise ValueError(key)
        return number
    if "\x00" in key:
        raise ValueError(key)
    return key
