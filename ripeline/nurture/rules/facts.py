"""What is known of mails and their people, for many at once in a fixed number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Max, Q

from ripeline.lifecycle.touch import TWO_WAY
from ripeline.nurture.rules.definition import Rules, zone_named
from ripeline.nurture.rules.judging import Said, Sent, Situation
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.rules.reasons import Reason
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Consent, Contact, Suppression
from ripeline.timeline.models import Standing, Touch

GONE = (Delivery.State.HANDING, Delivery.State.ACCEPTED, Delivery.State.UNCERTAIN)
"""What somebody got, or perhaps got."""
_CLOSED = {
    Suppression.Why.WITHDRAWN: Reason.WITHDRAWN,
    Suppression.Why.COMPLAINED: Reason.COMPLAINED,
    Suppression.Why.BOUNCED: Reason.BOUNCED,
    Suppression.Why.BY_HAND: Reason.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One mail to one contact (by id), as somebody asks about it; `delivery` is its row, where there is one."""

    contact: int
    purpose: str
    source_kind: str
    source: int = 0
    step: str = ""
    delivery: int | None = None
    address: str | None = None
    is_archived: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Person:
    root: int
    email: str
    zone: str


@dataclass(frozen=True, slots=True)
class People:
    """Who contacts are (`root`, by id), and all ids of all who are one with each root."""

    of: Mapping[int, _Person]
    members: Mapping[int, Sequence[int]]

    @property
    def everybody(self) -> list[int]:
        """All ids."""
        return [pk for pks in self.members.values() for pk in pks]

    def root_of(self) -> dict[int, int]:
        """The root of each id."""
        return {pk: root for root, pks in self.members.items() for pk in pks}


def asked_of(delivery: Delivery) -> Asked:
    """A row of the ledger, read along with its version and email."""
    is_test = delivery.source_kind == Delivery.Source.TEST
    return Asked(
        delivery.contact_id,
        delivery.purpose,
        delivery.source_kind,
        delivery.source,
        delivery.step,
        delivery.pk,
        delivery.address if is_test else None,
        delivery.version.email.archived_at is not None,
        delivery.expires_at,
    )


def people_of(contact_ids: Iterable[int]) -> People:
    """Who these contacts are by now, in two questions."""
    wanted = set(contact_ids)
    columns = ("pk", "email", "time_zone", "merged_into", "merged_into__email", "merged_into__time_zone")
    of = {}
    for pk, email, zone, root, root_email, root_zone in Contact.objects.filter(pk__in=wanted).values_list(
        *columns
    ):
        of[pk] = _Person(root, root_email, root_zone or zone) if root else _Person(pk, email, zone)
    members: dict[int, list[int]] = {each.root: [each.root] for each in of.values()}
    merged = Contact.objects.filter(merged_into__in=sorted(members)).order_by("pk")
    for pk, root in merged.values_list("pk", "merged_into"):
        assert root, "asked for"
        members[root].append(pk)
    return People(of, members)


@dataclass(frozen=True, slots=True)
class _Known:
    """All that was read, by the ids of roots."""

    people: People
    sent: Mapping[int, list[Sent]]
    talked: Mapping[int, datetime]
    stages: Mapping[int, str]
    consents: Mapping[tuple[int, str], Said]
    closed: Mapping[str, Mapping[str, str]]
    chosen: Mapping[int, Preference]
    had: Mapping[tuple[int, str, int, str], set[int]]
    zone: str


def situations(
    asked: Sequence[Asked], rules: Rules, now: datetime, people: People | None = None
) -> list[Situation | None]:
    """What is known of each, in order; None where the contact is gone. `people` are those concerned, where the caller
    knows who they are."""
    people = people or people_of({each.contact for each in asked})
    addresses = {each.email for each in people.of.values()} | {each.address or "" for each in asked}
    known = _Known(
        people,
        _sent(people, rules, now),
        _talked(people, rules, now),
        dict(Standing.objects.filter(contact__in=sorted(people.members)).values_list("contact", "stage")),
        _consents(people, {each.purpose for each in asked}, now),
        _closed(addresses),
        chosen_of(people),
        _had(asked, people),
        (rules.quiet.zone if rules.quiet else "") or settings.TIME_ZONE,
    )
    return [_situation(each, known) for each in asked]


