"""Which of two versions does better: by clicks of people, each once, in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.nurture.emails.content import Content
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.emails.splitting import WINDOW, SplitState, end_split, start_split, state_of
from ripeline.nurture.emails.versions import add_version, make_email, publish
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Contact
from ripeline.timeline.record import record
from tests.factories import make_contact, make_playbook

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=10)


def split_of() -> EmailSplit:
    make_playbook()
    content = Content(subject="One", body="Words.")
    email = make_email("spring", "Spring", content, purpose="newsletter", by=None, now=NOW)
    publish(email, None, NOW)
    other = add_version(email, content.model_copy(update={"subject": "Other"}), by=None, now=NOW)
    assert isinstance(other, EmailVersion)
    made = start_split(Email.objects.get(), other, base=0.05, wished=0.5, by=None, now=NOW)
    assert isinstance(made, EmailSplit)
    return made


def sent(version: EmailVersion, contact: Contact, at: datetime, **more: object) -> Delivery:
    number = Delivery.objects.count()
    known = {"state": "accepted", "source_kind": "broadcast", **more}
    return Delivery.objects.create(
        send_key=f"b:{number}", message_id=f"{number}", contact=contact, version=version, purpose="newsletter",
        created_at=at, accepted_at=at, due_at=at, **known,
    )  # fmt: skip


def did(delivery: Delivery, kind: str, at: datetime, actor: str = "human", subject: str = "spring") -> None:
    fact = Fact(
        id=f"{kind}:{delivery.pk}:{at}:{actor}",
        person=delivery.contact.key,
        at=to_instant(at),
        kind=kind,
        direction="in",
        actor=actor,
        subject=subject,
        value=None,
        attrs={"delivery": delivery.pk},
    )
    record([fact], now=at)


def people(count: int) -> list[Contact]:
    return [make_contact(f"Person {number}") for number in range(count)]


def figures(state: SplitState) -> list[tuple[int, int]]:
    return [(side.people, side.clicked) for side in state.sides]


def test_only_people_who_click_in_time_count_each_once() -> None:
    split = split_of()
    ann, bob, cas, dia, eve, fay = people(6)
    at = NOW + timedelta(hours=1)
    clicked = sent(split.one, ann, at)
    did(clicked, "email_clicked", at + timedelta(hours=2))
    did(clicked, "email_clicked", at + timedelta(hours=3))
    did(sent(split.other, bob, at), "email_clicked", at + timedelta(seconds=2), actor="machine")
    did(sent(split.other, cas, at), "email_opened", at + timedelta(hours=1))
    did(sent(split.other, dia, at), "email_clicked", at + WINDOW + timedelta(hours=1))
    # Somebody who got both is judged by the first.
    sent(split.one, eve, at)
    did(sent(split.other, eve, at + timedelta(days=1)), "email_clicked", at + timedelta(days=1, hours=1))
    # A test, one that was refused, and one too late to be judged.
    did(sent(split.other, fay, at, source_kind="test"), "email_clicked", at + timedelta(hours=1))
    sent(split.other, fay, at, state="failed")
    late = sent(split.other, fay, LATER - timedelta(hours=5))
    did(late, "email_clicked", LATER - timedelta(hours=4))
    state = state_of(split, now=LATER)
    assert figures(state) == [(2, 1), (3, 0)]
    assert (state.waiting, state.better) == (1, None)


def test_a_large_difference_is_found_and_the_chosen_one_is_sent_from_then_on() -> None:
    split = split_of()
    for number, contact in enumerate(people(60)):
        delivery = sent(split.other if number % 2 else split.one, contact, NOW + timedelta(minutes=number))
        if number % 2 and number % 10:
            did(delivery, "email_clicked", NOW + timedelta(hours=2))
    state = state_of(split, now=LATER)
    assert figures(state) == [(30, 0), (30, 30)]
    assert state.better is not None
    assert state.better.version == split.other
    assert not state.is_uneven
    assert end_split(split, state.better.version, by=None, now=LATER)
    assert not end_split(split, None, by=None, now=LATER)
    assert Email.objects.get().version == split.other
