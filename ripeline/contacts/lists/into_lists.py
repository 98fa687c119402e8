"""Putting contacts of the list into a list kept by hand, among the other things that are done to many."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from ripeline.nurture.segments.keeping import put_in, take_out
from ripeline.nurture.segments.models import Segment, SegmentEntry
from ripeline.people.models import User
from ripeline.people.permissions import WHOLE_TEAM


def lists_for(user: User, segments: Iterable[Segment]) -> list[Segment]:
    """Those of the segments that are lists `user` may put people into."""
    may_put = user.role in WHOLE_TEAM
    return [each for each in segments if may_put and each.kind == Segment.Kind.LIST]


def list_hindrance(key: str, by: User) -> str:
    """Why `by` cannot put anybody into the list with this key, as a sentence; "" where they can."""
    if by.role not in WHOLE_TEAM:
        return "Lists are kept by administrators and marketing."
    return "" if _lists().filter(key=key).exists() else "Choose a list."


def put_into_list(key: str, contact_ids: Collection[int], *, by: User, now: datetime) -> frozenset[int]:
    """Puts contacts into a list; those who were not in it."""
    how = SegmentEntry.How.SELECTION
    return frozenset(put_in(_lists().get(key=key), contact_ids, how=how, by=by, now=now))


def take_from_list(key: str, contact_ids: Collection[int], *, by: User, now: datetime) -> frozenset[int]:
    """Takes contacts out of a list again; those who were in it."""
    found = _lists().filter(key=key).first()
    return frozenset(take_out(found, contact_ids, by=by, now=now)) if found else frozenset()


def _lists() -> QuerySet[Segment]:
    return Segment.objects.filter(kind=Segment.Kind.LIST, archived_at=None)
