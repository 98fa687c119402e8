"""Who moved, and why: the transitions of a stretch of time with their people and their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from ripeline.insights.funnel import rises
from ripeline.insights.whose import Whose
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact
from ripeline.timeline.models import Transition
from ripeline.timeline.sentences import Teller

SHOWN = 8
ALL = 100
# Somebody may move up twice in a morning; each person is shown once, by the latest move.
PER_PERSON = 3


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody who moved: `before` and `after` are the stages of their latest move, `sentence` says why."""

    contact: Contact
    before: str
    after: str
    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Movers:
    """Those who moved since a moment, latest first; `people` how many in all. Where nobody did, `is_news` is False
    and the last ones before it are shown."""

    movers: tuple[Mover, ...]
    people: int
    is_news: bool


def read_risen(
    playbook: Playbook, *, since: datetime, whose: Whose, teller: Teller, limit: int = SHOWN
) -> Movers:
    """Who moved up since a moment."""
    pairs = Q()
    for low, high in rises(playbook):
        pairs |= Q(from_stage=low, to_stage=high)
    return _read(_moves(whose).filter(pairs) if pairs else Transition.objects.none(), since, teller, limit)


def read_fallen(
    playbook: Playbook, *, since: datetime, whose: Whose, teller: Teller, limit: int = SHOWN
) -> Movers:
    """Who went quiet since a moment: time alone moved them down (silence, or a score that faded)."""
    pairs = Q()
    for low, high in rises(playbook):
        pairs |= Q(from_stage=high, to_stage=low)
    moves = _moves(whose).filter(pairs, cause="timer") if pairs else Transition.objects.none()
    return _read(moves, since, teller, limit)


def _moves(whose: Whose) -> QuerySet[Transition]:
    # Whom the definition moved did nothing: they are told apart, see `definition_changes`.
    return Transition.objects.filter(whose.contacts, superseded_at=None, publication=None)


def _read(moves: QuerySet[Transition], since: datetime, teller: Teller, limit: int) -> Movers:
    """How many people since then, and the latest moves of all time down to the limit. Three queries: the first two
    walk the index transition_flow, the third reads the few rows that are shown."""
    people = moves.filter(at__gte=since).aggregate(people=Count("contact", distinct=True))["people"]
    latest = moves.order_by("-at").values_list("contact_id", "pk", "at")[: limit * PER_PERSON]
    # Read from the earliest on, so that the latest move of each person stays.
    found = {contact: (at, pk) for contact, pk, at in reversed(list(latest))}
    news = {contact: last for contact, last in found.items() if last[0] >= since}
    shown = [pk for _, pk in sorted((news or found).values(), reverse=True)[:limit]]
    rows = Transition.objects.select_related("contact__company", "contact__owner").in_bulk(shown)
    return Movers(tuple(_movers([rows[pk] for pk in shown if pk in rows], teller)), people, bool(news))


def _movers(rows: Sequence[Transition], teller: Teller) -> Iterable[Mover]:
    for row in rows:
        yield Mover(row.contact, row.from_stage, row.to_stage, row.at, teller.say(row))
