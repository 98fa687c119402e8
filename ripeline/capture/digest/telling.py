"""Those who were known before, told what events say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.heeding import COLUMNS, NAMES, Heard, heed
from ripeline.capture.digest.people import People, company_told, way_of
from ripeline.capture.digest.placing import EMAIL, EXTERNAL
from ripeline.capture.digest.traits import Told
from ripeline.kit.instants import to_datetime
from ripeline.people.contacts import ContactDraft
from ripeline.people.employers import company_at
from ripeline.people.models import Contact, Identity, Visitor
from ripeline.timeline.changes import change_contact, draft_of
from ripeline.timeline.identities.claims import make_known
from ripeline.timeline.identities.living import MergedMeanwhile, give_way, keys_by_identity
from ripeline.timeline.identities.merging import hold_merges
from ripeline.timeline.identities.placing import change_one

PHONE = str(Identity.Kind.PHONE)


def hold_people(happenings: Sequence[Happening], people: People) -> set[int]:
    """Locks whom happenings may change, with everybody who is one with them, in order of id and before any place in
    the queue is taken, as pages do: what somebody saves meanwhile is neither overwritten nor waited for in a circle.

    Returns their ids. Raises MergedMeanwhile where they are others by then.
    """
    keys, merging = _known_keys(happenings, people)
    browsers = {
        each.visitor
        for each in happenings
        if each.visitor
        and (each.source or (each.type in ("identify", "group") and each.arrival not in people.keys))
    }
    named = Q(key__in=keys)
    if browsers:
        users = Visitor.objects.filter(key__in=browsers, contact__isnull=False)
        named |= Q(pk__in=list(users.values_list("contact_id", flat=True)))
    pks, is_group = _with_others(Contact.objects.filter(named).values_list("pk", "merged_into_id"))
    holds_merges = is_group or merging
    if holds_merges:
        hold_merges()
        pks, _ = _with_others(Contact.objects.filter(named).values_list("pk", "merged_into_id"))
    if pks:
        held = Contact.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
        everybody, is_group = _with_others(held.values_list("pk", "merged_into_id"))
        if not everybody <= pks or (is_group and not holds_merges):
            raise MergedMeanwhile
    return pks


def _known_keys(happenings: Sequence[Happening], people: People) -> tuple[set[str], bool]:
    """Who is named, and whether two of them may be said to be one."""
    before = [
        way
        for each in happenings
        if each.type == "alias" and not each.is_public and each.arrival in people.keys
        if (way := way_of(str(each.message["previousId"]).strip()))
    ]
    keys = {*people.keys.values(), *people.losers}
    for kind in (EMAIL, EXTERNAL):
        keys |= set(keys_by_identity(kind, [value for each, value in before if each == kind]).values())
    return keys, bool(before)


def _with_others(rows: Iterable[tuple[int, int | None]]) -> tuple[set[int], bool]:
    """The ids of these contacts and of everybody who is one with them; whether that is anybody else."""
    found = set(rows)
    pks = {pk for pair in found for pk in pair if pk is not None}
    living = {merged or pk for pk, merged in found}
    merged = (
        set(Contact.objects.filter(merged_into__in=living).values_list("pk", flat=True)) if living else set()
    )
    return pks | merged, bool(merged)


def change_people(happenings: Sequence[Happening], people: People, *, now: datetime) -> None:
    """Tells those who were known before what was said of them, and gives them the ids they came with."""
    keys = {
        people.keys[each.arrival]
        for each in happenings
        if each.arrival in people.keys
        and (each.type in ("identify", "group") or each.arrival in people.added)
    }
    keys -= people.made
    found = Contact.objects.select_related("company", "merged_into", "owner").filter(key__in=keys)
    rows = {each.key: each for each in found}
    for each in happenings:
        contact = rows.get(people.keys.get(each.arrival, ""))
        if contact is not None:
            tell(contact, each, people, now=now)


def tell(contact: Contact, each: Happening, people: People, *, now: datetime) -> None:
    """Changes a contact to what one happening says of it. Of one that was merged, it is what that one says by itself:
    so it is theirs again when the merge is undone. Addresses that lead to somebody else stay theirs."""
    told = people.told.get(each.arrival) or Told({}, {})
    if told.email and people.known.get((EMAIL, told.email), "") != people.keys.get(each.arrival, contact.key):
        told = replace(told, email=None)
    if contact.merged_into_id or contact.merged.exists():
        _tell_one_of(contact, each, people, told, now=now)
        return
    draft = draft_of(contact)
    heard = _heard(draft, each, told, now=now)
    if replace(heard.draft, told=draft.told) != draft:
        change_contact(contact, heard.draft, now=now, is_noted=False)
    elif heard.draft.told != draft.told:
        contact.told = dict(heard.draft.told or {})
        Contact.objects.filter(pk=contact.pk).update(told=contact.told)
    _give_ways(contact, each, people, now)
    people.say(each, contact.key, heard.lines)


def _heard(
    draft: ContactDraft, each: Happening, told: Told, *, is_said_again: bool = False, now: datetime
) -> Heard:
    company = company_told(each, told, now=now) or (
        company_at(told.email, now=now) if told.email and not draft.company else None
    )
    is_server = not each.is_public
    return heed(draft, told, company, at=each.at, overwrite=is_server, is_said_again=is_said_again)


def _give_ways(contact: Contact, each: Happening, people: People, now: datetime) -> None:
    """Gives somebody the ids that a happening came with: as what is known, or what is claimed."""
    for kind, value in people.added.get(each.arrival, ()):
        if each.is_public:
            give_way(contact, kind, value, now=now, is_claim=True)
        else:
            make_known(contact, kind, value, now=now)


def _tell_one_of(contact: Contact, each: Happening, people: People, told: Told, *, now: datetime) -> None:
    living = Contact.objects.select_related("company", "owner").get(pk=contact.merged_into_id or contact.pk)
    shown = draft_of(living)
    if each.is_public:
        told = _blank_of(shown, told)

    def change(alone: Contact) -> datetime | None:
        draft = replace(draft_of(alone), emails=shown.emails, external=shown.external, phones=shown.phones)
        # What it said before, but not what was shown since another of them said something newer.
        heard = _heard(draft, each, told, is_said_again=True, now=now)
        for name in (*NAMES, *COLUMNS, "company"):
            setattr(alone, name, getattr(heard.draft, name))
        alone.traits = dict(heard.draft.traits)
        alone.told = None if heard.draft.told is None else dict(heard.draft.told)
        people.say(each, contact.key, heard.lines)
        return min((to_datetime(at) for at, _ in heard.lines), default=None)

    change_one(contact.pk, change, now=now)
    _give_ways(contact, each, people, now)
    if told.phone and not (each.is_public and shown.phones):
        give_way(contact, PHONE, told.phone, now=now)
    contact.refresh_from_db(fields=["set_aside", "filled"])


def _blank_of(shown: ContactDraft, told: Told) -> Told:
    """What a website's word fills of somebody who is several: what is blank in all of them."""
    is_named = any(getattr(shown, name) for name in NAMES)
    fields = {
        name: value
        for name, value in told.fields.items()
        if not (is_named if name in NAMES else getattr(shown, name))
    }
    traits = {name: value for name, value in told.traits.items() if shown.traits.get(name) in ("", None)}
    return replace(told, fields=fields, traits=traits, company=None if shown.company else told.company)
