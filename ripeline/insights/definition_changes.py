"""When the definition changed in a stretch of time, and how many people that moved: told apart from who moved."""

from __future__ import annotations

from dataclasses import dataclass

from ripeline.insights.period import Period
from ripeline.timeline.models import Publication
from ripeline.timeline.moved import count_moved

SHOWN = 3


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """A publication and how many people it moved, with `is_more` at least so many."""

    publication: Publication
    people: int
    is_more: bool


def read_definition_changes(period: Period, *, owner: int | None) -> tuple[DefinitionChange, ...]:
    """The latest publications of a period, latest first; the first definition of all changed nothing."""
    rows = Publication.objects.filter(at__gte=period.since, at__lt=period.until).exclude(previous=None)
    found = []
    for row in rows.order_by("-at", "-pk")[:SHOWN]:
        count = count_moved(row, owner=owner)
        found.append(DefinitionChange(row, count.people, count.is_more))
    return tuple(found)
