"""Whose bell a move by hand rings, and what becomes of it when the move is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.models import Contact, Notification, User
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.identities.merging import merge
from ripeline.timeline.models import Standing, Transition
from ripeline.timeline.moves import Refused, Verb, move, note, signature
from ripeline.timeline.reassess import reassess
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import SLIP, take_back
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
DAY = timedelta(days=1)

CALLS = """
key: calls
title: Calls count
signals:
  form: {kind: form_submitted}
  pricing: {kind: page_viewed, subject: "/pricing*"}
  call: {kind: call_held}
score:
  points:
    - {signal: form, add: 5}
    - {signal: pricing, add: 10}
    - {signal: call, add: 20}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: form}}
  - {key: mql, title: MQL, enter: {score: {gte: 30}}}
"""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


@pytest.fixture
def calls() -> None:
    activate(CALLS, now=NOW - 399 * DAY)


@pytest.fixture
def sara() -> User:
    return user("sara@firm.example", name="Sara")


@pytest.fixture
def tom() -> User:
    return user("tom@firm.example", name="Tom")


@pytest.fixture
def eva(sara: User) -> Contact:
    """A lead of Sara's, of whom she was told."""
    eva = make_contact("Eva Lind", now=NOW - DAY, owner=sara)
    record([fact(eva, "form_submitted", NOW - DAY)], now=NOW - DAY)
    assess(eva, now=NOW - DAY)
    assert rung() == ["lead"]
    return eva


def user(address: str, *, name: str, role: str = "sales") -> User:
    return User.objects.create_user(address, "a-long-password", name=name, role=role)


def assess(contact: Contact, *, now: datetime) -> None:
    reassess([contact.pk], now=now, react=react)


def moved(
    contact: Contact, by: User, verb: Verb = "stage_set", *, stage: str = "prospect", now: datetime = NOW
) -> str:
    """The id of a move by hand that was assessed as well."""
    where = stage if verb == "stage_set" else ""
    done = move(contact, verb, playbook=active_playbook(), by=by, reason="I know them", now=now, stage=where)
    assert not isinstance(done, Refused)
    assess(contact, now=now)
    return done.id


def rung() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("stage", flat=True))


def test_an_owners_own_move_rings_nothing(eva: Contact, sara: User) -> None:
    moved(eva, sara)
    assert Transition.objects.get(superseded_at=None, to_stage="prospect").cause == "manual"
    assert rung() == ["lead"]


def test_a_colleagues_move_rings_the_owners_bell(eva: Contact, sara: User, tom: User) -> None:
    moved(eva, tom)
    assert rung() == ["lead", "prospect"]
    assert Notification.objects.get(stage="prospect").user == sara


def test_a_colleague_of_the_same_name_is_not_the_owner(eva: Contact) -> None:
    moved(eva, user("sara.b@firm.example", name="Sara"))
    assert rung() == ["lead", "prospect"]


def test_whoever_changed_their_name_meanwhile_still_moved_them_herself(eva: Contact, sara: User) -> None:
    done = move(
        eva, "stage_set", playbook=active_playbook(), by=sara, reason="met", now=NOW, stage="prospect"
    )
    assert not isinstance(done, Refused)
    User.objects.filter(pk=sara.pk).update(name="Sara Holm")
    assess(eva, now=NOW)
    assert rung() == ["lead"]


def test_whoever_gets_a_contact_that_another_moved_hears_of_it(eva: Contact, sara: User, tom: User) -> None:
    move(eva, "stage_set", playbook=active_playbook(), by=sara, reason="met", now=NOW, stage="prospect")
    Contact.objects.update(owner=tom)
    assess(eva, now=NOW)
    assert Notification.objects.get(stage="prospect").user == tom


def test_what_the_rules_do_after_an_owners_own_move_rings(eva: Contact, sara: User) -> None:
    moved(eva, sara, stage="mql")
    record([fact(eva, "email_replied", NOW + DAY)], now=NOW + DAY)
    assess(eva, now=NOW + DAY)
    assert rung() == ["lead", "prospect"]


def test_a_slip_taken_back_takes_its_unread_notification_along_and_no_other(eva: Contact, tom: User) -> None:
    jan = make_contact("Jan Vos", now=NOW, owner=User.objects.get(name="Sara"))
    uid = moved(eva, tom)
    moved(jan, tom)
    assert rung() == ["lead", "prospect", "prospect"]
    assert take_back([uid], by=tom, now=SOON) == {eva.pk}
    assess(eva, now=SOON)
    left = Notification.objects.order_by("pk").values_list("contact", "stage")
    assert list(left) == [(eva.pk, "lead"), (jan.pk, "prospect")]
    assert rung() == ["lead", "prospect"], "back to where she was is no news"


def test_what_was_read_stays_when_the_move_is_taken_back(eva: Contact, tom: User) -> None:
    uid = moved(eva, tom)
    Notification.objects.filter(stage="prospect").update(read_at=SOON)
    take_back([uid], by=tom, now=SOON)
    assess(eva, now=SOON)
    assert rung() == ["lead", "prospect"]


def test_a_move_that_cannot_be_taken_back_keeps_its_notification(eva: Contact, sara: User, tom: User) -> None:
    uid = moved(eva, tom)
    assert take_back([uid], by=sara, now=SOON) == frozenset()
    assert take_back([uid], by=tom, now=NOW + SLIP) == frozenset()
    assess(eva, now=NOW + SLIP)
    assert rung() == ["lead", "prospect"]


