"""The one door into the touch log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from ripeline.kit.bulk import insert_rows
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.instant import FIRST_INSTANT
from ripeline.lifecycle.touch import Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact
from ripeline.timeline.heat import NO_HEAT
from ripeline.timeline.models import Reassessment, Standing, Touch

# Rows per statement and per transaction: below SQLite's limit on variables, and short enough not to hold its lock.
CHUNK = 1000
_STANDING_COLUMNS = ("contact_id", "stage", "score", "heat", "status", "suspended")

_MARK_COLUMNS = ("contact_id", "due_at", "since", "mark", "claimed_by", "attempts", "error")

# In the statement that inserts, so that a mark raised while a worker finishes is either seen by it or comes after it.
MARK_AGAIN = """
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
    nobody knows were refused (`strangers`: their person keys, in order of appearance). `added` are the ids of
    the new."""

    new: int
    known: int
    strangers: tuple[str, ...]
    added: frozenset[str] = frozenset()


def record(
    touches: Sequence[Fact],
    *,
    now: datetime,
    heard: Mapping[str, datetime] | None = None,
    contacts: Mapping[str, int] | None = None,
) -> Recorded:
    """Adds touches to the log, once by id, and marks their people due; all that was accepted is on disk on return.

    `Touch.person` is a contact's key. `heard` gives, by touch id, when we heard of it where that is not `now`
    (a history brought in with its own dates of receipt); `contacts` the ids by key of all these people, where the
    caller knows them. Within a chunk of 1,000 either everything counts or
    nothing; the same touches given again change nothing.
    """
    known, added, strangers = 0, set[str](), dict[str, None]()
    for chunk in _chunks(touches):
        people = _contact_ids({touch.person for touch in chunk}) if contacts is None else contacts
        ours = [touch for touch in chunk if touch.person in people]
        if len(ours) < len(chunk):
            strangers.update(dict.fromkeys(touch.person for touch in chunk if touch.person not in people))
        fresh = _insert(_rows(ours, people, now=now, heard=heard or {}), now)
        added |= fresh
        known += len(ours) - len(fresh)
    return Recorded(len(added), known, tuple(strangers), frozenset(added))


def mark_due(due: Mapping[int, datetime], *, since: Mapping[int, int] | None = None) -> None:
    """Makes contacts (by id) due for reassessment at a moment, or earlier if they were due earlier already.

    `since` gives the earliest instant (microseconds) that anything new in their log is about; of those it does not
    name anything may have changed, and their log is folded from its beginning.
    """
    earliest = since or {}
    # In order of id, so that two writers never wait for each other in a circle.
    marks = [(pk, at, earliest.get(pk, FIRST_INSTANT), 1, "", 0, "") for pk, at in sorted(due.items())]
    insert_rows(Reassessment, _MARK_COLUMNS, marks, on_conflict=MARK_AGAIN)


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


def _insert(rows: list[_Row], now: datetime) -> set[str]:
    """Writes what the log does not have yet; the ids of that."""
    # No savepoint: inside a caller's transaction one makes each SQLite insert dearer the more came before it.
    with transaction.atomic(savepoint=False):
        # In order of id, and the log itself says what was new to it: so it is with two writers at once.
        added = set(insert_rows(Touch, _Row._fields, rows, skip_known=True, returning="uid"))
        due: dict[int, datetime] = {}
        since: dict[int, int] = {}
        for row in rows:
            if row.uid not in added:
                continue
            # A touch dated in the future counts when its time comes.
            when, at = max(row.at, now), to_instant(row.at)
            due[row.contact_id] = min(due.get(row.contact_id, when), when)
            since[row.contact_id] = min(since.get(row.contact_id, at), at)
        standings = [(pk, "", 0.0, NO_HEAT, "active", False) for pk in sorted(due)]
        insert_rows(Standing, _STANDING_COLUMNS, standings, skip_known=True)
        mark_due(due, since=since)
        return added
