"""Consents on forms: noted with the words that were read, at once or when a link sent by mail was followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.models import Submission
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.consent import BY_MAIL, keep_wording, note_consent
from ripeline.people.models import Consent, Contact
from ripeline.timeline.record import record


def ask_consents(row: Submission, definition: Definition, contact: Contact, *, now: datetime) -> None:
    """Notes every consent that was ticked, in the caller's transaction: given, or asked where it is to be confirmed."""
    ticked = [each for each in definition.fields if each.type == "consent" and each.name in row.answers]
    state = Consent.State.ASKED if definition.confirm else Consent.State.GIVEN
    for each in ticked:
        wording = keep_wording(each.purpose, definition.say(each.label, row.language), row.language, now=now)
        note_consent(
            contact,
            each.purpose,
            state,
            how=Consent.How.FORM,
            at=row.received_at,
            wording=wording,
            place=place_of(row),
            source=row.uid,
        )
    if not definition.confirm:
        subscribe(
            contact,
            [each.purpose for each in ticked],
            uid=f"form:{row.uid}",
            actor=row.actor,
            at=row.received_at,
            now=now,
        )


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
