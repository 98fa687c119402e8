"""However often workers are killed, the log, the standings and what follows agree."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.people.models import Contact, Notification, User
from ripeline.timeline.active import activate
from ripeline.timeline.models import Reassessment, Standing, Transition
from ripeline.timeline.reassess import read_touches, to_fact
from ripeline.timeline.record import record
from tests.processes import worker
from tests.timeline.people import PLAYBOOK, fact, make_contact

PEOPLE = 60
KILLS = 6


@pytest.mark.django_db(transaction=True)
def test_workers_killed_at_random_lose_nothing_and_double_nothing() -> None:
    chance = random.Random(7)
    activate(PLAYBOOK, now=timezone.now())
    owner = User.objects.create_user("owner@firm.example", "a-long-password")
    people = [make_contact(f"Person {n}", now=timezone.now(), owner=owner) for n in range(PEOPLE)]
    for round_ in range(KILLS):
        with worker() as process:
            until = time.monotonic() + chance.uniform(0.9, 1.6)
            while time.monotonic() < until:
                something_happens(chance, people, round_)
                time.sleep(0.01)
            process.kill()
    # The dead workers' leases are ended here rather than waited for.
    Reassessment.objects.exclude(claimed_until=None).update(
        claimed_until=timezone.now() - timedelta(seconds=1)
    )
    with worker():
        wait_until_quiet()
    for contact in people:
        stored_rows_equal_a_fold(contact)
    reached = Counter((row.contact_id, row.stage) for row in Notification.objects.all())
    assert reached
    assert max(reached.values()) == 1
    assert set(reached) == present_and_past_stages()


def something_happens(chance: random.Random, people: list[Contact], round_: int) -> None:
    contact = chance.choice(people)
    kind = chance.choice(["form_submitted", "page_viewed", "email_replied"])
    uid = f"{contact.key}:{kind}:{round_}:{chance.randrange(5)}"
    touch = fact(
        contact, kind, timezone.now(), uid=uid, subject="/pricing" if kind == "page_viewed" else None
    )
    record([touch], now=timezone.now())


def wait_until_quiet() -> None:
    until = time.monotonic() + 30
    while Reassessment.objects.filter(due_at__lte=timezone.now()).exists():
        assert time.monotonic() < until, "people are still due after 30 seconds"
        time.sleep(0.1)


def stored_rows_equal_a_fold(contact: Contact) -> None:
    standing = Standing.objects.get(pk=contact.pk)
    if standing.assessed_at is None:
        return
    playbook = activate(PLAYBOOK, now=timezone.now())
    touches = [to_fact(row) for row in read_touches([contact.pk])[contact.pk]]
    folded = fold(playbook, touches, to_instant(standing.assessed_at))
    assert folded.standing is not None
    assert (standing.stage, round(standing.score, 6)) == (
        folded.standing.stage,
        round(folded.standing.score, 6),
    )
    rows = Transition.objects.filter(contact=contact, superseded_at=None).order_by("position")
    assert [(to_instant(row.at), row.to_stage, row.rule) for row in rows] == [
        (moved.at, moved.to_stage, moved.rule) for moved in folded.transitions
    ]


def present_and_past_stages() -> set[tuple[int, str]]:
    """Whoever stands at a stage was announced there; earlier stages were announced if a worker saw them."""
    present = set(Standing.objects.exclude(stage__in=["", "suspect"]).values_list("pk", "stage"))
    announced = set(Notification.objects.values_list("contact_id", "stage"))
    assert present <= announced
    return announced
