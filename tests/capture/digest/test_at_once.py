"""Several at once: two workers at the arrivals, colleagues at their pages, merges and undoings, proofs of addresses."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.people.models import Contact, Identity
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.merging import merge, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.proving import prove_email
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import arrive, digested, event, identify, page, server, website
from tests.capture.digest.test_merged import by_id, page_and_log_agree
from tests.contacts.people import colleague, signed_in
from tests.contacts.person.test_opened import opened
from tests.factories import LADDER, NOW
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)
EDITED, MERGED = ("u0", "u1"), ("u2", "u3", "u4", "u5")
USERS = (*EDITED, *MERGED)
EVENTS, AT_ONCE = 144, 24
PAUSE = 0.02


def test_nothing_is_lost_doubled_or_waited_for_in_a_circle() -> None:
    activate(LADDER, now=NOW)
    keys = (website(), server())
    digested(keys[1], *(identify(user, anonymousId=f"browser {user}") for user in USERS), now=NOW)
    before, edits, seed = _circles(), dict[str, str](), random.Random(5)
    mia = signed_in(colleague("marketing", "Mia Market"))
    jobs = (lambda chance: _edit(mia, chance, edits), _merge_or_undo, _prove)
    expected: dict[str, str] = {}
    with worker(), worker(), _beside(jobs) as troubles:
        for start in range(0, EVENTS, AT_ONCE):
            for number in range(start, start + AT_ONCE):
                key, said = _said(seed, keys, number)
                arrive(key, said, at=timezone.now())
                expected[f"{key.pk}:{said['messageId']}"] = said["type"]
            _wait_for_fewer_than(AT_ONCE)
        _wait_for_fewer_than(1)
        _wait_until(lambda: any(user in edits for user in EDITED), "nobody could save anything")
    assert troubles == []
    assert set(Arrival.objects.values_list("outcome", flat=True)) == {"recorded"}
    found = Touch.objects.filter(uid__in=expected).values_list("uid", flat=True)
    assert sorted(found) == sorted(expected)
    assert Contact.objects.count() == len(USERS)
    for user in EDITED:
        contact = by_id(user)
        assert contact.title == edits.get(user, "Reader"), (
            "what a colleague saved is newer than what events say"
        )
        assert contact.source == "mail"
    newest = {user: number for number in range(EVENTS) if (user := _planned(number))}
    assert {user: by_id(user).traits.get("plan") for user in EDITED} == {
        user: str(newest[user]) for user in EDITED
    }
    page_and_log_agree()
    for made in Merge.objects.filter(undone_at=None):
        undo(made, by=None, now=timezone.now())
    assert {user: by_id(user).traits.get("plan") for user in USERS} == {
        user: str(number) for user, number in newest.items()
    }
    page_and_log_agree()
    assert _circles() == before


def _planned(number: int) -> str:
    """Of whom an event tells the plan; each third does."""
    return USERS[number // 3 % len(USERS)] if number % 3 == 0 else ""


def _said(seed: random.Random, keys: tuple[WriteKey, ...], number: int) -> tuple[WriteKey, dict[str, Any]]:
    # Before whatever a colleague does, and not in order.
    at = {"timestamp": (NOW + timedelta(seconds=number)).isoformat()}
    if user := _planned(number):
        traits = {"plan": str(number), "title": "Reader", "email": f"{user}@firm.example"}
        return keys[1], identify(user, traits, anonymousId=f"browser {user}", **at)
    user = seed.choice(USERS)
    came = {"url": "https://www.example.com/?utm_medium=email&utm_source=news"}
    kinds = (
        event("page", properties=came, anonymousId=f"browser {user}", **at),
        page(userId=user, anonymousId=f"browser {seed.choice(USERS)}", **at),
        identify(user, {"city": "Utrecht"}, anonymousId=f"browser {user}", **at),
        event("group", groupId="quill.example", anonymousId=f"browser {user}", **at),
    )
    return keys[0], seed.choice(kinds)


def _edit(mia: Client, chance: random.Random, edits: dict[str, str]) -> None:
    user, title = chance.choice(USERS), f"Editor {chance.random()}"
    contact = by_id(user)
    living = contact.merged_into or contact
    form = opened(mia, f"/contacts/{living.key}/edit")
    answer = mia.post(f"/contacts/{contact.key}/edit", form | {"title": title})
    assert answer.status_code in (302, 422), "saved, or shown what came meanwhile"
    if answer.status_code == 302:
        edits[user] = title


def _merge_or_undo(chance: random.Random) -> None:
    kept, gone = chance.sample(MERGED, 2)
    merge(by_id(kept), by_id(gone), by=None, why="", now=timezone.now())
    if merges := list(Merge.objects.filter(undone_at=None)):
        undo(chance.choice(merges), by=None, now=timezone.now())


def _prove(chance: random.Random) -> None:
    contact, address = by_id(chance.choice(MERGED)), f"{chance.choice(MERGED)}@firm.example"
    if Identity.objects.filter(value=address).exists():
        prove_email(contact, address, now=timezone.now())


@contextmanager
def _beside(jobs: tuple[Callable[[random.Random], None], ...]) -> Iterator[list[BaseException]]:
    """Does these again and again while the test goes on; what went wrong."""
    troubles: list[BaseException] = []
    stop = threading.Event()

    def go_on(job: Callable[[random.Random], None], seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not stop.is_set():
                job(chance)
                # Else nobody but these gets to write.
                stop.wait(PAUSE)
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=go_on, args=(job, seed)) for seed, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    try:
        yield troubles
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _wait_for_fewer_than(most: int) -> None:
    _wait_until(lambda: Arrival.objects.filter(outcome="").count() < most, "the arrivals were not digested")


def _wait_until(is_so: Callable[[], bool], trouble: str) -> None:
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until, trouble
        time.sleep(0.005)


def _circles() -> int:
    """How often PostgreSQL had to end a circle of writers who waited for each other."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
