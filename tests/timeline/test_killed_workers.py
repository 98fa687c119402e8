"""However often workers are killed, the log, the standings and what follows agree."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.people.models import Contact, Notification, User
from ripeline.timeline.camps.keeping import camp_progress, start_camp
from ripeline.timeline.camps.models import CampStanding
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import Firing, progress, publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication, Reassessment, Standing, Transition
from ripeline.timeline.reassess import read_touches, to_fact
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.processes import environment, worker
from tests.timeline.people import PLAYBOOK, fact, make_contact

PEOPLE = 60
CROWD = 400
KILLS = 6
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")
SALES = PLAYBOOK.replace("{signal: email_replied, within: 90d}", "{signal: call_held}")


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
    end_leases()
    with worker():
        wait_until_quiet()
    for contact in people:
        stored_rows_equal_a_fold(contact)
    reached = Counter((row.contact_id, row.stage) for row in Notification.objects.all())
    assert reached
    assert max(reached.values()) == 1
    assert set(reached) == present_and_past_stages()


@pytest.mark.django_db(transaction=True)
def test_workers_killed_while_a_definition_takes_over_leave_nobody_behind_and_ring_once() -> None:
    chance = random.Random(11)
    long_ago = timezone.now() - timedelta(days=30)
    activate(PLAYBOOK, now=long_ago)
    owner = User.objects.create_user("owner@firm.example", "a-long-password")
    people = [make_contact(f"Person {n}", now=long_ago, owner=owner) for n in range(CROWD)]
    record([fact(each, "form_submitted", long_ago) for each in people], now=long_ago)
    assert catch_up(lambda: long_ago) == CROWD
    start_camp("Sales", keep_version(SALES, now=long_ago).version, by=None, note="", now=timezone.now())
    easier = keep_version(EASIER, now=long_ago).version
    everybody = Firing(frozenset({"tell_the_owner"}), "all")
    publication = publish(easier, by=owner, note="a form is enough", now=timezone.now(), firing=everybody)
    dones = []
    for round_ in range(KILLS):
        with worker() as process:
            until = time.monotonic() + chance.uniform(0.9, 1.5)
            while time.monotonic() < until:
                something_happens(chance, people, round_)
                time.sleep(0.02)
            process.kill()
        state = progress()
        assert state is not None
        dones.append(state.done)
    end_leases()
    with worker():
        wait_until_quiet()
    assert dones == sorted(dones)
    assert not Standing.objects.exclude(playbook=easier).exists()
    assert not CampStanding.objects.exclude(camp__is_running=True).exists()
    assert CampStanding.objects.count() == CROWD
    for contact in people:
        stored_rows_equal_a_fold(contact)
    assert CampStanding.objects.filter(ours=F("contact__standing__stage")).count() == CROWD
    rung = Counter(Notification.objects.values_list("contact_id", "stage"))
    assert max(rung.values()) == 1
    moved = Transition.objects.filter(publication=publication, superseded_at=None, to_stage="mql")
    assert set(moved.values_list("contact_id", flat=True)) == {each.pk for each in people}
    assert {pk for pk, stage in rung if stage == "mql"} == {each.pk for each in people}


PUBLISHER = """
import sys, time
from ripeline.cli import set_up_django
set_up_django()
from django.db import transaction
from django.utils import timezone
from ripeline.timeline.definitions.publish import publish
with transaction.atomic():
    publish(sys.argv[1], by=None, note="", now=timezone.now())
    print("about to commit", flush=True)
    time.sleep(60)
"""


@pytest.mark.django_db(transaction=True)
def test_a_publisher_killed_in_the_middle_leaves_the_old_definition_fully_in_force() -> None:
    now = timezone.now()
    old = activate(PLAYBOOK, now=now)
    eva = make_contact("Eva Lind", now=now)
    record([fact(eva, "form_submitted", now)], now=now)
    version = keep_version(EASIER, now=now).version
    command = [sys.executable, "-c", PUBLISHER, version]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "about to commit\n"
        process.kill()
    assert active_playbook() == old
    assert Publication.objects.get().until is None
    assert catch_up() == 1
    assert (Standing.objects.get().playbook_id, Standing.objects.get().stage) == (old.version, "lead")
    assert isinstance(publish(version, by=None, note="", now=timezone.now()), Publication)
    catch_up()
    assert Standing.objects.get().stage == "mql"


def something_happens(chance: random.Random, people: list[Contact], round_: int) -> None:
    contact = chance.choice(people)
    kind = chance.choice(["form_submitted", "page_viewed", "email_replied"])
    uid = f"{contact.key}:{kind}:{round_}:{chance.randrange(5)}"
    touch = fact(
        contact, kind, timezone.now(), uid=uid, subject="/pricing" if kind == "page_viewed" else None
    )
    record([touch], now=timezone.now())


def end_leases() -> None:
    """Ends the leases of dead workers here, rather than wait for their end."""
    Reassessment.objects.exclude(claimed_until=None).update(
        claimed_until=timezone.now() - timedelta(seconds=1)
    )


def wait_until_quiet() -> None:
    until = time.monotonic() + 60
    while Reassessment.objects.filter(due_at__lte=timezone.now()).exists() or is_under_way():
        assert time.monotonic() < until, "people are still due after a minute"
        time.sleep(0.1)


def is_under_way() -> bool:
    states = (progress(), camp_progress())
    return any(state is not None and not state.is_done for state in states)


def stored_rows_equal_a_fold(contact: Contact) -> None:
    standing = Standing.objects.get(pk=contact.pk)
    if standing.assessed_at is None:
        return
    playbook = active_playbook()
    touches = [to_fact(row) for row in read_touches([contact.pk])[contact.pk]]
    folded = fold(playbook, touches, to_instant(standing.assessed_at))
    assert folded.standing is not None
    assert (standing.stage, round(standing.score, 6)) == (
        folded.standing.stage,
        round(folded.standing.score, 6),
    )
    rows = Transition.objects.filter(contact=contact, superseded_at=None).order_by("position")
    assert [(to_instant(row.at), row.from_stage, row.to_stage) for row in rows] == [
        (moved.at, moved.from_stage, moved.to_stage) for moved in folded.transitions
    ]


def present_and_past_stages() -> set[tuple[int, str]]:
    """Whoever stands at a stage was announced there; earlier stages were announced if a worker saw them."""
    present = set(Standing.objects.exclude(stage__in=["", "suspect"]).values_list("pk", "stage"))
    announced = set(Notification.objects.values_list("contact_id", "stage"))
    assert present <= announced
    return announced
