"""The rules in the transaction in which mails are taken in hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from ripeline.nurture.rules.force import put_in_force
from ripeline.nurture.rules.handing import judge_handing
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.rules.reasons import Reason
from ripeline.nurture.sending.ledger import Held, claim, set_aside, take_in_hand
from ripeline.nurture.sending.mail import Mail, Never, NotNow
from ripeline.nurture.sending.models import Delivery
from ripeline.people.consent import note_consent, suppress
from ripeline.people.models import Consent, Suppression
from ripeline.timeline.identities.merging import merge
from ripeline.timeline.record import record
from tests.nurture.rules.people import hand, make_reader, make_version, post_to
from tests.timeline.people import fact

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.django_db
def test_each_mail_is_held_or_refused_by_what_is_known_of_its_person() -> None:
    version = make_version(NOW)
    fine, cold, talking, closed, left, paused, asleep = (
        make_reader("Fine", NOW),
        make_reader("Cold", NOW, agreed=False),
        make_reader("Talking", NOW),
        make_reader("Closed", NOW),
        make_reader("Left", NOW),
        make_reader("Paused", NOW),
        make_reader("Asleep", NOW, zone="Pacific/Auckland"),
    )
    record([fact(talking, "call_held", NOW - 4 * DAY)], now=NOW)
    suppress(closed.email, Suppression.Why.BOUNCED, now=NOW - DAY)
    note_consent(left, "offers", Consent.State.WITHDRAWN, how=Consent.How.UNSUBSCRIBED, at=NOW - DAY)
    Preference.objects.create(contact=paused, paused_until=NOW + 5 * DAY, at=NOW)
    rows = [post_to(each, version, NOW) for each in (fine, cold, talking, closed, left, paused, asleep)]
    assert {row.contact.name: verdict for row in rows if (verdict := judged(rows).get(row.pk))} == {
        "Cold": Never(Reason.NO_CONSENT),
        "Talking": NotNow(Reason.TALKING, NOW + 10 * DAY),
        "Closed": Never(Reason.BOUNCED),
        "Left": Never(Reason.WITHDRAWN),
        "Paused": NotNow(Reason.THEIR_PAUSE, NOW + 5 * DAY),
        "Asleep": NotNow(Reason.QUIET, datetime(2026, 3, 3, 19, tzinfo=UTC)),
    }


@pytest.mark.django_db
def test_what_is_known_is_asked_in_as_many_questions_for_one_as_for_many() -> None:
    version = make_version(NOW)
    rows = [post_to(make_reader(f"Reader{n}", NOW), version, NOW) for n in range(12)]
    locks = 1 if connection.vendor == "postgresql" else 0
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as asked:
            assert judged(some) == {}
        assert len([each for each in asked if each["sql"].startswith("SELECT")]) == 9 + locks


@pytest.mark.django_db
def test_mails_of_all_who_are_one_contact_count_and_none_goes_to_them_twice() -> None:
    version = make_version(NOW)
    first, second = make_reader("First", NOW), make_reader("Second", NOW)
    for source in (1, 2):
        hand(post_to(first, version, NOW, source=source), NOW - source * DAY)
    hand(post_to(second, version, NOW, source=3), NOW - 9 * DAY, state="uncertain")
    again, fourth = post_to(second, version, NOW, source=1), post_to(second, version, NOW, source=4)
    assert judged([again, fourth]) == {}
    merge(second, first, by=None, why="", now=NOW)
    again, fourth = fresh(again), fresh(fourth)
    assert judged([again, fourth]) == {
        again.pk: Never(Reason.TWICE),
        fourth.pk: NotNow(Reason.CAP, NOW + 21 * DAY),
    }


@pytest.mark.django_db
def test_of_mails_taken_in_hand_together_those_before_count_for_those_after() -> None:
    version, contact = make_version(NOW), make_reader("Jo", NOW)
    rows = [post_to(contact, version, NOW, source=source) for source in range(1, 6)]
    assert judged(rows) == {row.pk: NotNow(Reason.CAP, NOW + 30 * DAY) for row in rows[3:]}


@pytest.mark.django_db
def test_a_colleague_writes_whom_they_like_but_nobody_who_does_not_want_it() -> None:
    version = make_version(NOW)
    cold, left = make_reader("Cold", NOW, stage="customer", agreed=False), make_reader("Left", NOW)
    note_consent(left, "offers", Consent.State.WITHDRAWN, how=Consent.How.UNSUBSCRIBED, at=NOW - DAY)
    rows = [post_to(each, version, NOW, kind="by_hand") for each in (cold, left)]
    assert judged(rows) == {rows[1].pk: Never(Reason.WITHDRAWN)}


@pytest.mark.django_db
def test_other_rules_count_from_the_moment_they_are_put_in_force() -> None:
    version = make_version(NOW)
    row = post_to(make_reader("Cold", NOW, agreed=False), version, NOW)
    assert judged([row]) == {row.pk: Never(Reason.NO_CONSENT)}
    put_in_force("others: {basis: unless_withdrawn}", by=None, note="", now=NOW)
    assert judged([row]) == {}


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_do_not_send_one_mail_more_than_the_rules_allow() -> None:
    version = make_version(NOW)
    people = [make_reader(f"Reader{n}", NOW) for n in range(6)]
    for contact in people:
        for source in range(1, 9):
            post_to(contact, version, NOW, source=source)
    at_once([work_off] * 8)
    handed = Delivery.objects.filter(state="handing").values_list("contact__name", flat=True)
    assert sorted(handed) == sorted(each.name for each in people for _ in range(3))
    held = Delivery.objects.filter(state="queued")
    assert set(held.values_list("reason", flat=True)) == {Reason.CAP.value}
    assert held.count() == 6 * 5


def work_off() -> None:
    """As a worker does: claims a few, and takes in hand what may go, until nothing is due. Its clock goes on as long
    as it is put off for a moment."""
    now = NOW
    while Delivery.objects.filter(due_at__lte=now + timedelta(minutes=1), state="queued").exists():
        held = claim(now, limit=3)
        with transaction.atomic():
            judged = judge_handing([each.delivery for each in held], now)
            set_aside(judged, held)
            going = [with_mail(each) for each in held if each.delivery.pk not in judged]
            take_in_hand(going, now, transport="local")
        now += timedelta(milliseconds=200)


def with_mail(held: Held) -> Held:
    delivery = held.delivery
    held.mail = Mail(delivery.pk, delivery.message_id, "", delivery.contact.email, (), "", "")
    return held


def at_once(works: list[Callable[[], None]]) -> None:
    """Runs each in a thread with a connection of its own."""
    troubles = list[BaseException]()

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []


def judged(rows: list[Delivery]) -> dict[int, NotNow | Never]:
    with transaction.atomic():
        return dict(judge_handing(rows, NOW))


def fresh(row: Delivery) -> Delivery:
    return Delivery.objects.select_related("contact__merged_into", "version__email").get(pk=row.pk)
