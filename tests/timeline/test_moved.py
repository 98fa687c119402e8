"""Whom a publication moved: those who stand elsewhere since, and not those who only stand there since another day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.models import User
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication
from ripeline.timeline.moved import Count, Move, count_moved, read_moved
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")
NO_LEADS = PLAYBOOK.replace(
    "{key: lead, title: Lead, enter: {signal: conversion}}", "{key: lead, title: Lead}"
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def put_in_force(text: str, now: datetime) -> Publication:
    done = publish(keep_version(text, now=now).version, by=None, note="", now=now)
    assert isinstance(done, Publication)
    assess(now)
    return done


def test_who_stands_elsewhere_was_moved_and_who_stands_there_since_another_day_was_not() -> None:
    once, twice, none = (make_contact(name, now=NOW - 9 * DAY) for name in ("Once", "Twice", "None"))
    record([fact(each, "form_submitted", NOW - 3 * DAY) for each in (once, twice)], now=NOW - 3 * DAY)
    record([fact(twice, "form_submitted", NOW - 2 * DAY)], now=NOW - 2 * DAY)
    record([fact(none, "email_opened", NOW - 2 * DAY)], now=NOW - 2 * DAY)
    assess(NOW - DAY)
    publication = put_in_force(EASIER, NOW)
    moves, more = read_moved(publication)
    assert [(move.contact_id, move.before, move.after) for move in moves] == [(once.pk, "lead", "mql")]
    assert more is None
    assert count_moved(publication) == Count(1, is_more=False)
    back = put_in_force(PLAYBOOK, NOW + DAY)
    assert [(move.before, move.after) for move in read_moved(back)[0]] == [("mql", "lead")]
    assert count_moved(publication) == Count(1, is_more=False), "what it did then stays what it did"


def test_who_falls_to_the_foot_of_the_ladder_has_no_transition_and_was_moved_all_the_same() -> None:
    eva = make_contact("Eva Lind", now=NOW - 9 * DAY)
    record([fact(eva, "form_submitted", NOW - 3 * DAY)], now=NOW - 3 * DAY)
    assess(NOW - DAY)
    assert read_moved(put_in_force(NO_LEADS, NOW))[0] == [Move(eva.pk, "lead", "suspect", None)]


def test_what_people_did_since_is_not_the_definitions_doing() -> None:
    eva = make_contact("Eva Lind", now=NOW - 9 * DAY)
    record([fact(eva, "email_opened", NOW - 3 * DAY)], now=NOW - 3 * DAY)
    assess(NOW - DAY)
    publication = put_in_force(EASIER, NOW)
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    assert count_moved(publication) == Count(0, is_more=False)


def test_many_are_read_a_page_at_a_time_and_counted_no_further_than_needed() -> None:
    owner = User.objects.create_user("owner@firm.example", "a-long-password", name="Olga")
    people = [make_contact(f"P {n}", now=NOW - 9 * DAY, owner=owner if n < 3 else None) for n in range(7)]
    record([fact(each, "form_submitted", NOW - 3 * DAY) for each in people], now=NOW - 3 * DAY)
    assess(NOW - DAY)
    publication = put_in_force(EASIER, NOW)
    seen, after = [], 0
    for _ in range(4):
        moves, cursor = read_moved(publication, after=after, limit=2)
        seen += [move.contact_id for move in moves]
        after = cursor or 0
    assert seen == [each.pk for each in people]
    assert after == 0
    assert count_moved(publication, most=4) == Count(4, is_more=True)
    assert count_moved(publication, owner=owner.pk) == Count(3, is_more=False)


def test_the_first_definition_moved_nobody() -> None:
    assert count_moved(Publication.objects.get()) == Count(0, is_more=False)
