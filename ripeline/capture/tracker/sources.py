"""Where the website's visitors come from, and what became of them.

A visitor counts once in a period: by the first touch in it that says how they came. Known people among them count
where they, or the first of their browsers, came from; a stage counts where they reached it since. So rows add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db.models import F, Window
from django.db.models.fields.json import KT
from django.db.models.functions import RowNumber

from ripeline.kit.within import HasWord
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.models import Touch, Transition

ACTORS = ("human", "unknown", "machine")
WAYS = {"source": "Source", "medium": "Medium", "campaign": "Campaign"}
AT_ONCE = 500
NONE = {"source": "Unknown", "medium": "None told", "campaign": "No campaign"}
TITLES = {
    "direct": "Direct",
    "search": "Search",
    "social": "Social",
    "mail": "Mail",
    "paid": "Paid",
    "referral": "Other sites",
}


@dataclass(frozen=True, slots=True)
class Came:
    """How a visitor first came in the period: the class of source and its name, and the words of the campaign."""

    source: str
    name: str
    medium: str
    campaign: str

    def by(self, way: str) -> tuple[str, str]:
        """What it is counted under: a title, and what stands below it."""
        kind = TITLES.get(self.source, self.source)
        if way == "medium":
            return self.medium or NONE[way], kind if self.medium else ""
        if way == "campaign":
            return self.campaign or NONE[way], (self.name or kind) if self.campaign else ""
        return kind or NONE[way], self.name


@dataclass(slots=True)
class Row:
    """One line of the report: visitors by who they seem to be, those of them we know, and by stage (its key) how many
    of those reached it since they came."""

    title: str
    name: str = ""
    visitors: Counter[str] = field(default_factory=Counter)
    people: int = 0
    reached: Counter[str] = field(default_factory=Counter)

    @property
    def human(self) -> int:
        return self.visitors["human"]

    @property
    def unknown(self) -> int:
        return self.visitors["unknown"]

    @property
    def machine(self) -> int:
        return self.visitors["machine"]


@dataclass(frozen=True, slots=True)
class Report:
    """The lines, those with most people first, and all of them together."""

    rows: Sequence[Row]
    total: Row


def read_sources(playbook: Playbook, way: str, start: datetime, end: datetime) -> Report:
    """Visitors who came from `start` until before `end`, counted by `way`: source, medium or campaign."""
    total, rows = Row("Together"), dict[tuple[str, str], Row]()
    homes: dict[int, tuple[Row, datetime]] = {}
    for came, contact, actor, at in _first_touches(start, end):
        said = came.by(way)
        # One site calls it google, another Google.
        row = rows.setdefault((said[0].casefold(), said[1].casefold()), Row(*said))
        row.name = min(row.name, said[1])
        for each in (row, total):
            each.visitors[actor] += 1
        if contact is not None and actor != "machine" and contact not in homes:
            homes[contact] = (row, at)
            for each in (row, total):
                each.people += 1
    for contact, stage in _reached(playbook, {contact: at for contact, (_, at) in homes.items()}):
        for each in (homes[contact][0], total):
            each.reached[stage] += 1
    order = sorted(rows.values(), key=lambda row: (-row.human, -row.unknown, row.title, row.name))
    return Report(order, total)


def _first_touches(start: datetime, end: datetime) -> Iterator[tuple[Came, int | None, str, datetime]]:
    """Of each browser the first touch of the period that says how it came, in order."""
    first = Window(RowNumber(), partition_by=F("visitor"), order_by=[F("at"), F("pk")])
    words = {name: KT(f"attrs__{name}") for name in ("source", "source_name", "utm_medium", "utm_campaign")}
    came = Touch.objects.filter(HasWord("attrs", "source"), visitor__isnull=False, at__gte=start, at__lt=end)
    firsts = came.annotate(place=first).filter(place=1).values("pk")
    rows = (
        Touch.objects.filter(pk__in=firsts)
        .annotate(**words)
        .order_by("at", "pk")
        .values_list(*words, "contact_id", "actor", "at")
    )
    for source, name, medium, campaign, contact, actor, at in rows.iterator(chunk_size=2_000):
        how = Came(*(str(word or "")[:80] for word in (source, name, medium, campaign)))
        yield how, contact, actor if actor in ACTORS else "unknown", at


def _reached(playbook: Playbook, since: Mapping[int, datetime]) -> Iterator[tuple[int, str]]:
    """Who reached which stage after they came: each once."""
    keys = [stage.key for stage in playbook.stages]
    places = {key: place for place, key in enumerate(keys)}
    seen: set[tuple[int, str]] = set()
    for contacts in _parts(sorted(since)):
        moves = Transition.objects.filter(contact__in=contacts, superseded_at__isnull=True)
        for contact, at, before, after in moves.values_list("contact_id", "at", "from_stage", "to_stage"):
            if at < since[contact] or after not in places:
                continue
            # Who leaps over a stage has reached it too. The first one is where everybody begins.
            for key in keys[max(1, places.get(before, -1) + 1) : places[after] + 1]:
                if (contact, key) not in seen:
                    seen.add((contact, key))
                    yield contact, key


def _parts(pks: Iterable[int]) -> Iterator[list[int]]:
    left = iter(pks)
    while part := list(islice(left, AT_ONCE)):
        yield part
