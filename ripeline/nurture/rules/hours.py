"""Quiet hours, by the clock where somebody is, whatever is done to that clock in spring and autumn."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ripeline.nurture.rules.definition import Quiet


def is_quiet(at: datetime, zone: str, quiet: Quiet) -> bool:
    """Whether nothing is sent to who lives in a zone at a moment."""
    return _is_within(at.astimezone(ZoneInfo(zone)).time(), quiet)


def next_open(at: datetime, zone: str, quiet: Quiet) -> datetime:
    """When the quiet hours end that `at` is in (UTC): at their end by the clock, or where the clock skips that, as soon
    as it shows an hour that is not quiet."""
    here = ZoneInfo(zone)
    first = at.astimezone(here).date()
    # Where a night's clock is put back, the same end comes twice.
    ends = (
        datetime.combine(first + timedelta(days=days), quiet.ends, here).replace(fold=fold).astimezone(UTC)
        for days in range(4)
        for fold in (0, 1)
    )
    return min(end for end in ends if end > at and not is_quiet(end, zone, quiet))


def _is_within(clock: time, quiet: Quiet) -> bool:
    if quiet.begins < quiet.ends:
        return quiet.begins <= clock < quiet.ends
    return clock >= quiet.begins or clock < quiet.ends
