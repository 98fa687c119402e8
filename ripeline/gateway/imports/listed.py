"""The people of an import as a list kept by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from ripeline.gateway.models import Import, ImportStep
from ripeline.nurture.segments.keeping import add_segment, put_in
from ripeline.nurture.segments.models import Segment, SegmentEntry
from ripeline.people.models import User

MOST = 100_000
"""So many people are put into a list while a page waits: half a minute."""
AT_ONCE = 2_000
_BY_CONTACT = ("contacts", "columns", "traits", "tags", "identities", "touches")


class TooMany(ValueError):
    """The import brought more people than a page can put into a list; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(
            f"More than {MOST:,} people are too many for a list. Give them a source or a tag in the import, and ask for"
            " that in a segment."
        )


def list_people(import_of: Import, *, by: User, now: datetime) -> Segment:
    """A new list of everybody the import was about, whether or not it changed them. Raises TooMany."""
    people = people_of(import_of)
    if len(people) > MOST:
        raise TooMany
    made = add_segment(import_of.name[:120], None, by=by, now=now, kind=Segment.Kind.LIST)
    for start in range(0, len(people), AT_ONCE):
        part = people[start : start + AT_ONCE]
        put_in(made, part, how=SegmentEntry.How.IMPORT, source=import_of.key, by=by, now=now)
    return made


def people_of(import_of: Import) -> list[int]:
    """The ids of everybody whom the steps of an import name that stand, in order; of those who were merged too."""
    steps = ImportStep.objects.filter(import_of=import_of, undone_at=None).order_by("number")
    return sorted({pk for done in steps.values_list("done", flat=True) for pk in _named(done)})


def _named(done: dict[str, Any]) -> Iterator[int]:
    again = (pk for _, people in done.get("again", ()) for pk in people)
    by_contact = (int(pk) for part in _BY_CONTACT for pk in done.get(part, ()))
    return chain(by_contact, done.get("met", ()), again)
