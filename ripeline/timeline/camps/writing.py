"""Writing what the camp's definition says of people, in the transaction that writes their standing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.timeline.assessing import Assessed
from ripeline.timeline.camps.models import Camp, CampStanding, CampVerdict
from ripeline.timeline.looking import Look

OUTCOMES = ("accepted", "rejected", "deal_won", "deal_lost")
"""The kinds of touch that say what became of somebody."""


def write_camp(held: Sequence[Assessed], camp: Camp, now: datetime) -> None:
    """Writes the camp's standings of these people, and what became of them by whose definition."""
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
    verdicts = [row for one in held for row in _verdicts(one, camp)]
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


def _verdicts(one: Assessed, camp: Camp) -> Iterator[CampVerdict]:
    if one.camp_seen is None:
        return
    for row in one.camp_seen.touches:
        if row.kind in OUTCOMES:
            yield CampVerdict(
                contact_id=one.person.claim.pk,
                camp=camp,
                uid=row.uid,
                kind=row.kind,
                at=row.at,
                ours=one.seen.stage_before(to_instant(row.at)),
                theirs=one.camp_seen.stage_before(to_instant(row.at)),
            )
