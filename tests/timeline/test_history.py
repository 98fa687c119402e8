"""The history parts follow the touch log, whatever happens to it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from json import loads
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from pytest_django import Settings

from ripeline.kit.instants import to_instant
from ripeline.people.models import Contact, Visitor
from ripeline.replay.parts.loading import load
from ripeline.replay.parts.problems import DamagedParts
from ripeline.replay.parts.updating import put_in_force
from ripeline.timeline import history, history_keeping
from ripeline.timeline.history import (
    NotReady,
    OpenHistory,
    Refused,
    check_history,
    look_at_history,
    open_history,
    update_history,
)
from ripeline.timeline.history_models import HistoryChange, HistoryState
from ripeline.timeline.history_triggers import drop_triggers, make_triggers, triggers_ready
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import withdraw
from tests.processes import environment, worker
from tests.replay.parts.batches import everything
from tests.replay.parts.full_disk import FullDisk
from tests.timeline.people import fact, make_contact

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = ["page_viewed", "form_submitted", "email_replied"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of the test's own for its parts."""
    place = tmp_path / "history"
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(place)})
    return place


def opened(now: datetime = NOW) -> OpenHistory:
    """The parts, which must open."""
    found = open_history(now)
    assert isinstance(found, OpenHistory), found
    return found


def held(found: OpenHistory) -> dict[str, list[tuple[object, ...]]]:
    """What the parts hold, attrs read."""
    return {
        person: [(*row[:7], loads(str(row[7])) if row[7] else {}, row[8]) for row in rows]
        for person, rows in everything(found.parts).items()
    }


def logged() -> dict[str, list[tuple[object, ...]]]:
    """What the log holds of contacts, each in the order of a fold."""
    found: dict[str, list[tuple[object, ...]]] = {}
    rows = [row for row in Touch.objects.all() if row.contact_id is not None]
    for row in sorted(rows, key=lambda row: (row.at, row.uid.encode())):
        found.setdefault(str(row.contact_id), []).append(
            (
                *(
                    row.uid,
                    to_instant(row.at),
                    to_instant(row.received_at),
                    row.kind,
                    row.direction,
                    row.actor,
                ),
                *(row.subject, row.attrs, row.value),
            )
        )
    return found


def add_touches(contact: Contact, numbers: range, *, back: int = 0) -> None:
    """Some touches, `back` days late."""
    record(
        [
            fact(
                contact,
                KINDS[n % 3],
                NOW - timedelta(days=back, seconds=n % 5),
                uid=f"{contact.pk}-{back}-{n}",
            )
            for n in numbers
        ],
        now=NOW,
    )


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


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


@pytest.mark.django_db
@pytest.mark.parametrize("damage", [truncate, Path.unlink, flip])
@pytest.mark.parametrize("which", ["*.parquet", "manifest.json"])
def test_damaged_parts_are_noticed_and_made_anew(
    damage: Callable[[Path], None], which: str, folder: Path
) -> None:
    add_touches(make_contact("Eva", now=NOW), range(50))
    opened()
    damage(next(folder.glob(which)))
    if which == "*.parquet" and damage is flip:
        # Every byte is checked before it is used; `check_history` does so for all.
        with pytest.raises(DamagedParts):
            held(opened())
        check_history(clock=lambda: NOW)
    else:
        assert isinstance(look_at_history(), NotReady)
    assert held(opened()) == logged()


@pytest.mark.django_db
def test_a_bucket_that_is_damaged_where_an_update_reads_it_is_made_anew(folder: Path) -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(50))
    opened()
    flip(next(folder.glob("*.parquet")))
    add_touches(eva, range(50, 100))
    assert held(opened()) == logged()


@pytest.mark.django_db
def test_a_full_disk_leaves_the_old_parts_in_use_and_says_so(settings: Settings) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": f"{FullDisk.protocol}://timeline"})
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(3))
    before = held(opened())
    add_touches(eva, range(3, 50))
    with FullDisk.full_after(1):
        done = update_history(clock=lambda: NOW)
    assert isinstance(done, Refused)
    assert "No space left on device" in done.why
    found = look_at_history()
    assert isinstance(found, OpenHistory)
    assert held(found) == before
    assert found.waiting == 47
    assert "The old ones stay in use" in found.trouble
    found = opened()
    assert held(found) == logged()
    assert found.trouble == ""


