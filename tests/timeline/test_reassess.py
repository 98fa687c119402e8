"""The one writer: stored rows are a fold over the log, each change once, the past kept."""

from __future__ import annotations

import weakref
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_init

from ripeline.people.models import Notification, User
from ripeline.reactions import react
from ripeline.timeline import reading
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Reassessment, Standing, Touch, Transition
from ripeline.timeline.moves import Refused, answer, move
from ripeline.timeline.reassess import StageChange, reassess, reassess_due
from ripeline.timeline.record import record
from ripeline.work.claims import FIRST_RETRY
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


def assess(now: datetime) -> list[StageChange]:
    changes: list[StageChange] = []
    while reassess_due(now, react=changes.append):
        pass
    return changes


def moves() -> list[tuple[str, str]]:
    rows = Transition.objects.filter(superseded_at=None).order_by("contact_id", "position")
    return [(row.from_stage, row.to_stage) for row in rows]


def test_a_conversion_makes_a_lead_with_its_evidence_and_its_playbook() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW, subject="newsletter")], now=NOW)
    (change,) = assess(NOW)
    standing = Standing.objects.get()
    assert (standing.stage, standing.score, standing.rating) == ("lead", 20.0, "cold")
    transition = Transition.objects.get()
    assert (transition.rule, transition.cause, transition.known_at) == ("lead.enter", "touch", NOW)
    assert transition.playbook_id == change.playbook.version
    assert "newsletter" in str(transition.evidence)


def test_nothing_new_writes_nothing_new_and_rings_no_bell() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW)], now=NOW)
    assert len(assess(NOW)) == 1
    changes: list[StageChange] = []
    reassess([eva.pk], now=NOW, react=changes.append)
    assert (len(changes), Transition.objects.count()) == (0, 1)


def test_time_alone_moves_somebody_when_it_is_due_and_not_before() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "email_replied", NOW)], now=NOW)
    assess(NOW)
    assert Standing.objects.get().stage == "prospect"
    due = Reassessment.objects.get().due_at
    assert due == NOW + 14 * DAY  # no longer hot
    assess(due)
    assert Standing.objects.get().rating == "cold"
    assert Reassessment.objects.get().due_at == NOW + 60 * DAY
    assess(NOW + 60 * DAY)
    assert moves() == [("suspect", "prospect"), ("prospect", "lead")]


def test_a_touch_dated_in_the_future_moves_nobody_before_its_time_and_everybody_then() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    later = NOW + 3 * timedelta(hours=1)
    record([fact(eva, "form_submitted", later), fact(eva, "email_replied", later + DAY)], now=NOW)
    assess(NOW)
    assert (Standing.objects.get().stage, moves()) == ("", [])
    assert Reassessment.objects.get().due_at == later
    assess(later - timedelta(microseconds=1))
    assert moves() == []
    assess(later)
    assert moves() == [("suspect", "lead")]
    assert Transition.objects.get().known_at == later
    assert Reassessment.objects.get().due_at == later + DAY
    assess(later + DAY)
    assert moves() == [("suspect", "lead"), ("lead", "prospect")]


def test_a_touch_dated_in_the_future_does_not_hide_what_happens_before_it() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "email_replied", NOW + 9 * DAY)], now=NOW)
    assess(NOW)
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    assert moves() == [("suspect", "lead")]
    assert Reassessment.objects.get().due_at == NOW + 9 * DAY


def test_a_late_touch_revises_the_past_and_keeps_what_was_known_then() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW - 9 * DAY)], now=NOW - 9 * DAY)
    assess(NOW - 9 * DAY)
    pricing = [
        fact(eva, "page_viewed", NOW - (10 + n) * DAY, uid=f"p{n}", subject="/pricing") for n in range(3)
    ]
    record(pricing, now=NOW)
    assess(NOW)
    assert moves() == [("suspect", "mql")]
    old = Transition.objects.exclude(superseded_at=None).get()
    assert (old.to_stage, old.superseded_at) == ("lead", NOW)
    new = Transition.objects.get(superseded_at=None)
    assert (new.at, new.known_at) == (NOW - 9 * DAY, NOW)


def test_what_follows_fires_once_for_the_present_stage_and_not_for_old_history() -> None:
    owner = User.objects.create_user("owner@firm.example", "a-long-password")
    eva = make_contact("Eva Lind", now=NOW, owner=owner)
    record([fact(eva, "form_submitted", NOW - 30 * DAY)], now=NOW)
    assert assess(NOW) == []
    record([fact(eva, "email_replied", NOW)], now=NOW)
    reassess([eva.pk], now=NOW, react=react)
    assert [told.stage for told in Notification.objects.all()] == ["prospect"]
    record([fact(eva, "page_viewed", NOW - 40 * DAY, subject="/pricing")], now=NOW)
    reassess([eva.pk], now=NOW, react=react)
    assert Notification.objects.count() == 1


def test_an_owner_hears_of_moves_up_alone_also_when_all_of_it_is_learned_at_once() -> None:
    owner = User.objects.create_user("owner@firm.example", "a-long-password")
    eva = make_contact("Eva Lind", now=NOW, owner=owner)
    record([fact(eva, "email_replied", NOW - 30 * DAY), fact(eva, "recycled", NOW - DAY)], now=NOW)
    reassess([eva.pk], now=NOW, react=react)
    assert moves()[-1] == ("prospect", "lead")
    assert not Notification.objects.exists()
    record([fact(eva, "email_replied", NOW + DAY)], now=NOW + DAY)
    reassess([eva.pk], now=NOW + DAY, react=react)
    assert [told.stage for told in Notification.objects.all()] == ["prospect"]


