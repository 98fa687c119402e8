"""Browsers: joined to a contact with all that was done on them before, split where two people share one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.models import Contact, Visitor
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.visitors import Already, Joined, Split, join, leave, visitor_for
from ripeline.timeline.identities.web import record_web
from ripeline.timeline.models import Reassessment, Touch, Transition
from ripeline.timeline.reassess import StageChange, reassess_due
from tests.timeline.identities.visiting import key_of, owners, visit, web
from tests.timeline.people import PLAYBOOK, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva() -> Contact:
    return make_contact("Eva", now=NOW)


@pytest.fixture
def jan() -> Contact:
    return make_contact("Jan", now=NOW)


def test_touches_of_a_browser_are_nobodys_until_somebody_is_known_to_use_it(eva: Contact) -> None:
    visit("t1", NOW, "b", now=NOW)
    assert owners() == {"t1": ""}
    assert not Reassessment.objects.exists()
    joined = join(visitor_for(key_of("b"), now=NOW), eva, how="form", at=NOW + HOUR, now=NOW + HOUR)
    assert joined == Joined(touches=1)
    visit("t2", NOW + 2 * HOUR, "b", now=NOW + 2 * HOUR)
    assert owners() == {"t1": "Eva", "t2": "Eva"}


def test_what_was_done_before_is_assessed_and_counts_as_known_since_the_join(eva: Contact) -> None:
    visit("t1", NOW, "b", now=NOW)
    join(visitor_for(key_of("b"), now=NOW), eva, how="form", at=NOW + HOUR, now=NOW + HOUR)
    waiting = Reassessment.objects.get()
    assert (waiting.contact_id, waiting.since) == (eva.pk, int(NOW.timestamp() * 1_000_000))
    touch = Touch.objects.get()
    assert (touch.received_at, touch.heard_at) == (NOW, NOW + HOUR)


def test_a_shared_computer_is_split_and_nobody_loses_what_was_theirs(eva: Contact, jan: Contact) -> None:
    browser = visitor_for(key_of("b"), now=NOW)
    visit("before", NOW, "b", now=NOW)
    join(browser, eva, how="form", at=NOW + HOUR, now=NOW + HOUR)
    visit("evas", NOW + 2 * HOUR, "b", now=NOW + 2 * HOUR)
    split = join(browser, jan, how="form", at=NOW + 3 * HOUR, now=NOW + 3 * HOUR)
    visit("jans", NOW + 4 * HOUR, "b", now=NOW + 4 * HOUR)
    visit("late", NOW + 2 * HOUR, "b", now=NOW + 5 * HOUR)
    assert split == Split(other=eva.pk, touches=0)
    assert owners() == {"before": "Eva", "evas": "Eva", "jans": "Jan", "late": "Eva"}
    assert Visitor.objects.get().contact == jan


def test_somebody_who_comes_back_to_a_shared_computer_has_it_again(eva: Contact, jan: Contact) -> None:
    browser = visitor_for(key_of("b"), now=NOW)
    for hours, who in ((0, eva), (2, jan), (4, eva)):
        join(browser, who, how="identify", at=NOW + hours * HOUR, now=NOW + hours * HOUR)
        visit(f"t{hours}", NOW + (hours + 1) * HOUR, "b", now=NOW + (hours + 1) * HOUR)
    assert owners() == {"t0": "Eva", "t2": "Jan", "t4": "Eva"}


def test_an_identification_heard_late_counts_from_its_own_moment(eva: Contact, jan: Contact) -> None:
    browser = visitor_for(key_of("b"), now=NOW)
    for hours in (1, 3, 5):
        visit(f"t{hours}", NOW + hours * HOUR, "b", now=NOW + hours * HOUR)
    join(browser, eva, how="form", at=NOW + 4 * HOUR, now=NOW + 6 * HOUR)
    assert join(browser, jan, how="form", at=NOW + 2 * HOUR, now=NOW + 7 * HOUR) == Split(eva.pk, 2)
    assert owners() == {"t1": "Jan", "t3": "Jan", "t5": "Eva"}
    assert Visitor.objects.get().contact == eva


def test_the_same_said_again_changes_nothing(eva: Contact) -> None:
    browser = visitor_for(key_of("b"), now=NOW)
    join(browser, eva, how="form", at=NOW, now=NOW)
    Reassessment.objects.all().delete()
    assert join(browser, eva, how="form", at=NOW, now=NOW) == Already()
    assert join(browser, eva, how="identify", at=NOW + HOUR, now=NOW + HOUR) == Already()
    assert not Reassessment.objects.exists()


def test_a_touch_that_says_whose_it_is_stays_theirs_whoever_uses_the_browser(
    eva: Contact, jan: Contact
) -> None:
    record_web([web("t1", NOW + HOUR, visitor="b", person=eva.key)], now=NOW + HOUR)
    join(visitor_for(key_of("b"), now=NOW), jan, how="form", at=NOW, now=NOW + 2 * HOUR)
    assert owners() == {"t1": "Eva"}


def test_touches_of_no_browser_and_of_nobody_known_are_refused_by_name(eva: Contact) -> None:
    recorded = record_web(
        [web("t1", NOW, person="ghost"), web("t2", NOW), web("t3", NOW, person=eva.key)], now=NOW
    )
    assert (recorded.new, recorded.strangers) == (1, ("ghost", ""))


def test_who_is_found_not_to_use_a_browser_leaves_it_with_nothing(eva: Contact, jan: Contact) -> None:
    browser = visitor_for(key_of("b"), now=NOW)
    visit("t1", NOW, "b", now=NOW)
    join(browser, eva, how="form", at=NOW + HOUR, now=NOW + HOUR)
    join(browser, jan, how="form", at=NOW + 2 * HOUR, now=NOW + 2 * HOUR)
    assert leave(browser, eva, now=NOW + 3 * HOUR) == 1
    assert owners() == {"t1": "Jan"}
    assert leave(browser, jan, now=NOW + 3 * HOUR) == 1
    assert owners() == {"t1": ""}
    assert Visitor.objects.get().contact is None


@pytest.mark.parametrize(("hours_ago", "rings"), [(24 * 30, 0), (2, 1)])
def test_what_somebody_did_long_before_we_knew_them_is_history_and_rings_no_bell(
    eva: Contact, hours_ago: int, rings: int
) -> None:
    activate(PLAYBOOK, now=NOW - 60 * 24 * HOUR)
    before = NOW - hours_ago * HOUR
    record_web([web("t1", before, visitor="b", kind="form_submitted")], now=before)
    join(visitor_for(key_of("b"), now=NOW), eva, how="form", at=NOW, now=NOW)
    told: list[StageChange] = []
    reassess_due(NOW, react=told.append)
    moved = Transition.objects.get()
    assert (moved.to_stage, moved.at, moved.known_at) == ("lead", before, NOW)
    assert len(told) == rings
