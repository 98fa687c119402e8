"""Telling somebody who was known before what they answered, and holding them while that is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from ripeline.capture.forms.becoming import NAMES, with_answers
from ripeline.capture.forms.definition import COLUMNS, Definition
from ripeline.capture.forms.reading import Answer
from ripeline.people.contacts import ContactDraft
from ripeline.people.models import Contact, Identity
from ripeline.people.told import told_again
from ripeline.timeline.changes import change_contact, changed_traits, draft_of, rule_traits
from ripeline.timeline.identities.living import MergedMeanwhile, give_way
from ripeline.timeline.identities.merging import hold_merges
from ripeline.timeline.identities.placing import change_one
from ripeline.timeline.moves import note_many

TOLD = (*NAMES, *(name for name in COLUMNS if name not in NAMES))


def hold(pk: int) -> Contact:
    """A contact, held with everybody who is one with them until the transaction ends, as they are now. Raises
    MergedMeanwhile where they became one with others since we looked."""
    root = Contact.objects.values_list("merged_into_id", flat=True).get(pk=pk) or pk
    others = Contact.objects.filter(merged_into=root)
    is_group = others.exists()
    if is_group:
        hold_merges()
    everyone = Contact.objects.filter(Q(pk=root) | Q(merged_into=root)).order_by("pk")
    held = set(everyone.select_for_update(no_key=True).values_list("pk", flat=True))
    if pk not in held or (len(held) > 1 and not is_group):
        raise MergedMeanwhile
    return Contact.objects.select_related("merged_into__company", "company", "owner").get(pk=pk)


def is_several(contact: Contact) -> bool:
    """Whether a contact is one with others."""
    return contact.merged_into_id is not None or contact.merged.exists()


def tell(contact: Contact, definition: Definition, answers: Mapping[str, Answer], *, now: datetime) -> None:
    """Changes a contact, who is held, to what they answered. Of one that was merged, it is what that one says by
    itself: so it is theirs again when the merge is undone."""
    shown = draft_of(contact.merged_into or contact)
    wanted = with_answers(shown, definition, answers, now=now)
    if wanted == shown:
        return
    if is_several(contact):
        _tell_one_of(contact, shown, wanted, now)
    else:
        change_contact(contact, wanted, now=now)


def _tell_one_of(contact: Contact, shown: ContactDraft, wanted: ContactDraft, now: datetime) -> None:
    names = [name for name in TOLD if getattr(wanted, name) != getattr(shown, name)]
    traits = {name: value for name, value in wanted.traits.items() if shown.traits.get(name) != value}

    def change(alone: Contact) -> None:
        for name in names:
            setattr(alone, name, getattr(wanted, name))
        alone.traits = alone.traits | traits
        alone.told = told_again(alone.told, [*names, *(f"trait {name}" for name in traits)], now)

    change_one(contact.pk, change, now=now)
    for phone in wanted.phones:
        if phone not in shown.phones:
            give_way(contact, str(Identity.Kind.PHONE), phone, now=now)
    if fresh := changed_traits(rule_traits(shown), rule_traits(replace(wanted, phones=shown.phones))):
        note_many([(contact.key, fresh)], "traits_changed", now=now)
    contact.refresh_from_db(fields=["set_aside", "filled"])