def test_an_administrator_takes_back_the_move_with_its_notification(eva: Contact, tom: User) -> None:
    uid = moved(eva, tom)
    assert take_back([uid], by=user("ada@firm.example", name="Ada", role="admin"), now=SOON) == {eva.pk}
    assess(eva, now=SOON)
    assert rung() == ["lead"]


def test_a_notification_goes_though_its_transition_was_superseded_meanwhile(eva: Contact, tom: User) -> None:
    uid = moved(eva, tom)
    record([fact(eva, "page_viewed", NOW - 2 * DAY, subject="/pricing")], now=SOON)
    assess(eva, now=SOON)
    assert Transition.objects.filter(to_stage="prospect").exclude(superseded_at=None).exists()
    take_back([uid], by=tom, now=SOON)
    assess(eva, now=SOON)
    assert rung() == ["lead"]


def test_a_move_taken_back_before_a_worker_saw_it_rings_nothing(eva: Contact, tom: User) -> None:
    done = move(eva, "stage_set", playbook=active_playbook(), by=tom, reason="x", now=NOW, stage="prospect")
    assert not isinstance(done, Refused)
    take_back([done.id], by=tom, now=SOON)
    assess(eva, now=SOON)
    assert rung() == ["lead"]


def test_reopening_taken_back_takes_what_the_rules_rang_for_along(eva: Contact, tom: User) -> None:
    moved(eva, tom, "disqualified")
    record([fact(eva, "email_replied", NOW + timedelta(minutes=1))], now=NOW + timedelta(minutes=1))
    uid = moved(eva, tom, "reopened", now=NOW + timedelta(minutes=2))
    assert rung() == ["lead", "prospect"]
    assert take_back([uid], by=tom, now=SOON) == {eva.pk}
    assess(eva, now=SOON)
    assert rung() == ["lead"]


@pytest.mark.usefixtures("calls")
def test_what_was_taken_back_falls_silent_though_what_it_led_to_happened_later(
    eva: Contact, tom: User
) -> None:
    # The form and the call are 25 of the 30 points; the page viewed after them makes up the rest.
    called = noted(eva, tom, at=NOW - timedelta(hours=5))
    record([fact(eva, "page_viewed", NOW - timedelta(hours=1), subject="/pricing")], now=NOW)
    assess(eva, now=NOW)
    assert rung() == ["lead", "mql"]
    assert Notification.objects.get(stage="mql").created_at == NOW - timedelta(hours=1)
    assert take_back([called], by=tom, now=SOON) == {eva.pk}
    assess(eva, now=SOON)
    assert rung() == ["lead"]


@pytest.mark.usefixtures("calls")
def test_a_stage_that_was_reached_in_any_case_stays_news_until_nothing_led_to_it(
    eva: Contact, tom: User
) -> None:
    record([fact(eva, "page_viewed", NOW - timedelta(hours=8), subject="/pricing")], now=NOW)
    first, second = (noted(eva, tom, at=NOW - timedelta(hours=hours)) for hours in (5, 3))
    assess(eva, now=NOW)
    assert rung() == ["lead", "mql"]
    take_back([first], by=tom, now=SOON)
    assess(eva, now=SOON)
    assert rung() == ["lead", "mql"], "noted twice, and one of the two is enough"
    take_back([second], by=tom, now=SOON)
    assess(eva, now=SOON)
    assert rung() == ["lead"]


def test_the_bell_of_a_merged_contact_falls_silent_too(eva: Contact, tom: User) -> None:
    uid = moved(eva, tom)
    jan = make_contact("Jan Vos", now=NOW)
    merge(jan, eva, by=tom, why="one", now=NOW)
    assess(jan, now=NOW)
    assert take_back([uid], by=tom, now=SOON) == {jan.pk}
    assess(jan, now=SOON)
    assert rung() == ["lead"]


def test_who_was_told_of_it_before_a_merge_is_not_told_again_and_keeps_it_while_it_holds(
    eva: Contact, sara: User, tom: User
) -> None:
    moved(eva, tom)
    jan = make_contact("Jan Vos", now=NOW, owner=sara)
    merge(jan, eva, by=tom, why="one", now=NOW)
    assess(jan, now=NOW)
    assert rung() == ["lead", "prospect"]
    moved(jan, tom, stage="lead", now=SOON)
    slip = moved(jan, tom, now=SOON + timedelta(minutes=1))
    assert rung() == ["lead", "prospect", "prospect"]
    later = SOON + timedelta(minutes=2)
    assert take_back([slip], by=tom, now=later) == {jan.pk}
    assess(jan, now=later)
    # What eva's move led to before the two were one still stands.
    assert list(Notification.objects.filter(stage="prospect").values_list("contact", flat=True)) == [eva.pk]


def test_what_a_definition_took_away_while_a_call_was_taken_back_stays_news(eva: Contact, tom: User) -> None:
    record([fact(eva, "form_submitted", NOW), fact(eva, "asset_downloaded", NOW)], now=NOW)
    assess(eva, now=NOW)
    assert "mql" in rung()
    before = rung()
    slip = noted(eva, tom, at=NOW)
    assess(eva, now=NOW)
    strict = keep_version(PLAYBOOK.replace("gte: 30", "gte: 300"), now=SOON)
    publish(strict.version, by=None, note="", now=SOON)
    assert take_back([slip], by=tom, now=SOON) == {eva.pk}
    assess(eva, now=SOON)
    assert Standing.objects.get(contact=eva).stage == "lead"
    assert rung() == before


def noted(contact: Contact, by: User, *, at: datetime) -> str:
    """The id of a call noted now, as of before."""
    done = note(contact, "call_held", now=NOW, attrs=signature(by), at=at)
    assert not isinstance(done, Refused)
    return done.id
