"""People about whom something changed are looked at again at once, in every segment."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from ripeline.kit.sql import Sql
from ripeline.nurture.segments.applying import Why, applying, held_by, write_changes
from ripeline.nurture.segments.asking import Terms, entries_of, find, these
from ripeline.nurture.segments.graph import definition_of, in_order
from ripeline.nurture.segments.models import Segment, SegmentChange, SegmentMember
from ripeline.nurture.segments.terms import read_terms
from ripeline.people.models import ChangedContact

log = logging.getLogger(__name__)

BATCH = 500
"""People looked at in one transaction: on SQLite everybody else waits to write meanwhile."""
MANY = 20_000
"""When so many wait, all segments are worked out anew instead: that costs less."""


def attend_changed(now: datetime) -> int:
    """Looks again at some of those who changed; how many notes of that were taken."""
    waiting = ChangedContact.objects.filter(done_at=None).order_by("pk")
    if not waiting.exists():
        return 0
    if waiting[MANY : MANY + 1].exists():
        return _make_all_due(now)
    with applying():
        notes = list(waiting.values_list("pk", "contact_id")[:BATCH])
        # Read after the notes: what begins to be worked out anew from here on sees what they tell of.
        segments = in_order(Segment.objects.filter(archived_at=None))
        follow({contact for _, contact in notes}, segments, now=now)
        _put_away([pk for pk, _ in notes], segments, now)
    return len(notes)


def follow(contact_ids: Collection[int], segments: Sequence[Segment], *, now: datetime) -> None:
    """Puts these contacts into the segments (in order: see `graph`) that they belong to now, and out of the others; the
    caller holds `applying`. A segment that cannot be asked keeps nobody from the others."""
    if not contact_ids or not segments:
        return
    terms = read_terms(now, segments)
    for segment in segments:
        try:
            with transaction.atomic():
                _follow_in(segment, contact_ids, terms)
        except Exception as trouble:
            log.exception(
                "The segment %s could not be asked about %s contacts.", segment.key, len(contact_ids)
            )
            Segment.objects.filter(pk=segment.pk).update(
                due_at=now, mark=F("mark") + 1, error=repr(trouble)[:2000]
            )


def find_in(segment: Segment, terms: Terms, within: Sql | None = None) -> Sql:
    """The statement that finds everybody in a segment."""
    if segment.kind == Segment.Kind.LIST:
        return entries_of(segment.pk)(within)
    return find(definition_of(segment), terms, within=within)


def _follow_in(segment: Segment, contact_ids: Collection[int], terms: Terms) -> None:
    found = {int(str(row[0])) for row in find_in(segment, terms, these(contact_ids)).rows()}
    members = SegmentMember.objects.filter(segment=segment, contact__in=sorted(contact_ids))
    there = set(members.values_list("contact_id", flat=True))
    if found == there:
        return
    moved = found ^ there
    is_list = segment.kind == Segment.Kind.LIST
    held = {} if is_list else held_by(definition_of(segment), moved, terms)
    is_new = segment.worked_out != segment.revision
    cause = SegmentChange.Cause.DEFINITION if is_new else SegmentChange.Cause.CHANGED
    why = Why(cause, terms.now, segment.revision)
    write_changes(segment, found - there, there - found, why, held=held)


def _put_away(notes: Sequence[int], segments: Iterable[Segment], now: datetime) -> None:
    """Notes that were followed go, unless a segment is being worked out from what was true before them."""
    rows = ChangedContact.objects.filter(pk__in=notes)
    begun = [segment.working_since for segment in segments if segment.working_since]
    if begun:
        # Not before any of them began, however far apart the clocks of two workers are.
        rows.update(done_at=max(now, *begun))
    else:
        rows._raw_delete(rows.db)


def _make_all_due(now: datetime) -> int:
    with applying():
        notes = list(ChangedContact.objects.filter(done_at=None).values_list("pk", flat=True))
        segments = Segment.objects.filter(archived_at=None)
        segments.update(due_at=now, mark=F("mark") + 1)
        at_work = list(segments.exclude(working_since=None).only("working_since"))
        for start in range(0, len(notes), MANY):
            _put_away(notes[start : start + MANY], at_work, now)
    return len(notes)
