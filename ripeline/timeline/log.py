"""Reading the log: people's touches in order, whole or from a moment on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.timeline.models import Touch


def read_touches(
    contact_ids: Sequence[int], *, heard_until: datetime | None = None
) -> dict[int, list[Touch]]:
    """The log of each contact, in order; with `heard_until` only what we knew of them by then."""
    rows = Touch.objects.filter(contact_id__in=contact_ids)
    if heard_until is not None:
        rows = rows.filter(received_at__lte=heard_until).exclude(known_at__gt=heard_until)
    return _by_contact(rows)


def read_later(after: Mapping[int, int]) -> dict[int, list[Touch]]:
    """The touches of each contact (by id) later than an instant of their own, in order."""
    wanted = Q()
    for contact_id, instant in after.items():
        wanted |= Q(contact_id=contact_id, at__gt=to_datetime(instant))
    return _by_contact(Touch.objects.filter(wanted)) if after else {}


def count_touches(contact_ids: Sequence[int]) -> dict[int, int]:
    """How many touches each contact's log has; contacts without any are left out."""
    rows = Touch.objects.filter(contact_id__in=contact_ids).values_list("contact_id")
    return {pk: count for pk, count in rows.annotate(Count("pk")).order_by() if pk is not None}


def to_fact(touch: Touch) -> Fact:
    """The lifecycle's view of a row of the log. Its person is the contact's id: a fold is about one person."""
    return Fact(
        id=touch.uid,
        person=str(touch.contact_id),
        at=to_instant(touch.at),
        kind=touch.kind,
        direction=touch.direction,
        actor=touch.actor,
        subject=touch.subject,
        value=touch.value,
        attrs=touch.attrs,
    )


def _by_contact(rows: QuerySet[Touch]) -> dict[int, list[Touch]]:
    found: dict[int, list[Touch]] = defaultdict(list)
    for row in rows.order_by("contact_id", "at").iterator(chunk_size=5000):
        found[row.contact_id or 0].append(row)
    return found
