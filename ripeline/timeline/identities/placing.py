"""Putting contacts, and all that hangs on them, where the merges that hold say they belong.

The order of locks is everybody's: contacts, then their places in the queue, each by id. Who records a touch of one of
these contacts meanwhile waits at the latter, and looks again (`record`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Case, F, Value, When

from ripeline.people.changed import note_changed
from ripeline.people.contacts import refresh_search
from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.fields import COLUMNS, Way, fill, kept_ways, own_fields, set_aside
from ripeline.timeline.identities.forest import groups, read_edges, work_out
from ripeline.timeline.identities.living import Home
from ripeline.timeline.identities.telling import say_edited, say_lost
from ripeline.timeline.identities.traits import correct_traits
from ripeline.timeline.identities.visitors import move_browsers
from ripeline.timeline.models import Touch, Transition
from ripeline.timeline.record import forget_standing, give_standing, mark_due, mark_withdrawn

_WRITTEN = (
    *(
        "merged_into",
        "merged_at",
        "set_aside",
        "filled",
        "search_text",
        "tags",
        "traits",
        "told",
        "updated_at",
    ),
    *COLUMNS,
)


def place(contact_ids: Iterable[int], *, now: datetime) -> tuple[Mapping[int, Home], tuple[str, ...]]:
    """Places these contacts and whoever is one with them, in the caller's transaction, which holds all merges.

    Returns who each is now, and a sentence for whatever was changed since it was filled or taken over, and stays.
    """
    edges = read_edges(contact_ids)
    homes = work_out(contact_ids, edges)
    people = {each.pk: each for each in _hold(homes)}
    before = {pk: Home(pk, each.merged_into_id or pk, each.merged_at) for pk, each in people.items()}
    # All of their log may be new. Before anything moves: see above.
    mark_due(dict.fromkeys(homes, now))
    note_changed(homes, now=now)
    moved = [pk for pk in sorted(homes) if homes[pk] != before[pk]]
    mark_withdrawn({before[pk].contact for pk in moved}, now=now)
    ways, lost = _place_identities(people, homes)
    told = (*_place_fields(people, homes, ways), *lost)
    _place_touches(moved, before, homes)
    for pk in moved:
        move_browsers(homes[pk])
    correct_traits(people, homes, edges, now=now)
    _place_standings(homes, before, now)
    return homes, told


def change_one(contact_id: int, change: Callable[[Contact], datetime | None], *, now: datetime) -> None:
    """Changes what one contact of several who are one says by itself: what it was told under its own name. It goes
    where that contact goes when a merge is undone.

    `change` gets the contact as it is by itself and says of when its news is, if any; ways to recognise somebody are
    not its matter. The caller holds all merges and these contacts.
    """
    edges = read_edges([contact_id])
    homes = work_out([contact_id], edges)
    people = {each.pk: each for each in _hold(homes)}
    ways = {pk: kept_ways(each) or [] for pk, each in people.items()}
    for each in people.values():
        own_fields(each)
    at = change(people[contact_id])
    for pk in {contact_id, homes[contact_id].contact}:
        people[pk].updated_at = now
    _write_fields(people, homes, ways)
    if at is not None and any(at <= edge.at for edge in edges):
        # It was said before they became one: what the page says then has to be said again.
        correct_traits(people, homes, edges, now=now)


def _hold(contact_ids: Iterable[int]) -> Sequence[Contact]:
    # Not the companies: those are only read.
    held = Contact.objects.filter(pk__in=list(contact_ids)).order_by("pk")
    return list(held.select_for_update(no_key=True))


def _place_fields(
    people: Mapping[int, Contact], homes: Mapping[int, Home], ways: Mapping[int, Sequence[Way]]
) -> list[str]:
    """Everybody as they are by themselves, then who lives on filled from the others; what was edited is told."""
    told = [say_edited(each, name) for each in people.values() for name in own_fields(each)]
    for pk, contact in people.items():
        contact.merged_into_id = None if homes[pk].contact == pk else homes[pk].contact
        contact.merged_at = homes[pk].since
    _write_fields(people, homes, ways)
    return told


def _write_fields(
    people: Mapping[int, Contact], homes: Mapping[int, Home], ways: Mapping[int, Sequence[Way]]
) -> None:
    """Writes contacts, given as they are by themselves: who lives on filled from the others."""
    for living, others in groups(people, homes).items():
        fill(people[living], others)
    for pk, contact in people.items():
        if contact.merged_into_id:
            set_aside(contact, ways[pk])
    Contact.objects.bulk_update(people.values(), [name.removesuffix("_id") for name in _WRITTEN])
    refresh_search([home.contact for home in homes.values()])


def _place_identities(
    people: Mapping[int, Contact], homes: Mapping[int, Home]
) -> tuple[Mapping[int, Sequence[Way]], list[str]]:
    """Moves ways of recognising somebody to who lives on; one that both have stays where it is, since it leads to
    them in any case. Returns everybody's own ways, and a sentence for each that was taken away since."""
    own: dict[int, list[Identity]] = {pk: [] for pk in people}
    for row in Identity.objects.filter(contact__in=list(people)).order_by("pk"):
        own[row.home_id or row.contact_id].append(row)
    ways: dict[int, Sequence[Way]] = {}
    told: list[str] = []
    for pk, contact in people.items():
        ways[pk] = kept_ways(contact) or [(row.kind, row.value, row.is_primary) for row in own[pk]]
        told += _lost(contact, own[pk], ways[pk]) if homes[pk].contact == pk else []
    _move_identities(own, ways, homes)
    return ways, told


