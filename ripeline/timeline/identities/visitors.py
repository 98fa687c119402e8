"""Whose a browser is: joined to a contact, its touches become theirs; shared by two, it is split between them.

What is held for true are the identifications of a browser, in order of their moment. Each says whose the browser is
from then on, until the next; the first also says whose it was before. So it does not matter in which order we hear of
them, and nobody's touches are ever taken for those of two people: two known people are never made one here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Case, DateTimeField, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from ripeline.kit.instants import to_instant
from ripeline.people.models import Contact, Visitor
from ripeline.timeline.identities.living import Home, MergedMeanwhile, again_if_merged, homes_by_id
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.models import Touch
from ripeline.timeline.record import mark_due, mark_withdrawn


@dataclass(frozen=True, slots=True)
class Joined:
    """Nobody was known to use the browser: `touches` made on it before are the contact's now."""

    touches: int


@dataclass(frozen=True, slots=True)
class Split:
    """The browser was known as that of somebody else (`other`, by contact id, as they live on): from the moment on
    it is this contact's, and `touches` made since with it. The other keeps theirs."""

    other: int
    touches: int


@dataclass(frozen=True, slots=True)
class Already:
    """The browser was this contact's at that moment, as far as we knew."""


def visitor_for(key: str, *, now: datetime) -> Visitor:
    """The browser with this key of 32 hexadecimal characters; one never seen is added."""
    Visitor.objects.bulk_create(
        [Visitor(key=key, first_seen_at=now, last_seen_at=now)], ignore_conflicts=True
    )
    return Visitor.objects.select_related("contact__merged_into").get(key=key)


def join(
    visitor: Visitor, contact: Contact, *, how: Identification.How | str, at: datetime, now: datetime
) -> Joined | Split | Already:
    """Notes that the browser was this contact's at a moment; whose its touches are follows, in one transaction.

    `contact` may be one that was merged: the note names them, the touches go to who they live on as.
    """
    with transaction.atomic():
        # Who records of the browser waits, and sees what we do.
        held = Visitor.objects.select_for_update(no_key=True).get(pk=visitor.pk)
        before, after = _last(held, at, contact), _next(held, at, contact)
        noted, is_new = Identification.objects.get_or_create(
            visitor=held, contact=contact, at=at, defaults={"how": how, "known_at": now}
        )
        if not is_new or (before is not None and before.contact_id == contact.pk):
            return Already()
        window = _Window(held.pk, at if before else None, after.at if after else None)
        moved = again_if_merged(lambda: _settle(window, noted, now))
        if after is None:
            Visitor.objects.filter(pk=held.pk).update(contact=contact)
        others = homes_by_id([each.contact_id for each in (before, after) if each])
        others.pop(contact.pk, None)
        mine = homes_by_id([contact.pk])[contact.pk].contact
    other = next((each.contact for each in others.values() if each.contact != mine), None)
    if other is not None:
        return Split(other, moved)
    return Joined(moved) if before is None and after is None else Already()


def leave(visitor: Visitor, contact: Contact, *, now: datetime) -> int:
    """Withdraws everything that says the browser was this contact's; returns how many touches found another home."""
    with transaction.atomic():
        held = Visitor.objects.select_for_update(no_key=True).get(pk=visitor.pk)
        facts = Identification.objects.filter(visitor=held)
        users = set(facts.values_list("contact", flat=True))
        facts.filter(contact=contact).delete()
        last = facts.order_by("-at", "-contact").values_list("contact", flat=True).first()
        Visitor.objects.filter(pk=held.pk).update(contact=last)

        def settle() -> int:
            # Everybody who may lose or gain, at once: places in the queue are always taken in order of id.
            homes = homes_by_id(users)
            mark_due({home.contact: now for home in homes.values()})
            if homes_by_id(users) != homes:
                raise MergedMeanwhile
            return settle_visitor(held, now=now)

        return again_if_merged(settle)


