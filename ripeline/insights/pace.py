"""How long people stay in a stage before they rise out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models import DateTimeField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ripeline.insights.period import DAY, Period
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.models import Transition

# Enough for a median that stands still; each costs two look-ups. The page says so where it counts.
MOST = 500


@dataclass(frozen=True, slots=True)
class Pace:
    """The median `days` in the stage called `title`, of the `moves` up out of it (if `is_part`, the latest MOST of
    the period)."""

    title: str
    days: float
    moves: int
    is_part: bool


def read_pace(playbook: Playbook, period: Period, *, owner: int | None) -> Mapping[str, Pace]:
    """By stage, how long those who rose out of it in the period had been in it; without stages nobody left."""
    found = {}
    for place, stage in enumerate(playbook.stages[:-1]):
        above = [higher.key for higher in playbook.stages[place + 1 :]]
        spans = [
            (at - since) / DAY
            for at, since in _stays(stage.key, above, period, owner=owner)[: MOST + 1]
            if since
        ]
        if spans:
            found[stage.key] = Pace(
                stage.title, median(spans[:MOST]), min(len(spans), MOST), len(spans) > MOST
            )
    return found


def _stays(
    stage: str, above: list[str], period: Period, *, owner: int | None
) -> QuerySet[Transition, tuple[datetime, datetime | None]]:
    """When each of them rose, latest first, and when they had come: by the move before, or when first seen."""
    before = Transition.objects.filter(
        contact=OuterRef("contact"), position=OuterRef("position") - 1, superseded_at=None
    )
    moves = Transition.objects.filter(
        superseded_at=None, from_stage=stage, to_stage__in=above, at__gte=period.since, at__lt=period.until
    )
    if owner is not None:
        moves = moves.filter(contact__owner=owner)
    since = Coalesce(
        Subquery(before.values("at")[:1]),
        F("contact__standing__first_touch_at"),
        output_field=DateTimeField(),
    )
    return moves.order_by("-at").values_list("at", since)
