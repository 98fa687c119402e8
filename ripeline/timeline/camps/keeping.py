"""Two camps: a second definition kept running beside the one in force, where they differ, and who was right.

The camp's standings are written with the others, in the same transaction, and nothing follows from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import Count, QuerySet

from ripeline.people.models import User
from ripeline.timeline.camps.models import Camp, CampStanding, CampVerdict
from ripeline.timeline.definitions.sweep import Progress, begin_sweep, sweep_progress
from ripeline.timeline.definitions.versions import one_at_a_time
from ripeline.timeline.models import PlaybookVersion
from ripeline.timeline.moves import Refused

Side = Literal["ours", "theirs"]
"""By the definition in force, or by the camp's."""


@dataclass(frozen=True, slots=True)
class StagePair:
    """People who stand at `ours` by the definition in force and at `theirs` by the camp's, and how many of them were
    ever accepted or rejected by sales, won or lost."""

    ours: str
    theirs: str
    people: int
    accepted: int = 0
    rejected: int = 0
    won: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class HandOffs:
    """How often `kind` (accepted, rejected, deal_won, deal_lost) befell somebody whom the two definitions had at
    these stages just before."""

    kind: str
    ours: str
    theirs: str
    count: int


def start_camp(
    name: str, version: str, *, by: User | None, note: str, now: datetime, beside: str | None = None
) -> Camp | Refused:
    """Keeps a version running beside the one in force from `now` on, under somebody's name; one at a time.

    `beside` is the version that was seen in force: where it is another by now, nothing is done.
    """
    with transaction.atomic():
        one_at_a_time()
        active = _hold_writers()
        if why := _hindrance(name, version, active, beside):
            return Refused(why)
        camp = Camp.objects.create(
            name=name.strip(), version_id=version, author=by, note=note.strip(), since=now
        )
        begin_sweep(camp)
    return camp


def end_camp(*, now: datetime, seen: int | None = None) -> Camp | Refused | None:
    """Stops the camp that runs, if any; its rows are cleared away by the worker.

    `seen` is the camp (by id) that was seen running: where it is another by now, that goes on.
    """
    with transaction.atomic():
        one_at_a_time()
        _hold_writers()
        camp = running_camp()
        if camp is not None and seen not in (None, camp.pk):
            return Refused(
                f"“{camp}” runs by now, and was not what you looked at. Look at it before you end it."
            )
        if camp is not None:
            Camp.objects.filter(pk=camp.pk).update(is_running=False, until=now, is_swept=False)
            camp.is_running, camp.until = False, now
    return camp


def running_camp() -> Camp | None:
    """The camp that runs, with its version and author."""
    return Camp.objects.filter(is_running=True).select_related("version", "author").first()


def camp_progress() -> Progress | None:
    """How far everybody's assessment by the camp's definition is; None where no camp runs."""
    camp = Camp.objects.filter(is_running=True).first()
    return None if camp is None else sweep_progress(camp)


def stage_pairs() -> tuple[StagePair, ...]:
    """How many people stand where by either definition at present, and what became of them; most people first.

    Pairs that agree are among them; `theirs` is empty for people whom nothing has happened to yet.
    """
    rows = _standings().values_list("ours", "theirs").annotate(people=Count("pk"))
    fates = _fates()
    pairs = [
        StagePair(
            ours,
            theirs,
            people,
            **{field: fates[ours, theirs].get(kind, 0) for kind, field in _FIELDS.items()},
        )
        for ours, theirs, people in rows.order_by()
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.people, pair.ours, pair.theirs)))


def people_in_pair(ours: str, theirs: str, *, after: int = 0, limit: int = 50) -> list[CampStanding]:
    """The people who stand so, with contact and company, in order of id; `after` is the last id shown before."""
    rows = _standings().filter(ours=ours, theirs=theirs, pk__gt=after).order_by("pk")
    return list(rows.select_related("contact__company", "contact__owner", "contact__standing")[:limit])


def hand_offs(since: datetime | None = None, until: datetime | None = None) -> tuple[HandOffs, ...]:
    """What befell people from `since` up to before `until`, by where either definition had them just before."""
    rows = CampVerdict.objects.filter(camp__is_running=True)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    counted = rows.values_list("kind", "ours", "theirs").annotate(count=Count("pk"))
    return tuple(HandOffs(*row) for row in counted.order_by("kind", "ours", "theirs"))


def by_stage(counted: Iterable[HandOffs], side: Side) -> Mapping[str, Mapping[str, int]]:
    """The same, for one side: stage -> kind -> how often."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in counted:
        found[each.ours if side == "ours" else each.theirs][each.kind] += each.count
    return {stage: dict(kinds) for stage, kinds in found.items()}


_FIELDS = {"accepted": "accepted", "rejected": "rejected", "deal_won": "won", "deal_lost": "lost"}


def _standings() -> QuerySet[CampStanding]:
    return CampStanding.objects.filter(camp__is_running=True)


def _fates() -> Mapping[tuple[str, str], Mapping[str, int]]:
    """What became of the people of each pair: kind -> how many of them."""
    rows = CampVerdict.objects.filter(camp__is_running=True).values_list(
        "contact__camp_standing__ours", "contact__camp_standing__theirs", "kind"
    )
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for ours, theirs, kind, people in rows.annotate(people=Count("contact", distinct=True)).order_by():
        found[ours, theirs][kind] = people
    return found


def _hold_writers() -> PlaybookVersion | None:
    """Waits for those who write standings, and has others wait until the caller's transaction ends."""
    return PlaybookVersion.objects.select_for_update(no_key=True).filter(is_active=True).first()


def _hindrance(name: str, version: str, active: PlaybookVersion | None, beside: str | None) -> str:
    """Why such a camp cannot be started, as a sentence; empty where it can."""
    if not name.strip():
        return "Give it a name: whose definition is it?"
    if not PlaybookVersion.objects.filter(pk=version).exists():
        return "There is no such version of the playbook."
    if active is not None and active.version == version:
        return "That version is the one in force: there would be nothing to compare."
    if active is not None and beside not in (None, active.version):
        return f"Somebody published meanwhile: {active} is in force now. Look at it, then begin beside it."
    if running := running_camp():
        return f"{running} runs already; end it before another begins."
    return ""
