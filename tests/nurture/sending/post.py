"""Emails, people and deliveries for tests of sending, and an engine that sends them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.rules.handing import judge_handing
from ripeline.nurture.sending.composing import LetterComposer, Sender, Words
from ripeline.nurture.sending.desk import Desk
from ripeline.nurture.sending.engine import Engine, Speed
from ripeline.nurture.sending.mail import Judge, Never
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.posting import Posted, Wanted, post
from ripeline.nurture.sending.smtp import Patience, Server, SmtpLine, unguarded
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)
BRISK = Speed(
    lines=4, spare=4, domain_lines=2, batch=20, slow=0.1, rest=0.02, grace=3, away=0.05, domain_rest=0.2
)
HASTE = Patience(connect=2, verb=0.4, dot=0.8, quit=0.2)
LEAVE = "http://127.0.0.1/u/1/"
SENDER = Sender("Ann of Ours", "ann@ours.example", "", "bounces.ours.example")


def make_version(key: str = "welcome") -> EmailVersion:
    """A version of an email."""
    email = Email.objects.create(key=key, title=key.title(), purpose="newsletter", created_at=LONG_AGO)
    return EmailVersion.objects.create(
        email=email,
        number=1,
        content={},
        subject="Hello",
        html="<p>Hello</p>",
        text="Hello {{ unsubscribe }} {{ sender.address }}",
        created_at=LONG_AGO,
    )


def make_people(*domains: str, each: int = 1) -> list[Contact]:
    """People with addresses at these domains."""
    drafts = [
        ContactDraft(name=f"Person {n}", emails=(f"person{n}@{domain}",))
        for domain in domains
        for n in range(each)
    ]
    return add_contacts(drafts, now=LONG_AGO)


def send_to(
    people: Sequence[Contact], *, due: datetime | None = None, step: str = "1", **more: object
) -> Posted:
    """Posts the same mail to people, as a colleague does: no hour, and no other mail, holds it back."""
    version = EmailVersion.objects.filter(email__key="welcome").first() or make_version()
    now = timezone.now()
    wanted = [
        Wanted(each.pk, each.key, version.pk, "newsletter", "by_hand", 1, step, due or now, **more)  # type: ignore[arg-type]
        for each in people
    ]
    return post(wanted, now=now)


def plain_words(deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Words | Never]:
    """The same words for everybody."""
    return {
        each.pk: Words("Hello", f"Hello {each.contact.name} {LEAVE}", "<p>Hello</p>", LEAVE)
        for each in deliveries
    }


def engine(
    port: int,
    *,
    speed: Speed = BRISK,
    patience: Patience = HASTE,
    later: timedelta = timedelta(),
    judge: Judge = judge_handing,
    stop: threading.Event | None = None,
    until_empty: bool = True,
    server: Server | None = None,
) -> Engine:
    """An engine that hands over to a mail server of this machine; its clock is `later` than ours."""
    server = server or Server("127.0.0.1", port)

    return Engine(
        Desk(LetterComposer(SENDER, plain_words), judge, transport="smtp"),
        lambda: SmtpLine(server, patience=patience, dial=unguarded),
        speed=speed,
        clock=lambda: timezone.now() + later,
        stop=stop or threading.Event(),
        until_empty=until_empty,
    )


def run(engine: Engine) -> None:
    """Runs an engine until nothing is due, in a thread of its own, as a worker does."""
    thread = threading.Thread(target=lambda: asyncio.run(engine.run()))
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "the engine did not come to an end"


def states() -> dict[str, tuple[str, str]]:
    """State and reason of each delivery, by the address of whom it is to."""
    rows = Delivery.objects.values_list("contact__email", "state", "reason")
    return {address: (state, reason) for address, state, reason in rows}
