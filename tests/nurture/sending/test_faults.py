"""What mail servers do wrong, and what becomes of the mail and of the person."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from ripeline.nurture.sending.engine import Engine
from ripeline.nurture.sending.mail import Transport
from ripeline.nurture.sending.models import Delivery, SendingSettings
from ripeline.nurture.sending.ours import our_settings
from ripeline.nurture.sending.smtp import Server
from ripeline.people.models import Suppression
from ripeline.timeline.models import Touch
from tests.nurture.sending.post import BRISK, engine, make_people, run, send_to, states
from tests.nurture.sending.sink import Fault, Sink, Verb

pytestmark = pytest.mark.django_db(transaction=True)

LATER = ("deferred", "later")
FAULTS: dict[str, tuple[Fault, tuple[str, str], bool]] = {
    # domain -> what its server does, what becomes of the mail, whether the server has it
    "busy.example": (Fault("rcpt", "421 4.3.2 closing, come again"), LATER, False),
    "locked.example": (Fault("rcpt", "450 4.2.1 mailbox busy"), LATER, False),
    "grey.example": (Fault("rcpt", "451 4.7.1 greylisted, try again in 5 minutes"), LATER, False),
    "small.example": (Fault("rcpt", "452 4.2.2 over quota"), LATER, False),
    "full.example": (Fault("rcpt", "552 5.2.2 mailbox full"), LATER, False),
    "gone.example": (Fault("rcpt", "550 5.1.1 no such user"), ("failed", "no_such_address"), False),
    "words.example": (Fault("rcpt", "550 mailbox unavailable"), ("failed", "no_such_address"), False),
    "odd.example": (Fault("rcpt", "550 no"), ("failed", "refused"), False),
    "shut.example": (Fault("rcpt", "550 5.7.1 we do not take mail from you"), ("deferred", "sender_refused"), False),
    "picky.example": (Fault("dot", "554 transaction failed"), ("failed", "content_refused"), False),
    "later.example": (Fault("dot", "451 4.3.0 try later"), LATER, False),
    "mute-rcpt.example": (Fault("rcpt", hangs=True), LATER, False),
    "mute-data.example": (Fault("data", hangs=True), LATER, False),
    "mute-dot.example": (Fault("dot", hangs=True), ("uncertain", "no_answer"), False),
    "took-dot.example": (Fault("dot", hangs=True, takes=True), ("uncertain", "no_answer"), True),
    "drop-rcpt.example": (Fault("rcpt", drops=True), LATER, False),
    "drop-data.example": (Fault("data", drops=True), LATER, False),
    "drop-dot.example": (Fault("dot", drops=True, takes=True), ("uncertain", "no_answer"), True),
    "slow.example": (Fault("dot", after=0.5, takes=True), ("accepted", ""), True),
    "crawl.example": (Fault("rcpt", crawls=True), ("accepted", ""), True),
    "good.example": (Fault("ehlo", times=0), ("accepted", ""), True),
}  # fmt: skip


def test_each_fault_of_a_server_is_of_its_own_class_and_nobody_gets_two() -> None:
    people = make_people(*FAULTS)
    send_to(people)
    with Sink(faults={domain: fault for domain, (fault, _, _) in FAULTS.items()}) as sink:
        run(engine(sink.port))
    assert states() == {f"person0@{domain}": state for domain, (_, state, _) in FAULTS.items()}
    assert {each.to.partition("@")[2] for each in sink.taken} == {
        domain for domain, (_, _, takes) in FAULTS.items() if takes
    }
    assert max(sink.counts().values()) == 1
    closed = set(Suppression.objects.values_list("address", "why"))
    assert closed == {("person0@gone.example", "bounced"), ("person0@words.example", "bounced")}
    told = set(Touch.objects.values_list("contact__email", "kind"))
    assert told == {
        *((f"person0@{name}.example", "email_sent") for name in ("slow", "crawl", "good")),
        *((f"person0@{name}.example", "email_bounced") for name in ("gone", "words")),
    }
    assert our_settings().paused_at is None, "one domain that does not want us is no reason to stop"


def test_what_was_put_off_is_delivered_when_its_time_comes_and_given_up_after_three_days() -> None:
    send_to(make_people("grey.example", "never.example"))
    faults = {
        "grey.example": Fault("rcpt", "451 4.7.1 greylisted", times=1),
        "never.example": Fault("rcpt", "450 4.2.0 not now"),
    }
    with Sink(faults=faults) as sink:
        run(engine(sink.port))
        assert set(states().values()) == {LATER}
        waits = [row.due_at - timezone.now() for row in Delivery.objects.exclude(due_at=None) if row.due_at]
        assert all(timedelta(minutes=4) < wait < timedelta(minutes=6) for wait in waits)
        run(engine(sink.port, later=timedelta(minutes=6)))
        assert states()["person0@grey.example"] == ("accepted", "")
        for hours in range(1, 90, 8):
            run(engine(sink.port, later=timedelta(hours=hours)))
    assert states()["person0@never.example"][0] in ("deferred", "failed")
    row = Delivery.objects.get(contact__email="person0@never.example")
    Delivery.objects.filter(pk=row.pk).update(attempts=14, state="deferred", due_at=timezone.now())
    with Sink(faults=faults) as sink:
        run(engine(sink.port))
    assert states()["person0@never.example"] == ("failed", "gave_up")


@pytest.mark.parametrize("verb", ["greet", "ehlo", "mail"])
def test_a_server_that_hangs_before_anybody_is_named_costs_nobody_their_mail(verb: Verb) -> None:
    send_to(make_people("good.example"))
    with Sink(faults={"": Fault(verb, hangs=True, times=1)}) as sink:
        run(engine(sink.port))
        run(engine(sink.port, later=timedelta(minutes=10)))
    assert states() == {"person0@good.example": ("accepted", "")}
    assert len(sink.taken) == 1


def test_a_line_that_cannot_be_made_safe_carries_nothing_and_nothing_is_lost() -> None:
    send_to(make_people("good.example"))
    with Sink(extensions=("STARTTLS",)) as sink:
        closed = Server("127.0.0.1", sink.port, "starttls")
        with running(engine(sink.port, server=closed, until_empty=False)):
            until(lambda: sink.met["starttls"] > 1)
        assert not sink.taken
        assert states() == {"person0@good.example": ("queued", "")}
        run(engine(sink.port))
        assert len(sink.taken) == 1


def test_two_domains_that_do_not_want_us_stop_everything_and_close_nobodys_address() -> None:
    send_to(make_people("one.example", "two.example", "good.example", each=3))
    no = Fault("rcpt", "550 5.7.26 unauthenticated mail is not accepted")
    with Sink(faults={"one.example": no, "two.example": no}) as sink:
        run(engine(sink.port))
    paused = our_settings()
    assert paused.paused_at
    assert "one.example and two.example do not want mail from us: 550 5.7.26" in paused.paused_why
    assert not Suppression.objects.exists()
    assert not Delivery.objects.filter(state="failed").exists()


def test_while_sending_is_paused_nothing_leaves() -> None:
    send_to(make_people("good.example"))
    SendingSettings.objects.create(pk=1, paused_at=timezone.now())
    with Sink() as sink:
        run(engine(sink.port))
    assert not sink.taken
    assert states() == {"person0@good.example": ("queued", "")}
    assert not Delivery.objects.exclude(claimed_by="").exists()


def test_a_dead_domain_costs_the_others_no_lines_worth_speaking_of() -> None:
    send_to(make_people("dead.example", each=30), step="dead")
    send_to(make_people(*(f"good{n}.example" for n in range(10)), each=6), step="good")
    with Sink(faults={"dead.example": Fault("rcpt", hangs=True)}) as sink:
        one = engine(sink.port, speed=replace(BRISK, domain_rest=60.0), until_empty=False)
        at_once = counting(one)
        with running(one):
            until(lambda: len(sink.taken) == 60)
    dead = sum(number for to, number in sink.tries.items() if to.endswith("@dead.example"))
    assert dead <= BRISK.domain_lines, "no more lines than a domain gets, once, and then it was left in peace"
    assert max(at_once) <= BRISK.lines + BRISK.spare
    left = Delivery.objects.filter(step="dead", state="queued", claimed_by="")
    assert left.count() == 30 - dead, "what waits for it is in nobody's hands"


def counting(one: Engine) -> list[int]:
    """How many lines there are at each that is begun, with it: a mail server hears late that one ended."""
    begin, at_once = one.new_line, list[int]()

    def begin_counted() -> Transport:
        at_once.append(len(one.lines))
        return begin()

    one.new_line = begin_counted
    return at_once


@contextmanager
def running(one: Engine) -> Iterator[None]:
    """An engine at work beside the test, told to stop at its end."""
    thread = threading.Thread(target=lambda: asyncio.run(one.run()))
    thread.start()
    try:
        yield
    finally:
        one.stop.set()
        thread.join(20)
    assert not thread.is_alive()


def until(is_so: Callable[[], bool]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.02)
