"""What somebody proved about themselves: the only thing by which contacts are merged without a person deciding.

What a browser says of itself is no proof: a name typed into a form, an id given to `identify`. A link that was sent to
an address and followed is.
"""

from __future__ import annotations

from datetime import datetime

from ripeline.people.contacts import find_by_identity, refresh_search
from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.claims import is_weak
from ripeline.timeline.identities.living import MergedMeanwhile, again_if_merged, homes_by_id
from ripeline.timeline.identities.merging import Merged, hold_merges, merge
from ripeline.timeline.identities.models import Merge, Proof
from ripeline.timeline.moves import Refused


def prove_email(contact: Contact, address: str, *, now: datetime) -> Contact:
    """Notes that a contact proved an address (normalised) to be theirs; returns who they are, as they live on.

    Where it leads to another contact who proved it too, the two are merged: that one is kept, unless a colleague said
    that they are two. Who never proved it keeps it, and the two are suggested for merging.
    """
    return again_if_merged(lambda: _prove(contact, address, now))


def _prove(contact: Contact, address: str, now: datetime) -> Contact:
    living, holder = _hold(contact, address)
    if holder is None:
        _, is_new = Identity.objects.get_or_create(
            kind=Identity.Kind.EMAIL,
            value=address,
            defaults={
                "contact": living,
                "is_primary": not living.email,
                "verified_at": now,
                "created_at": now,
            },
        )
        if not is_new:
            # Somebody got it since we looked.
            raise MergedMeanwhile
        refresh_search([living.pk])
        return living
    found = Identity.objects.get(kind=Identity.Kind.EMAIL, value=address)
    if holder == living.pk:
        # Of somebody who is known otherwise it shows that the address is somebody's, not that it is theirs.
        if found.verified_at is None and not is_weak(Identity.Kind.EMAIL, address):
            Identity.objects.filter(pk=found.pk).update(verified_at=now, is_claim=False)
        return living
    Proof.objects.update_or_create(
        contact=contact,
        kind=Identity.Kind.EMAIL,
        value=address,
        defaults={"is_claim": False},
        create_defaults={"at": now},
    )
    return living if found.verified_at is None else _merge_proven(found.contact, living, address, now)


def _hold(contact: Contact, address: str) -> tuple[Contact, int | None]:
    """Who they are, as they live on, and by id whom the address leads to, if anybody: both held, in the order in which
    everybody holds: all merges, where there may be one, then contacts by id. Raises MergedMeanwhile."""
    found = _concerned(contact, address)
    if found[1] not in (None, found[0]):
        hold_merges()
        found = _concerned(contact, address)
    pks = {pk for pk in found if pk is not None}
    held = Contact.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    by_id = {each.pk: each for each in held}
    if _concerned(contact, address) != found:
        raise MergedMeanwhile
    return by_id[found[0]], found[1]


def _concerned(contact: Contact, address: str) -> tuple[int, int | None]:
    holder = find_by_identity(Identity.Kind.EMAIL, [address]).get(address)
    return homes_by_id([contact.pk])[contact.pk].contact, holder


def _merge_proven(holder: Contact, prover: Contact, address: str, now: datetime) -> Contact:
    why = f"Both proved that {address} is theirs."
    done = merge(holder, prover, by=None, why=why, rule=Merge.Rule.SAME_EMAIL, now=now)
    if isinstance(done, Refused):
        return prover
    assert isinstance(done, Merged)
    return Contact.objects.get(pk=done.living)
