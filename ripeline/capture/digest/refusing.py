"""Who no longer wants mail, as another system tells it: their consents are withdrawn, their address is closed.

Only what a server says counts: a website's key proves nothing, and its events are of no such kind (`naming`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.people import People
from ripeline.people.consent import BY_MAIL, note_consent, standpoints, suppress
from ripeline.people.models import Consent, Contact, Suppression

REFUSALS = frozenset({"unsubscribed", "complained"})


def heed_refusals(
    happenings: Sequence[Happening],
    people: People,
    written: Mapping[str, tuple[int | None, int | None]],
    *,
    now: datetime,
) -> None:
    """Heeds those of these happenings, each just recorded, by which somebody said no to mail."""
    for each in happenings:
        contact = written.get(each.uid, (None, None))[0] if each.kind in REFUSALS else None
        if contact is None:
            continue
        named = people.keys.get(each.arrival)
        who = Contact.objects.select_related("merged_into")
        found = (who.filter(key=named).first() if named else None) or who.get(pk=contact)
        _withdraw(found, each, now)


def _withdraw(contact: Contact, each: Happening, now: datetime) -> None:
    """The purpose that is named, else every one by mail that they allowed."""
    address = (contact.merged_into or contact).email
    if each.kind == "complained" and address:
        suppress(address, Suppression.Why.COMPLAINED, now=each.at, note=each.subject or "")
    given = [
        point.purpose for point in standpoints(contact, now) if point.current and point.purpose in BY_MAIL
    ]
    for purpose in [each.subject] if each.subject in BY_MAIL else given:
        note_consent(
            contact,
            str(purpose),
            Consent.State.WITHDRAWN,
            how=Consent.How.UNSUBSCRIBED,
            at=each.at,
            source=each.uid[:64],
            note=f"{each.kind}: {each.subject}" if each.subject else each.kind,
        )
