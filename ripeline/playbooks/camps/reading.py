"""What the pages of two camps show: where the two definitions disagree, about whom, why, and who was right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.explain import say_transition
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.ladders import is_same_stage
from ripeline.lifecycle.outcome import TooManyMoves
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.camps.keeping import (
    HandOffs,
    Side,
    StagePair,
    by_stage,
    hand_offs,
    people_in_pair,
    stage_pairs,
)
from ripeline.timeline.camps.models import CampStanding, CampVerdict
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.models import Transition
from ripeline.timeline.sentences import Teller, as_sentence

PER_PAGE = 25
"""People of a page: each is folded, and some have done thousands of things."""
UNMOVED = "No rule has moved them since their first touch."


@dataclass(frozen=True, slots=True)
class Cell:
    """People at a stage of either definition; `shade` from 0 to 1 says how many among those who disagree."""

    ours: str
    theirs: str
    people: int
    agrees: bool
    shade: float


@dataclass(frozen=True, slots=True)
class Row:
    """A stage of the definition in force, with its people by the stages of the camp's."""

    ours: str
    cells: tuple[Cell, ...]
    people: int


@dataclass(frozen=True, slots=True)
class Judged:
    """How people fared whom one side had at a stage just before; `accepted_share` of those sales decided about."""

    stage: str
    accepted: int
    rejected: int
    won: int
    lost: int

    @property
    def accepted_share(self) -> float | None:
        decided = self.accepted + self.rejected
        return self.accepted / decided if decided else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The whole page: the matrix, the pairs that differ, and hand-offs by the stages of either side."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    differing: tuple[StagePair, ...]
    people: int
    differ: int
    ours: tuple[Judged, ...]
    theirs: tuple[Judged, ...]
    counted: tuple[HandOffs, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a pair: why either side has them there, and what became of them, latest first."""

    standing: CampStanding
    ours: str
    theirs: str
    fate: tuple[CampVerdict, ...]


def read_disagreement(ours: Playbook, theirs: Playbook) -> Disagreement:
    """Reads the page; three queries, however many people there are."""
    pairs = [pair for pair in stage_pairs() if pair.ours and pair.theirs]
    return disagreement_of(ours, theirs, pairs, hand_offs())


def disagreement_of(
    ours: Playbook, theirs: Playbook, pairs: Sequence[StagePair], counted: tuple[HandOffs, ...]
) -> Disagreement:
    """Who stands where by either definition, and what became of people, as the page has it."""
    differing = tuple(pair for pair in pairs if not is_same_stage(ours, theirs, pair.ours, pair.theirs))
    columns = _stages(theirs, (pair.theirs for pair in pairs))
    return Disagreement(
        rows=tuple(_rows(pairs, differing, _stages(ours, (pair.ours for pair in pairs)), columns)),
        columns=columns,
        differing=differing,
        people=sum(pair.people for pair in pairs),
        differ=sum(pair.people for pair in differing),
        ours=tuple(_judged(ours, counted, "ours")),
        theirs=tuple(_judged(theirs, counted, "theirs")),
        counted=counted,
    )


def read_pair(
    ours: Playbook, theirs: Playbook, pair: tuple[str, str], *, after: int, now: datetime
) -> tuple[tuple[Person, ...], int | None]:
    """The next people of a pair with their reasons, and the id to go on after; only those shown are folded."""
    found = people_in_pair(*pair, after=after, limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    pks = [row.pk for row in shown]
    reasons, others, fates = _our_reasons(pks, ours, now), _their_reasons(pks, theirs, now), _fates(pks)
    people = tuple(
        Person(row, reasons.get(row.pk, UNMOVED), others.get(row.pk, UNMOVED), tuple(fates.get(row.pk, ())))
        for row in shown
    )
    return people, shown[-1].pk if len(found) > PER_PAGE else None


def title_of(playbook: Playbook, key: str) -> str:
    """A stage's title; the key where the playbook has no such stage."""
    return next((stage.title for stage in playbook.stages if stage.key == key), key)


def _rows(
    pairs: Sequence[StagePair], differing: Sequence[StagePair], stages: Sequence[str], columns: Sequence[str]
) -> Iterator[Row]:
    most = max((pair.people for pair in differing), default=1)
    found = {(pair.ours, pair.theirs): pair.people for pair in pairs}
    apart = {(pair.ours, pair.theirs) for pair in differing}
    for ours in stages:
        cells = []
        for theirs in columns:
            people, differs = found.get((ours, theirs), 0), (ours, theirs) in apart
            shade = sqrt(people / most) if differs else 0.0
            cells.append(Cell(ours, theirs, people, people > 0 and not differs, shade))
        yield Row(ours, tuple(cells), sum(cell.people for cell in cells))


def _stages(playbook: Playbook, met: Iterable[str]) -> tuple[str, ...]:
    """The ladder, and behind it stages that people stand at and the playbook does not have (any more)."""
    known = [stage.key for stage in playbook.stages]
    return (*known, *sorted(set(met) - set(known)))


def _judged(playbook: Playbook, counted: Sequence[HandOffs], side: Side) -> Iterator[Judged]:
    found = by_stage(counted, side)
    for stage in _stages(playbook, found):
        if kinds := found.get(stage):
            yield Judged(stage, *(kinds.get(kind, 0) for kind in _KINDS))


def _our_reasons(pks: Sequence[int], playbook: Playbook, now: datetime) -> Mapping[int, str]:
    """Why people stand where they do, from the transitions that are kept."""
    rows = Transition.objects.filter(contact_id__in=pks, superseded_at=None).order_by("position")
    last = {row.contact_id: row for row in rows}
    teller = Teller(playbook, now)
    return {pk: as_sentence(teller.say(row)) for pk, row in last.items()}


def _their_reasons(pks: Sequence[int], playbook: Playbook, now: datetime) -> Mapping[int, str]:
    """Why people would stand where the camp has them: nothing of that is kept, so they are folded."""
    reasons = {}
    for pk, touches in read_touches(pks).items():
        try:
            moves = fold(playbook, map(to_fact, touches), to_instant(now)).transitions
        except TooManyMoves as endless:
            reasons[pk] = endless.said
            continue
        if moves:
            reasons[pk] = as_sentence(say_transition(playbook, moves[-1], now=to_instant(now)))
    return reasons


def _fates(pks: Sequence[int]) -> Mapping[int, list[CampVerdict]]:
    rows = CampVerdict.objects.filter(camp__is_running=True, contact_id__in=pks).order_by("-at")
    found: dict[int, list[CampVerdict]] = {}
    for row in rows:
        found.setdefault(row.contact_id, []).append(row)
    return found


_KINDS = ("accepted", "rejected", "deal_won", "deal_lost")
