"""Taking touches back: a slip of the hand by whoever made it, and the past stays as it was known."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from ripeline.people.models import Contact, User
from ripeline.reactions import react
from ripeline.timeline.asof import AsOf, View
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.merging import merge
from ripeline.timeline.models import Reassessment, Standing, Touch, Transition
from ripeline.timeline.moves import Refused, move
from ripeline.timeline.past import last_move_then
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import take_back, withdraw
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SOON = NOW + timedelta(minutes=5)

pytestmark = pytest.mark.django_db


def user(address: str, *, name: str, role: str = "sales") -> User:
    return User.objects.create_user(address, "a-long-password", name=name, role=role)


def moved(contact: Contact, by: User) -> str:
    """The id of a move that `by` made just now."""
    playbook = activate(PLAYBOOK, now=NOW)
    done = move(contact, "recycled", playbook=playbook, by=by, reason="no budget", now=NOW)
    assert not isinstance(done, Refused)
    return done.id


def test_a_colleague_of_the_same_name_cannot_take_it_back() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    sara, other = user("sara@firm.example", name="Sara"), user("sara.b@firm.example", name="Sara")
    uid = moved(eva, sara)
    assert take_back([uid], by=other, now=SOON) == frozenset()
    assert take_back([uid], by=sara, now=SOON) == {eva.pk}


def test_whoever_changed_their_name_meanwhile_still_can() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    sara = user("sara@firm.example", name="Sara")
    uid = moved(eva, sara)
    User.objects.update(name="Sara Holm")
    assert take_back([uid], by=User.objects.get(), now=SOON) == {eva.pk}


def test_a_move_from_before_ids_were_kept_is_told_by_name() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    sara, tom = user("sara@firm.example", name="Sara"), user("tom@firm.example", name="Tom")
    uid = moved(eva, sara)
    Touch.objects.update(attrs={"by": "Sara", "reason": "no budget"})
    assert take_back([uid], by=tom, now=SOON) == frozenset()
    assert take_back([uid], by=sara, now=SOON) == {eva.pk}


def test_what_was_known_on_a_day_is_not_rewritten_when_an_import_is_undone() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW - 90 * DAY)
    record([fact(eva, "form_submitted", NOW - 10 * DAY)], now=NOW - 10 * DAY)
    assess(NOW - 10 * DAY)
    record([fact(eva, "disqualified", NOW - 11 * DAY, uid="import")], now=NOW - 9 * DAY)
    assess(NOW - 9 * DAY)
    assert stage_as_of(eva, NOW - 8 * DAY) == "suspect"
    withdraw(["import"], now=NOW)
    assess(NOW + DAY)
    assert Standing.objects.get().stage == "lead"
    row = Transition.objects.get(superseded_at=None)
    assert (row.at, row.known_at) == (NOW - 10 * DAY, NOW)
    assert stage_as_of(eva, NOW - 8 * DAY) == "suspect", "as we knew it"
    assert stage_as_of(eva, NOW - 8 * DAY, "was") == "lead", "as it was"
    assert stage_as_of(eva, NOW) == "lead"


def test_what_is_heard_after_a_withdrawal_was_looked_at_has_its_own_moment() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW - 90 * DAY)
    record([fact(eva, "disqualified", NOW - 11 * DAY, uid="import")], now=NOW - 9 * DAY)
    withdraw(["import"], now=NOW)
    assess(NOW)
    assert Reassessment.objects.get().withdrawn_at is None
    heard = {f"{eva.key}:history": NOW - 3 * DAY}
    touch = fact(eva, "form_submitted", NOW - 4 * DAY, uid=f"{eva.key}:history")
    record([touch], now=NOW + DAY, heard=heard)
    assess(NOW + DAY)
    assert Transition.objects.get(superseded_at=None).known_at == NOW - 3 * DAY


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_slip_of_somebody_who_is_being_merged_is_taken_out_of_whom_they_become() -> None:
    ann, bob = (make_contact(name, now=NOW) for name in ("Ann", "Bob"))
    sara = user("sara@firm.example", name="Sara")
    uid = moved(ann, sara)
    with ThreadPoolExecutor(1) as colleague, transaction.atomic():
        merge(bob, ann, by=None, why="one", now=SOON)
        taken = colleague.submit(_take_back_apart, uid, sara)
        _until_somebody_waits_for_us()
    assert taken.result() == {bob.pk}
    assert not Touch.objects.filter(uid=uid).exists()
    due = Reassessment.objects.get()
    assert (due.contact_id, due.withdrawn_at) == (bob.pk, SOON)


def _take_back_apart(uid: str, by: User) -> frozenset[int]:
    try:
        return take_back([uid], by=by, now=SOON)
    finally:
        connection.close()


def _until_somebody_waits_for_us() -> None:
    # Not pg_stat_activity: of that, a transaction goes on seeing what it saw first.
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while True:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < until
            time.sleep(0.02)


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def stage_as_of(contact: Contact, at: datetime, view: View = "known") -> str:
    """Where a list as of a moment has them; whoever had not moved stood in the first stage."""
    wanted, params = last_move_then(AsOf(at, view, "x"), "%s", "m.to_stage")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {wanted}", [contact.pk, *params])
        (found,) = cursor.fetchone()
    return found or "suspect"
