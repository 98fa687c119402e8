"""The history parts follow the touch log, whatever happens to it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.db.models import Min
from pytest_django import Settings

from ripeline.people.models import Contact, Visitor
from ripeline.replay.parts.loading import load
from ripeline.timeline.history import keeping
from ripeline.timeline.history.models import HistoryChange, HistoryState
from ripeline.timeline.history.opening import (
    MOST_AT_ONCE,
    NotReady,
    OpenHistory,
    Refused,
    look_at_history,
    update_history,
)
from ripeline.timeline.history.triggers import drop_triggers, make_triggers, triggers_ready
from ripeline.timeline.models import Touch
from ripeline.timeline.withdraw import withdraw
from tests.processes import environment, worker
from tests.timeline.histories import NOW, add_touches, held, logged, opened
from tests.timeline.people import make_contact

SKIP_IDS = {
    "sqlite": "UPDATE sqlite_sequence SET seq = %s WHERE name = 'ripeline_touch'",
    "postgresql": "SELECT setval(pg_get_serial_sequence('ripeline_touch', 'id'), %s)",
}
"""As many imports that were taken back leave it."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of the test's own for its parts."""
    place = tmp_path / "history"
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(place)})
    return place


@pytest.mark.django_db
def test_the_parts_hold_what_the_log_holds() -> None:
    people = [make_contact(f"Person {n}", now=NOW) for n in range(3)]
    for n, contact in enumerate(people):
        add_touches(contact, range(4), back=n)
    first = opened()
    assert held(first) == logged()
    assert (first.parts.touches, first.parts.people) == (12, 3)
    assert first.is_fresh
    add_touches(people[0], range(4, 6), back=400)
    assert held(opened()) == logged()
    assert Touch.objects.count() == 14


@pytest.mark.django_db
def test_a_small_log_whose_ids_begin_far_up_is_not_taken_for_a_large_one() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(1))
    Touch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(SKIP_IDS[connection.vendor], [10 * MOST_AT_ONCE])
    add_touches(eva, range(4))
    assert (Touch.objects.aggregate(first=Min("id"))["first"] or 0) > 10 * MOST_AT_ONCE
    assert held(opened()) == logged()
    Touch.objects.all().delete()
    assert held(opened()) == {}


@pytest.mark.django_db
def test_withdrawn_deleted_moved_and_changed_touches_are_followed() -> None:
    eva, tom, ana = (make_contact(name, now=NOW) for name in ("Eva", "Tom", "Ana"))
    for contact in (eva, tom, ana):
        add_touches(contact, range(6))
    opened()
    withdraw([f"{eva.pk}-0-2"], now=NOW)
    assert look_at_history().changed == 1  # type: ignore[union-attr]
    assert held(opened()) == logged()
    Touch.objects.filter(contact=tom).update(contact=eva)
    assert held(opened()) == logged()
    Touch.objects.filter(uid=f"{ana.pk}-0-1").update(subject="/elsewhere", value=2.5)
    assert held(opened()) == logged()
    ana.delete()
    found = opened()
    assert held(found) == logged()
    assert list(held(found)) == [str(eva.pk)]
    assert found.is_fresh


@pytest.mark.django_db
def test_a_visitor_who_becomes_known_brings_their_touches_along() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(2))
    visitor = Visitor.objects.create(first_seen_at=NOW, last_seen_at=NOW)
    Touch.objects.create(
        uid="seen", visitor=visitor, at=NOW, received_at=NOW, kind="page_viewed", direction="in"
    )
    assert opened().parts.touches == 2
    Touch.objects.filter(visitor=visitor).update(contact=eva)
    found = opened()
    assert found.parts.touches == 3
    assert held(found) == logged()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_the_parts_follow(seed: int) -> None:
    chance = random.Random(seed)
    for step in range(60):
        something_happens(chance, step)
        if chance.random() < 0.4:
            assert held(opened()) == logged()
    assert held(opened()) == logged()


