"""What the filters of the contacts list offer to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ripeline.contacts.lists.filters import MINE, NONE, Filters
from ripeline.kit.sql import Sql
from ripeline.lifecycle.playbook import Playbook
from ripeline.nurture.segments.models import Segment
from ripeline.people.models import User

MOST_SOURCES = 60
STATUSES = (("active", "Active"), ("disqualified", "Disqualified"))
MINOR = ("persona", "status")
GRADES = ("A", "B", "C", "D", "F")

# Hops from one source to the next along the index, whatever the size of the table.
SOURCES = Sql(
    "WITH RECURSIVE hop(source, n) AS ("  # noqa: S608 - the number is ours
    " SELECT (SELECT c.source FROM ripeline_contact c ORDER BY c.source LIMIT 1), 1 UNION ALL"
    " SELECT (SELECT c.source FROM ripeline_contact c WHERE c.source > hop.source ORDER BY c.source LIMIT 1), n + 1"
    f" FROM hop WHERE hop.source IS NOT NULL AND n <= {MOST_SOURCES})"
    " SELECT source FROM hop WHERE source <> ''"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that can be chosen, with its words and whether it is."""

    value: str
    title: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """A filter with its values; those asked for less often are kept together."""

    name: str
    title: str
    offers: tuple[Offer, ...]

    @property
    def is_minor(self) -> bool:
        """Whether it is asked for less often."""
        return self.name in MINOR

    @property
    def said(self) -> str:
        """What is chosen: one by name, several by number."""
        chosen = [offer.title for offer in self.offers if offer.is_chosen]
        return chosen[0] if len(chosen) == 1 else f"{len(chosen)} chosen" if chosen else ""


def read_menus(filters: Filters, playbook: Playbook, segments: Sequence[Segment]) -> tuple[Menu, ...]:
    """The filters with what can be chosen: of the playbook in force, of people and of the contacts there are."""
    stages = [(stage.key, stage.title) for stage in playbook.stages]
    ratings = [(rating.key, rating.key.capitalize()) for rating in playbook.rating]
    personas = [(persona.key, persona.title) for persona in playbook.personas]
    owners = [
        (str(user.pk), str(user)) for user in User.objects.filter(is_active=True).order_by("name", "email")
    ]
    sources = [(str(row[0]), str(row[0])) for row in SOURCES.rows()]
    named = [(each.key, each.title) for each in segments]
    return tuple(
        _menu(name, title, offers, getattr(filters, name))
        for name, title, offers in (
            ("stage", "Stage", [*stages, (NONE, "Not assessed")]),
            ("rating", "Rating", [*ratings, (NONE, "No rating")]),
            ("grade", "Fit", [*((letter, letter) for letter in GRADES), (NONE, "No grade")]),
            ("owner", "Owner", [(MINE, "Me"), (NONE, "Nobody"), *owners]),
            ("source", "Source", [*sources, (NONE, "No source")]),
            *([("segment", "Segment", named)] if named or filters.segment else ()),
            ("persona", "Persona", [*personas, (NONE, "No persona")]),
            ("status", "Status", list(STATUSES)),
        )
    )


def read_segments() -> list[Segment]:
    """The segments that the list can be filtered by, by title."""
    return list(Segment.objects.filter(archived_at=None).only("key", "title", "kind").order_by("title"))


def _menu(name: str, title: str, offers: list[tuple[str, str]], chosen: tuple[str, ...]) -> Menu:
    # What was chosen and is no longer offered stays in the menu, so that it can be taken out.
    gone = [(value, value) for value in chosen if value not in dict(offers)]
    return Menu(name, title, tuple(Offer(value, said, value in chosen) for value, said in [*offers, *gone]))