def _situation(asked: Asked, known: _Known) -> Situation | None:
    person = known.people.of.get(asked.contact)
    if person is None:
        return None
    root = person.root
    own = known.chosen.get(root)
    address = person.email if asked.address is None else asked.address
    closed = known.closed.get(address, {})
    why = closed.get("") or closed.get(asked.purpose)
    return Situation(
        purpose=asked.purpose,
        address=address,
        is_personal=asked.source_kind in (Delivery.Source.BY_HAND, Delivery.Source.TEST),
        # A test is written as they would get it, and goes to a colleague.
        consent="nothing"
        if asked.address is not None
        else known.consents.get((root, asked.purpose), "nothing"),
        closed=_CLOSED[Suppression.Why(why)] if why else None,
        stage=known.stages.get(root, ""),
        zone=zone_named(person.zone, known.zone).key,
        sent=tuple(known.sent.get(root, ())),
        talked_at=known.talked.get(root),
        had_it=bool(known.had.get((root, *_what(asked)), set()) - {asked.delivery}),
        is_archived=asked.is_archived,
        expires_at=asked.expires_at,
        own_most=own.most_a_month if own else None,
        pause_until=own.paused_until if own else None,
    )


def _what(asked: Asked) -> tuple[str, int, str]:
    return asked.source_kind, asked.source, asked.step


def _sent(people: People, rules: Rules, now: datetime) -> Mapping[int, list[Sent]]:
    """Mails of the longest time that any cap looks back, tests aside, by root."""
    roots, found = people.root_of(), defaultdict[int, list[Sent]](list)
    rows = Delivery.objects.filter(
        contact__in=people.everybody, state__in=GONE, handed_at__gt=now - timedelta(days=rules.longest)
    ).exclude(source_kind=Delivery.Source.TEST)
    for contact, at, purpose in rows.values_list("contact", "handed_at", "purpose"):
        assert at
        found[roots[contact]].append(Sent(at, purpose))
    return found


def _talked(people: People, rules: Rules, now: datetime) -> Mapping[int, datetime]:
    since = now - timedelta(days=rules.talk_days)
    rows = Touch.objects.filter(
        contact__in=sorted(people.members), kind__in=sorted(TWO_WAY), at__gt=since, at__lte=now
    )
    return dict(
        rows.exclude(actor="machine")
        .values("contact")
        .annotate(last=Max("at"))
        .values_list("contact", "last")
    )


def _consents(people: People, purposes: set[str], now: datetime) -> Mapping[tuple[int, str], Said]:
    """The latest of each root and purpose; what was asked and not confirmed, where nothing else was said."""
    roots, counted = people.root_of(), dict[tuple[int, str], Said]()
    words: Mapping[str, Said] = {Consent.State.GIVEN: "given", Consent.State.WITHDRAWN: "withdrawn"}
    rows = Consent.objects.filter(contact__in=people.everybody, purpose__in=sorted(purposes), at__lte=now)
    for contact, purpose, state in rows.order_by("at", "pk").values_list("contact", "purpose", "state"):
        key = roots[contact], purpose
        if state == Consent.State.ASKED:
            counted.setdefault(key, "asked")
        else:
            counted[key] = words[state]
    return counted


def _closed(addresses: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Why addresses are closed, by purpose ("": for all)."""
    found = defaultdict[str, dict[str, str]](dict)
    rows = Suppression.objects.filter(address__in=sorted(set(addresses) - {""}))
    for address, purpose, why in rows.values_list("address", "purpose", "why"):
        found[address][purpose] = why
    return found


def chosen_of(people: People) -> Mapping[int, Preference]:
    """What each root chose last, as whichever of those who are one with it."""
    roots = people.root_of()
    rows = Preference.objects.filter(contact__in=people.everybody).order_by("at", "pk")
    return {roots[row.contact_id]: row for row in rows}


def _had(asked: Sequence[Asked], people: People) -> Mapping[tuple[int, str, int, str], set[int]]:
    """Which rows of the ledger went to those who were merged, by what they were sent for: to the others one row leads
    at most, by its key."""
    merged = {pk for pks in people.members.values() if len(pks) > 1 for pk in pks}
    wanted = {_what(each) for each in asked if each.contact in merged}
    found = defaultdict[tuple[int, str, int, str], set[int]](set)
    if not wanted:
        return found
    of = [Q(source_kind=kind, source=source, step=step) for kind, source, step in sorted(wanted)]
    roots = people.root_of()
    rows = Delivery.objects.filter(reduce(or_, of), contact__in=sorted(merged), state__in=GONE)
    for pk, contact, kind, source, step in rows.values_list("pk", "contact", "source_kind", "source", "step"):
        found[(roots[contact], kind, source, step)].add(pk)
    return found
