"""Flows as we knew them, against the moves that stood in our books, person by person."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from ripeline.insights.flows import read_flows
from ripeline.insights.period import read_period
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact, User
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Touch, Transition
from ripeline.timeline.past import moves_known
from ripeline.timeline.record import record
from tests.insights.histories import DAY, NOW, STAGES, do_something, settle
from tests.timeline.people import PLAYBOOK, make_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    """The owner of every other person who has a history: half of each was told as it came, the other half was brought
    in at the end with its own moments of receipt."""
    owner = User.objects.create_user("owner@firm.example", "a-long-password")
    activate(PLAYBOOK, now=NOW - 400 * DAY)
    draw, heard = random.Random(5), list[tuple[datetime, Fact]]()
    for number in range(30):
        contact = make_contact(f"Person {number}", now=NOW, owner=owner if number % 2 else None)
        for each in range(draw.randrange(2, 8)):
            at = NOW - timedelta(minutes=draw.randrange(20 * 24 * 60, 180 * 24 * 60))
            late = draw.choice([0, 1]) * timedelta(hours=draw.randrange(1, 800))
            heard.append((at + late, do_something(draw, contact, at, uid=f"{number}-{each}")))
    heard.sort(key=lambda each: (each[0], each[1].id))
    for at, what in heard[::2]:
        record([what], now=at)
        settle(at)
    history = heard[1::2]
    record([what for _, what in history], now=NOW, heard={what.id: min(at, NOW) for at, what in history})
    settle(NOW)
    return owner


@pytest.mark.parametrize("is_mine", [False, True])
def test_a_move_told_anew_is_counted_once_as_long_as_both_tellings_stand(is_mine: bool, owner: User) -> None:
    people = [contact.pk for contact in _people(owner, is_mine=is_mine)]
    doubled = 0
    for first, last in (
        ("2025-11-01", "2025-12-20"),
        ("2026-01-01", "2026-02-15"),
        ("2025-12-01", "2026-03-20"),
    ):
        period = read_period({"from": first, "to": last}, now=NOW, zone=UTC)
        as_of = AsOf(period.until - timedelta(microseconds=1), "known", last)
        flows = read_flows(period.steps, stages=STAGES, owner=owner.pk if is_mine else None, as_of=as_of)
        books = {person: moves_known(person, as_of.at) for person in people if _is_known(person, as_of.at)}
        within = [
            move for moves in books.values() for move in moves if period.since <= move.at < period.until
        ]
        assert sum(map(Counter, flows.moves), Counter()) == Counter(map(_ends, within))
        assert +Counter(flows.stock[-1]) == Counter(_stage(moves) for moves in books.values())
        before = {
            person: [move for move in moves if move.at < period.since]
            for person, moves in books.items()
            if _is_known(person, as_of.at, since=period.since)
        }
        assert +Counter(flows.stock[0]) == Counter(_stage(moves) for moves in before.values())
        held = Transition.objects.filter(contact__in=people, known_at__lte=as_of.at).exclude(
            superseded_at__lte=as_of.at
        )
        doubled += held.count() - sum(map(len, books.values()))
    assert doubled > 5, "there are moves with two tellings"


def _people(owner: User, *, is_mine: bool) -> list[Contact]:
    return list(Contact.objects.filter(owner=owner) if is_mine else Contact.objects.all())


def _is_known(contact: int, at: datetime, *, since: datetime | None = None) -> bool:
    """Whether we had heard by `at` of anything that happened by then (and before `since`)."""
    rows = Touch.objects.filter(contact=contact, at__lte=at)
    if since is not None:
        rows = rows.filter(at__lt=since)
    return any((row.known_at or row.received_at) <= at for row in rows)


def _ends(move: Transition) -> tuple[str, str]:
    return move.from_stage, move.to_stage


def _stage(moves: list[Transition]) -> str:
    return moves[-1].to_stage if moves else STAGES[0]
