"""Changing what is known of a contact or a company: the rows, the identities, and a touch where rules may care.

The one door for such changes. What rules can look at is recorded as a `traits_changed` touch, each attr a trait
with its new value, null where it is no longer known; what they cannot (an owner, a tag, a phone number) is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.models import F

from ripeline.lifecycle.touch import Scalar
from ripeline.people.changed import note_changed
from ripeline.people.contacts import (
    ContactDraft,
    add_contacts,
    display_name,
    find_by_identity,
    refresh_search,
)
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.people.told import told_again
from ripeline.timeline.moves import note, note_many, signature

PERSONAL = ("title", "seniority", "country", "language")
"""The traits for which a contact has a column of its own."""

MOST_PEOPLE = 5_000
"""So many follow their company at most: all in one transaction, of a few seconds, in which others wait to write."""
_OF_COMPANY = {"company": "name", "industry": "industry", "employees": "employees"}
"""The traits that come from the company, and its columns."""

Arrival = Literal["identified", "imported"]
"""How somebody came to be known: they told us who they are, or we have them from a list."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An address that leads to somebody else already, so that nothing was changed."""

    value: str
    contact_id: int


class TooManyPeople(ValueError):
    """More people work at a company than can follow it in one go; the text says so and what to do."""

    def __init__(self, company: Company) -> None:
        super().__init__(
            f"More than {MOST_PEOPLE:,} people are at {company}, and a new name, industry or size would be recorded"
            " for each of them at once. Bring them into a company of the new name by an import of contacts, which"
            " goes in steps."
        )


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """What is known of a company. `employees` is a head count, `country` an ISO 3166-1 code."""

    name: str
    domain: str | None = None
    industry: str = ""
    employees: int | None = None
    country: str = ""


def draft_of(contact: Contact) -> ContactDraft:
    """What is known of a contact, in the form in which it is changed; costs one query for the identities."""
    kept = contact.identities.order_by(F("is_primary").desc(), "pk").values_list("kind", "value")
    values = {kind: tuple(value for each, value in kept if each == kind) for kind in Identity.Kind.values}
    return ContactDraft(
        first_name=contact.first_name,
        last_name=contact.last_name,
        name=contact.name,
        emails=values[Identity.Kind.EMAIL],
        phones=values[Identity.Kind.PHONE],
        external=values[Identity.Kind.EXTERNAL],
        title=contact.title,
        seniority=contact.seniority,
        company=contact.company,
        country=contact.country,
        language=contact.language,
        time_zone=contact.time_zone,
        source=contact.source,
        owner=contact.owner,
        tags=tuple(contact.tags),
        traits=dict(contact.traits),
        key=contact.key,
        created_at=contact.created_at,
        told=contact.told,
    )


def change_contact(
    contact: Contact, wanted: ContactDraft, *, now: datetime, is_noted: bool = True
) -> Mapping[str, Scalar] | Taken:
    """Makes `contact` what `wanted` says (see `draft_of`), in one transaction; key and creation stay.

    Returns the traits that changed, with their new values (empty: nothing rules could look at). An address that
    leads to somebody else is an outcome, and then nothing is changed. Who says in the log itself what was told when,
    and in `wanted.told`, has it not noted as of now (`is_noted`).
    """
    try:
        with transaction.atomic():
            if taken := _taken(wanted, contact):
                return taken
            before = rule_traits(contact)
            if is_noted:
                wanted = replace(wanted, told=told_again(contact.told, _told_names(contact, wanted), now))
            _write(contact, wanted, now)
            _keep_identities(contact, wanted, now)
            refresh_search([contact.pk])
            note_changed([contact.pk], now=now)
            contact.refresh_from_db(fields=["email", "phone", "search_text"])
            if not is_noted:
                return changed_traits(before, rule_traits(contact))
            return _note_changes([(contact, before)], now).get(contact.pk, {})
    except IntegrityError:
        # Somebody took one of the addresses since we looked.
        if taken := _taken(wanted, contact):
            return taken
        raise


def add_contact(wanted: ContactDraft, *, arrival: Arrival, by: User, now: datetime) -> Contact | Taken:
    """A new contact with what rules may look at, made by hand by `by`; how they arrived is their first touch.

    Whoever has the key of `wanted` already was made by the same request, sent twice: they are returned as they are.
    """
    try:
        with transaction.atomic():
            if found := _there_already(wanted):
                return found
            contact = add_contacts([wanted], now=now)[0]
            note(contact, arrival, now=now, subject="by hand", attrs=signature(by))
            _note_changes([(contact, {})], now)
            return contact
    except IntegrityError:
        # Somebody was added since we looked.
        if found := _there_already(wanted):
            return found
        raise


def change_company(company: Company, wanted: CompanyDraft, *, now: datetime) -> int:
    """Makes `company` what `wanted` says; its contacts' traits follow. Returns for how many contacts they changed.

    Raises IntegrityError where another company has the domain: callers look first. Raises TooManyPeople, and changes
    nothing, where too many would follow.
    """
    with transaction.atomic():
        staff = _following(company, wanted)
        before = [rule_traits(contact) for contact in staff]
        is_renamed = company.name != wanted.name
        for field in fields(CompanyDraft):
            setattr(company, field.name, getattr(wanted, field.name))
        company.updated_at = now
        company.save()
        # What segments ask of a company is more than what rules look at.
        note_changed(Contact.objects.filter(company=company).values_list("pk", flat=True), now=now)
        for contact in staff:
            contact.company = company
        if is_renamed:
            refresh_search([contact.pk for contact in staff])
        return len(_note_changes(list(zip(staff, before, strict=True)), now))


