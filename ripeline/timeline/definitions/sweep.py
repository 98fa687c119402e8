"""Going through everybody, a few at a time, because what people are judged by has changed.

People are made due in order of id, a batch whenever the queue has room: so a touch that comes in meanwhile is never
behind a million others, and a crash loses nothing, since how far it came stands in the change's own row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce, Least

from ripeline.timeline.camps.models import Camp, CampStanding, CampVerdict
from ripeline.timeline.models import Publication, Reassessment, SavedFold

# Asked by every worker several times a second.
LEFT = """
SELECT EXISTS (SELECT 1 FROM ripeline_publication WHERE is_in_force AND NOT is_swept)
    OR EXISTS (SELECT 1 FROM ripeline_camp WHERE NOT is_swept)
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of `total` people have been assessed since the change; those who arrived after it are not counted."""

    done: int
    total: int
    is_done: bool


def begin_sweep(change: Publication | Camp) -> None:
    """Notes whom the change concerns: everybody who was ever assessed, or is about to be."""
    people = Reassessment.objects.aggregate(last=Max("pk"), total=Count("pk"))
    change.last, change.total = people["last"] or 0, people["total"]
    change.is_swept = not change.total
    type(change)._default_manager.filter(pk=change.pk).update(
        last=change.last, total=change.total, is_swept=change.is_swept
    )


def sweep_some(now: datetime, limit: int) -> int:
    """Makes the next `limit` people due whom a change concerns; returns how many that were.

    Where nobody is left, some rows of a camp that was ended are cleared away.
    """
    if not _is_anything_left():
        return 0
    for rows in _unswept():
        if rows.exists():
            return _advance(rows, now, limit)
    return _clear_away(limit)


def sweep_progress(change: Publication | Camp) -> Progress:
    """How far the worker is; costs a count of those due at this moment."""
    if change.swept_at is None:
        return Progress(0, change.total, is_done=change.is_swept)
    due = Reassessment.objects.filter(due_at__lte=change.swept_at, pk__lte=change.cursor)
    # Who was assessed since, and is due once more for what they did, is done: progress never goes back.
    waiting = due.exclude(contact__standing__assessed_at__gte=_began(change)).count()
    done = max(0, min(change.swept, change.total) - waiting)
    return Progress(done, change.total, is_done=change.is_swept and not waiting)


def _began(change: Publication | Camp) -> datetime:
    return change.at if isinstance(change, Publication) else change.since


def _is_anything_left() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(LEFT)
        (left,) = cursor.fetchone()
    return bool(left)


def _unswept() -> tuple[QuerySet[Publication] | QuerySet[Camp], ...]:
    return (
        Publication.objects.filter(is_in_force=True, is_swept=False),
        Camp.objects.filter(is_running=True, is_swept=False),
    )


def _advance(rows: QuerySet[Publication] | QuerySet[Camp], now: datetime, limit: int) -> int:
    with transaction.atomic():
        locked = rows.select_for_update(
            no_key=True, skip_locked=connection.features.has_select_for_update_skip_locked
        )
        change = locked.first()
        if change is None:
            return 0
        pks = _make_due(change, now, limit)
        rows.filter(pk=change.pk).update(
            cursor=pks[-1] if pks else change.last,
            swept=change.swept + len(pks),
            swept_at=now,
            is_swept=len(pks) < limit,
        )
        return len(pks)


def _make_due(change: Publication | Camp, now: datetime, limit: int) -> list[int]:
    """Makes the next people due. Their marks stay: what is wrong with a look under way is not what it read."""
    people = Reassessment.objects.filter(pk__gt=change.cursor, pk__lte=change.last)
    # Taken in order of id, so that two writers never wait for each other in a circle.
    pks = list(people.order_by("pk").select_for_update().values_list("pk", flat=True)[:limit])
    Reassessment.objects.filter(pk__in=pks).update(due_at=Least(Coalesce("due_at", now), now))
    return pks


def _clear_away(limit: int) -> int:
    ended = Camp.objects.filter(is_running=False, is_swept=False).first()
    if ended is None:
        return 0
    with transaction.atomic():
        rows = CampStanding.objects.filter(camp=ended).order_by("pk").select_for_update()
        pks = list(rows.values_list("pk", flat=True)[:limit])
        CampVerdict.objects.filter(camp=ended, contact_id__in=pks).delete()
        SavedFold.objects.filter(contact_id__in=pks, slot=SavedFold.Slot.CAMP).delete()
        CampStanding.objects.filter(pk__in=pks).delete()
        if not pks:
            CampVerdict.objects.filter(camp=ended).delete()
            Camp.objects.filter(pk=ended.pk).update(is_swept=True)
    return len(pks)
