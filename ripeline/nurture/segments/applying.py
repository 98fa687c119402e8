"""Writing who came into a segment and who left it: members, history and size together, by one process at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from ripeline.kit.bulk import insert_rows
from ripeline.kit.sql import Sql, joined
from ripeline.nurture.segments.asking import Terms, find, these
from ripeline.nurture.segments.definition import Group, leaves
from ripeline.nurture.segments.models import Segment, SegmentChange, SegmentMember

# Any number that nobody else here takes: whoever writes members holds it until the transaction ends.
_LOCK = 0x5E97


@dataclass(frozen=True, slots=True)
class Why:
    """Why people come and go at a moment: the cause, the colleague behind it, and each one's word on the conditions."""

    cause: SegmentChange.Cause
    at: datetime
    revision: int
    by: int | None = None


@contextmanager
def applying() -> Iterator[None]:
    """A transaction in which nobody else writes members. What is read in it after that is what the last one left."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # SQLite's write lock is held since the transaction began.
        yield


def write_changes(
    segment: Segment,
    coming: Collection[int],
    leaving: Collection[int],
    why: Why,
    *,
    held: dict[int, str] | None = None,
) -> None:
    """Writes down that contacts came and left; the caller holds `applying`, and they are not and are members now."""
    if not coming and not leaving:
        return
    insert_rows(
        SegmentMember,
        ("segment_id", "contact_id", "since"),
        [(segment.pk, pk, why.at) for pk in sorted(coming)],
    )
    if leaving:
        members = SegmentMember.objects.filter(segment=segment, contact__in=sorted(leaving))
        members._raw_delete(members.db)
    said = held or {}
    rows = [(pk, True) for pk in coming] + [(pk, False) for pk in leaving]
    insert_rows(
        SegmentChange,
        ("segment_id", "contact_id", "at", "is_in", "cause", "revision", "held", "by_id"),
        [
            (segment.pk, pk, why.at, is_in, why.cause, why.revision, said.get(pk, ""), why.by)
            for pk, is_in in sorted(rows)
        ],
    )
    Segment.objects.filter(pk=segment.pk).update(
        size=Greatest(F("size") + len(coming) - len(leaving), 0), last_change_at=why.at
    )


def held_by(definition: Group, ids: Collection[int], terms: Terms) -> dict[int, str]:
    """Of each of these contacts, for each condition in reading order, whether it holds (1) or not (0)."""
    conditions = list(leaves(definition))
    if not ids or not conditions:
        return {}
    within = these(ids)
    found = [find(condition, terms, within=within) for condition in conditions]
    columns = joined(
        ", ", [Sql(f"CASE WHEN c.id IN ({each.text}) THEN 1 ELSE 0 END", each.params) for each in found]
    )
    rows = Sql(
        f"SELECT c.id, {columns.text} FROM ripeline_contact c WHERE c.id IN ({within.text})",  # noqa: S608
        (*columns.params, *within.params),
    ).rows()
    return {int(str(row[0])): "".join(map(str, row[1:])) for row in rows}
