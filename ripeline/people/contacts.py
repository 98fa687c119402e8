"""Making and keeping contacts: the repeated columns (`name`, `email`, `phone`, `search_text`) are kept here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Model

from ripeline.kit.bulk import insert_rows, reserve_ids
from ripeline.kit.folding import fold_words
from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.people.changed import note_changed
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.people.told import REST


def _letters(model: type[Model], column: str) -> int:
    found = model._meta.get_field(column)
    assert isinstance(found, CharField)
    assert found.max_length
    return found.max_length


BATCH = 500
MOST_TRAITS = 100
"""Traits that a contact may have by what websites and forms say of them."""
_CONTACT_COLUMNS = (
    *("id", "key", "name", "first_name", "last_name", "email", "phone", "title", "seniority", "company_id"),
    *("country", "language", "time_zone", "source", "owner_id", "tags", "traits", "search_text"),
    *("created_at", "updated_at", "told"),
)
LONGEST: Mapping[str, int] = {
    **{name: _letters(Contact, name) for name in ("name", "first_name", "last_name", "title", "seniority")},
    **{name: _letters(Contact, name) for name in ("country", "language", "time_zone", "source")},
    **{name: _letters(Company, name) for name in ("domain", "industry")},
    "company": _letters(Company, "name"),
}
"""Letters that fit into what is kept of people and their companies."""
_IDENTITY_COLUMNS = ("contact_id", "kind", "value", "is_primary", "is_claim", "created_at")


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """What is known of a person who is to become a contact. Addresses are taken as normalised, primary first.

    `claims` are those of the addresses and outside keys that only a website or a form said. `told` says when what was
    said (`people.told`); None: when they are added.
    """

    first_name: str = ""
    last_name: str = ""
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    title: str = ""
    seniority: str = ""
    company: Company | None = None
    country: str = ""
    language: str = ""
    time_zone: str = ""
    source: str = ""
    owner: User | None = None
    tags: tuple[str, ...] = ()
    traits: dict[str, str | float | bool | None] = field(default_factory=dict)
    key: str = ""
    created_at: datetime | None = None
    told: Mapping[str, int] | None = None
    claims: frozenset[str] = frozenset()


def add_contacts(drafts: Sequence[ContactDraft], *, now: datetime) -> list[Contact]:
    """Makes contacts with their identities, in one transaction, in the order given.

    Raises IntegrityError when an address or outside key already leads to somebody: callers look first
    (`find_by_identity`), since what should then happen is theirs to say.
    """
    rows = _insert(drafts, now)
    contacts = []
    for row, draft in zip(rows, drafts, strict=True):
        contact = Contact(**dict(zip(_CONTACT_COLUMNS, row, strict=True)))
        contact.company, contact.owner = draft.company, draft.owner
        contact._state.adding = False
        contacts.append(contact)
    return contacts


def insert_contacts(drafts: Sequence[ContactDraft], *, now: datetime) -> list[int]:
    """As `add_contacts`, for thousands at once: gives the ids alone."""
    return [row[0] for row in _insert(drafts, now)]


def find_by_identity(kind: str, values: Iterable[str]) -> dict[str, int]:
    """Contact ids by the identity values that lead to them."""
    found: dict[str, int] = {}
    wanted = sorted(set(values))
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        rows = Identity.objects.filter(kind=kind, value__in=part)
        if kind != Identity.Kind.PHONE:
            # SQLite takes the unique index, which leaves phones out, only where the query does so word for word.
            rows = rows.extra(where=["NOT (ripeline_identity.kind = 'phone')"])
        found.update(rows.values_list("value", "contact_id"))
    return found


def display_name(first_name: str, last_name: str, name: str = "") -> str:
    """The name to show: as given, else first and last."""
    return name.strip() or " ".join(part for part in (first_name.strip(), last_name.strip()) if part)


def search_words(name: str, emails: Iterable[str], phones: Iterable[str], company: str) -> str:
    """Folded text in which a search for any part of name, address, number or company finds the contact."""
    return "\n".join(fold_words(part) for part in (name, *emails, *phones, company) if part)


def refresh_search(contact_ids: Sequence[int]) -> None:
    """Rewrites the repeated columns of these contacts after their identities or company changed."""
    contacts = (
        Contact.objects.filter(pk__in=contact_ids).select_related("company").prefetch_related("identities")
    )
    changed, names = [], set[str]()
    for contact in contacts:
        was = {name: getattr(contact, name) for name in ("email", "phone", "search_text")}
        ordered = sorted(
            contact.identities.all(), key=lambda identity: (not identity.is_primary, identity.pk)
        )
        emails = [each.value for each in ordered if each.kind == Identity.Kind.EMAIL]
        phones = [each.value for each in ordered if each.kind == Identity.Kind.PHONE]
        contact.email, contact.phone = (emails or [""])[0], (phones or [""])[0]
        company = contact.company.name if contact.company else ""
        contact.search_text = search_words(contact.name, emails, phones, company)
        if others := {name for name, value in was.items() if getattr(contact, name) != value}:
            changed.append(contact)
            names |= others
    # Each column of each row is dear to write: a company renamed changes one of them.
    if changed:
        Contact.objects.bulk_update(changed, sorted(names), batch_size=BATCH)


def _insert(drafts: Sequence[ContactDraft], now: datetime) -> list[tuple[Any, ...]]:
    """Writes contacts and their identities; the rows as they were written."""
    # No savepoint: inside a caller's transaction one makes each SQLite insert dearer the more came before it.
    with transaction.atomic(savepoint=False):
        ids = reserve_ids(Contact, len(drafts))
        rows = [_row(pk, draft, now) for pk, draft in zip(ids, drafts, strict=True)]
        insert_rows(Contact, _CONTACT_COLUMNS, rows)
        insert_rows(
            Identity,
            _IDENTITY_COLUMNS,
            [row for pk, draft in zip(ids, drafts, strict=True) for row in _identities(pk, draft, now)],
        )
        note_changed(ids, now=now)
    return rows


def _row(pk: int, draft: ContactDraft, now: datetime) -> tuple[Any, ...]:
    """A contact's values in the order of _CONTACT_COLUMNS."""
    name = display_name(draft.first_name, draft.last_name, draft.name)
    company, owner = draft.company, draft.owner
    told = draft.told
    if told is None and draft.created_at not in (None, now):
        told = {REST: to_instant(now)}
    return (
        pk,
        draft.key or new_key(),
        name,
        draft.first_name,
        draft.last_name,
        draft.emails[0] if draft.emails else "",
        draft.phones[0] if draft.phones else "",
        draft.title,
        draft.seniority,
        company.pk if company else None,
        draft.country,
        draft.language,
        draft.time_zone,
        draft.source,
        owner.pk if owner else None,
        list(draft.tags),
        dict(draft.traits),
        search_words(name, draft.emails, draft.phones, company.name if company else ""),
        draft.created_at or now,
        now,
        told,
    )


def _identities(
    pk: int, draft: ContactDraft, now: datetime
) -> list[tuple[int, str, str, bool, bool, datetime]]:
    kinds = (("email", draft.emails), ("phone", draft.phones), ("external", draft.external))
    return [
        (pk, kind, value, position == 0, value in draft.claims, now)
        for kind, values in kinds
        for position, value in enumerate(dict.fromkeys(values) if len(values) > 1 else values)
    ]