@pytest.mark.django_db
def test_one_writes_at_a_time_and_one_who_died_is_waited_for_until_the_lease_ends() -> None:
    add_touches(make_contact("Eva", now=NOW), range(3))
    HistoryState.objects.update_or_create(
        pk=1, defaults={"claimed_by": "another", "claimed_until": NOW + timedelta(seconds=30)}
    )
    refused = update_history(clock=lambda: NOW)
    assert isinstance(refused, Refused)
    assert isinstance(open_history(NOW, patience=0.2), NotReady)
    assert held(opened(NOW + timedelta(minutes=1))) == logged()


@pytest.mark.django_db
def test_one_who_lost_the_lease_changes_nothing() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(3))
    before = held(opened())
    add_touches(eva, range(3, 6))

    def taken_over(done: int, total: int) -> None:
        HistoryState.objects.update(claimed_by="another", claimed_until=NOW)

    refused = update_history(clock=lambda: NOW, progress=taken_over)
    assert isinstance(refused, Refused)
    found = look_at_history()
    assert isinstance(found, OpenHistory)
    assert held(found) == before
    assert held(opened(NOW + timedelta(seconds=1))) == logged()


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.django_db
@pytest.mark.parametrize("is_written", [False, True])
def test_a_crash_beside_the_moment_of_truth_leaves_the_old_parts_or_the_new(
    monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(6))
    before = held(opened())
    add_touches(eva, range(6, 9))
    withdraw([f"{eva.pk}-0-1"], now=NOW)

    def crash(*given: object, **more: object) -> None:
        if is_written:
            put_in_force(*given, **more)  # type: ignore[arg-type]
        raise Crash

    monkeypatch.setattr(history, "put_in_force", crash)
    with pytest.raises(Crash):
        update_history(clock=lambda: NOW)
    monkeypatch.undo()
    found = look_at_history()
    assert isinstance(found, OpenHistory)
    assert held(found) == (logged() if is_written else before)
    assert found.changed == 1  # noted still: to read that person again does no harm
    later = opened(NOW + timedelta(minutes=3))
    assert held(later) == logged()
    assert later.is_fresh


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
    with uncommitted(eva) as commit:
        # Eva's touch has the lower id and is not to be seen yet; Tom's has the higher and is.
        add_touches(tom, range(1))
        assert Touch.objects.count() == 1
        while_open = opened()
        assert held(while_open) == {}
        assert not while_open.is_fresh
        commit()
    assert Touch.objects.count() == 2
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
def test_writers_killed_at_any_moment_leave_parts_that_are_right() -> None:
    chance = random.Random(11)
    people = [make_contact(f"Person {n}", now=NOW) for n in range(40)]
    seen: list[int] = []
    for round_ in range(6):
        for contact in people:
            add_touches(contact, range(round_ * 25, round_ * 25 + 25), back=round_)
        withdraw([f"{people[round_].pk}-{round_}-{round_ * 25}"], now=NOW)
        command = [sys.executable, "-m", "ripeline", "history", "build" if round_ == 3 else "update"]
        with subprocess.Popen(command, env=environment()) as process:
            time.sleep(chance.uniform(0.9, 1.8))
            process.send_signal(signal.SIGKILL)
        found = look_at_history()
        if isinstance(found, OpenHistory):
            seen.append(found.parts.manifest.position)
            assert found.parts.touches == sum(map(len, held(found).values()))
        HistoryState.objects.update(claimed_until=None)
    assert seen == sorted(seen)
    assert held(opened()) == logged()


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
    monkeypatch.setattr(history_keeping, "MOST_AT_ONCE", 10)
    history_keeping.attend_history(stop=threading.Event(), clock=lambda: NOW)
    found = look_at_history()
    assert isinstance(found, OpenHistory)
    assert held(found) == logged()
    assert load(found.parts.buckets[0]).touches == 20


@pytest.mark.django_db(transaction=True)
def test_the_worker_finds_damage_when_it_starts(folder: Path) -> None:
    add_touches(make_contact("Eva", now=NOW), range(20))
    opened()
    damaged = next(folder.glob("*.parquet"))
    flip(damaged)
    with worker():
        until = time.monotonic() + 30
        while (found := opened()).parts.manifest.files[0].name == damaged.name:
            assert time.monotonic() < until
            time.sleep(0.1)
    assert held(found) == logged()
