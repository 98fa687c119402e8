"""Working a segment out anew for everybody: one statement finds who belongs, and who came and left is written a few
thousand at a time.

On SQLite nobody waits for the finding: what it finds goes into a table of its own, outside the database that others
write to. Whoever changed since it began is left to `following`, which looks at them as they are by then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from ripeline.kit.sql import Sql, stored
from ripeline.lifecycle.instant import DAY
from ripeline.nurture.segments.applying import Why, applying, held_by, write_changes
from ripeline.nurture.segments.definition import Group, ScoreIs, TouchIs, leaves
from ripeline.nurture.segments.following import MANY, find_in
from ripeline.nurture.segments.graph import definition_of, followers, in_order
from ripeline.nurture.segments.models import Segment, SegmentChange, SegmentMember
from ripeline.nurture.segments.terms import read_terms
from ripeline.people.changed import note_changed
from ripeline.people.models import ChangedContact
from ripeline.work.claims import Claim, claim_these, fail, finish

log = logging.getLogger(__name__)

CHUNK = 2_000
"""Changes written in one transaction."""
LEASE = timedelta(minutes=10)
"""The longest that one statement, or one chunk, may take before another worker begins anew."""
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)


def attend_refreshes(now: datetime, *, clock: Callable[[], datetime]) -> int:
    """Works out one segment that is due, those that others ask about first; how many that were."""
    claim = _claim(now)
    if claim is None:
        return 0
    try:
        _refresh(claim, clock)
    except Exception as trouble:
        log.exception("Segment %s could not be worked out.", claim.pk)
        Segment.objects.filter(pk=claim.pk, claimed_by=claim.token).update(working_since=None)
        fail(Segment, claim, error=repr(trouble), now=clock())
    return 1


def refresh_now(segment: Segment, *, clock: Callable[[], datetime]) -> None:
    """Works out one segment at once, for who is about to use it; what others ask about is as it was kept."""
    (claim,) = claim_these(Segment, [segment.pk], clock())
    _refresh(claim, clock)


def next_due(segment: Segment, now: datetime) -> datetime:
    """When a segment is to be worked out for everybody again though nothing changed: hourly where time takes people in
    and out, at UTC midnight where scores fade, else daily."""
    if segment.kind == Segment.Kind.LIST:
        return now + DAILY
    return min(_moments(definition_of(segment), now))


def _moments(definition: Group, now: datetime) -> Iterator[datetime]:
    yield now + DAILY
    for leaf in leaves(definition):
        if isinstance(leaf, TouchIs) and leaf.touch.within is not None:
            yield now + (HOURLY if leaf.touch.within > DAY else HOURLY / 6)
        if isinstance(leaf, ScoreIs):
            midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            yield midnight + DAILY


def _claim(now: datetime) -> Claim | None:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    due = Segment.objects.filter(free, archived_at=None, due_at__lte=now)
    if not due.exists():
        return None
    for segment in in_order(due):
        with transaction.atomic():
            rows = due.filter(pk=segment.pk)
            if connection.vendor == "postgresql":
                rows = rows.select_for_update(skip_locked=True)
            if rows.only("pk").first():
                return claim_these(Segment, [segment.pk], now)[0]
    return None


def _refresh(claim: Claim, clock: Callable[[], datetime]) -> None:
    started, began = clock(), time.perf_counter()
    mine = Segment.objects.filter(pk=claim.pk, claimed_by=claim.token)
    with applying():
        _forget_done(Segment.objects.exclude(pk=claim.pk))
        if not mine.update(working_since=started, claimed_until=started + LEASE):
            return
    segment = mine.get()
    try:
        _gather(find_in(segment, read_terms(started)), segment)
        moved = _apply(claim, segment, started, clock)
    finally:
        _drop()
    if moved is not None:
        _end(claim, segment, moved, clock(), cost=time.perf_counter() - began)


def _gather(found: Sql, segment: Segment) -> None:
    """Puts into the table `segment_moved` who is found and no member (1), and who is a member and not found (0)."""
    _drop()
    if connection.vendor == "postgresql":
        # What makes a table may go through all touches with several processes at once; what fills one may not.
        _run(Sql(f"CREATE TEMPORARY TABLE segment_found AS {found.text}", found.params))
        _run(Sql("ANALYZE segment_found"))
    else:
        _run(Sql("CREATE TEMPORARY TABLE segment_found (id bigint PRIMARY KEY)"))
        _run(Sql(f"INSERT INTO segment_found (id) {found.text}", found.params))
    _run(Sql("CREATE TEMPORARY TABLE segment_moved (contact_id bigint PRIMARY KEY, is_in integer)"))
    _run(
        Sql(
            "INSERT INTO segment_moved (contact_id, is_in)"
            " SELECT f.id, 1 FROM segment_found f WHERE NOT EXISTS"
            " (SELECT 1 FROM ripeline_segmentmember m WHERE m.segment_id = %s AND m.contact_id = f.id)"
            " UNION ALL SELECT m.contact_id, 0 FROM ripeline_segmentmember m WHERE m.segment_id = %s"
            " AND NOT EXISTS (SELECT 1 FROM segment_found f WHERE f.id = m.contact_id)",
            (segment.pk, segment.pk),
        )
    )


def _drop() -> None:
    for name in ("segment_found", "segment_moved"):
        _run(Sql(f"DROP TABLE IF EXISTS {name}"))


def _run(statement: Sql) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.text, [stored(value) for value in statement.params])


def _apply(
    claim: Claim, segment: Segment, started: datetime, clock: Callable[[], datetime]
) -> list[int] | None:
    """Writes what was gathered; the ids of who moved, or None where another worker took over meanwhile."""
    is_new = segment.worked_out != segment.revision
    cause = SegmentChange.Cause.DEFINITION if is_new else SegmentChange.Cause.TIME
    moved: list[int] = []
    last = 0
    while chunk := _next_chunk(last):
        with applying():
            mine = Segment.objects.filter(pk=claim.pk, claimed_by=claim.token)
            if not mine.update(claimed_until=clock() + LEASE):
                return None
            why = Why(cause, started, segment.revision)
            moved += _write(segment, chunk, why, started)
        last = chunk[-1][0]
    return moved


def _next_chunk(last: int) -> list[tuple[int, bool]]:
    rows = Sql(
        "SELECT contact_id, is_in FROM segment_moved WHERE contact_id > %s ORDER BY contact_id LIMIT %s",
        (last, CHUNK),
    ).rows()
    return [(int(str(row[0])), bool(row[1])) for row in rows]


def _write(segment: Segment, chunk: Sequence[tuple[int, bool]], why: Why, started: datetime) -> list[int]:
    ids = [pk for pk, _ in chunk]
    fresh = Q(done_at=None) | Q(done_at__gte=started)
    changed = set(
        ChangedContact.objects.filter(fresh, contact_id__in=ids).values_list("contact_id", flat=True)
    )
    there = set(
        SegmentMember.objects.filter(segment=segment, contact__in=ids).values_list("contact_id", flat=True)
    )
    wanted = [(pk, is_in) for pk, is_in in chunk if pk not in changed and is_in != (pk in there)]
    coming, leaving = [pk for pk, is_in in wanted if is_in], [pk for pk, is_in in wanted if not is_in]
    held: dict[int, str] = {}
    if why.cause == SegmentChange.Cause.TIME and segment.kind == Segment.Kind.CONDITIONS:
        held = held_by(definition_of(segment), [pk for pk, _ in wanted], read_terms(started))
    write_changes(segment, coming, leaving, why, held=held)
    return [pk for pk, _ in wanted]


def _end(claim: Claim, segment: Segment, moved: Sequence[int], now: datetime, *, cost: float) -> None:
    with applying():
        size = SegmentMember.objects.filter(segment=segment).count()
        Segment.objects.filter(pk=segment.pk).update(
            size=size,
            refreshed_at=segment.working_since,
            worked_out=segment.revision,
            working_since=None,
            cost_ms=round(cost * 1000),
        )
        finish(Segment, claim, next_due(segment, now))
        others = Segment.objects.filter(archived_at=None)
        if moved and (asking := followers(others, segment.key)):
            _pass_on(asking, moved, now)
        _forget_done(others)


def _forget_done(others: QuerySet[Segment]) -> None:
    """Notes that were followed go where nobody is at work with what was true before them."""
    if not others.exclude(working_since=None).exists():
        done = ChangedContact.objects.exclude(done_at=None)
        done._raw_delete(done.db)


def _pass_on(asking: Sequence[Segment], moved: Sequence[int], now: datetime) -> None:
    """Those who ask about the segment look again at who moved; at everybody, where that is many."""
    if len(moved) <= MANY:
        note_changed(moved, now=now)
        return
    pks = [each.pk for each in asking]
    Segment.objects.filter(pk__in=pks).update(due_at=now, mark=F("mark") + 1)
