"""How often assets were downloaded, by whom: people, machines, and of whom nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Case, Count, Max, Sum, When

from ripeline.capture.library.models import Asset, AssetCount
from ripeline.capture.library.noting import KIND
from ripeline.people.models import Contact
from ripeline.timeline.models import Touch

ACTORS = ("human", "unknown", "machine")
SHOWN = 50


@dataclass(slots=True)
class Downloads:
    """Of one asset: downloads by actor, of which `nameless` of browsers of which nothing is known; how many contacts
    among people's, and when the last of those was."""

    by_actor: dict[str, int] = field(default_factory=dict)
    nameless: int = 0
    contacts: int = 0
    last_at: datetime | None = None

    @property
    def human(self) -> int:
        """By people."""
        return self.by_actor.get("human", 0)

    @property
    def beside(self) -> Sequence[tuple[str, int]]:
        """The rest, where there is any: by whom, and how many."""
        return [(actor, self.by_actor[actor]) for actor in ACTORS[1:] if self.by_actor.get(actor)]


def downloads_of(assets: Iterable[Asset], *, since: datetime) -> dict[int, Downloads]:
    """By the asset's id."""
    by_key = {each.key: each.pk for each in assets}
    found = {pk: Downloads() for pk in by_key.values()}
    rows = (
        Touch.objects.filter(kind=KIND, subject__in=sorted(by_key), at__gte=since)
        .values_list("subject", "actor")
        .annotate(Count("pk"), Count("contact", distinct=True), Max("at"))
        .order_by()
    )
    for key, actor, count, contacts, last_at in rows:
        one = found[by_key[str(key)]]
        one.by_actor[actor] = count
        if actor == "human":
            one.contacts, one.last_at = contacts, last_at
    counted = AssetCount.objects.filter(asset__in=list(found), day__gte=since.astimezone(UTC).date())
    for pk, actor, count in counted.values_list("asset", "actor").annotate(Sum("count")).order_by():
        found[pk].by_actor[actor] = found[pk].by_actor.get(actor, 0) + count
        if actor == "human":
            found[pk].nameless += count
    return found


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who downloaded an asset: the contact (None: a browser nobody has a name for), how often, when last."""

    contact: Contact | None
    actor: str
    times: int
    last_at: datetime


def readers_of(asset: Asset, *, since: datetime) -> Sequence[Reader]:
    """Who downloaded it, people first, the latest first."""
    whens = [When(actor=actor, then=place) for place, actor in enumerate(ACTORS)]
    found = (
        Touch.objects.filter(kind=KIND, subject=asset.key, at__gte=since, contact__isnull=False)
        .values_list("contact", "actor")
        .annotate(times=Count("pk"), last_at=Max("at"), place=Case(*whens, default=len(whens)))
        .order_by("place", "-last_at", "contact")[:SHOWN]
    )
    rows = [(pk, actor, times, at) for pk, actor, times, at, _ in found if pk is not None]
    contacts = Contact.objects.select_related("company", "standing").in_bulk([pk for pk, *_ in rows])
    return [Reader(contacts[pk], actor, times, at) for pk, actor, times, at in rows if pk in contacts]
