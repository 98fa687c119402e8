"""Taking touches back out of the log: only for undoing an import, by those who put them in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from ripeline.timeline.models import Touch
from ripeline.timeline.record import CHUNK, mark_due


def withdraw(uids: Sequence[str], *, now: datetime) -> int:
    """Removes the touches of these ids and makes their people due, as if they had never been recorded.

    Returns how many were there. Transitions that stood on them are superseded at the next assessment.
    """
    gone = 0
    for start in range(0, len(uids), CHUNK):
        part = uids[start : start + CHUNK]
        with transaction.atomic():
            rows = Touch.objects.filter(uid__in=part)
            people = {pk for pk in rows.values_list("contact", flat=True) if pk is not None}
            gone += rows.delete()[0]
            mark_due(dict.fromkeys(people, now))
    return gone
