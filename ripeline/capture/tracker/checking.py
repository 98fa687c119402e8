"""Whether a write key's events arrive, and if not, why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Sum

from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.tracker.arrivals import LOOKED_AT, Arrived, last_arrival, read_arrived

LATELY = timedelta(minutes=30)
_OTHER_SITE = re.compile(r"Pages of (\S+) may not send with this write key")


@dataclass(frozen=True, slots=True)
class Use:
    """How much came with a key of late, and when the last of it."""

    events: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What a key's sender meets: the latest event that arrived (`arrived`), what was turned away since (`refused`, the
    latest reason; `other_site` where it is the page's site), and how many came with a key that is none (`unknown`)."""

    key: WriteKey
    arrived: Arrived | None
    refused: Refusal | None
    other_site: str
    unknown: int

    @property
    def state(self) -> str:
        """ended, refused, arrived or waiting."""
        if not self.key.is_active:
            return "ended"
        if self.refused is not None:
            return "refused"
        return "arrived" if self.arrived else "waiting"


def check_key(key: WriteKey, now: datetime) -> Check:
    """What became of what was sent with a key in the last half hour."""
    since = now - LATELY
    latest = (
        Arrival.objects.filter(pk__gt=last_arrival() - LOOKED_AT, write_key=key, received_at__gte=since)
        .order_by("-pk")
        .first()
    )
    refused = Refusal.objects.filter(write_key=key, at__gte=since).order_by("-at", "-pk").first()
    if refused and latest and latest.received_at > refused.at:
        refused = None
    strange = Refusal.objects.filter(write_key=None, at__gte=since).aggregate(times=Sum("times"))["times"]
    found = _OTHER_SITE.search(refused.reason) if refused else None
    arrived = read_arrived([latest])[0] if latest else None
    return Check(key, arrived, refused, found[1] if found else "", strange or 0)


def uses() -> Mapping[int, Use]:
    """By key, what came of late: among the latest arrivals."""
    latest = Arrival.objects.filter(pk__gt=last_arrival() - LOOKED_AT).order_by()
    rows = latest.values_list("write_key_id").annotate(Count("pk"), Max("received_at"))
    return {key: Use(events, last_at) for key, events, last_at in rows}
