"""Which moment a contact's page shows: now, or some moment before, in one of two meanings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from urllib.parse import urlencode

View = Literal["known", "was"]
"""`known`: from what we had heard of by then. `was`: from what we know today to have happened by then."""

EARLIEST = 1970
"""The first year anybody can ask for: nothing was recorded before."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment shown. `asked` is what stood in the address, "" for now; `wrong` says that it was no moment."""

    at: datetime
    view: View = "known"
    asked: str = ""
    wrong: str = ""

    @property
    def is_now(self) -> bool:
        return not self.asked

    @property
    def is_day(self) -> bool:
        """Whether a whole day was asked for, rather than a moment of one."""
        return "T" not in self.asked

    @property
    def query(self) -> str:
        """This moment as a query string, "" for now; what links on the page carry along."""
        return "" if self.is_now else urlencode({"as_of": self.asked, "view": self.view})


def read_as_of(query: Mapping[str, str], *, now: datetime, zone: tzinfo) -> AsOf:
    """The moment an address asks for: a day (its end, in the reader's zone) or an RFC 3339 instant.

    Today, a day to come and what is no date mean now; the last says so in `wrong`.
    """
    asked = query.get("as_of", "").strip()[:40]
    view: View = "was" if query.get("view") == "was" else "known"
    if not asked:
        return AsOf(now, view)
    try:
        # At the edges of the calendar there are moments of a zone that UTC has no date for.
        at = _moment(asked, zone).astimezone(UTC)
        if at.year < EARLIEST:
            raise ValueError(asked)
    except (ValueError, OverflowError):
        return AsOf(now, view, wrong=f"“{asked}” is no date, so this is the present.")
    return AsOf(at, view, asked) if at < now else AsOf(now, view)


def _moment(asked: str, zone: tzinfo) -> datetime:
    if "T" not in asked:
        day = date.fromisoformat(asked)
        return datetime.combine(day, time.min, zone) + timedelta(days=1, microseconds=-1)
    moment = datetime.fromisoformat(asked.replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