def test_a_move_by_hand_goes_through_the_log_and_holds_until_new_evidence() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    by = User.objects.create_user("seller@firm.example", "a-long-password", name="Sara")
    playbook = activate(PLAYBOOK, now=NOW)
    record([fact(eva, "email_replied", NOW - DAY)], now=NOW)
    assess(NOW)
    move(eva, "recycled", playbook=playbook, by=by, reason="no budget this year", now=NOW)
    assess(NOW)
    standing = Standing.objects.get()
    assert (standing.stage, standing.suspended) == ("lead", True)
    last = Transition.objects.get(superseded_at=None, to_stage="lead")
    assert (last.cause, last.rule) == ("manual", "recycled")
    assert "no budget this year" in str(last.evidence)


def test_a_move_without_a_reason_or_to_no_stage_is_refused_with_a_sentence() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    by = User.objects.create_user("seller@firm.example", "a-long-password")
    playbook = activate(PLAYBOOK, now=NOW)
    silent = move(eva, "recycled", playbook=playbook, by=by, reason=" ", now=NOW)
    nowhere = move(eva, "stage_set", playbook=playbook, by=by, reason="x", now=NOW, stage="vip")
    unasked = answer(eva, "shoe size", "42", by=by, words="", now=NOW)
    assert isinstance(silent, Refused)
    assert isinstance(nowhere, Refused)
    assert isinstance(unasked, Refused)
    assert "vip" in nowhere.why
    assert not Reassessment.objects.exists()


def test_disqualified_people_stay_where_they_are_until_reopened() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    by = User.objects.create_user("seller@firm.example", "a-long-password")
    playbook = activate(PLAYBOOK, now=NOW)
    move(eva, "disqualified", playbook=playbook, by=by, reason="a competitor", now=NOW)
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    assert (Standing.objects.get().status, Standing.objects.get().stage) == ("disqualified", "suspect")
    move(eva, "reopened", playbook=playbook, by=by, reason="they are not", now=NOW + 2 * DAY)
    assess(NOW + 2 * DAY)
    assert (Standing.objects.get().status, Standing.objects.get().stage) == ("active", "lead")


def test_another_definition_makes_everybody_due_and_the_same_one_nobody() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "form_submitted", NOW)], now=NOW)
    assess(NOW)
    activate(PLAYBOOK + "\n# only a comment\n", now=NOW)
    assert not Reassessment.objects.filter(due_at__lte=NOW).exists()
    stricter = PLAYBOOK.replace(
        "{key: lead, title: Lead, enter: {signal: conversion}}", "{key: lead, title: Lead}"
    )
    activate(stricter, now=NOW + DAY)
    assess(NOW + DAY)
    assert Standing.objects.get().stage == "suspect"
    assert Transition.objects.get().superseded_at == NOW + DAY


def test_one_person_who_cannot_be_assessed_does_not_hold_up_the_others() -> None:
    eva, jan = make_contact("Eva Lind", now=NOW), make_contact("Jan Vos", now=NOW)
    for contact in (eva, jan):
        record([fact(contact, "form_submitted", NOW)], now=NOW)

    def troubled(change: StageChange) -> None:
        if change.contact_id == eva.pk:
            raise RuntimeError("the bell broke")

    assert reassess_due(NOW, react=troubled) == 2
    assert Standing.objects.get(pk=jan.pk).stage == "lead"
    row = Reassessment.objects.get(pk=eva.pk)
    assert row.due_at is not None
    assert row.due_at > NOW
    assert "the bell broke" in row.error
    assert Standing.objects.get(pk=eva.pk).stage == ""


def test_one_person_whose_log_cannot_be_read_does_not_hold_up_the_others() -> None:
    people = [make_contact(name, now=NOW) for name in ("Eva Lind", "Jan Vos", "Ida Moe")]
    record([fact(each, "form_submitted", NOW) for each in people], now=NOW)
    # SQLite keeps whatever it is given; PostgreSQL knows moments that Python does not.
    damage = "infinity" if connection.vendor == "postgresql" else "2026-13-45 00:00:00"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ripeline_touch SET received_at = %s WHERE contact_id = %s", [damage, people[1].pk]
        )
    assert reassess_due(NOW, react=react) == 3
    assert [Standing.objects.get(pk=each.pk).stage for each in people] == ["lead", "", "lead"]
    row = Reassessment.objects.get(pk=people[1].pk)
    assert row.due_at == NOW + FIRST_RETRY
    assert row.error
    assert not Reassessment.objects.filter(due_at__lte=NOW).exists()


def test_long_logs_are_held_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_contact(f"Person {n}", now=NOW) for n in range(6)]
    facts = [
        fact(each, "page_viewed", NOW - n * DAY, uid=f"{each.pk}-{n}")
        for each in people
        for n in range(60 if each is people[3] else 20)
    ]
    record([*facts, *(fact(each, "form_submitted", NOW) for each in people)], now=NOW)
    monkeypatch.setattr(reading, "AT_ONCE", 50)
    alive: weakref.WeakSet[Touch] = weakref.WeakSet()
    most = 0

    def count(**given: Any) -> None:
        nonlocal most
        alive.add(given["instance"])
        most = max(most, len(alive))

    post_init.connect(count, sender=Touch)
    try:
        assert reassess_due(NOW, react=react) == 6
    finally:
        post_init.disconnect(count, sender=Touch)
    # Whoever has more than that goes alone.
    assert most == 61
    assert {row.stage for row in Standing.objects.all()} == {"lead"}
