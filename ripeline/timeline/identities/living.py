"""Who somebody is by now: a contact that was merged leads to the one that lives on, whatever key or id is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.db import connection, transaction

from ripeline.people.changed import note_changed
from ripeline.people.contacts import find_by_identity, refresh_search
from ripeline.people.models import Contact, Identity

Done = TypeVar("Done")


class Home(NamedTuple):
    """A contact by id, the one that it is at present (itself, where it was not merged), and since when we know."""

    pk: int
    contact: int
    since: datetime | None


def living(key: str) -> Contact | None:
    """The contact that a key leads to, be it one that was merged; None where it was never anybody's."""
    found = Contact.objects.select_related("merged_into").filter(key=key).first()
    return found and (found.merged_into or found)


def homes_by_key(keys: Iterable[str]) -> dict[str, Home]:
    """Whom each key was given to, and who that is by now; keys that are nobody's are left out."""
    rows = Contact.objects.filter(key__in=set(keys)).values_list("key", *_COLUMNS)
    return {key: _home(pk, merged, at) for key, pk, merged, at in rows}


def homes_by_id(pks: Iterable[int]) -> dict[int, Home]:
    """The same by id."""
    rows = Contact.objects.filter(pk__in=set(pks)).values_list(*_COLUMNS)
    return {pk: _home(pk, merged, at) for pk, merged, at in rows}


def keys_by_identity(kind: str, values: Iterable[str]) -> dict[str, str]:
    """The key of the contact that each identity came with, be it one that was merged: what is recorded under it is
    theirs again when the merge is undone."""
    found = find_by_identity(kind, values)
    rows = Identity.objects.filter(kind=kind, value__in=list(found)).values_list(
        "value", "home__key", "contact__key"
    )
    return {value: home or own for value, home, own in rows}


def give_way(contact: Contact, kind: str, value: str, *, now: datetime, is_claim: bool = False) -> None:
    """One more way to recognise somebody, in the caller's transaction. Of a contact that was merged it is theirs again
    when the merge is undone. What leads to somebody already stays as it is."""
    living = contact.merged_into or contact
    is_first = not Identity.objects.filter(contact=living, kind=kind).exists()
    home = contact if contact.merged_into_id else None
    common = {"is_primary": is_first and home is None, "is_claim": is_claim, "created_at": now, "home": home}
    shared = {"contact": living} if kind == Identity.Kind.PHONE else {}
    _, is_new = Identity.objects.get_or_create(
        kind=kind, value=value, **shared, defaults={"contact": living, **common}
    )
    if is_new and home is not None:
        kept = Contact.objects.get(pk=home.pk).set_aside or {}
        ways = kept.get("ways", [])
        ways.append([kind, value, all(each[0] != kind for each in ways)])
        Contact.objects.filter(pk=home.pk).update(set_aside=kept | {"ways": ways})
    if is_new and kind != Identity.Kind.EXTERNAL:
        refresh_search([living.pk])
        note_changed([living.pk], now=now)


def hold_homes(pks: Iterable[int]) -> dict[int, Home]:
    """The same on PostgreSQL, of those who are still there; nobody removes them until the transaction ends."""
    wanted = sorted(set(pks))
    if not wanted:
        return {}
    columns = "id, merged_into_id, merged_at"
    statement = f"SELECT {columns} FROM ripeline_contact WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted])
        return {pk: _home(pk, merged, at) for pk, merged, at in cursor.fetchall()}


def hold_contact(key: str) -> None:
    """Locks the contact with this key, and who they live on as, in the order in which everybody does: by id. Nobody
    else changes either until the transaction ends."""

    def hold() -> None:
        found = Contact.objects.filter(key=key).values_list("pk", "merged_into_id").first()
        if found is None:
            return
        pks = [pk for pk in found if pk is not None]
        rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
        if found not in list(rows.values_list("pk", "merged_into_id")):
            raise MergedMeanwhile

    again_if_merged(hold)


class MergedMeanwhile(Exception):
    """Somebody was merged, or is apart again, since we looked."""


def again_if_merged(do: Callable[[], Done]) -> Done:
    """Does it, anew where it raises MergedMeanwhile. What it wrote is taken back then and what it holds let go: places
    in the queue are taken in order of id, so another person's cannot be added to those held."""
    while True:
        try:
            with transaction.atomic():
                return do()
        except MergedMeanwhile:
            continue


_COLUMNS = ("pk", "merged_into_id", "merged_at")


def _home(pk: int, merged: int | None, at: datetime | None) -> Home:
    return Home(pk, merged or pk, at if merged else None)
