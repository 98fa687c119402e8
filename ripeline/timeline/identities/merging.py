"""Two contacts that are one: merged, and every merge undone, with each touch and field going back where it came from.

A merge is a fact (`Merge`); undoing withdraws it. Which contact lives on, whose every touch is, which fields are filled
from whom: all of that is worked out again from the facts that hold (`forest`), each time for the contacts concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from ripeline.people.models import Contact, User
from ripeline.timeline.identities.forest import read_edges, work_out
from ripeline.timeline.identities.living import homes_by_id
from ripeline.timeline.identities.models import KeptApart, Merge
from ripeline.timeline.identities.placing import place
from ripeline.timeline.moves import Refused

TRIES = 3
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Merged:
    """The merge, and the contact (by id) that lives on."""

    merge: Merge
    living: int


@dataclass(frozen=True, slots=True)
class Undone:
    """The two contacts (by id, as they live on) that are apart again, and a sentence for each thing that stays."""

    kept: int
    gone: int
    told: tuple[str, ...]


def merge(
    kept: Contact,
    gone: Contact,
    *,
    by: User | None,
    why: str,
    now: datetime,
    rule: Merge.Rule = Merge.Rule.BY_HAND,
) -> Merged | Refused:
    """Makes `gone` one with `kept`, in one transaction. Either may have been merged before: it stands for who it is.

    The contact that lives on keeps its fields; its blanks are filled. Merges by a rule are refused where a person
    said that these are two.
    """

    def do() -> Merged | Refused:
        with transaction.atomic():
            hold_merges()
            if refused := _hindrance(kept, gone, rule):
                return refused
            made = Merge.objects.create(kept=kept, gone=gone, by=by, why=why.strip(), rule=rule, at=now)
            _hold_again(kept, gone)
            homes, _ = place([kept.pk, gone.pk], now=now)
            return Merged(made, homes[kept.pk].contact)

    return _steadily(do)


def undo(merge: Merge, *, by: User | None, now: datetime) -> Undone | Refused:
    """Withdraws a merge, in one transaction: whatever came to either contact since stays with whom it came to."""

    def do() -> Undone | Refused:
        with transaction.atomic():
            hold_merges()
            held = Merge.objects.filter(pk=merge.pk, undone_at=None)
            # Asked before it is withdrawn: everybody of both sides is placed anew.
            everybody = list(work_out([merge.kept_id, merge.gone_id], read_edges([merge.kept_id])))
            if not held.update(undone_at=now, undone_by=by):
                return Refused("That merge was undone already.")
            homes, told = place(everybody, now=now)
            Merge.objects.filter(pk=merge.pk).update(told=list(told))
            return Undone(homes[merge.kept_id].contact, homes[merge.gone_id].contact, told)

    return _steadily(do)


def keep_apart(one: Contact, other: Contact, *, by: User | None, now: datetime) -> None:
    """Notes that these two are not one, so that nobody is asked again and no rule merges them."""
    low, high = sorted((one.pk, other.pk))
    KeptApart.objects.get_or_create(one_id=low, other_id=high, defaults={"by": by, "at": now})


def are_kept_apart(ones: Iterable[int], others: Iterable[int]) -> bool:
    """Whether a person said, of any two of these contacts (by id), that they are not one."""
    mine, theirs = set(ones), set(others)
    apart = Q(one__in=mine, other__in=theirs) | Q(one__in=theirs, other__in=mine)
    undone = Q(kept__in=mine, gone__in=theirs) | Q(kept__in=theirs, gone__in=mine)
    if KeptApart.objects.filter(apart).exists():
        return True
    return Merge.objects.filter(undone, undone_at__isnull=False, undone_by__isnull=False).exists()


def merges_of(contact: Contact) -> Sequence[Merge]:
    """The merges that make a contact what it is, the latest first, with the contacts and who merged."""
    pks = [edge.pk for edge in read_edges([contact.pk])]
    rows = Merge.objects.filter(pk__in=pks).select_related("kept", "gone", "by")
    return list(rows.order_by("-at", "-pk"))


def one_with(contact_id: int) -> set[int]:
    """The ids of everybody who is one with a contact, itself among them."""
    return set(work_out([contact_id], read_edges([contact_id])))


def hold_merges() -> None:
    """Merges and undoings wait for each other, so that each works on what the one before it made; nobody else does.
    To be called before any contact is held: whoever merges holds contacts after this."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ripeline_merge IN EXCLUSIVE MODE")


def _hindrance(kept: Contact, gone: Contact, rule: Merge.Rule) -> Refused | None:
    homes = homes_by_id([kept.pk, gone.pk])
    if len(homes) < len({kept.pk, gone.pk}):
        return Refused("One of them is no contact any more.")
    if homes[kept.pk].contact == homes[gone.pk].contact:
        return Refused("That is one contact already.")
    if rule != Merge.Rule.BY_HAND and are_kept_apart(one_with(kept.pk), one_with(gone.pk)):
        return Refused("A colleague said that these are two people.")
    return None


def _hold_again(kept: Contact, gone: Contact) -> None:
    """They are one after all."""
    low, high = sorted((kept.pk, gone.pk))
    KeptApart.objects.filter(one=low, other=high).delete()


def _steadily(do: Callable[[], Done]) -> Done:
    """Does it, again where PostgreSQL ended a circle of writers who waited for each other by ending us."""
    for _ in range(TRIES - 1):
        try:
            return do()
        except OperationalError as trouble:
            is_deadlock = getattr(trouble.__cause__, "sqlstate", "") == "40P01"
            if not is_deadlock or connection.in_atomic_block:
                raise
    return do()
