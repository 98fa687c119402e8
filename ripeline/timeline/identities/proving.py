"""What somebody proved about themselves: the only thing by which contacts are merged without a person deciding.

What a browser says of itself is no proof: a name typed into a form, an id given to `identify`. A link that was sent to
an address and followed is.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ripeline.people.contacts import refresh_search
from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.living import homes_by_id
from ripeline.timeline.identities.merging import Merged, merge
from ripeline.timeline.identities.models import Merge, Proof
from ripeline.timeline.moves import Refused


def prove_email(contact: Contact, address: str, *, now: datetime) -> Contact:
    """Notes that a contact proved an address (normalised) to be theirs; returns who they are, as they live on.

    Where it leads to another contact who proved it too, the two are merged: that one is kept, unless a colleague said
    that they are two. Who never proved it keeps it, and the two are suggested for merging.
    """
    with transaction.atomic():
        living = Contact.objects.get(pk=homes_by_id([contact.pk])[contact.pk].contact)
        found, is_new = Identity.objects.select_for_update(no_key=True, of=("self",)).get_or_create(
            kind=Identity.Kind.EMAIL,
            value=address,
            defaults={
                "contact": living,
                "is_primary": not living.email,
                "verified_at": now,
                "created_at": now,
            },
        )
        if found.contact_id == living.pk:
            _confirm(found, is_new=is_new, now=now)
            return living
        Proof.objects.get_or_create(
            contact=contact, kind=Identity.Kind.EMAIL, value=address, defaults={"at": now}
        )
        if found.verified_at is None:
            return living
        return _merge_proven(found.contact, living, address, now)


def _confirm(found: Identity, *, is_new: bool, now: datetime) -> None:
    if is_new:
        refresh_search([found.contact_id])
    elif found.verified_at is None:
        Identity.objects.filter(pk=found.pk).update(verified_at=now)


def _merge_proven(holder: Contact, prover: Contact, address: str, now: datetime) -> Contact:
    why = f"Both proved that {address} is theirs."
    done = merge(holder, prover, by=None, why=why, rule=Merge.Rule.SAME_EMAIL, now=now)
    if isinstance(done, Refused):
        return prover
    assert isinstance(done, Merged)
    return Contact.objects.get(pk=done.living)
