"""Instants and durations as whole microseconds.

An instant is an `int`: microseconds since 1970-01-01T00:00:00Z. A duration is an `int` of microseconds too.
Days are UTC days, numbered from 1970-01-01 (day 0).
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

MICROSECOND: Final = 1
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

FIRST_INSTANT: Final = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z, the first instant that can be written."""
LAST_INSTANT: Final = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z, the last instant that can be written."""
LONGEST_DURATION: Final = 36_500 * DAY
"""No rule waits longer than a hundred years; a longer one is a slip of the keyboard."""

_UTC_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1)
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_DURATION = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_NAMES: Final = (("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND))


def parse_instant(text: str) -> int:
    """The instant an RFC 3339 text names, with any offset; digits beyond the microsecond are cut off.

    Raises ValueError with a sentence when the text names no instant.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an instant; write it like 2026-03-01T09:30:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as mistake:
        raise ValueError(f"{text!r} is not an instant: {mistake}") from None
    at = (moment - _UTC_EPOCH) // timedelta(microseconds=1)
    if not FIRST_INSTANT <= at <= LAST_INSTANT:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC")
    return at


def format_instant(at: int) -> str:
    """The instant as RFC 3339 in UTC with `Z`; six digits of a second only where it is not whole."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat() + "Z"


def day_of(at: int) -> int:
    """The number of the UTC day the instant lies in."""
    return at // DAY


def say_day(at: int, *, year: bool = False) -> str:
    """The UTC day in words: `3 March`, with its year `3 March 2026`."""
    moment = _EPOCH + timedelta(microseconds=at)
    day = f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{day} {moment.year}" if year else day


def say_day_beside(at: int, now: int) -> str:
    """The UTC day in words, with its year where that is not the year of `now`."""
    day, today = say_day(at, year=True), say_day(now, year=True)
    return say_day(at) if day[-4:] == today[-4:] else day


def parse_duration(text: str) -> int:
    """The length of `45s`, `90m`, `12h`, `30d` or `2w`.

    Raises ValueError with a sentence for anything else, for nought and for more than a hundred years.
    """
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit: 45s, 90m, 12h, 30d or 2w")
    length = int(match[1]) * _UNITS[match[2]]
    if not 0 < length <= LONGEST_DURATION:
        raise ValueError(f"{text!r} is not a usable duration; it must be more than nought and at most 36500d")
    return length


def say_duration(length: int) -> str:
    """The length in words, in the largest unit that divides it: `60 days`, `36 hours`, `1 minute`."""
    name, unit = next((name, unit) for name, unit in _NAMES if length % unit == 0 or unit == SECOND)
    count = length // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
