"""Whom to call: the hot ones with the last thing they did, and those who have been silent longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from ripeline.insights.whose import Whose
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.conditions import Idle
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook, Stage
from ripeline.lifecycle.words import say_touch
from ripeline.people.models import Contact
from ripeline.timeline.heat import score_from
from ripeline.timeline.models import Standing, Touch

SHOWN = 6
GRADES = ("A", "B", "C", "D", "F", "")
# Before this, silence is only a weekend or a holiday.
SILENT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Hot:
    """Somebody worth a call now: where they stand and the last thing they did (None: nothing of their own)."""

    contact: Contact
    stage: str
    rating: str
    score: float
    last: Touch | None

    @property
    def did(self) -> str:
        """What the last thing was, in words."""
        return say_touch(self.last.kind, self.last.subject) if self.last else ""


@dataclass(frozen=True, slots=True)
class Silent:
    """A prospect who has not been heard of since `since`; silence alone moves them to the stage titled `falls_to` at
    `falls_at`, where the playbook says so."""

    contact: Contact
    stage: str
    since: datetime
    falls_at: datetime | None
    falls_to: str


def hot_rating(playbook: Playbook) -> str:
    """The key of the warmest rating, "" in a playbook that rates nobody."""
    return playbook.rating[0].key if playbook.rating else ""


def worked_stages(playbook: Playbook) -> tuple[Stage, ...]:
    """The stages of people who have shown something and whom we may still win or lose.

    Not the first; and not the last where no rule leads out of it: that is the goal, most often the customer.
    """
    later = playbook.stages[1:]
    return later if later and later[-1].exit else later[:-1]


def read_hot(playbook: Playbook, *, now: datetime, whose: Whose) -> tuple[Hot, ...]:
    """Those rated warmest who are not customers yet, best score first. Three queries."""
    keys = [stage.key for stage in worked_stages(playbook)]
    rating = hot_rating(playbook)
    if not rating or not keys:
        return ()
    # The few cells of the hot ones (see Standing.cell): ranges of the index standing_cells.
    cells = [f"{key}|{rating}|{grade}|active" for key in keys for grade in GRADES]
    # Who first, then their rows: otherwise everybody hot is read with company and owner before six are kept.
    best = list(_active(whose).filter(cell__in=cells).order_by("-heat").values_list("pk", flat=True)[:SHOWN])
    rows = list(_active(whose).filter(pk__in=best).order_by("-heat", "-contact"))
    last = _last_acts([row.contact_id for row in rows], playbook)
    day = day_of(to_instant(now))
    return tuple(
        Hot(row.contact, row.stage, rating, _score(playbook, row, day), last.get(row.contact_id))
        for row in rows
    )


def read_silent(playbook: Playbook, *, now: datetime, whose: Whose) -> tuple[Silent, ...]:
    """The people in the highest of the worked stages who have been silent longest, longest first. One query."""
    if not worked_stages(playbook):
        return ()
    stage = worked_stages(playbook)[-1]
    rows = (
        _active(whose)
        .filter(stage=stage.key, last_inbound_at__lt=now - SILENT)
        .order_by("last_inbound_at", "contact")[:SHOWN]
    )
    return tuple(_silent(playbook, stage, row) for row in rows)


def _active(whose: Whose) -> QuerySet[Standing]:
    rows = Standing.objects.filter(whose.contacts, status="active")
    return rows.select_related("contact__company", "contact__owner")


def _score(playbook: Playbook, row: Standing, day: int) -> float:
    return score_from(row.heat, day, half_life=playbook.score.half_life, limit=playbook.score.max)


def _silent(playbook: Playbook, stage: Stage, row: Standing) -> Silent:
    assert row.last_inbound_at is not None
    # Nothing moves by itself somebody who was placed by hand, until they are heard of again.
    for way in () if row.suspended else stage.exit:
        if isinstance(way.when, Idle):
            falls_at = row.last_inbound_at + timedelta(microseconds=way.when.idle)
            lower = playbook.stages[playbook.stage_index(way.to)].title
            return Silent(row.contact, row.stage, row.last_inbound_at, falls_at, lower)
    return Silent(row.contact, row.stage, row.last_inbound_at, None, "")


def _last_acts(contact_ids: Sequence[int], playbook: Playbook) -> Mapping[int, Touch]:
    """The last thing each of them did that counts: inbound, by an actor the playbook listens to."""
    theirs = Touch.objects.filter(contact=OuterRef("pk"), direction="in", actor__in=playbook.actors)
    latest = Contact.objects.filter(pk__in=contact_ids).values(
        last=Subquery(theirs.order_by("-at", "-id").values("pk")[:1])
    )
    rows: Iterable[Touch] = Touch.objects.filter(pk__in=latest)
    return {row.contact_id: row for row in rows if row.contact_id is not None}
