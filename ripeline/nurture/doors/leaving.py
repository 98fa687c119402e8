"""People leave and choose: written to the ledger of consents with its proof, as whoever they are by now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.nurture.emails.models import Email
from ripeline.nurture.rules.facts import chosen_of, people_of
from ripeline.nurture.rules.force import rules_in_force
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.sending.keys import message_hash
from ripeline.nurture.sending.models import Delivery
from ripeline.people.changed import note_changed
from ripeline.people.consent import (
    BY_MAIL,
    addresses_of,
    is_suppressed,
    keep_wording,
    note_consent,
    standpoints,
    suppress,
    title_of,
)
from ripeline.people.models import Consent, Contact, Suppression
from ripeline.timeline.models import Standing
from ripeline.timeline.record import record


@dataclass(frozen=True, slots=True)
class Topic:
    """One purpose as its reader sees it: whether they get it now."""

    purpose: str
    title: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose beside their topics."""

    most_a_month: int | None = None
    paused_until: datetime | None = None
    language: str = ""
    opens: str = ""


def topics_of(delivery: Delivery, now: datetime) -> list[Topic]:
    """What they get or could get from us by mail, by title."""
    known = set(
        Email.objects.filter(archived_at=None).exclude(version=None).values_list("purpose", flat=True)
    )
    rules, found = rules_in_force(), {each.purpose: each for each in standpoints(delivery.contact, now)}
    stage = _stage(delivery.contact)
    topics = []
    for purpose in (known & BY_MAIL) | {delivery.purpose} | (found.keys() & BY_MAIL):
        said = found.get(purpose)
        state = said.current.state if said and said.current else ""
        needs = rules.of(purpose)
        is_theirs = needs.basis == "unless_withdrawn" and (not needs.stages or stage in needs.stages)
        is_free = is_theirs and state != Consent.State.WITHDRAWN
        topics.append(Topic(purpose, title_of(purpose), state == Consent.State.GIVEN or is_free))
    return sorted(topics, key=lambda each: each.title)


def _stage(contact: Contact) -> str:
    rows = Standing.objects.filter(contact=contact.merged_into_id or contact.pk)
    return rows.values_list("stage", flat=True).first() or ""


def choices_of(contact: Contact) -> Choices:
    """What they chose last."""
    people = people_of([contact.pk])
    chosen = chosen_of(people).get(contact.merged_into_id or contact.pk)
    if chosen is None:
        return Choices()
    return Choices(chosen.most_a_month, chosen.paused_until, chosen.language, chosen.opens)


def leave(delivery: Delivery, purposes: Iterable[str], *, way: str, agent: str, now: datetime) -> bool:
    """They want no more of these; False where that was so already. `way` says by what they said it."""
    if delivery.source_kind == Delivery.Source.TEST:
        # It went to a colleague, who is not whom it was written for.
        return False
    with transaction.atomic():
        contact = _hold(delivery.contact)
        wanted = [each for each in sorted(set(purposes)) if not _has_left(contact, delivery, each, now)]
        for purpose in wanted:
            _note(contact, delivery, purpose, Consent.State.WITHDRAWN, way=way, agent=agent, now=now)
            if delivery.address and delivery.address.lower() not in addresses_of(contact):
                # They had another address then, and somebody may write to it yet.
                suppress(delivery.address.lower(), Suppression.Why.WITHDRAWN, purpose=purpose, now=now)
        record([_left(contact, delivery, each, now) for each in wanted], now=now)
    return bool(wanted)


def choose(
    delivery: Delivery,
    topics: Collection[str],
    shown: Collection[str],
    choices: Choices,
    *,
    agent: str,
    wording: str,
    language: str,
    now: datetime,
) -> None:
    """They keep their page: of the topics `shown` they want those in `topics`; `wording` is what stood above them."""
    if delivery.source_kind == Delivery.Source.TEST:
        return
    with transaction.atomic():
        contact = _hold(delivery.contact)
        on = {each.purpose: each.is_on for each in topics_of(delivery, now)}
        words = {each: f"{wording} {title_of(each)}" for each in on}
        ends = [each for each in on if each in shown and on[each] and each not in topics]
        for purpose in sorted(each for each in on if each in shown and not on[each] and each in topics):
            kept = keep_wording(purpose, words[purpose], language, now=now)
            _note(
                contact,
                delivery,
                purpose,
                Consent.State.GIVEN,
                way="page",
                agent=agent,
                now=now,
                wording=kept,
            )
        leave(delivery, ends, way="page", agent=agent, now=now)
        said = {
            "most_a_month": choices.most_a_month,
            "paused_until": choices.paused_until,
            "language": choices.language,
            "opens": choices.opens,
            "at": now,
        }
        Preference.objects.update_or_create(contact=contact, defaults=said)
        if choices.language and choices.language != contact.language:
            root = contact.merged_into_id or contact.pk
            Contact.objects.filter(pk=root).update(language=choices.language, updated_at=now)
            note_changed([root], now=now)


def _hold(contact: Contact) -> Contact:
    pks = {contact.pk, contact.merged_into_id or contact.pk}
    held = Contact.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=pks).order_by("pk")
    rows = {each.pk: each for each in held.select_related("merged_into")}
    return rows[contact.pk]


def _has_left(contact: Contact, delivery: Delivery, purpose: str, now: datetime) -> bool:
    found = next((each for each in standpoints(contact, now) if each.purpose == purpose), None)
    is_withdrawn = bool(found and found.current and found.current.state == Consent.State.WITHDRAWN)
    return is_withdrawn and (not delivery.address or is_suppressed(delivery.address.lower(), purpose))


def _note(
    contact: Contact,
    delivery: Delivery,
    purpose: str,
    state: Consent.State,
    *,
    way: str,
    agent: str,
    now: datetime,
    wording: Any = None,
) -> None:
    place = {
        "delivery": delivery.pk,
        "email": delivery.version.email.key,
        "version": delivery.version.number,
        "way": way,
    }
    note_consent(
        contact,
        purpose,
        state,
        how=Consent.How.UNSUBSCRIBED if state == Consent.State.WITHDRAWN else Consent.How.CHOSEN,
        at=now,
        wording=wording,
        place=place | ({"agent": agent[:200]} if agent else {}),
        source=f"mail:{message_hash(delivery.send_key)}",
    )


def _left(contact: Contact, delivery: Delivery, purpose: str, now: datetime) -> Fact:
    return Fact(
        id=f"mail:{message_hash(delivery.send_key)}:left:{purpose}:{to_instant(now)}",
        person=contact.key,
        at=to_instant(now),
        kind="unsubscribed",
        direction="in",
        actor="human",
        subject=purpose,
        value=None,
        attrs={"delivery": delivery.pk, "version": delivery.version_id, "message_id": delivery.message_id},
    )
