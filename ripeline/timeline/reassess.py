"""The one writer of Standing and Transition.

Reading and folding happen outside the write transaction; the write counts only if nothing arrived meanwhile
(`work.claims.finish` compares the mark), so the log, the standing and what follows from it always agree, and
each change is written once however often a worker is killed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.people.changed import note_changed
from ripeline.timeline.assessing import Assessed, Person, StageChange, assess
from ripeline.timeline.bells import unring
from ripeline.timeline.camps.writing import write_camp
from ripeline.timeline.definitions.sweep import sweep_some
from ripeline.timeline.definitions.versions import InForce, in_force, stays_in_force
from ripeline.timeline.heat import heat_of
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.looking import Look, is_worth_saving, to_save
from ripeline.timeline.models import Reassessment, SavedFold, Standing, Transition
from ripeline.timeline.reading import portions, read_people
from ripeline.work.claims import Claim, claim_due, claim_these, fail, finish, give_back

__all__ = ["BATCH", "React", "StageChange", "read_touches", "reassess", "reassess_due", "to_fact"]

log = logging.getLogger(__name__)

BATCH = 100

React = Callable[[StageChange], None]
"""Writes the rows that follow from a change, in the transaction that writes the change."""


def reassess_due(now: datetime, *, react: React) -> int:
    """One worker's turn: claims up to 100 due people, reassesses them, returns how many were due.

    Where fewer are, people are added whom a newly published definition concerns.
    """
    claims = claim_due(Reassessment, now, limit=BATCH)
    room, swept = BATCH - len(claims), 0
    if room and (swept := sweep_some(now, room)):
        claims += claim_due(Reassessment, now, limit=room)
    _reassess(claims, now, react)
    return max(len(claims), swept)


def reassess(contact_ids: Iterable[int], *, now: datetime, react: React) -> None:
    """Reassesses these contacts at once, so that the page which recorded a touch can show its effect."""
    _reassess(claim_these(Reassessment, sorted(contact_ids), now), now, react)


def _reassess(claims: list[Claim], now: datetime, react: React) -> None:
    if not claims:
        return
    judged_by = in_force()
    for portion in portions(claims):
        _reassess_portion(portion, judged_by, now, react)


def _reassess_portion(claims: Sequence[Claim], judged_by: InForce, now: datetime, react: React) -> None:
    assessed = list(_assess(claims, judged_by, now))
    try:
        with transaction.atomic():
            _write(assessed, judged_by, now, react)
    except Exception:
        log.exception("%s reassessments could not be written together; trying them singly.", len(assessed))
        _write_singly(assessed, judged_by, now, react)


def _assess(claims: Sequence[Claim], judged_by: InForce, now: datetime) -> Iterator[Assessed]:
    """Assesses these people. Who cannot be, or cannot even be read, is put back for later; the others are not."""
    try:
        people = read_people(claims, judged_by, now)
    except Exception as trouble:
        if len(claims) == 1:
            _put_back(claims[0], trouble, now)
            return
        log.exception("%s people could not be read together; trying them singly.", len(claims))
        for claim in claims:
            yield from _assess([claim], judged_by, now)
        return
    for person in people:
        try:
            yield _assess_person(person, judged_by, now)
        except Exception as trouble:
            _put_back(person.claim, trouble, now)


def _assess_person(person: Person, judged_by: InForce, now: datetime) -> Assessed:
    if person.saved:
        try:
            return assess(person, judged_by, now)
        except Exception:
            # What was seen whole replaces it.
            log.exception("The saved fold of contact %s is no use; folding all.", person.claim.pk)
            (person,) = read_people([person.claim], judged_by, now, whole=True)
    return assess(person, judged_by, now)


def _put_back(claim: Claim, trouble: Exception, now: datetime) -> None:
    log.error("Contact %s could not be assessed.", claim.pk, exc_info=trouble)
    fail(Reassessment, claim, error=repr(trouble), now=now)


def _write_singly(assessed: list[Assessed], judged_by: InForce, now: datetime, react: React) -> None:
    for one in assessed:
        try:
            with transaction.atomic():
                _write([one], judged_by, now, react)
        except Exception as trouble:
            log.exception("Contact %s could not be written.", one.person.claim.pk)
            fail(Reassessment, one.person.claim, error=repr(trouble), now=now)


def _write(assessed: list[Assessed], judged_by: InForce, now: datetime, react: React) -> None:
    """Everything about these people in the caller's transaction; those whose claim fell meanwhile are left.

    In order of id, as `record` marks them due, so that the two never wait for each other in a circle.
    """
    assessed = sorted(assessed, key=lambda one: one.person.claim.pk)
    if not stays_in_force(judged_by):
        for one in assessed:
            give_back(Reassessment, one.person.claim)
        return
    held = [
        one
        for one in assessed
        if finish(Reassessment, one.person.claim, one.next_due, since=None, withdrawn_at=None)
    ]
    if not held:
        return
    _write_transitions(held)
    _write_standings(held, now)
    _write_saved(held)
    note_changed([one.person.claim.pk for one in held], now=now)
    if judged_by.camp is not None and judged_by.camp_playbook is not None:
        write_camp(held, judged_by, now)
    for one in held:
        if one.person.waiting.withdrawn_at is not None:
            unring(one.person.claim.pk, one.revision)
        for change in one.changes:
            react(change)


def _write_transitions(held: Sequence[Assessed]) -> None:
    outdated = [(pk, at) for one in held for pk, at in one.revision.outdated.items()]
    for moment in {at for _, at in outdated}:
        pks = [pk for pk, at in outdated if at == moment]
        Transition.objects.filter(pk__in=pks).update(superseded_at=moment)
    Transition.objects.bulk_create(row for one in held for row in one.revision.fresh)


def _write_standings(held: Sequence[Assessed], now: datetime) -> None:
    Standing.objects.bulk_create(
        [_standing(one.person.claim.pk, one.seen, now) for one in held],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=[
            field.attname for field in Standing._meta.fields if not (field.primary_key or field.generated)
        ],
    )


def _standing(contact_id: int, seen: Look, now: datetime) -> Standing:
    standing, playbook = seen.fold.standing, seen.playbook
    if standing is None:
        return Standing(contact_id=contact_id)
    return Standing(
        contact_id=contact_id,
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


def _write_saved(held: Sequence[Assessed]) -> None:
    """Keeps the folds that are worth it, and none that says less than the log: those are not noticed later."""
    rows: list[SavedFold] = []
    stale: list[int] = []
    for one in held:
        looks = [(one.seen, SavedFold.Slot.IN_FORCE)]
        if one.camp_seen is not None:
            looks.append((one.camp_seen, SavedFold.Slot.CAMP))
        if one.person.was_saved and one.seen.is_whole:
            stale.append(one.person.claim.pk)
        kept = [to_save(seen, one.person.claim.pk, slot) for seen, slot in looks if is_worth_saving(seen)]
        rows += [row for row in kept if row is not None]
    if stale:
        SavedFold.objects.filter(contact_id__in=stale).delete()
    if rows:
        SavedFold.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["contact", "slot"],
            update_fields=["version", "engine", "through", "heard", "moves", "touches", "state"],
        )
