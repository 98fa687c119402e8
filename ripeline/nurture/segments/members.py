"""Who is in which segment, as it was kept: for who filters by segments, writes to them or shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from ripeline.nurture.segments.models import SegmentMember


def in_segment(key: str) -> QuerySet[SegmentMember, int]:
    """The ids of the contacts in a segment; none where there is no such segment, or it is archived."""
    members = SegmentMember.objects.filter(segment__key=key, segment__archived_at=None)
    return members.values_list("contact_id", flat=True)


def keys_of(contact_ids: Iterable[int]) -> dict[int, list[str]]:
    """The keys of the segments that each of these contacts is in, in order of key; one query."""
    rows = SegmentMember.objects.filter(contact__in=list(contact_ids), segment__archived_at=None)
    found: dict[int, list[str]] = defaultdict(list)
    for contact, key in rows.order_by("segment__key").values_list("contact_id", "segment__key"):
        found[contact].append(key)
    return dict(found)


def segments_of(contact_id: int) -> list[tuple[str, str, datetime]]:
    """Key, title and since when, of the segments that a contact is in, in order of title; one query."""
    rows = SegmentMember.objects.filter(contact=contact_id, segment__archived_at=None)
    return list(rows.order_by("segment__title").values_list("segment__key", "segment__title", "since"))
