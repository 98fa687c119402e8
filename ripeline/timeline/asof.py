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
    """The moment shown. `asked` is what stood in the address, "" for now; `wrong` says why what was asked for is not
    shown."""

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
    def day(self) -> date | None:
        """The whole day asked for; None for a moment, and for now."""
        try:
            return date.fromisoformat(self.asked) if self.is_day and self.asked else None
        except ValueError:
            return None

    @property
    def query(self) -> str:
        """This moment as a query string, "" for now; what links on the page carry along."""
        return "" if self.is_now else urlencode({"as_of": self.asked, "view": self.view})


def read_as_of(query: Mapping[str, str], *, now: datetime, zone: tzinfo) -> AsOf:
    """The moment an address asks for: a day (its end, in the reader's zone) or an RFC 3339 instant.

    Today means now. So does what is no date, or lies before anything was recorded or still to come: `wrong` says so.
    """
    asked = query.get("as_of", "").strip()[:40]
    view = read_view(query)
    if not asked:
        return AsOf(now, view)
    try:
        # At the edges of the calendar there are moments of a zone that UTC has no date for.
        at = _moment(asked, zone).astimezone(UTC)
    except ValueError:
        return _instead(now, view, asked, "is no date")
    except OverflowError:
        return _instead(
            now, view, asked, "is before anything was recorded" if asked < "1" else "is still to come"
        )
    if at.year < EARLIEST:
        return _instead(now, view, asked, "is before anything was recorded")
    if at < now:
        return AsOf(at, view, asked)
    is_today = at.astimezone(zone).date() == now.astimezone(zone).date()
    return AsOf(now, view) if is_today else _instead(now, view, asked, "is still to come")


def read_view(query: Mapping[str, str]) -> View:
    """The sense in which an address asks for the past: as we knew it, unless it says otherwise."""
    return "was" if query.get("view") == "was" else "known"


def _instead(now: datetime, view: View, asked: str, trouble: str) -> AsOf:
    return AsOf(now, view, wrong=f"“{asked}” {trouble}, so this is the present.")


def _moment(asked: str, zone: tzinfo) -> datetime:
    if "T" not in asked:
        day = date.fromisoformat(asked)
        return datetime.combine(day, time.min, zone) + timedelta(days=1, microseconds=-1)
    moment = datetime.fromisoformat(asked.replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
