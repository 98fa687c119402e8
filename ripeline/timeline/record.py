"""The one door into the touch log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from ripeline.kit.bulk import insert_rows
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.instant import FIRST_INSTANT
from ripeline.lifecycle.touch import Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact
from ripeline.timeline.heat import NO_HEAT
from ripeline.timeline.models import Standing, Touch

# Rows per statement and per transaction: below SQLite's limit on variables, and short enough not to hold its lock.
CHUNK = 1000
_STANDING_COLUMNS = ("contact_id", "stage", "score", "heat", "status", "suspended")

# One statement, so that a mark raised while a worker finishes is either seen by it or comes after it.
MARK_DUE = """
INSERT INTO ripeline_reassessment (contact_id, due_at, since, mark, claimed_by, attempts, error)
VALUES (%s, %s, %s, 1, '', 0, '')
ON CONFLICT (contact_id) DO UPDATE SET
    mark = ripeline_reassessment.mark + 1,
    attempts = 0,
    due_at = CASE
        WHEN ripeline_reassessment.due_at < excluded.due_at THEN ripeline_reassessment.due_at
        ELSE excluded.due_at
    END,
    since = CASE
        WHEN ripeline_reassessment.since < excluded.since THEN ripeline_reassessment.since
        ELSE excluded.since
    END
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the touches given: `new` were added, `known` were there already, and those of people
    nobody knows were refused (`strangers`: their person keys, in order of appearance)."""

    new: int
    known: int
    strangers: tuple[str, ...]


def record(
    touches: Sequence[Fact], *, now: datetime, heard: Mapping[str, datetime] | None = None
) -> Recorded:
    """Adds touches to the log, once by id, and marks their people due; all that was accepted is on disk on return.

    `Touch.person` is a contact's key. `heard` gives, by touch id, when we heard of it where that is not `now`
    (a history brought in with its own dates of receipt). Within a chunk of 1,000 either everything counts or
    nothing; the same touches given again change nothing.
    """
    new, known, strangers = 0, 0, dict[str, None]()
    for chunk in _chunks(touches):
        contacts = _contact_ids({touch.person for touch in chunk})
        ours = [touch for touch in chunk if touch.person in contacts]
        strangers.update(dict.fromkeys(touch.person for touch in chunk if touch.person not in contacts))
        rows = _rows(ours, contacts, now=now, heard=heard or {})
        added = _insert(rows, now)
        new += added
        known += len(ours) - added
    return Recorded(new, known, tuple(strangers))


def mark_due(due: Mapping[int, datetime], *, since: Mapping[int, int] | None = None) -> None:
    """Makes contacts (by id) due for reassessment at a moment, or earlier if they were due earlier already.

    `since` gives the earliest instant (microseconds) that anything new in their log is about; of those it does not
    name anything may have changed, and their log is folded from its beginning.
    """
    adapt, earliest = connection.ops.adapt_datetimefield_value, since or {}
    # In order of id, so that two writers never wait for each other in a circle.
    marks = [(pk, adapt(at), earliest.get(pk, FIRST_INSTANT)) for pk, at in sorted(due.items())]
    with connection.cursor() as cursor:
        cursor.executemany(MARK_DUE, marks)


def _chunks(touches: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    for start in range(0, len(touches), CHUNK):
        yield touches[start : start + CHUNK]


def _contact_ids(keys: set[str]) -> dict[str, int]:
    found = Contact.objects.filter(key__in=keys).values_list("key", "id")
    return dict(found)


class _Row(NamedTuple):
    """A line of the log before it is written."""

    uid: str
    contact_id: int
    at: datetime
    received_at: datetime
    kind: str
    direction: str
    actor: str
    subject: str | None
    value: float | None
    attrs: Mapping[str, Scalar]


def _rows(
    touches: Sequence[Fact], contacts: Mapping[str, int], *, now: datetime, heard: Mapping[str, datetime]
) -> list[_Row]:
    first_wins = {touch.id: touch for touch in reversed(touches)}
    return [
        _Row(
            uid=touch.id,
            contact_id=contacts[touch.person],
            at=to_datetime(touch.at),
            received_at=heard.get(touch.id, now),
            kind=touch.kind,
            direction=touch.direction,
            actor=touch.actor,
            subject=touch.subject,
            value=touch.value,
            attrs=dict(touch.attrs),
        )
        for touch in sorted(first_wins.values(), key=lambda touch: touch.id)
    ]


def _insert(rows: list[_Row], now: datetime) -> int:
    if not rows:
        return 0
    # No savepoint: inside a caller's transaction one makes each SQLite insert dearer the more came before it.
    with transaction.atomic(savepoint=False):
        there = set(Touch.objects.filter(uid__in=[row.uid for row in rows]).values_list("uid", flat=True))
        fresh = [row for row in rows if row.uid not in there]
        if not fresh:
            return 0
        due: dict[int, datetime] = {}
        since: dict[int, int] = {}
        for row in fresh:
            # A touch dated in the future counts when its time comes.
            when, at = max(row.at, now), to_instant(row.at)
            due[row.contact_id] = min(due.get(row.contact_id, when), when)
            since[row.contact_id] = min(since.get(row.contact_id, at), at)
        standings = [(pk, "", 0.0, NO_HEAT, "active", False) for pk in sorted(due)]
        insert_rows(Standing, _STANDING_COLUMNS, standings, skip_known=True)
        insert_rows(Touch, _Row._fields, fresh, skip_known=True)
        mark_due(due, since=since)
        return len(fresh)
