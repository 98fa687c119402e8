"""Writing what the camp's definition says of people, in the transaction that writes their standing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.timeline.assessing import Assessed
from ripeline.timeline.camps.models import Camp, CampStanding, CampVerdict
from ripeline.timeline.definitions.versions import InForce, readable_version, stretches_in_force
from ripeline.timeline.log import read_touches
from ripeline.timeline.looking import Look, look
from ripeline.timeline.models import Touch

OUTCOMES = ("accepted", "rejected", "deal_won", "deal_lost")
"""The kinds of touch that say what became of somebody."""


def write_camp(held: Sequence[Assessed], judged_by: InForce, now: datetime) -> None:
    """Writes the standings of these people by the camp that runs, and what became of them by whose definition."""
    camp = judged_by.camp
    if camp is None:
        return
    CampStanding.objects.bulk_create(
        [
            _standing(one.person.claim.pk, one.seen, one.camp_seen, camp=camp, now=now)
            for one in held
            if one.camp_seen is not None
        ],
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=[field.attname for field in CampStanding._meta.fields if not field.primary_key],
    )
    anew = [one.person.claim.pk for one in held if one.seen.is_whole]
    CampVerdict.objects.filter(contact_id__in=anew).delete()
    past = _Past(judged_by, now)
    verdicts = [row for one in held for row in _verdicts(one, camp, past)]
    CampVerdict.objects.bulk_create(verdicts, ignore_conflicts=True)


def _standing(contact_id: int, seen: Look, camp_seen: Look, *, camp: Camp, now: datetime) -> CampStanding:
    standing = camp_seen.fold.standing
    if standing is None:
        return CampStanding(contact_id=contact_id, camp=camp, ours=seen.stage, theirs="", assessed_at=now)
    return CampStanding(
        contact_id=contact_id,
        camp=camp,
        ours=seen.stage,
        theirs=standing.stage,
        entered_at=to_datetime(standing.entered_at),
        score=standing.score,
        grade=standing.grade,
        persona=standing.persona,
        rating=standing.rating,
        status=standing.status,
        suspended=standing.suspended,
        last_inbound_at=None if standing.last_inbound_at is None else to_datetime(standing.last_inbound_at),
        assessed_at=now,
    )


class _Past:
    """Where people stood by the definition that was in force at a moment: a verdict is one on that definition, and no
    later publication changes what it said."""

    def __init__(self, judged_by: InForce, now: datetime) -> None:
        self._present = judged_by.publication
        self._now = now
        self._stretches: Sequence[tuple[datetime, str]] = ()

    def stage_before(self, one: Assessed, verdict: Touch, known: dict[str, Look]) -> str:
        """The stage just before a verdict; `known` keeps the looks at this person by version."""
        return self._look(one, self._version_at(verdict), known).stage_before(to_instant(verdict.at))

    def _look(self, one: Assessed, version: str, known: dict[str, Look]) -> Look:
        if version == one.seen.playbook.version:
            return one.seen
        if version not in known:
            playbook, pk = readable_version(version), one.person.claim.pk
            touches = one.person.touches if one.seen.is_whole else read_touches([pk])[pk]
            # In the stead of one that this release cannot read any more stands the one in force.
            known[version] = one.seen if playbook is None else look(playbook, touches, self._now)
        return known[version]

    def _version_at(self, verdict: Touch) -> str:
        if verdict.at >= self._present.at:
            return self._present.version_id
        self._stretches = self._stretches or stretches_in_force()
        first = self._stretches[0][0]
        # Before anything was published nothing was said of people: not until it was heard of, maybe years later.
        at = verdict.at if verdict.at >= first else max(verdict.received_at, first)
        return [version for since, version in self._stretches if since <= at][-1]


def _verdicts(one: Assessed, camp: Camp, past: _Past) -> Iterator[CampVerdict]:
    if one.camp_seen is None:
        return
    looks: dict[str, Look] = {}
    for row in one.camp_seen.touches:
        if row.kind in OUTCOMES:
            yield CampVerdict(
                contact_id=one.person.claim.pk,
                camp=camp,
                uid=row.uid,
                kind=row.kind,
                at=row.at,
                ours=past.stage_before(one, row, looks),
                theirs=one.camp_seen.stage_before(to_instant(row.at)),
            )
