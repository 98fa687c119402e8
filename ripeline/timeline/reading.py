"""Reading what is stored of people who are about to be assessed: a few queries for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from ripeline.kit.instants import to_instant
from ripeline.timeline.assessing import Person
from ripeline.timeline.camps.models import CampStanding
from ripeline.timeline.definitions.versions import InForce
from ripeline.timeline.log import count_touches, read_later, read_touches
from ripeline.timeline.looking import ENGINE
from ripeline.timeline.models import Publication, Reassessment, SavedFold, Standing, Touch, Transition
from ripeline.work.claims import Claim

AT_ONCE = 20_000
"""How many touches are held at once: those of a batch of people whose logs are long are read a few people at a time."""


def portions(claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """The claims in order, in portions whose logs have AT_ONCE touches at most; whoever has more goes alone."""
    lengths = count_touches([claim.pk for claim in claims])
    portion: list[Claim] = []
    held = 0
    for claim in claims:
        length = lengths.get(claim.pk, 0)
        if portion and held + length > AT_ONCE:
            yield portion
            portion, held = [], 0
        portion.append(claim)
        held += length
    if portion:
        yield portion


def read_people(
    claims: Sequence[Claim], judged_by: InForce, now: datetime, *, whole: bool = False
) -> list[Person]:
    """What is stored of the people claimed. What changes after their claim makes its `finish` count for nothing.

    With `whole` no saved fold is used.
    """
    pks = [claim.pk for claim in claims]
    waiting = Reassessment.objects.in_bulk(pks)
    standings = Standing.objects.in_bulk(pks)
    kept = _saved(pks)
    saved = {} if whole else _usable(kept, waiting, standings, judged_by=judged_by, now=now)
    anew = [pk for pk in pks if pk not in saved]
    stored = _transitions(anew)
    version = judged_by.playbook.version
    changed = [pk for pk in anew if pk in standings and standings[pk].playbook_id not in (None, version)]
    own = _own(changed, version) if changed else {}
    touches: Mapping[int, list[Touch]] = read_touches(anew) | read_later(
        {pk: min(each.through for each in folds.values()) for pk, folds in saved.items()}
    )
    return [
        Person(
            claim=claim,
            waiting=waiting[claim.pk],
            standing=standings.get(claim.pk),
            touches=touches.get(claim.pk, ()),
            stored=stored.get(claim.pk, ()),
            saved=saved.get(claim.pk, {}),
            was_saved=claim.pk in kept,
            own=own.get(claim.pk, ()),
        )
        for claim in claims
        if claim.pk in waiting
    ]


def _saved(pks: Sequence[int]) -> Mapping[int, dict[str, SavedFold]]:
    found: dict[int, dict[str, SavedFold]] = defaultdict(dict)
    for row in SavedFold.objects.filter(contact_id__in=pks):
        found[row.contact_id][row.slot] = row
    return found


def _usable(
    kept: Mapping[int, dict[str, SavedFold]],
    waiting: Mapping[int, Reassessment],
    standings: Mapping[int, Standing],
    *,
    judged_by: InForce,
    now: datetime,
) -> dict[int, dict[str, SavedFold]]:
    """The saved folds that can be folded on from: of the versions that count, and of a past nothing new is about."""
    versions = {SavedFold.Slot.IN_FORCE.value: judged_by.playbook.version}
    in_camp = set(kept)
    if judged_by.camp is not None and judged_by.camp_playbook is not None:
        versions[SavedFold.Slot.CAMP.value] = judged_by.camp_playbook.version
        rows = CampStanding.objects.filter(contact_id__in=kept, camp=judged_by.camp)
        in_camp = set(rows.values_list("contact_id", flat=True))
    usable = {}
    for pk, folds in kept.items():
        wanted = {slot: folds[slot] for slot in versions if slot in folds}
        standing, row = standings.get(pk), waiting.get(pk)
        if row is None or standing is None or len(wanted) < len(versions) or pk not in in_camp:
            continue
        through = max(each.through for each in wanted.values())
        if (
            all((each.version, each.engine) == (versions[slot], ENGINE) for slot, each in wanted.items())
            and standing.playbook_id == judged_by.playbook.version
            and (row.since is None or row.since > through)
            # A worker whose clock is behind.
            and through <= to_instant(now)
        ):
            usable[pk] = wanted
    return usable


def _own(pks: Sequence[int], version: str) -> Mapping[int, list[Transition]]:
    """What people had done by themselves and stood in our books under a version, until another took over."""
    replaced = Publication.objects.filter(previous=version).values("at")
    rows = Transition.objects.filter(contact_id__in=pks, publication=None, superseded_at__isnull=False)
    found: dict[int, list[Transition]] = defaultdict(list)
    # The latest of those that say the same comes last, and counts.
    for row in rows.filter(Q(playbook=version) | Q(superseded_at__in=replaced)).order_by(
        "superseded_at", "pk"
    ):
        found[row.contact_id].append(row)
    return found


def _transitions(pks: Sequence[int]) -> Mapping[int, list[Transition]]:
    found: dict[int, list[Transition]] = defaultdict(list)
    rows = Transition.objects.filter(contact_id__in=pks, superseded_at=None).select_related("publication")
    for row in rows.defer("evidence").order_by("contact_id", "position"):
        found[row.contact_id].append(row)
    return found