def something_happens(chance: random.Random, step: int) -> None:
    people = list(Contact.objects.order_by("pk"))
    what = chance.random()
    if what < 0.2 or len(people) < 3:
        make_contact(f"Person {step}", now=NOW)
    elif what < 0.7:
        add_touches(chance.choice(people), range(step, step + chance.randrange(12)), back=chance.randrange(9))
    elif what < 0.8:
        uids = list(Touch.objects.values_list("uid", flat=True))
        withdraw(chance.sample(uids, min(3, len(uids))), now=NOW)
    elif what < 0.9:
        one, other = chance.sample(people, 2)
        Touch.objects.filter(contact=one).update(contact=other)
    else:
        chance.choice(people).delete()


@pytest.mark.django_db
def test_parts_of_another_state_of_the_database_are_not_used() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(3))
    opened()
    before = HistoryState.objects.get()
    add_touches(eva, range(3, 6))
    opened()
    # The database is restored to what it was; the folder is not. Ids are then given again.
    Touch.objects.filter(uid=f"{eva.pk}-0-5").delete()
    HistoryChange.objects.all().delete()
    before.save()
    assert isinstance(look_at_history(), NotReady)
    assert held(opened()) == logged()


@pytest.mark.django_db
def test_parts_of_another_database_are_not_used() -> None:
    add_touches(make_contact("Eva", now=NOW), range(3))
    opened()
    HistoryState.objects.update(source="of another")
    found = look_at_history()
    assert isinstance(found, NotReady)
    assert "another log" in found.why
    assert held(opened()) == logged()


@pytest.mark.django_db
def test_without_triggers_nothing_is_written_and_making_them_makes_the_parts_stale() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(3))
    opened()
    drop_triggers(connection)
    withdraw([f"{eva.pk}-0-1"], now=NOW)
    assert not triggers_ready(connection)
    assert isinstance(update_history(clock=lambda: NOW), Refused)
    make_triggers(connection)
    assert isinstance(look_at_history(), NotReady)
    assert held(opened()) == logged()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_touch_whose_transaction_ends_late_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    eva, tom = make_contact("Eva", now=NOW), make_contact("Tom", now=NOW)
    add_touches(tom, range(1))
    before = held(opened())
    with uncommitted(eva) as commit:
        # Eva's touch has the lower id and is not to be seen yet; Tom's second has the higher and is.
        add_touches(tom, range(1, 2))
        assert Touch.objects.count() == 2
        while_open = opened()
        assert held(while_open) == before
        assert not while_open.is_fresh
        commit()
    assert Touch.objects.count() == 3
    found = opened()
    assert held(found) == logged()
    assert found.is_fresh


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_whose_transaction_ends_late_is_not_lost() -> None:
    eva, tom = make_contact("Eva", now=NOW), make_contact("Tom", now=NOW)
    add_touches(eva, range(2))
    add_touches(tom, range(2))
    opened()
    with uncommitted(eva, withdrawing=f"{eva.pk}-0-0") as commit:
        withdraw([f"{tom.pk}-0-0"], now=NOW)
        opened()
        commit()
    assert HistoryChange.objects.count() == 1
    assert held(opened()) == logged()


@contextmanager
def uncommitted(contact: Contact, *, withdrawing: str = "") -> Iterator[Callable[[], None]]:
    """Another connection that wrote a touch of `contact` (or removed one) and has not committed yet."""
    written, go = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                if withdrawing:
                    Touch.objects.filter(uid=withdrawing).delete()
                else:
                    Touch.objects.create(
                        uid="late",
                        contact=contact,
                        at=NOW,
                        received_at=NOW,
                        kind="met_at_event",
                        direction="in",
                    )
                written.set()
                go.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(10)

    def commit() -> None:
        go.set()
        thread.join()

    try:
        yield commit
    finally:
        commit()


@pytest.mark.django_db(transaction=True)
def test_the_worker_keeps_the_parts_by_itself() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(20))
    with worker():
        until = time.monotonic() + 30
        while isinstance(found := look_at_history(), NotReady) or not found.is_fresh:
            assert time.monotonic() < until, found
            time.sleep(0.1)
    assert held(found) == logged()


@pytest.mark.django_db(transaction=True)
def test_much_that_is_new_is_left_to_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    add_touches(make_contact("Eva", now=NOW), range(20))
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(keeping, "MOST_AT_ONCE", 10)
    keeping.attend_history(stop=threading.Event(), clock=lambda: NOW)
    found = look_at_history()
    assert isinstance(found, OpenHistory)
    assert held(found) == logged()
    assert load(found.parts.buckets[0]).touches == 20
