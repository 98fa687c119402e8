"""Taking touches back out of the log, by those who put them in: an import undone, a slip of the hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from ripeline.people.models import User
from ripeline.people.permissions import may_run_the_place
from ripeline.timeline.identities.living import MergedMeanwhile, again_if_merged
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

    Returns how many were there. Transitions that stood on them are superseded at the next assessment, and unread
    notifications of what is true no longer go then; what is true instead became known `now`, since until then our
    books said otherwise.
    """
    gone = 0
    for start in range(0, len(uids), CHUNK):
        gone += again_if_merged(partial(_withdraw, uids[start : start + CHUNK], now))
    return gone


def take_back(uids: Sequence[str], *, by: User, now: datetime) -> frozenset[int]:
    """Withdraws those of these touches noted by hand that are slips; returns the ids of their contacts.

    A slip was made by `by` (an administrator takes back anybody's) within SLIP; where it is a move, nobody moved the
    contact by hand since. An opposite move would not do: the rules would go on waiting for something new from the
    contact.
    """

    def do() -> frozenset[int]:
        slips = _slips(uids, by=by, now=now)
        _hold_people(slips, now)
        # Again: a colleague may have taken them back, or moved somebody on, before we held their people.
        slips = _slips(list(slips), by=by, now=now)
        Touch.objects.filter(uid__in=slips).delete()
        return frozenset(slips.values())

    return again_if_merged(do)


def slips_among(log: Sequence[Touch], *, by: User, now: datetime) -> frozenset[str]:
    """The ids of those touches in the log of one contact that `take_back` would take back for `by`."""
    recent = [row for row in log if row.actor == "human" and row.received_at > now - SLIP]
    placed = max((row for row in log if row.kind in PLACING), key=lambda row: (row.at, row.pk), default=None)
    latest = {placed.contact_id or 0: placed.pk} if placed else {}
    return frozenset(row.uid for row in recent if _is_slip(row, latest, by))


def _withdraw(uids: Sequence[str], now: datetime) -> int:
    _hold_people(uids, now)
    return Touch.objects.filter(uid__in=uids).delete()[0]


def _hold_people(uids: Iterable[str], now: datetime) -> None:
    """Makes the people of these touches due, and keeps everybody else from their log until the transaction ends.

    Before a touch is removed: all who write into a log take the place in the queue first, so that nobody waits in a
    circle. Raises MergedMeanwhile where a touch came to somebody else while we waited.
    """
    people = _people_of(uids)
    mark_due(dict.fromkeys(people, now))
    if not _people_of(uids) <= people:
        raise MergedMeanwhile
    mark_withdrawn(people, now=now)


def _people_of(uids: Iterable[str]) -> set[int]:
    found = Touch.objects.filter(uid__in=list(uids)).exclude(contact=None)
    return {pk for pk in found.values_list("contact", flat=True) if pk is not None}


def _slips(uids: Sequence[str], *, by: User, now: datetime) -> dict[str, int]:
    """Those of these touches that `by` may take back: whose they are, by id."""
    noted = Touch.objects.filter(
        uid__in=uids, kind__in=(*PLACING, *NOTED), actor="human", received_at__gt=now - SLIP
    )
    rows = [(row, row.contact_id) for row in noted if row.contact_id is not None]
    latest = _latest_moves([contact for _, contact in rows])
    return {row.uid: contact for row, contact in rows if _is_slip(row, latest, by)}


def _is_slip(row: Touch, latest: Mapping[int, int], by: User) -> bool:
    """Whether a recent touch was noted by hand, and may be taken back by `by`."""
    if row.kind in PLACING:
        is_slip = _is_latest(row, latest)
    else:
        is_slip = row.kind in NOTED and "by_id" in row.attrs
    return is_slip and (may_run_the_place(by) or is_signed_by(row.attrs, by))


def _is_latest(row: Touch, latest: Mapping[int, int]) -> bool:
    """Whether it is the last move by hand. What was noted later than it happened came in from elsewhere."""
    return row.at == row.received_at and latest.get(row.contact_id or 0) == row.pk


def _latest_moves(contacts: Sequence[int]) -> dict[int, int]:
    """The latest move by hand of each contact, both by id."""
    rows = Touch.objects.filter(contact__in=contacts, kind__in=PLACING).order_by("at", "pk")
    return {contact: pk for contact, pk in rows.values_list("contact", "pk") if contact is not None}
