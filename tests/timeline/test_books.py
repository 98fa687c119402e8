"""Whatever is heard, noted late, published or taken back: where people stood on any day can be read again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from ripeline.people.models import Contact, Notification, User
from ripeline.reactions import react
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication, Standing, Transition
from ripeline.timeline.moved import read_moved
from ripeline.timeline.past import last_move_then, moves_known
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import withdraw
from tests.timeline.people import PLAYBOOK, fact, make_contact

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DEFINITIONS = (
    PLAYBOOK,
    PLAYBOOK.replace("gte: 30", "gte: 20"),
    PLAYBOOK.replace("idle: 60d", "idle: 3d"),
    PLAYBOOK.replace("title: Lead, enter: {signal: conversion}", "title: Lead, enter: {signal: pricing}"),
    PLAYBOOK.replace("within: 90d", "within: 5d").replace("half_life: 30d", "half_life: 2d"),
)
KINDS = ("form_submitted", "page_viewed", "email_replied", "identified", "recycled", "disqualified")
LATE = (timedelta(0), timedelta(0), HOUR, 2 * DAY, 10 * DAY, 40 * DAY)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(12))
def test_where_everybody_stood_on_any_day_can_be_read_again(seed: int) -> None:
    story = Story(seed)
    for _ in range(30):
        story.go_on()
    assert len(story.seen) > 30
    for at, pk, stage in story.seen:
        assert (stage_in_list(pk, at), stage_on_page(pk, at)) == (stage, stage), at


class Story:
    """Two people to whom things happen; what was seen of them on the way, with the moment."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = START
        self.seen: list[tuple[datetime, int, str]] = []
        self.uids: list[str] = []
        owner = User.objects.create_user("owner@firm.example", "a-long-password")
        activate(DEFINITIONS[0], now=START - 400 * DAY)
        self.people = [make_contact(f"Person {n}", now=START - 90 * DAY, owner=owner) for n in range(2)]

    def go_on(self) -> None:
        """One step: something happens, everybody is assessed, and it is noted where they stand."""
        self.now += self.chance.choice([HOUR, 5 * HOUR, DAY, 3 * DAY, 20 * DAY])
        step = self.chance.choices((self.hear, self.publish, self.withdraw), weights=(13, 5, 2))[0]
        step()
        self.now += SECOND
        assess(self.now)
        self.now += SECOND
        self.seen += [(self.now, pk, stage) for pk, stage in standings().items()]

    def hear(self) -> None:
        for _ in range(self.chance.randint(1, 3)):
            self.uids.append(f"touch {len(self.uids)}")
            kind, at = self.chance.choice(KINDS), self.now - self.chance.choice(LATE)
            page, person = self.chance.choice(["/pricing", "/blog"]), self.chance.choice(self.people)
            record([fact(person, kind, at, uid=self.uids[-1], subject=page)], now=self.now)

    def withdraw(self) -> None:
        withdraw(self.chance.sample(self.uids, min(2, len(self.uids))), now=self.now)

    def publish(self) -> None:
        assess(self.now)
        self.now += SECOND
        before, bells = standings(), Notification.objects.count()
        version = keep_version(self.chance.choice(DEFINITIONS), now=self.now).version
        done = publish(version, by=None, note="", now=self.now)
        self.now += SECOND
        assess(self.now)
        if isinstance(done, Publication):
            assert Notification.objects.count() == bells, "what the definition changes is silent"
            assert moved_by(done, self.people) == {
                pk: (before[pk], stage) for pk, stage in standings().items() if before[pk] != stage
            }


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def standings() -> dict[int, str]:
    """Where those stand who were assessed."""
    return dict(Standing.objects.exclude(stage="").values_list("pk", "stage"))


def moved_by(publication: Publication, people: Sequence[Contact]) -> dict[int, tuple[str, str]]:
    """From where to where a publication is said to have moved people."""
    moves, _ = read_moved(publication)
    marked = Transition.objects.filter(publication=publication).values_list("contact", flat=True)
    assert set(marked) <= {each.pk for each in people}
    return {move.contact_id: (move.before, move.after) for move in moves}


def stage_in_list(pk: int, at: datetime) -> str:
    """Where a list as of a moment has them, as we knew it; whoever had not moved stood in the first stage."""
    wanted, params = last_move_then(AsOf(at, "known", "x"), "%s", "m.to_stage")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {wanted}", [pk, *params])
        (found,) = cursor.fetchone()
    return found or "suspect"


def stage_on_page(pk: int, at: datetime) -> str:
    """The same of a contact's page."""
    moves = moves_known(pk, at)
    return moves[-1].to_stage if moves else "suspect"
