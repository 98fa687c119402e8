"""How contacts first came, of whom nobody said it: what the earliest of their touches says that says any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.people import People
from ripeline.people.models import Contact
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.identities.placing import change_one
from ripeline.timeline.models import Touch

LONGEST = 80
Written = Mapping[str, tuple[int | None, int | None]]
"""Contact and browser of each touch, by its id."""


def fill_sources(
    happenings: Sequence[Happening],
    people: People,
    written: Written,
    *,
    held: set[int],
    joined: set[int],
    now: datetime,
) -> None:
    """Fills the source of contacts that have none, of those that are `held`; of the `joined`, a browser's earlier
    touches became theirs just now. What one of several who are one came by is its own, and goes where it goes."""
    first = _first_sources(happenings, people, written)
    wanted = (first.keys() | joined) & held
    blank = Contact.objects.filter(pk__in=wanted, source="", merged_into=None)
    alone = set(blank.exclude(merged__isnull=False).values_list("pk", flat=True))
    for pk in sorted(alone):
        if source := (_earliest(pk, None) if pk in joined else "") or first.get(pk, ""):
            Contact.objects.filter(pk=pk, source="").update(source=source[:LONGEST])
    several = Contact.objects.filter(Q(merged_into__isnull=False) | Q(merged__isnull=False), pk__in=wanted)
    for contact in several.distinct().order_by("pk"):
        _fill_one_of(contact, "" if contact.pk in joined else first.get(contact.pk, ""), now)


def _first_sources(happenings: Sequence[Happening], people: People, written: Written) -> dict[int, str]:
    """By contact, who may be a merged one: the source of the earliest of these happenings that has any."""
    told = [each for each in sorted(happenings, key=lambda each: each.at) if each.source]
    keys = {people.keys[each.arrival] for each in told if each.arrival in people.keys}
    named = dict(Contact.objects.filter(key__in=keys).values_list("key", "pk")) if keys else {}
    living = {pk for each in told if (pk := written.get(each.uid, (None, None))[0])}
    several = set(Contact.objects.filter(merged_into__in=living).values_list("merged_into", flat=True))
    first: dict[int, str] = {}
    for each in told:
        contact, visitor = written.get(each.uid, (None, None))
        if contact is None:
            continue
        home: int | None = contact
        if each.arrival in people.keys:
            home = named.get(people.keys[each.arrival])
        elif contact in several and visitor is not None:
            home = _user(visitor, each.at)
        if home is not None:
            first.setdefault(home, each.source)
    return first


def _user(visitor: int, at: datetime) -> int | None:
    """Who was named as the user of a browser at a moment, whoever they are by now."""
    uses = Identification.objects.filter(visitor=visitor)
    last = uses.filter(at__lte=at).order_by("-at", "-contact") if uses.filter(at__lte=at).exists() else None
    return (last or uses.order_by("at", "contact")).values_list("contact", flat=True).first()


def _fill_one_of(contact: Contact, source: str, now: datetime) -> None:
    kept = (contact.set_aside or {}).get("source", "")
    filled = ((contact.filled or {}).get("columns") or {}).get("source", "")
    own = kept if contact.merged_into_id else "" if filled == contact.source else contact.source
    source = source or _earliest(contact.pk, contact.merged_into_id or contact.pk)
    if own or not source:
        return

    def change(alone: Contact) -> None:
        alone.source = source[:LONGEST]

    change_one(contact.pk, change, now=now)


def _earliest(pk: int, living: int | None) -> str:
    """What the earliest touch says that says any: of all of theirs, or (`living`: who they are) of their own."""
    theirs = Touch.objects.filter(contact=living or pk, attrs__has_key="source")
    if living is not None:
        browsers = Identification.objects.filter(contact=pk).values("visitor")
        own = Q(home=pk) | Q(home=None, visitor__in=browsers)
        theirs = theirs.filter(own | Q(home=None, visitor=None) if pk == living else own)
    attrs = theirs.order_by("at").values_list("attrs", flat=True).first()
    return str(attrs.get("source") or "") if attrs else ""
