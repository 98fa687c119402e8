"""The one writer of Standing and Transition.

Reading and folding happen outside the write transaction; the write counts only if nothing arrived meanwhile
(`work.claims.finish` compares the mark), so the log, the standing and what follows from it always agree, and
each change is written once however often a worker is killed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from django.db import transaction

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.fold import Transition as Moved
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.timeline.active import active_playbook, stays_active
from ripeline.timeline.heat import heat_of
from ripeline.timeline.models import Reassessment, Standing, Touch, Transition
from ripeline.work.claims import Claim, claim_due, claim_these, fail, finish, give_back

log = logging.getLogger(__name__)

BATCH = 100

# What was learned later than this about the past is history, not news: it changes the record and rings no bell.
NEWS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class StageChange:
    """A contact's present stage changed: from `before` (empty: first assessed) to `after`, by `transition`."""

    contact_id: int
    before: str
    after: str
    transition: Transition
    playbook: Playbook


React = Callable[[StageChange], None]
"""Writes the rows that follow from a change, in the transaction that writes the change."""


@dataclass(frozen=True, slots=True)
class _Assessed:
    claim: Claim
    fold: Fold
    next_due: datetime | None
    heard_by: Sequence[tuple[int, datetime]]


def reassess_due(now: datetime, *, react: React) -> int:
    """One worker's turn: claims up to 100 due people, reassesses them, returns how many were claimed."""
    claims = claim_due(Reassessment, now, limit=BATCH)
    _reassess(claims, now, react)
    return len(claims)


def reassess(contact_ids: Iterable[int], *, now: datetime, react: React) -> None:
    """Reassesses these contacts at once, so that the page which recorded a touch can show its effect."""
    _reassess(claim_these(Reassessment, sorted(contact_ids), now), now, react)


def read_touches(
    contact_ids: Sequence[int], *, heard_until: datetime | None = None
) -> dict[int, list[Touch]]:
    """The log of each contact, in order; with `heard_until` only what had been received by then."""
    rows = Touch.objects.filter(contact_id__in=contact_ids).order_by("contact_id", "at")
    if heard_until is not None:
        rows = rows.filter(received_at__lte=heard_until)
    found: dict[int, list[Touch]] = defaultdict(list)
    for row in rows.iterator(chunk_size=5000):
        found[row.contact_id or 0].append(row)
    return found


def to_fact(touch: Touch) -> Fact:
    """The lifecycle's view of a row of the log. Its person is the contact's id: a fold is about one person."""
    return Fact(
        id=touch.uid,
        person=str(touch.contact_id),
        at=to_instant(touch.at),
        kind=touch.kind,
        direction=touch.direction,
        actor=touch.actor,
        subject=touch.subject,
        value=touch.value,
        attrs=touch.attrs,
    )


def _reassess(claims: list[Claim], now: datetime, react: React) -> None:
    if not claims:
        return
    playbook = active_playbook()
    logs = read_touches([claim.pk for claim in claims])
    assessed = [one for claim in claims if (one := _assess(claim, logs.get(claim.pk, []), playbook, now))]
    try:
        with transaction.atomic():
            _write(assessed, playbook, now, react)
    except Exception:
        log.exception("%s reassessments could not be written together; trying them singly.", len(assessed))
        _write_singly(assessed, playbook, now, react)


def _assess(claim: Claim, rows: list[Touch], playbook: Playbook, now: datetime) -> _Assessed | None:
    try:
        folded = fold(playbook, map(to_fact, rows), to_instant(now))
    except Exception as trouble:
        log.exception("Contact %s could not be assessed.", claim.pk)
        fail(Reassessment, claim, error=repr(trouble), now=now)
        return None
    waits = [to_datetime(folded.due_at)] if folded.due_at is not None else []
    waits += [row.at for row in rows if row.at > now][:1]
    heard_by: list[tuple[int, datetime]] = []
    latest = None
    for row in rows:
        latest = row.received_at if latest is None else max(latest, row.received_at)
        heard_by.append((to_instant(row.at), latest))
    return _Assessed(claim, folded, min(waits, default=None), heard_by)


def _write_singly(assessed: list[_Assessed], playbook: Playbook, now: datetime, react: React) -> None:
    for one in assessed:
        try:
            with transaction.atomic():
                _write([one], playbook, now, react)
        except Exception as trouble:
            log.exception("Contact %s could not be written.", one.claim.pk)
            fail(Reassessment, one.claim, error=repr(trouble), now=now)


