"""The span of time a page looks back over, as chosen in its address, and the steps it is shown in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

CHOICES = (7, 30, 90, 365)
USUAL = 30
LONGEST = 10 * 366
EARLIEST = 1970
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a period: [since, until) and its name on an axis."""

    since: datetime
    until: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (a midnight of the reader) until `until`; `days` where one of CHOICES was chosen.

    `unit` is day, week or month: what its steps are. `problem` says what was wrong with the address.
    """

    since: datetime
    until: datetime
    days: int | None
    unit: str
    steps: tuple[Step, ...]
    problem: str = ""

    @property
    def first_day(self) -> date:
        """The first day, as the reader's calendar has it."""
        return self.since.date()

    @property
    def last_day(self) -> date:
        """The last day that belongs to it."""
        return (self.until - timedelta(microseconds=1)).date()


def read_period(query: Mapping[str, str], *, now: datetime, zone: tzinfo) -> Period:
    """The period an address asks for: `?days=90` or `?from=2026-01-01&to=2026-03-31` (both days included).

    What cannot be read gives the usual period and a sentence about it.
    """
    today = now.astimezone(zone).date()
    try:
        first, last, days = _asked(query, today)
    except ValueError as wrong:
        return _period(today - USUAL * DAY, today, days=USUAL, now=now, zone=zone, problem=str(wrong))
    return _period(first, last, days=days, now=now, zone=zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The moment a day begins in a zone."""
    return datetime.combine(day, time.min, tzinfo=zone)


def _asked(query: Mapping[str, str], today: date) -> tuple[date, date, int | None]:
    if query.get("from") or query.get("to"):
        first = _day(query.get("from", ""), "first")
        last = min(_day(query["to"], "last") if query.get("to") else today, today)
        if first.year < EARLIEST:
            raise ValueError(f"There is nothing from before {EARLIEST}.")
        if first > last:
            raise ValueError("The first day must not be after the last, nor after today.")
        if (last - first).days > LONGEST:
            raise ValueError("That is more than ten years; choose a shorter time.")
        return first, last, None
    asked = query.get("days", str(USUAL))
    if asked not in map(str, CHOICES):
        raise ValueError(f"'{asked}' days cannot be chosen; pick two dates instead.")
    return today - int(asked) * DAY, today, int(asked)


def _day(text: str, which: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"The {which} day could not be read; write it as 2026-03-31.") from None


def _period(
    first: date, last: date, *, days: int | None, now: datetime, zone: tzinfo, problem: str = ""
) -> Period:
    since, until = midnight(first, zone), min(midnight(last + DAY, zone), now.astimezone(zone))
    length = (last - first).days
    unit = "day" if length <= 31 else "week" if length <= 400 else "month"
    return Period(since, until, days, unit, tuple(_steps(since, until, unit, zone)), problem)


def _steps(since: datetime, until: datetime, unit: str, zone: tzinfo) -> Iterator[Step]:
    """Days, weeks from Monday, or months; the first and the last are cut to the period and say so."""
    start = since
    while start < until:
        whole = _begin(start.date(), unit)
        end = midnight(_next(whole, unit), zone)
        label = f"{start:%b %Y}" if unit == "month" else f"{start.day} {start:%b}"
        # A shorter step must not look like a bad one. Today is always short, and everybody knows.
        is_cut = unit != "day" and (start.date() != whole or end > until)
        yield Step(start, min(end, until), f"{label} (part)" if is_cut else label)
        start = end


def _begin(day: date, unit: str) -> date:
    if unit == "week":
        return day - day.weekday() * DAY
    return day.replace(day=1) if unit == "month" else day


def _next(day: date, unit: str) -> date:
    if unit == "month":
        return (day.replace(day=28) + 4 * DAY).replace(day=1)
    return day + (7 * DAY if unit == "week" else DAY)
