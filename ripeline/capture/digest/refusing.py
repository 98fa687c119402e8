"""Who no longer wants mail, as another system tells it: their consents are withdrawn, their address is closed.

Only what a server says counts: a website's key proves nothing, and its events are of no such kind (`naming`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.people import People
from ripeline.people.consent import BY_MAIL, addresses_of, note_consent, standpoints, suppress
from ripeline.people.models import Consent, Contact, Suppression
from ripeline.people.values import read_address

REFUSALS = frozenset({"unsubscribed", "complained"})
TO = ("email", "recipient", "to", "email_address", "emailAddress")
"""Properties by which senders tell to which address a mail went."""


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
    """The purpose that is named, else every one by mail that they allowed. A complaint closes the address that it is
    about; of which it is not said, all of theirs; of whom no address is known, every purpose by mail is withdrawn."""
    has_complained = each.kind == "complained"
    closed = _addresses(contact, each) if has_complained else []
    for address in closed:
        suppress(address, Suppression.Why.COMPLAINED, now=each.at, note=each.subject or "")
    given = [
        point.purpose for point in standpoints(contact, now) if point.current and point.purpose in BY_MAIL
    ]
    if has_complained and not closed:
        given = sorted(BY_MAIL)
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


def _addresses(contact: Contact, each: Happening) -> list[str]:
    """Those that a complaint is about."""
    traits = each.said("context").get("traits")
    said = [each.user, *(each.said("properties").get(name) for name in TO)]
    said.append(traits.get("email") if isinstance(traits, dict) else None)
    named = next(
        (read for word in said if isinstance(word, str) and (read := read_address(word.strip()))), ""
    )
    return [named] if named else sorted(addresses_of(contact))
