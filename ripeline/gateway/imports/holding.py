"""Holding contacts and companies until a step's transaction ends: what others do to them comes before or after it.

Without this PostgreSQL lets others write between our look and our write. On SQLite one transaction alone writes in
any case. The order is everybody's: contacts before their place in the queue, both by id.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from ripeline.people.models import Company, Contact
from ripeline.timeline.models import Reassessment


def hold_contacts(pks: Iterable[int]) -> bool:
    """Keeps everybody else from changing these contacts; touches of them may still be recorded.

    False where one of them is there no longer, or was merged into another.
    """
    wanted = set(pks)
    if not connection.features.has_select_for_update or not wanted:
        return True
    held = Contact.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
    merged = held.values_list("merged_into", flat=True)
    return len(merged) == len(wanted) and not any(merged)


def hold_for_undoing(*, changed: Iterable[int], recorded: Iterable[int], made: Iterable[int]) -> None:
    """As `hold_contacts`, for those who were `changed` or `made`; and lets nothing be recorded of those who were
    `made`: who records of them meanwhile waits, and is told if they are gone then.

    Their places in the queue come between: a worker holds them while it asks for the contact. Those of whom touches
    were `recorded` will be made due; all places are held at once, so that they are held in order.
    """
    gone = set(made)
    hold_contacts({*changed, *gone})
    if not connection.features.has_select_for_update:
        return
    places = Reassessment.objects.filter(pk__in={*recorded, *gone}).order_by("pk").select_for_update()
    len(places.values_list("pk", flat=True))
    len(Contact.objects.filter(pk__in=gone).order_by("pk").select_for_update().values_list("pk", flat=True))


def take_turn(what: str) -> bool:
    """Lets one transaction at a time do `what`, on PostgreSQL; True where others may have done it while we waited."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"ripeline {what}"])
    return True


def hold_companies(pks: Iterable[int]) -> None:
    """Lets nobody begin to belong to these companies."""
    if connection.features.has_select_for_update:
        len(Company.objects.filter(pk__in=set(pks)).order_by("pk").select_for_update().values_list("pk"))
