"""Which consents noted by hand may still be taken back, by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ripeline.people.consent import Standpoint
from ripeline.people.models import Consent, User
from ripeline.people.permissions import may_run_the_place
from ripeline.timeline.withdraw import SLIP


def is_slip(said: Consent, *, by: User, now: datetime) -> bool:
    """Whether it was noted by hand of late, by `by` (an administrator takes back anybody's)."""
    is_late = now - said.at >= SLIP
    return said.how == Consent.How.BY_HAND and not is_late and (may_run_the_place(by) or said.by_id == by.pk)


def slips_among(points: Iterable[Standpoint], *, by: User, now: datetime) -> frozenset[str]:
    """Which of all that a contact said `by` may take back, by its source: the word heard last of each purpose alone."""
    found = set()
    for point in points:
        counted = [each for each in point.history if each.state != Consent.State.ASKED]
        last = max(counted, key=lambda each: each.pk, default=None)
        if last and is_slip(last, by=by, now=now):
            found.add(last.source)
    return frozenset(found)
