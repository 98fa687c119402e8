"""How soon a touch shows on its contact's page: 100 touches a second come in, a real worker reassesses.

A touch's effect shows when the standing that its contact's page reads was committed with a later assessment.
"""

from __future__ import annotations

import random
import time
from datetime import datetime

from tests.bench.database import set_up

RATE = 100
SECONDS = 20
PEOPLE = 2_000
LONG = 10_000


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure) on the database of this process."""
    set_up()
    from django.db import connection

    from tests.processes import worker

    people = _people()
    with worker():
        _wait_until_assessed(people[:1])
        waits = sorted(_stream(people))
    label = f"effect of a touch, {RATE} touches/s ({connection.vendor})"
    return [
        (f"{label}: median", f"{1000 * waits[len(waits) // 2]:.0f} ms"),
        (f"{label}: p99", f"{1000 * waits[int(len(waits) * 0.99)]:.0f} ms"),
        (f"{label}: slowest of {len(waits)}", f"{1000 * waits[-1]:.0f} ms"),
        (
            f"one touch more for somebody with {LONG:,} ({connection.vendor})",
            f"{1000 * _one_more(people[0]):.0f} ms",
        ),
    ]


def _people() -> list[tuple[int, str]]:
    from django.utils import timezone

    from ripeline.installing import migrate
    from ripeline.people.contacts import ContactDraft, add_contacts

    migrate()
    contacts = add_contacts([ContactDraft(name=f"Person {n}") for n in range(PEOPLE)], now=timezone.now())
    return [(contact.pk, contact.key) for contact in contacts]


def _stream(people: list[tuple[int, str]]) -> list[float]:
    """Records touches at an even rate and asks, between them, whose standing is newer than their touch."""
    chance = random.Random(1)
    pending: dict[int, tuple[float, datetime]] = {}
    waits: list[float] = []
    began = time.monotonic()
    sent = 0
    while sent < RATE * SECONDS or pending:
        if sent < RATE * SECONDS and time.monotonic() >= began + sent / RATE:
            pk, key = chance.choice(people)
            moment = _touch(key, sent)
            pending.setdefault(pk, (time.monotonic(), moment))
            sent += 1
        if sent % 5 == 0 or sent >= RATE * SECONDS:
            waits += _landed(pending)
    return waits


def _touch(key: str, number: int) -> datetime:
    from django.utils import timezone

    from ripeline.kit.instants import to_instant
    from ripeline.lifecycle.touch import Touch
    from ripeline.timeline.record import record

    now = timezone.now()
    kind = ("page_viewed", "form_submitted", "email_clicked")[number % 3]
    touch = Touch(f"bench-{number}", key, to_instant(now), kind, "in", "human", "/pricing", None, {})
    record([touch], now=now)
    return now


def _one_more(person: tuple[int, str]) -> float:
    """Seconds that the assessment after one more touch takes for somebody with a long history: the middle of nine."""
    from django.utils import timezone

    from ripeline.kit.instants import to_instant
    from ripeline.lifecycle.touch import Touch
    from ripeline.timeline.reassess import reassess
    from ripeline.timeline.record import record

    pk, key = person
    now = to_instant(timezone.now())
    hour = 3_600_000_000
    kinds = ("page_viewed", "email_opened", "form_submitted", "email_sent")
    record(
        [
            Touch(f"long-{n}", key, now - (LONG - n) * hour, kinds[n % 4], "in", "human", "/blog", None, {})
            for n in range(LONG)
        ],
        now=timezone.now(),
    )
    reassess([pk], now=timezone.now(), react=lambda change: None)
    taken = []
    for number in range(9):
        _touch(key, 10**9 + 1 + number)
        began = time.monotonic()
        reassess([pk], now=timezone.now(), react=lambda change: None)
        taken.append(time.monotonic() - began)
    return sorted(taken)[4]


def _landed(pending: dict[int, tuple[float, datetime]]) -> list[float]:
    from ripeline.timeline.models import Standing

    rows = Standing.objects.filter(pk__in=list(pending)).values_list("pk", "assessed_at")
    seen = time.monotonic()
    done = [pk for pk, assessed in rows if assessed is not None and assessed >= pending[pk][1]]
    return [seen - pending.pop(pk)[0] for pk in done]


def _wait_until_assessed(people: list[tuple[int, str]]) -> None:
    """The worker has started once its first effect shows."""
    moment = _touch(people[0][1], 10**9)
    pending = {people[0][0]: (time.monotonic(), moment)}
    until = time.monotonic() + 60
    while not _landed(pending):
        if time.monotonic() > until:
            raise RuntimeError("the worker did not reassess anybody within 60 seconds")
        time.sleep(0.05)


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what}\t{figure}")