def _following(company: Company, wanted: CompanyDraft) -> list[Contact]:
    """The contacts whose traits such a change may alter; none where it alters nothing that rules can look at."""
    if all(getattr(company, name) == getattr(wanted, name) for name in _OF_COMPANY.values()):
        return []
    staff = list(Contact.objects.filter(company=company).select_related("company")[: MOST_PEOPLE + 1])
    if len(staff) > MOST_PEOPLE:
        raise TooManyPeople(company)
    return staff


def rule_traits(contact: Contact | ContactDraft) -> dict[str, Scalar]:
    """What rules may look at of this contact: their post, where they are, their company, and traits of our own.

    What a contact has a column for, the column says; of what comes from the company, a trait of their own wins,
    since somebody set it for this person.
    """
    columns = column_traits(contact)
    personal = {name: columns[name] for name in PERSONAL if name in columns}
    return columns | _known(contact.traits) | personal


def column_traits(contact: Contact | ContactDraft) -> dict[str, Scalar]:
    """The traits that have a column of their own, here or at the company."""
    company = contact.company
    known: dict[str, Scalar] = {name: getattr(contact, name) for name in PERSONAL}
    if company:
        known |= {trait: getattr(company, name) for trait, name in _OF_COMPANY.items()}
    return _known(known)


def _known(traits: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: value for name, value in traits.items() if value not in ("", None)}


def _taken(wanted: ContactDraft, contact: Contact | None) -> Taken | None:
    for kind, values in ((Identity.Kind.EMAIL, wanted.emails), (Identity.Kind.EXTERNAL, wanted.external)):
        for value, holder in sorted(find_by_identity(kind, values).items()):
            if contact is None or holder != contact.pk:
                return Taken(value, holder)
    return None


def _there_already(wanted: ContactDraft) -> Contact | Taken | None:
    same = Contact.objects.select_related("company").filter(key=wanted.key).first() if wanted.key else None
    return same or _taken(wanted, None)


def _write(contact: Contact, wanted: ContactDraft, now: datetime) -> None:
    contact.name = display_name(wanted.first_name, wanted.last_name, wanted.name)
    for name in _PLAIN:
        setattr(contact, name, getattr(wanted, name))
    contact.tags = list(wanted.tags)
    contact.traits = dict(wanted.traits)
    contact.told = None if wanted.told is None else dict(wanted.told)
    contact.updated_at = now
    contact.save(update_fields=["name", *_PLAIN, "tags", "traits", "told", "updated_at"])


def _told_names(contact: Contact, wanted: ContactDraft) -> list[str]:
    """Of what is told now: the names of the columns and traits that change."""
    named = (contact.name, display_name(wanted.first_name, wanted.last_name, wanted.name))
    columns = [name for name in _PLAIN if getattr(contact, name) != getattr(wanted, name)]
    changed = changed_traits(contact.traits, wanted.traits)
    return [*columns, *([] if named[0] == named[1] else ["name"]), *(f"trait {name}" for name in changed)]


_PLAIN = (
    *("first_name", "last_name", "title", "seniority", "company", "country", "language", "time_zone"),
    *("source", "owner"),
)


def _keep_identities(contact: Contact, wanted: ContactDraft, now: datetime) -> None:
    """Rows that are no longer wanted go, new ones come; those that stay keep when they were confirmed."""
    there = {(row.kind, row.value): row for row in contact.identities.all()}
    lists: tuple[tuple[str, Sequence[str]], ...] = (
        (Identity.Kind.EMAIL, wanted.emails),
        (Identity.Kind.PHONE, wanted.phones),
        (Identity.Kind.EXTERNAL, wanted.external),
    )
    places = {
        (kind, value): place for kind, values in lists for place, value in enumerate(dict.fromkeys(values))
    }
    Identity.objects.filter(pk__in=[row.pk for key, row in there.items() if key not in places]).delete()
    Identity.objects.bulk_create(
        Identity(contact=contact, kind=kind, value=value, is_primary=place == 0, created_at=now)
        for (kind, value), place in places.items()
        if (kind, value) not in there
    )
    moved = [row for key, row in there.items() if key in places and row.is_primary != (places[key] == 0)]
    for row in moved:
        row.is_primary = not row.is_primary
    Identity.objects.bulk_update(moved, ["is_primary"])


def _note_changes(
    changes: Sequence[tuple[Contact, Mapping[str, Scalar]]], now: datetime
) -> dict[int, dict[str, Scalar]]:
    """Records what is otherwise than it was `before` for each contact; by contact's id, those with a change."""
    found = {
        contact.pk: (contact.key, changed_traits(before, rule_traits(contact))) for contact, before in changes
    }
    noted = {pk: (key, changed) for pk, (key, changed) in found.items() if changed}
    note_many([(key, changed) for key, changed in noted.values()], "traits_changed", now=now)
    return {pk: changed for pk, (_, changed) in noted.items()}


def changed_traits(before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """What is otherwise than it was; null where it is no longer known."""
    return {
        name: after.get(name)
        for name in sorted({*before, *after})
        if (name in before) != (name in after) or before.get(name) != after.get(name)
    }
