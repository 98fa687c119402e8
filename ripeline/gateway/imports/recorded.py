"""What hangs on people by a table of its own: whoever has such a row stays when the import that made them is undone."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db import models

from ripeline.people.models import Contact, Identity, Notification
from ripeline.timeline.camps.models import CampStanding, CampVerdict
from ripeline.timeline.models import Reassessment, SavedFold, Standing, Touch, Transition

FOLLOWING: frozenset[type[models.Model]] = frozenset(
    {
        # Looked at by itself: who was merged, and how many touches they have.
        Contact,
        Touch,
        # Found by the rules, from the touches; and who was told of it.
        Transition,
        Standing,
        Reassessment,
        SavedFold,
        CampStanding,
        CampVerdict,
        Notification,
        # Came with them, or with a touch.
        Identity,
    }
)
"""What goes with its contact. Every other table that names one holds what people said or decided: nothing takes that
away but those who may."""


def recorded_of(contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts of whom such a table holds something."""
    found: set[int] = set()
    for model, column in _tables():
        rows = model._default_manager.filter(**{f"{column}__in": contact_ids})
        found.update(rows.values_list(column, flat=True))
    return found


def _tables() -> Iterator[tuple[type[models.Model], str]]:
    for link in Contact._meta.get_fields(include_hidden=True):
        if isinstance(link, models.ForeignObjectRel) and link.related_model not in FOLLOWING:
            yield link.related_model, link.field.name
