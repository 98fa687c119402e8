"""Taking touches back out of the log, by those who put them in: an import undone, a slip of the hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from ripeline.people.models import User
from ripeline.people.permissions import may_run_the_place
from ripeline.timeline.bells import unring
from ripeline.timeline.models import Touch
from ripeline.timeline.moves import is_signed_by
from ripeline.timeline.record import CHUNK, mark_due, mark_withdrawn

PLACING = ("stage_set", "recycled", "rejected", "disqualified", "reopened")
"""The kinds of touch by which people put a contact where the rules would not."""

NOTED = (
    "accepted",
    "fit_confirmed",
    "answered",
    "call_held",
    "call_attempted",
    "meeting_booked",
    "meeting_held",
    "message_sent",
    "email_replied",
    "chat_held",
    "met_at_event",
    "objected",
    "noted",
)
"""The other kinds of touch that people note by hand on a contact's page."""

SLIP = timedelta(minutes=15)
"""How long what was noted by hand counts as a slip that can be taken back; later it is part of the history."""


def withdraw(uids: Sequence[str], *, now: datetime) -> int:
    """Removes the touches of these ids and makes their people due, as if they had never been recorded.

    Returns how many were there. Transitions that stood on them are superseded at the next assessment; what is true
    instead became known `now`, since until then our books said otherwise.
    """
    gone = 0
    for start in range(0, len(uids), CHUNK):
        part = uids[start : start + CHUNK]
        with transaction.atomic():
            rows = Touch.objects.filter(uid__in=part)
            people = {pk for pk in rows.values_list("contact", flat=True) if pk is not None}
            gone += rows.delete()[0]
            mark_due(dict.fromkeys(people, now))
            mark_withdrawn(people, now=now)
    return gone


def take_back(uids: Sequence[str], *, by: User, now: datetime) -> frozenset[int]:
    """Withdraws those of these touches noted by hand that are slips; returns the ids of their contacts.

    A slip was made by `by` (an administrator takes back anybody's) within SLIP; where it is a move, nobody moved the
    contact by hand since. An opposite move would not do: the rules would go on waiting for something new from the
    contact. The notifications of what such a touch had led to go with it, unless they were read.
    """
    with transaction.atomic():
        rows = Touch.objects.filter(
            uid__in=uids, kind__in=(*PLACING, *NOTED), actor="human", received_at__gt=now - SLIP
        )
        latest = _latest_moves([row.contact_id for row in rows if row.contact_id is not None])
        slips = {
            row.uid: row
            for row in rows
            if row.contact_id is not None
            and (_is_latest(row, latest) if row.kind in PLACING else "by_id" in row.attrs)
            and (may_run_the_place(by) or is_signed_by(row.attrs, by))
        }
        withdraw(list(slips), now=now)
        unring(list(slips.values()))
    return frozenset(row.contact_id for row in slips.values() if row.contact_id is not None)


def _is_latest(row: Touch, latest: Mapping[int, int]) -> bool:
    """Whether it is the last move by hand. What was noted later than it happened came in from elsewhere."""
    return row.at == row.received_at and latest.get(row.contact_id or 0) == row.pk


def _latest_moves(contacts: Sequence[int]) -> dict[int, int]:
    """The latest move by hand of each contact, both by id."""
    rows = Touch.objects.filter(contact__in=contacts, kind__in=PLACING).order_by("at", "pk")
    return {contact: pk for contact, pk in rows.values_list("contact", "pk") if contact is not None}
