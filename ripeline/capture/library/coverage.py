"""Which persona finds what at which content stage, what is missing, and who moved up after reading it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from ripeline.capture.library.models import Asset
from ripeline.capture.library.noting import KIND
from ripeline.lifecycle.model import Playbook, Stage
from ripeline.timeline.models import Touch, Transition

WITHIN = timedelta(days=90)
"""How soon after a download a move counts as one that came after it. It need not have come of it."""
UPPER = 3
"""So many stages at the top of the ladder are told: who becomes a lead by a download is no news."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One persona at one content stage: the assets for them (`shared`: those for everybody), downloads by people of
    that persona, how many people, and how many of those moved up to each upper stage within WITHIN."""

    persona: str
    content_stage: str
    assets: Sequence[Asset]
    shared: Sequence[Asset]
    downloads: int
    people: int
    rose: Sequence[tuple[Stage, int]]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all for them."""
        return not self.assets and not self.shared


@dataclass(frozen=True, slots=True)
class Row:
    """A persona with its cells, in the order of the content stages."""

    key: str
    title: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole grid, since when, and the upper stages it tells of."""

    rows: Sequence[Row]
    stages: Sequence[Stage]
    since: datetime

    @property
    def missing(self) -> Sequence[tuple[Row, str]]:
        """The personas for whom there is nothing at some content stage, and the words for those."""
        titles = {key: str(title).lower() for key, title in Asset.ContentStage.choices}
        found = [
            (row, [titles[cell.content_stage] for cell in row.cells if cell.is_empty]) for row in self.rows
        ]
        return [(row, " and ".join(stages)) for row, stages in found if stages and row.key]


@dataclass(frozen=True, slots=True)
class _Read:
    """That somebody of a persona ("" for none) downloaded an asset: how often, and when first."""

    asset: str
    contact: int
    persona: str
    times: int
    first_at: datetime


def read_coverage(playbook: Playbook, *, since: datetime) -> Coverage:
    """The grid over downloads by people (not machines, nor those of whom nobody can tell)."""
    assets = list(Asset.objects.filter(is_archived=False).order_by("title", "pk"))
    stages = playbook.stages[1:][-UPPER:]
    read = _downloads([each.key for each in assets], since)
    moves = _moves([each.key for each in assets], stages, since) if read else {}
    personas = [(each.key, each.title or each.key) for each in playbook.personas]
    rows = [
        Row(key, title, [_cell(key, each, assets, read, moves, stages) for each in Asset.ContentStage.values])
        for key, title in [*personas, ("", "No persona known")]
    ]
    return Coverage(rows, stages, since)


def _cell(
    persona: str,
    content_stage: str,
    assets: Sequence[Asset],
    read: Sequence[_Read],
    moves: Mapping[int, Sequence[tuple[str, datetime]]],
    stages: Sequence[Stage],
) -> Cell:
    of_stage = [each for each in assets if each.content_stage == content_stage]
    theirs = [each for each in of_stage if persona and persona in each.personas]
    shared = [each for each in of_stage if not each.personas]
    keys = {each.key for each in of_stage}
    here = [each for each in read if each.persona == persona and each.asset in keys]
    first: dict[int, datetime] = {}
    for each in here:
        first[each.contact] = min(each.first_at, first.get(each.contact, each.first_at))
    rose = [(stage, _rose(stage.key, first, moves)) for stage in stages]
    return Cell(persona, content_stage, theirs, shared, sum(each.times for each in here), len(first), rose)


def _rose(
    stage: str, first: Mapping[int, datetime], moves: Mapping[int, Sequence[tuple[str, datetime]]]
) -> int:
    return sum(
        any(to == stage and at < moved <= at + WITHIN for to, moved in moves.get(contact, ()))
        for contact, at in first.items()
    )


def _downloads(keys: Iterable[str], since: datetime) -> Sequence[_Read]:
    rows = (
        Touch.objects.filter(kind=KIND, subject__in=sorted(keys), at__gte=since, actor="human")
        .exclude(contact=None)
        .values_list("subject", "contact", "contact__standing__persona")
        .annotate(Count("pk"), Min("at"))
        .order_by()
    )
    return [
        _Read(str(key), pk, persona or "", times, at) for key, pk, persona, times, at in _with_people(rows)
    ]


def _with_people(
    rows: Iterable[tuple[str | None, int | None, str | None, int, datetime]],
) -> Iterator[tuple[str | None, int, str | None, int, datetime]]:
    for key, pk, persona, times, at in rows:
        if pk is not None:
            yield key, pk, persona, times, at


def _moves(
    keys: Iterable[str], stages: Sequence[Stage], since: datetime
) -> Mapping[int, Sequence[tuple[str, datetime]]]:
    """When whom of those who downloaded any of these assets moved up to one of these stages."""
    places = {each.key: place for place, each in enumerate(stages)}
    readers = Touch.objects.filter(
        kind=KIND, subject__in=sorted(keys), at__gte=since, actor="human", contact__isnull=False
    )
    rows = Transition.objects.filter(
        superseded_at=None,
        to_stage__in=sorted(places),
        at__gte=since,
        contact__in=readers.values("contact"),
    ).values_list("contact", "from_stage", "to_stage", "at")
    found: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for pk, from_stage, to_stage, at in rows:
        # Who comes down from above did not move up.
        if places.get(from_stage, -1) < places[to_stage]:
            found[pk].append((to_stage, at))
    return found
