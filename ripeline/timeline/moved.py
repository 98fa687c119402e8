"""Whom a publication moved: people who stand elsewhere since, though they did nothing.

Before and after are read from the transitions that held just before the publication and right after it. Who only
stands where they stood, since another day or at a stage of the same name, was not moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ripeline.lifecycle.ladders import is_same_stage
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.definitions.versions import active_playbook, readable_version
from ripeline.timeline.models import Publication, Transition

COUNTED = 1000
"""So many people are looked at to say how many were moved; beyond, it is "at least"."""


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody whom a publication moved, by contact id: the stage before, the stage after, and the transition
    (by id) that this rests on, None at the foot of the ladder."""

    contact_id: int
    before: str
    after: str
    row: int | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many people were moved; with `is_more` at least so many."""

    people: int
    is_more: bool


def count_moved(publication: Publication, *, owner: int | None = None, most: int = COUNTED) -> Count:
    """How many people a publication moved, of an owner's or of all; looks at no more than `most` of them."""
    concerned = _concerned(publication, owner=owner, after=0, limit=most + 1)
    moves = _moves(publication, concerned[:most])
    return Count(len(moves), len(concerned) > most)


def read_moved(publication: Publication, *, after: int = 0, limit: int = 50) -> tuple[list[Move], int | None]:
    """The next people whom a publication moved, in order of id, and the id to go on after (None: that was all)."""
    found: list[Move] = []
    while True:
        concerned = _concerned(publication, owner=None, after=after, limit=4 * limit)
        found += _moves(publication, concerned)
        if len(found) > limit:
            return found[:limit], found[limit - 1].contact_id
        if len(concerned) < 4 * limit:
            return found, None
        after = concerned[-1]


def _concerned(publication: Publication, *, owner: int | None, after: int, limit: int) -> list[int]:
    """People of whom something else was said from the publication on, in order of id."""
    if publication.previous_id is None:
        return []
    whose = Q() if owner is None else Q(contact__owner=owner)
    # Questions each answered by an index of its own. The last is of whom going back gave again what was theirs.
    parts = (Q(publication=publication), Q(superseded_at=publication.at), Q(known_at=publication.at))
    found: set[int] = set()
    for part in parts:
        rows = Transition.objects.filter(part, whose, contact_id__gt=after).order_by("contact_id")
        found.update(rows.values_list("contact_id", flat=True).distinct()[:limit])
    return sorted(found)[:limit]


def _moves(publication: Publication, contact_ids: Sequence[int]) -> list[Move]:
    if not contact_ids or publication.previous_id is None:
        return []
    former, present = _definition(publication.previous_id), _definition(publication.version_id)
    rows = _rows(contact_ids)
    moves = []
    for contact_id in contact_ids:
        before = _last(row for row in rows[contact_id] if _held_before(row, publication.at))
        after = _last(row for row in rows[contact_id] if _held_after(row, publication.at))
        was = before.to_stage if before else former.stages[0].key
        now = after.to_stage if after else present.stages[0].key
        if not is_same_stage(former, present, was, now):
            moves.append(Move(contact_id, was, now, after.pk if after else None))
    return moves


def _definition(version: str) -> Playbook:
    return readable_version(version) or active_playbook()


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    position: int
    to_stage: str
    known_at: datetime
    superseded_at: datetime | None


def _rows(contact_ids: Sequence[int]) -> Mapping[int, list[_Row]]:
    rows: dict[int, list[_Row]] = defaultdict(list)
    names = ("contact_id", "pk", "position", "to_stage", "known_at", "superseded_at")
    for contact_id, *rest in Transition.objects.filter(contact_id__in=contact_ids).values_list(*names):
        rows[contact_id].append(_Row(*rest))
    return rows


def _held_before(row: _Row, at: datetime) -> bool:
    return row.known_at < at and (row.superseded_at is None or row.superseded_at >= at)


def _held_after(row: _Row, at: datetime) -> bool:
    return row.known_at <= at and (row.superseded_at is None or row.superseded_at > at)


def _last(rows: Iterable[_Row]) -> _Row | None:
    return max(rows, key=lambda row: row.position, default=None)