def settle_visitor(visitor: Visitor, *, now: datetime) -> int:
    """Gives every touch whose home is the browser to whom it belongs by all that is known; returns how many moved.

    The caller holds the browser, and has made due whoever may lose or gain by it.
    """
    facts = list(Identification.objects.filter(visitor=visitor).order_by("at", "contact"))
    homes = homes_by_id({each.contact_id for each in facts})
    # One stretch for all that was said of the same person in a row.
    turns: list[Identification | None] = [
        each
        for place, each in enumerate(facts)
        if not place or homes[each.contact_id].contact != homes[facts[place - 1].contact_id].contact
    ]
    starts = [None, *(each.at for each in turns[1:] if each)]
    ends = [*starts[1:], None]
    moved = 0
    for noted, start, end in zip(turns or [None], starts, ends, strict=True):
        moved += _settle(_Window(visitor.pk, start, end), noted, now)
    return moved


def move_browsers(home: Home) -> None:
    """Gives what was done on browsers while they were this contact's to who they are now.

    The caller holds their place in the queue, and that of who they were before. In one statement, which sees what was
    said of a browser and what was done on it as of one moment: it is not held, others may be joining it to somebody.
    """
    uses = Identification.objects.filter(visitor=OuterRef("visitor"))
    last = uses.filter(at__lte=OuterRef("at")).order_by("-at", "-contact")
    first = uses.order_by("at", "contact")
    user = Coalesce(Subquery(last.values("contact")[:1]), Subquery(first.values("contact")[:1]))
    said = Coalesce(Subquery(last.values("known_at")[:1]), Subquery(first.values("known_at")[:1]))
    known = said if home.since is None else Greatest(said, Value(home.since, DateTimeField()))
    theirs = Identification.objects.filter(contact=home.pk).values("visitor")
    rows = Touch.objects.filter(visitor__in=theirs, home=None).annotate(user=user).filter(user=home.pk)
    rows.update(contact=home.contact, known_at=Case(When(received_at__lt=known, then=known), default=None))


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of time of a browser: from `start` up to before `end`, where given."""

    visitor: int
    start: datetime | None
    end: datetime | None

    def touches(self) -> QuerySet[Touch]:
        rows = Touch.objects.filter(visitor=self.visitor, home=None)
        if self.start is not None:
            rows = rows.filter(at__gte=self.start)
        return rows if self.end is None else rows.filter(at__lt=self.end)


def _last(visitor: Visitor, at: datetime, contact: Contact) -> Identification | None:
    earlier = Q(at__lt=at) | Q(at=at, contact__lt=contact.pk)
    return Identification.objects.filter(earlier, visitor=visitor).order_by("-at", "-contact").first()


def _next(visitor: Visitor, at: datetime, contact: Contact) -> Identification | None:
    later = Q(at__gt=at) | Q(at=at, contact__gt=contact.pk)
    return Identification.objects.filter(later, visitor=visitor).order_by("at", "contact").first()


def _settle(window: _Window, noted: Identification | None, now: datetime) -> int:
    """Gives the touches of a stretch to whom the browser was then. Raises MergedMeanwhile."""
    home = homes_by_id([noted.contact_id])[noted.contact_id] if noted else None
    target = home.contact if home else None
    rows = window.touches()
    if not rows.exists():
        return 0
    rows = rows.exclude(contact=None) if target is None else rows.filter(~Q(contact=target) | Q(contact=None))
    since = _concerned(rows, target, now)
    # Before the touches: who merges these people, or records of them, waits here for us, or we for them.
    mark_due(dict.fromkeys(since, now), since=since)
    mark_withdrawn(since.keys() - {target}, now=now)
    if _concerned(rows, target, now).keys() != since.keys() or (
        noted and homes_by_id([noted.contact_id]) != {noted.contact_id: home}
    ):
        raise MergedMeanwhile
    known = max((each for each in (noted and noted.known_at, home and home.since) if each), default=None)
    return rows.update(contact=target, known_at=_known_at(known))


def _concerned(rows: QuerySet[Touch], target: int | None, now: datetime) -> dict[int, int]:
    """Who loses these touches, and who gains them: by contact's id the instant of the first.

    Who has all of them already is concerned too: somebody may be parting them from whom they were one with.
    """
    since = {} if target is None else {target: to_instant(now)}
    for contact, first in rows.values_list("contact").annotate(Min("at")).order_by():
        for pk in (contact, target):
            if pk is not None:
                since[pk] = min(since.get(pk, to_instant(first)), to_instant(first))
    return since


def _known_at(known: datetime | None) -> Case | None:
    if known is None:
        return None
    return Case(When(received_at__lt=known, then=Value(known)), default=None)