def _lost(contact: Contact, own: Sequence[Identity], ways: Sequence[Way]) -> list[str]:
    """Of a contact that comes to life again: a sentence for each way to recognise it that is gone."""
    there = {(row.kind, row.value) for row in own}
    gone = [value for kind, value, _ in ways if (kind, value) not in there]
    return [] if contact.set_aside is None else [say_lost(contact, value) for value in gone]


def _move_identities(
    own: Mapping[int, Sequence[Identity]], ways: Mapping[int, Sequence[Way]], homes: Mapping[int, Home]
) -> None:
    taken = {(pk, row.kind, row.value) for pk, rows in own.items() if homes[pk].contact == pk for row in rows}
    changed = []
    for pk, rows in own.items():
        living, primary = homes[pk].contact, {(kind, value): first for kind, value, first in ways[pk]}
        for row in rows:
            was = (row.contact_id, row.home_id)
            row.contact_id, row.home_id = pk, None
            if living != pk and (living, row.kind, row.value) not in taken:
                taken.add((living, row.kind, row.value))
                row.contact_id, row.home_id = living, pk
            if was != (row.contact_id, row.home_id):
                row.is_primary = row.home_id is None and primary.get((row.kind, row.value), False)
                changed.append(row)
    # Home first: at no moment may two of a contact be alike.
    Identity.objects.filter(pk__in=[row.pk for row in changed]).exclude(home=None).update(
        contact=F("home"), home=None
    )
    Identity.objects.bulk_update(changed, ["contact", "home", "is_primary"])


def _place_touches(moved: Sequence[int], before: Mapping[int, Home], homes: Mapping[int, Home]) -> None:
    """Gives the touches that were recorded of these contacts to whom they are now. Those of browsers are others."""
    for pk in moved:
        was, home = before[pk], homes[pk]
        own = Touch.objects.filter(home=pk)
        if was.contact == pk:
            own = Touch.objects.filter(contact=pk, home=None, visitor=None)
        known = _known_at(home.since)
        own.filter(visitor=None).update(
            contact=home.contact, home=None if home.contact == pk else pk, known_at=known
        )
        Touch.objects.filter(home=pk).exclude(visitor=None).update(contact=home.contact, known_at=known)


def _known_at(since: datetime | None) -> Case | None:
    return None if since is None else Case(When(received_at__lt=since, then=Value(since)), default=None)


def _place_standings(homes: Mapping[int, Home], before: Mapping[int, Home], now: datetime) -> None:
    """Who was merged stands nowhere, and what was found of them is history; who is back is assessed anew."""
    gone = [pk for pk, home in homes.items() if home.contact != pk]
    Transition.objects.filter(contact__in=gone, superseded_at=None).update(superseded_at=now)
    forget_standing(gone)
    give_standing([pk for pk in homes if pk not in gone and before[pk].contact != pk])
