"""Addresses and ids that only a website or a form said of somebody, which anybody could send: claims.

A claim leads to its contact for as long as nobody knows better. Whoever does (a server, a colleague, an import, who
followed a link sent to the address) makes it known, or takes it away to whom it belongs; the two are suggested for
merging then. A contact of whom anything is known keeps it, whatever is claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from ripeline.people.changed import note_changed
from ripeline.people.contacts import BATCH, refresh_search
from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.living import MergedMeanwhile, give_way
from ripeline.timeline.identities.models import Proof

MOST_CLAIMS = 10
"""So many ids of other systems are kept of one contact on the word of websites."""
LEADING = (Identity.Kind.EMAIL, Identity.Kind.EXTERNAL)
Way = tuple[str, str]
"""A kind of identity and its value."""


@dataclass(slots=True)
class Ways:
    """What leads to a contact, as they live: what is known of them, and what is claimed."""

    known: set[Way] = field(default_factory=set)
    claims: set[Way] = field(default_factory=set)

    def emails(self) -> set[Way]:
        """The addresses, known or claimed."""
        return {way for way in self.known | self.claims if way[0] == Identity.Kind.EMAIL}

    def has_room(self, way: Way) -> bool:
        """Whether a claim may be added: an address where there is none, an id where there are not many claimed."""
        if way[0] == Identity.Kind.EMAIL:
            return not self.emails()
        return len([each for each in self.claims if each[0] != Identity.Kind.EMAIL]) < MOST_CLAIMS

    def leads(self, way: Way, told: Collection[Way], *, elsewhere: bool) -> bool:
        """Whether one of these ways leads here, where somebody who knows names it: known ones do; a claim, where
        nothing is known, and no address but theirs is told. `told` are the addresses named with it, `elsewhere` whether
        one of them leads to somebody else."""
        if self.known:
            return way in self.known
        emails = self.emails()
        return not told or bool(emails & set(told)) if emails else not elsewhere


def ways_of(keys: Iterable[str]) -> Mapping[str, Ways]:
    """What leads to the contacts with these keys: of one that was merged, to whom they are."""
    rows = Contact.objects.filter(key__in=set(keys)).values_list("key", "pk", "merged_into")
    homes = {key: merged or pk for key, pk, merged in rows}
    found = ways_by_id(homes.values())
    return {key: found[pk] for key, pk in homes.items()}


def ways_by_id(pks: Iterable[int]) -> Mapping[int, Ways]:
    """The same of contacts that live, by id."""
    found = {pk: Ways() for pk in pks}
    rows = Identity.objects.filter(contact__in=found, kind__in=LEADING)
    for pk, kind, value, is_claim in rows.values_list("contact", "kind", "value", "is_claim"):
        (found[pk].claims if is_claim else found[pk].known).add((kind, value))
    return found


def claimants(pks: Iterable[int]) -> set[int]:
    """Those of these contacts, by id, of whom something is only claimed."""
    found: set[int] = set()
    wanted = sorted(set(pks))
    for start in range(0, len(wanted), BATCH):
        rows = Identity.objects.filter(
            contact__in=wanted[start : start + BATCH], kind__in=LEADING, is_claim=True
        )
        found.update(rows.values_list("contact", flat=True))
    return found


def is_weak(kind: str, value: str) -> bool:
    """Whether it is a claim of somebody of whom something else is known, or another address is claimed: it leads nobody
    there who knows better."""
    row = Identity.objects.filter(kind=kind, value=value, is_claim=True).first()
    if row is None:
        return False
    others = Identity.objects.filter(contact=row.contact_id, kind__in=LEADING).exclude(pk=row.pk)
    return others.filter(Q(is_claim=False) | Q(kind=Identity.Kind.EMAIL)).exists()


def make_known(contact: Contact, kind: str, value: str, *, now: datetime) -> None:
    """Says, as one who knows, that an address or id is a contact's, in the caller's transaction, which holds them and
    whoever claims it. What is known to lead to somebody else stays theirs; an address goes before those claimed."""
    living = contact.merged_into or contact
    row = Identity.objects.filter(kind=kind, value=value).first()
    if row is not None and row.contact_id != living.pk:
        if not row.is_claim:
            return
        take_away(kind, value, now=now)
        row = None
    if row is None:
        give_way(contact, kind, value, now=now)
    elif row.is_claim:
        Identity.objects.filter(pk=row.pk).update(is_claim=False)
    if kind == Identity.Kind.EMAIL:
        _settle_addresses(living, now)


def take_away(kind: str, value: str, *, now: datetime) -> None:
    """Takes a claim from whom it leads to, in the caller's transaction: somebody else is about to have it. That the two
    may be one is suggested. Raises MergedMeanwhile where it is no claim any more."""
    row = Identity.objects.filter(kind=kind, value=value).first()
    if row is None:
        return
    gone, _ = Identity.objects.filter(pk=row.pk, contact=row.contact_id, is_claim=True).delete()
    if not gone:
        raise MergedMeanwhile
    Proof.objects.get_or_create(
        contact_id=row.home_id or row.contact_id,
        kind=kind,
        value=value,
        defaults={"at": now, "is_claim": True},
    )
    refresh_search([row.contact_id])
    note_changed([row.contact_id], now=now)


def _settle_addresses(living: Contact, now: datetime) -> None:
    """Where an address is known, none that was only claimed is written to: it goes, as a website's word adds none."""
    rows = list(Identity.objects.filter(contact=living, kind=Identity.Kind.EMAIL).order_by("pk"))
    first = next((row for row in rows if row.is_primary), None)
    known = [row for row in rows if not row.is_claim]
    if not known or (first is not None and not first.is_claim):
        return
    if first is not None:
        first.delete()
    own = next((row for row in known if row.home_id is None), None)
    if own is not None:
        Identity.objects.filter(pk=own.pk).update(is_primary=True)
    refresh_search([living.pk])
    note_changed([living.pk], now=now)
