"""People who agreed to get mails, and mails posted to them, for tests of rules and doors."""

from __future__ import annotations

from datetime import datetime, timedelta

from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.sending.ledger import read_along
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.posting import Wanted, post
from ripeline.people.consent import note_consent
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Consent, Contact
from ripeline.timeline.models import Standing

LONG_AGO = timedelta(days=200)


def make_version(
    now: datetime, *, key: str = "hello", purpose: str = "offers", links: tuple[str, ...] = ()
) -> EmailVersion:
    """A published version of an email, with links."""
    email = Email.objects.create(key=key, title=key.title(), purpose=purpose, created_at=now)
    written = "".join(f'<a href="{{{{ links[{number}] }}}}">link</a>' for number in range(len(links)))
    version = EmailVersion.objects.create(
        email=email,
        number=1,
        content={"language": "en"},
        subject="Hello",
        html=f"<html><body><p>Hello {written}</p></body></html>",
        text="Hello {{ unsubscribe }} {{ preferences }}",
        links=list(links),
        created_at=now,
    )
    Email.objects.filter(pk=email.pk).update(version=version)
    return version


def make_reader(
    name: str,
    now: datetime,
    *,
    purpose: str = "offers",
    stage: str = "lead",
    zone: str = "UTC",
    agreed: bool = True,
) -> Contact:
    """Somebody at a stage who agreed to a purpose long ago."""
    draft = ContactDraft(
        name=name, first_name=name, emails=(f"{name.lower()}@reader.example",), time_zone=zone
    )
    contact = add_contacts([draft], now=now - LONG_AGO)[0]
    Standing.objects.update_or_create(contact=contact, defaults={"stage": stage})
    if agreed:
        note_consent(contact, purpose, Consent.State.GIVEN, how=Consent.How.BY_HAND, at=now - LONG_AGO)
    return contact


def post_to(
    contact: Contact,
    version: EmailVersion,
    now: datetime,
    *,
    source: int = 1,
    kind: str = "broadcast",
    step: str = "1",
) -> Delivery:
    """A mail that waits to be sent."""
    wanted = Wanted(contact.pk, contact.key, version.pk, version.email.purpose, kind, source, step, now)
    post([wanted], now=now)
    rows = read_along(Delivery.objects.all())
    return rows.get(contact=contact, source_kind=kind, source=source, step=step)


def hand(delivery: Delivery, at: datetime, state: str = "accepted") -> None:
    """Notes it as handed over."""
    address = (delivery.contact.merged_into or delivery.contact).email
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        handed_at=at,
        accepted_at=at if state == "accepted" else None,
        address=address,
        due_at=None,
    )
