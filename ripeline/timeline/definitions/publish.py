"""Publishing: a version takes over at a moment, by somebody, for a reason; everybody is then assessed anew by it.

The taking over is one short transaction whatever the number of people; the assessing is the worker's (`sweep`), goes
on after a crash, and lets what people do meanwhile go first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from ripeline.kit.instants import to_instant
from ripeline.people.models import User
from ripeline.timeline.consequences import KEYS
from ripeline.timeline.definitions.sweep import Progress, begin_sweep, sweep_progress
from ripeline.timeline.definitions.versions import one_at_a_time
from ripeline.timeline.models import PlaybookVersion, Publication, Transition
from ripeline.timeline.moves import Refused

Reach = Literal["all", "from_now"]


@dataclass(frozen=True, slots=True)
class Firing:
    """Which reactions (by key) may fire for those whom the definition itself moves.

    With reach `all` they do, for everybody who then stands elsewhere; with `from_now` none does. What people do after
    the publication is theirs, not the definition's, and has its consequences either way.
    """

    reactions: frozenset[str] = frozenset()
    reach: Reach = "from_now"


SILENT = Firing()


def publish(
    version: str,
    *,
    by: User | None,
    note: str,
    now: datetime,
    firing: Firing = SILENT,
    instead_of: str | None = None,
) -> Publication | Refused:
    """Puts a kept version in force from `now` on; back to an older one the same way.

    `instead_of` is the version that the publisher saw in force: where it is another by now, nothing is done.
    """
    if unknown := firing.reactions - KEYS:
        return Refused(f"There is no reaction called {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        one_at_a_time()
        active = PlaybookVersion.objects.filter(is_active=True).first()
        if why := _hindrance(version, active, instead_of):
            return Refused(why)
        overtaken = Publication.objects.select_for_update(no_key=True).filter(is_in_force=True).first()
        PlaybookVersion.objects.filter(is_active=True).update(is_active=False)
        if overtaken is not None:
            _end(overtaken, now)
        PlaybookVersion.objects.filter(pk=version).update(is_active=True, activated_at=now)
        publication = Publication.objects.create(
            version_id=version,
            previous=active,
            at=now,
            author=by,
            note=note.strip(),
            reactions=sorted(firing.reactions),
            reach=firing.reach,
        )
        # Only now that the old version's row is taken: whoever was assessed by it is committed, and counted.
        begin_sweep(publication)
    return publication


def _end(publication: Publication, now: datetime) -> None:
    """Notes until when it was in force, and how many it had been told of by then: the others are never judged by it."""
    far = sweep_progress(publication)
    Publication.objects.filter(pk=publication.pk).update(
        is_in_force=False, until=now, swept=far.done, is_swept=far.is_done
    )


def publication_in_force() -> Publication | None:
    """The publication of the version in force, with its version, the one before, and its author."""
    rows = Publication.objects.select_related("version", "previous", "author")
    return rows.filter(is_in_force=True).first()


def progress() -> Progress | None:
    """How far everybody's assessment by the version in force is; None where nothing was ever published."""
    publication = Publication.objects.filter(is_in_force=True).first()
    return None if publication is None else sweep_progress(publication)


def definition_causes(contact_id: int) -> Mapping[tuple[int, str], Publication]:
    """Which of a contact's present transitions the definition caused: (instant, stage entered) -> publication."""
    rows = Transition.objects.filter(contact_id=contact_id, superseded_at=None).exclude(publication=None)
    rows = rows.select_related("publication__version", "publication__previous", "publication__author").defer(
        "evidence"
    )
    return {
        (to_instant(row.at), row.to_stage): row.publication for row in rows if row.publication is not None
    }


def _hindrance(version: str, active: PlaybookVersion | None, instead_of: str | None) -> str:
    """Why this version cannot take over, as a sentence; empty where it can."""
    if not PlaybookVersion.objects.filter(pk=version).exists():
        return "There is no such version of the playbook."
    if active is None:
        return ""
    if active.version == version:
        return "That version is in force already."
    if instead_of is not None and active.version != instead_of:
        return f"Somebody published meanwhile: {active} is in force now. Look at it before you replace it."
    return ""
