"""The ledger: each mail once, under whatever is asked twice; who lost their hold writes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from ripeline.nurture.sending.answers import WAITS, wait_after
from ripeline.nurture.sending.ledger import IN_HAND, LEASE, claim, give_back, name_uncertain, take_in_hand
from ripeline.nurture.sending.mail import Accepted, Mail
from ripeline.nurture.sending.models import Delivery, SendingSettings
from ripeline.nurture.sending.pace import NO_LIMIT, Pace, day_limit, left_today
from ripeline.nurture.sending.posting import Posted
from ripeline.nurture.sending.settling import Finished, note_report, send_again, settle
from ripeline.people.models import Suppression
from ripeline.timeline.models import Touch
from tests.nurture.sending.post import make_people, send_to

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_the_same_mail_asked_for_twice_is_posted_once() -> None:
    people = make_people("a.example", each=3)
    assert send_to(people) == Posted(new=3, known=0)
    assert send_to([*people, *make_people("b.example")]) == Posted(new=1, known=3)
    assert send_to(people, step="2") == Posted(new=3, known=0)
    assert set(Delivery.objects.values_list("domain", flat=True)) == {"a.example", "b.example"}


@pytest.mark.django_db
def test_a_worker_that_lost_its_hold_can_neither_hand_over_nor_settle() -> None:
    send_to(make_people("a.example"))
    now = timezone.now()
    (first,) = claim(now, limit=10)
    assert not claim(now, limit=10), "what is held is not taken"
    (second,) = claim(now + 2 * LEASE, limit=10)
    first.mail = second.mail = mail_of(first.delivery)
    assert take_in_hand([first], now, transport="smtp") == set()
    assert take_in_hand([second], now, transport="smtp") == {second.delivery.pk}
    assert take_in_hand([second], now, transport="smtp") == {second.delivery.pk}, (
        "said again, it is as it was"
    )
    give_back([second])
    settle([Finished(first, Accepted("250 ok"), now)], now)
    assert Delivery.objects.get().state == "handing"
    assert not Touch.objects.exists()
    settle([Finished(second, Accepted("250 ok"), now)], now)
    assert Delivery.objects.get().state == "accepted"


@pytest.mark.django_db
def test_an_answer_that_comes_after_all_counts_until_somebody_had_it_sent_again() -> None:
    send_to(make_people("a.example", each=2))
    now = timezone.now()
    held = claim(now, limit=10)
    for each in held:
        each.mail = mail_of(each.delivery)
    take_in_hand(held, now, transport="smtp")
    assert name_uncertain(now + IN_HAND - timedelta(seconds=1)) == 0
    assert name_uncertain(now + IN_HAND) == 2
    send_again(held[0].delivery, now)
    settle([Finished(each, Accepted("250 ok"), now) for each in held], now)
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {held[0].delivery.pk: "queued", held[1].delivery.pk: "accepted"}


@pytest.mark.django_db
def test_a_report_of_a_mail_nobody_was_sure_of_says_that_it_was_taken_and_a_complaint_closes_the_address() -> (
    None
):
    send_to(make_people("a.example"))
    now = timezone.now()
    row = Delivery.objects.get()
    Delivery.objects.update(state="uncertain", due_at=None, handed_at=now, address="person0@a.example")
    assert note_report(row, "delivered", at=now, now=now)
    assert not note_report(row, "delivered", at=now, now=now), "told again, nothing new"
    assert note_report(row, "complained", at=now, said="abuse", now=now)
    row.refresh_from_db()
    assert row.state == "accepted"
    kinds = sorted(Touch.objects.values_list("kind", flat=True))
    assert kinds == ["complained", "email_delivered", "email_sent"]
    assert Suppression.objects.get().why == "complained"


def test_back_off_grows_to_three_days_and_ends() -> None:
    assert sum(WAITS, timedelta()) == timedelta(hours=72)
    assert list(WAITS) == sorted(WAITS)
    assert wait_after(1) == timedelta(minutes=5)
    assert wait_after(len(WAITS) + 1) is None


def test_a_new_address_sends_half_as_much_more_every_day_for_three_weeks() -> None:
    ours = SendingSettings(warm_up_from=date(2026, 3, 1), warm_up_first=50)
    limits = [day_limit(ours, date(2026, 3, day)) for day in (1, 2, 3, 21, 22)]
    assert limits == [50, 75, 112, 166_262, None]
    assert day_limit(ours, date(2026, 2, 28)) == 0
    assert day_limit(SendingSettings(), date(2026, 3, 1)) is None


@pytest.mark.django_db
def test_what_was_taken_today_counts_against_the_day() -> None:
    from ripeline.nurture.sending.guard import Tally, count

    count(Tally(accepted=60), NOW)
    ours = SendingSettings(warm_up_from=NOW.date() - timedelta(days=1), warm_up_first=50)
    assert left_today(ours, NOW) == 15
    assert left_today(SendingSettings(), NOW) == NO_LIMIT


def test_so_many_a_minute_and_no_bursts() -> None:
    pace, went = Pace(600), 0
    for tenths in range(1, 101):
        may = pace.allows(100 + tenths / 10)
        assert may <= 10
        pace.spend(may)
        went += may
    assert 100 <= went <= 110, "ten seconds of ten a second, and the second saved at the beginning"
    assert Pace(0).allows(5.0) == NO_LIMIT


def mail_of(delivery: Delivery) -> Mail:
    return Mail(delivery.pk, delivery.message_id, "a@b.example", delivery.contact.email, (), "", "", b"x")
