"""Consents on forms: noted with the words that were read, at once or when a link sent by mail was followed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from ripeline.capture.forms.becoming import email_of
from ripeline.capture.forms.definition import Definition, Question
from ripeline.capture.forms.languages import sentence
from ripeline.capture.forms.models import Confirmation, Submission
from ripeline.capture.forms.showing import plain_links
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.consent import BY_MAIL, is_suppressed, keep_wording, note_consent, waiting
from ripeline.people.models import Consent, Contact
from ripeline.people.values import mailbox_of
from ripeline.timeline.identities.proving import prove_email
from ripeline.timeline.record import record
from ripeline.work.letters import Letter, post_letter

MAIL_EVERY = timedelta(hours=24)
"""At most one letter to an address in so long: nobody's mailbox is filled with forms of ours."""
MOST_SENT = 5
MOST_TO_A_MAILBOX = 3
"""Letters to one mailbox in that time, to whichever spelling of its address, refused ones too."""
_UNDER_WAY = (Letter.State.WAITING, Letter.State.SENDING, Letter.State.SENT)
HOLDS_FOR = timedelta(days=14)
"""After this long a link confirms nothing."""


def ask_consents(row: Submission, definition: Definition, contact: Contact, *, now: datetime) -> None:
    """Notes every consent that was ticked, in the caller's transaction: given, or asked where it is to be confirmed: as
    the form says, or since it was withdrawn before."""
    address = email_of(definition, row.answers)
    ticked = [each for each in definition.fields if each.type == "consent" and each.name in row.answers]
    state = Consent.State.ASKED if definition.confirm else Consent.State.GIVEN
    given: list[str] = []
    waits: list[Question] = []
    for each in ticked:
        wording = keep_wording(each.purpose, definition.say(each.label, row.language), row.language, now=now)
        said = note_consent(
            contact,
            each.purpose,
            state,
            how=Consent.How.FORM,
            at=row.received_at,
            wording=wording,
            place=place_of(row) | ({"to": address} if address else {}),
            source=row.uid,
        )
        if said.state == Consent.State.GIVEN:
            given.append(each.purpose)
        else:
            waits.append(each)
    if waits and address:
        _send_link(row, definition, contact, address, asked=waits, now=now)
    subscribe(contact, given, uid=f"form:{row.uid}", actor=row.actor, at=row.received_at, now=now)


def confirm(link: Confirmation, shown: Collection[str], *, now: datetime) -> Sequence[Consent]:
    """Confirms what was asked for the address of a link, waits, and is among `shown` (ids, as the page has them): its
    button was pressed. What was confirmed; none where nothing of that waits. Who presses it twice confirms once.

    Somebody else may ask for more while the page is open: who presses the button has not read that.
    """
    if not _shown(link, shown, now):
        return []
    # Before what follows from it: whoever is stopped in between finds all still waiting, and presses again.
    prove_email(link.contact, link.address, now=now)
    link.refresh_from_db()
    with transaction.atomic():
        root = link.contact.merged_into_id or link.contact_id
        pks = {root, link.contact_id}
        list(
            Contact.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk").values_list("pk")
        )
        asked = _shown(link, shown, now)
        for each in asked:
            note_consent(
                link.contact,
                each.purpose,
                Consent.State.GIVEN,
                how=Consent.How.MAIL,
                at=now,
                wording=each.wording,
                place=each.place,
                source=f"confirm:{link.key}",
            )
            uid = f"form:{each.source}:confirmed"
            subscribe(link.contact, [each.purpose], uid=uid, actor="human", at=now, now=now)
        if asked and link.confirmed_at is None:
            Confirmation.objects.filter(pk=link.pk).update(confirmed_at=now)
    return asked


def _shown(link: Confirmation, shown: Collection[str], now: datetime) -> list[Consent]:
    return [each for each in waiting_for(link, now=now) if str(each.pk) in shown]


def waiting_for(link: Confirmation, *, now: datetime) -> Sequence[Consent]:
    """What was asked for the address of a link and waits to be confirmed; nothing where the link is too old."""
    if now - link.asked_at > HOLDS_FOR:
        return []
    return [each for each in waiting(link.contact) if each.place.get("to") == link.address]


def sent_before(link: Confirmation) -> Sequence[Submission]:
    """What was sent with the address of a link since it was posted, of what it confirms: latest first, a few."""
    root = link.contact.merged_into_id or link.contact_id
    theirs = Q(contact=root) | Q(contact__merged_into=root)
    rows = Submission.objects.filter(
        theirs, outcome=Submission.Outcome.ACCEPTED, received_at__gte=link.asked_at
    )
    return list(rows.select_related("form", "version", "contact").order_by("-pk")[:MOST_SENT])


def _send_link(
    row: Submission,
    definition: Definition,
    contact: Contact,
    address: str,
    *,
    asked: Sequence[Question],
    now: datetime,
) -> None:
    """Posts the letter with the link, where one may go; where one went, its link confirms this as well."""
    if is_suppressed(address) or not _may_write_to(address, now):
        return
    link = Confirmation.objects.create(
        contact=contact,
        form=row.form,
        address=address,
        mailbox=mailbox_of(address),
        language=row.language,
        asked_at=now,
    )
    language = row.language
    wordings = [plain_links(definition.say(each.label, language)) for each in asked]
    where = settings.CONFIG.base_url + reverse("form_confirm", args=[link.key])
    lines = [
        f"{sentence('mail_lead', language)}:",
        *(f"– {words}" for words in wordings),
        f"{sentence('mail_link', language)}:\n{where}",
        sentence("mail_not_you", language),
    ]
    subject = definition.say(definition.title, language)
    post_letter(
        key=_letter_of(link.key),
        kind="confirmation",
        to=address,
        subject=": ".join(part for part in (sentence("mail_subject", language), subject) if part),
        text="\n\n".join(lines) + "\n",
        now=now,
    )


def _may_write_to(address: str, now: datetime) -> bool:
    """Whether a letter may go: none went to the address within a day, or is on its way, and few to its mailbox, however
    its address was spelt. One that was refused, withheld or lost on its way does not keep a new one back."""
    asked = Confirmation.objects.filter(mailbox=mailbox_of(address), asked_at__gt=now - MAIL_EVERY)
    lately = list(asked.values_list("key", "address"))
    theirs = [_letter_of(key) for key, to in lately if to == address]
    known = Letter.objects.filter(key__in=theirs, state__in=_UNDER_WAY)
    return len(lately) < MOST_TO_A_MAILBOX and not known.exists()


def _letter_of(key: str) -> str:
    return f"confirm:{key}"


def subscribe(
    contact: Contact, purposes: list[str], *, uid: str, actor: str, at: datetime, now: datetime
) -> None:
    """The touches of consents by which mail may be sent."""
    record(
        [
            Fact(
                id=f"{uid}:subscribed:{purpose}",
                person=contact.key,
                at=to_instant(at),
                kind="subscribed",
                direction="in",
                actor=actor,
                subject=purpose,
                value=None,
                attrs={},
            )
            for purpose in purposes
            if purpose in BY_MAIL
        ],
        now=now,
    )


def place_of(row: Submission) -> dict[str, Any]:
    """Where a consent was given: the form and its version, the page, the browser's name; the full address of the
    sender only where whoever installed Ripeline wants it."""
    found: dict[str, Any] = {"form": row.form.key, "version": row.version.number if row.version else None}
    if row.page:
        found["page"] = row.page
    if agent := row.facts.get("agent"):
        found["agent"] = agent
    if settings.CONFIG.keep_addresses and row.address:
        found["ip"] = row.address
    return found
