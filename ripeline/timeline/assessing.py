"""Assessing somebody: the looks to take, in order, and what each of them changes.

Mostly that is one look: what the definition in force says now. Where another was in force when they were last assessed,
what the definition changed is told apart from what the person did by up to three: what the old one said the moment
before it was replaced (with all that had been heard by then: a worker may have been late), what the new one said that
moment, and what it says now. Only between the first two is it the definition that moved them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.definitions.versions import InForce, readable_version
from ripeline.timeline.looking import Look, look, next_moment
from ripeline.timeline.models import Publication, Reassessment, SavedFold, Standing, Touch, Transition
from ripeline.timeline.revising import Entry, Revision
from ripeline.work.claims import Claim

# What was learned later than this about the past is history, not news: it changes the record and rings no bell.
NEWS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class StageChange:
    """A contact's present stage changed: from `before` (empty: first assessed) to `after`, by `transition`.

    `only` names the reactions that may follow; None: all.
    """

    contact_id: int
    before: str
    after: str
    transition: Transition
    playbook: Playbook
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What is stored of somebody when their assessment begins. `touches` are the whole log, or, where folds are
    `saved`, those later than the earlier of them; `stored` are the transitions in force, read with a whole log only,
    and `own`, where the definition changed since, superseded ones that the present version had as their own doing.
    """

    claim: Claim
    waiting: Reassessment
    standing: Standing | None
    touches: Sequence[Touch]
    stored: Sequence[Transition]
    saved: Mapping[str, SavedFold]
    was_saved: bool
    own: Sequence[Transition] = ()


@dataclass(frozen=True, slots=True)
class Assessed:
    """What came of it: the look that counts, the camp's, the rows to write, and what follows."""

    person: Person
    seen: Look
    camp_seen: Look | None
    revision: Revision
    next_due: datetime | None
    changes: tuple[StageChange, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Step:
    seen: Look
    at: datetime
    caused_by: Publication | None = None


def assess(person: Person, judged_by: InForce, now: datetime) -> Assessed:
    """Assesses somebody as of `now`; pure but for reading the definition they were judged by before."""
    steps = list(_steps(person, judged_by, now))
    revision = Revision(
        person.claim.pk,
        person.stored,
        not_before=person.waiting.withdrawn_at,
        entered_before=partial(_entered_before, person.touches),
        own=person.own,
    )
    changes = tuple(_changes(person, revision, steps, judged_by))
    seen, camp_seen = steps[-1].seen, None
    if judged_by.camp_playbook is not None:
        saved = person.saved.get(SavedFold.Slot.CAMP)
        camp_seen = look(judged_by.camp_playbook, person.touches, now, saved)
    dues = [next_moment(each, person.touches) for each in (seen, camp_seen) if each is not None]
    next_due = min((due for due in dues if due is not None), default=None)
    return Assessed(person, seen, camp_seen, revision, next_due, changes)


def _steps(person: Person, judged_by: InForce, now: datetime) -> Iterator[_Step]:
    publication, playbook = judged_by.publication, judged_by.playbook
    seen = look(playbook, person.touches, now, person.saved.get(SavedFold.Slot.IN_FORCE))
    standing = person.standing
    before = None if standing is None else standing.playbook_id
    if before not in (None, playbook.version) and standing is not None:
        # A worker whose clock is ahead may have assessed them later than the publication.
        moment = min(max(publication.at, standing.assessed_at or publication.at), now)
        known = [row for row in person.touches if row.heard_at <= moment]
        # Where it cannot be read any more, its last word is lost, and what it left open is the new one's.
        if _was_pending(person.waiting, publication.at) and (old := readable_version(before or "")):
            yield _Step(look(old, known, moment), moment)
        yield _Step(_as_of(moment, seen, known), moment, publication)
    yield _Step(seen, now)


def _as_of(moment: datetime, seen: Look, known: Sequence[Touch]) -> Look:
    """What the same definition said at a moment before, of what was known then."""
    moved_since = any(moved.at > to_instant(moment) for moved in seen.fold.transitions)
    # Not their number: what is known may be dated in the future, and what counts may have been heard since.
    if all(row.heard_at <= moment for row in seen.touches) and not moved_since:
        return seen
    return look(seen.playbook, known, moment)


def _was_pending(waiting: Reassessment, published: datetime) -> bool:
    """Whether the old definition had not had its last word on them when it was replaced."""
    return (
        waiting.since is not None
        or waiting.attempts > 0
        or waiting.due_at is None
        or waiting.due_at <= published
    )


def _entered_before(touches: Sequence[Touch], publication: Publication) -> frozenset[Entry]:
    """What the definition before a publication says up to it, by all that is known today."""
    former = readable_version(publication.previous_id) if publication.previous_id else None
    if former is None:
        return frozenset()
    moves = look(former, touches, publication.at).fold.transitions
    return frozenset((moved.at, moved.to_stage) for moved in moves)


def _changes(
    person: Person, revision: Revision, steps: Sequence[_Step], judged_by: InForce
) -> Iterator[StageChange]:
    """Follows the steps; yields the changes of the present stage that something may follow from."""
    stage = person.standing.stage if person.standing else ""
    for step in steps:
        last = revision.follow(step.seen, now=step.at, caused_by=step.caused_by)
        was, stage = stage, step.seen.stage
        if last is None or was == last.to_stage:
            continue
        only = judged_by.firing if step.caused_by else None
        if only if step.caused_by else last.known_at - last.at < NEWS:
            yield StageChange(person.claim.pk, was, last.to_stage, last, step.seen.playbook, only)