def _write(assessed: list[_Assessed], playbook: Playbook, now: datetime, react: React) -> None:
    """Everything about these people in the caller's transaction; those whose claim fell meanwhile are left.

    In order of id, as `record` marks them due, so that the two never wait for each other in a circle.
    """
    assessed = sorted(assessed, key=lambda one: one.claim.pk)
    if not stays_active(playbook.version):
        for one in assessed:
            give_back(Reassessment, one.claim)
        return
    held = [one for one in assessed if finish(Reassessment, one.claim, one.next_due)]
    pks = [one.claim.pk for one in held]
    before = Standing.objects.in_bulk(pks)
    known: dict[int, list[Transition]] = defaultdict(list)
    for row in Transition.objects.filter(contact_id__in=pks, superseded_at=None).order_by(
        "contact_id", "position"
    ):
        known[row.contact_id].append(row)
    outdated: list[int] = []
    fresh: list[Transition] = []
    for one in held:
        old, new = _difference(known[one.claim.pk], one, playbook, now)
        outdated += old
        fresh += new
    Transition.objects.filter(pk__in=outdated).update(superseded_at=now)
    Transition.objects.bulk_create(fresh)
    Standing.objects.bulk_create(
        [_standing(one, playbook, now) for one in held],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=[
            field.attname for field in Standing._meta.fields if not (field.primary_key or field.generated)
        ],
    )
    _follow_up(fresh, before, playbook, now=now, react=react)


def _difference(
    known: list[Transition], one: _Assessed, playbook: Playbook, now: datetime
) -> tuple[list[int], list[Transition]]:
    """Where the fold departs from what was written: ids of rows no longer true, and rows that are."""
    for position, (row, moved) in enumerate(zip_longest(known, one.fold.transitions)):
        if row is None or moved is None or not _is_same(row, moved):
            old = [late.pk for late in known[position:]]
            new = [
                _transition(one, moved, playbook, position=position + offset, now=now)
                for offset, moved in enumerate(one.fold.transitions[position:])
            ]
            return old, new
    return [], []


def _is_same(row: Transition, moved: Moved) -> bool:
    return (
        to_instant(row.at) == moved.at
        and (row.from_stage, row.to_stage) == (moved.from_stage, moved.to_stage)
        and (row.cause, row.rule, row.grade) == (moved.cause, moved.rule, moved.grade)
        and abs(row.score - moved.score) < 1e-6
    )


def _transition(
    one: _Assessed, moved: Moved, playbook: Playbook, *, position: int, now: datetime
) -> Transition:
    return Transition(
        contact_id=one.claim.pk,
        position=position,
        at=to_datetime(moved.at),
        from_stage=moved.from_stage,
        to_stage=moved.to_stage,
        cause=moved.cause,
        rule=moved.rule,
        score=moved.score,
        grade=moved.grade,
        evidence=moved.evidence,
        playbook_id=playbook.version,
        known_at=_known_at(one, moved, now),
    )


def _known_at(one: _Assessed, moved: Moved, now: datetime) -> datetime:
    """When the log first held enough to say so: the change itself, or the latest receipt of what led to it."""
    heard = [received for at, received in one.heard_by if at <= moved.at]
    return min(max(to_datetime(moved.at), heard[-1] if heard else now), now)


def _standing(one: _Assessed, playbook: Playbook, now: datetime) -> Standing:
    standing = one.fold.standing
    if standing is None:
        return Standing(contact_id=one.claim.pk)
    return Standing(
        contact_id=one.claim.pk,
        playbook_id=playbook.version,
        stage=standing.stage,
        entered_at=to_datetime(standing.entered_at),
        score=standing.score,
        heat=heat_of(standing.raw, day_of(to_instant(now)), playbook.score.half_life),
        grade=standing.grade,
        persona=standing.persona,
        rating=standing.rating,
        status=standing.status,
        suspended=standing.suspended,
        first_touch_at=to_datetime(standing.first_touch_at),
        last_inbound_at=None if standing.last_inbound_at is None else to_datetime(standing.last_inbound_at),
        assessed_at=now,
    )


def _follow_up(
    fresh: list[Transition],
    before: Mapping[int, Standing],
    playbook: Playbook,
    *,
    now: datetime,
    react: React,
) -> None:
    """Calls `react` for each contact whose present stage changed just now, with the transition that led there."""
    last = {row.contact_id: row for row in fresh}
    for contact_id, row in last.items():
        was = before.get(contact_id) or Standing(contact_id=contact_id)
        if was.stage != row.to_stage and _is_news(row, was, now):
            react(StageChange(contact_id, was.stage, row.to_stage, row, playbook))


def _is_news(row: Transition, was: Standing, now: datetime) -> bool:
    """Whether a change was learned about when it happened, however late a worker came to it.

    Another definition finds changes all over the past: of those only the recent ones are news.
    """
    if was.playbook_id not in (None, row.playbook_id):
        return row.at > now - NEWS
    return row.known_at - row.at < NEWS
