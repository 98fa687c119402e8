"""The history parts when something goes wrong: damage, a full disk, a lost lease, writers that die."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import pyarrow as pa
import pytest
from django.db import connection, connections, transaction
from pytest_django import Settings

from ripeline.installing import examine
from ripeline.people.models import Contact
from ripeline.replay.parts import building
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.problems import DamagedParts
from ripeline.replay.parts.spilling import buckets_of
from ripeline.replay.parts.updating import put_in_force
from ripeline.timeline.history import keeping, opening
from ripeline.timeline.history.mending import check_history, mend_history
from ripeline.timeline.history.models import HistoryChange, HistoryState
from ripeline.timeline.history.opening import (
    NotReady,
    OpenHistory,
    Refused,
    look_at_history,
    open_history,
    update_history,
)
from ripeline.timeline.withdraw import withdraw
from tests.processes import environment, worker
from tests.replay.parts.full_disk import FullDisk
from tests.timeline.histories import NOW, add_touches, flip, held, logged, opened
from tests.timeline.people import make_contact


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of the test's own for its parts."""
    place = tmp_path / "history"
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(place)})
    return place


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


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
@pytest.mark.parametrize("noticed", ["opened", "read", "checked"])
def test_only_the_bucket_that_is_damaged_is_made_anew(
    noticed: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is in it is read again, up to where the other buckets are; what came or changed since comes too."""
    # Eight buckets, whatever the ids: so the others need not be split meanwhile.
    monkeypatch.setattr(building, "BUCKET_TOUCHES", 40)
    monkeypatch.setattr(building, "MOST_BUCKETS", 8)
    people = [make_contact(f"Person {number}", now=NOW) for number in range(40)]
    for contact in people:
        add_touches(contact, range(8))
    before = opened().parts
    assert before.manifest.bucket_count == 8
    hurt = before.buckets[3].bucket.files[0].name
    (truncate if noticed == "opened" else flip)(folder / hurt)
    late = next(each for each in people if str(each.pk) in held_by(before, 3))
    if noticed != "checked":
        # So many that the bucket is written as one file again, whoever is in it: that reads what is damaged.
        add_touches(late, range(8, 32))
        add_touches(people[0], range(16, 18))
        withdraw([f"{each.pk}-0-1" for each in people[:2]], now=NOW)
    else:
        assert check_history(clock=lambda: NOW)
    after = opened().parts
    assert held(opened()) == logged()
    kept = {file.name for file in before.manifest.files} & {file.name for file in after.manifest.files}
    assert hurt not in kept
    assert len(kept) >= len(before.manifest.files) - (1 if noticed == "checked" else 4)


def held_by(parts: Parts, number: int) -> set[str]:
    """The contacts of a bucket."""
    people = [str(pk) for pk in Contact.objects.values_list("pk", flat=True)]
    count = parts.manifest.bucket_count
    places = buckets_of(pa.array(people, pa.string()), count)
    wanted = parts.buckets[number].bucket.number
    return {who for who, place in zip(people, places, strict=True) if place == wanted}


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
    assert [finding.well for finding in examine() if "The old ones stay" in finding.what] == [False]
    found = opened()
    assert held(found) == logged()
    assert found.trouble == ""
    with FullDisk.full_after(0):
        done = update_history(clock=lambda: NOW, anew=True)
    assert isinstance(done, Refused)
    assert done.why.endswith("No space left on device. The old ones stay in use.")
    # Nothing is new; but what was tried in vain is over, and nobody is warned of it for ever.
    keeping.attend_history(stop=threading.Event(), clock=lambda: NOW)
    assert (held(opened()), opened().trouble) == (logged(), "")


def flip_on(disk: FullDisk, path: str) -> None:
    content = bytearray(disk.cat_file(path))
    content[len(content) // 3] ^= 4
    disk.pipe_file(path, bytes(content))


@pytest.mark.django_db
def test_damage_that_could_not_be_made_anew_is_kept_in_mind_until_it_is(settings: Settings) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": f"{FullDisk.protocol}://damage"})
    add_touches(make_contact("Eva", now=NOW), range(50))
    folder = opened().parts.folder
    damaged = next(name for name in folder.sizes() if name.endswith(".parquet"))
    flip_on(FullDisk(), f"damage/{damaged}")
    with FullDisk.full_after(0):
        found, why = mend_history(clock=lambda: NOW)
        assert len(found) == 1
        for _ in range(2):
            # The worker's next turns: nothing is new, and the disk is still full.
            keeping.attend_history(stop=threading.Event(), clock=lambda: NOW)
            [finding] = [each for each in examine() if why in each.what]
            assert not finding.well
    # Nor is it forgotten where the trouble is, since somebody wrote new parts beside the damaged file.
    HistoryState.objects.update(trouble="")
    keeping.attend_history(stop=threading.Event(), clock=lambda: NOW)
    assert damaged not in [file.name for file in opened().parts.manifest.files]
    assert (held(opened()), HistoryState.objects.get().damaged) == (logged(), [])


@pytest.mark.django_db
@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_full_disk_without_parts_that_could_be_used_says_so(settings: Settings, is_damaged: bool) -> None:
    url = f"{FullDisk.protocol}://timeline-{token_hex(4)}"
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": url})
    add_touches(make_contact("Eva", now=NOW), range(3))
    if is_damaged:
        folder = opened().parts.folder
        folder.remove([name for name in folder.sizes() if name.endswith(".parquet")])
    with FullDisk.full_after(0):
        done = update_history(clock=lambda: NOW)
    assert isinstance(done, Refused)
    kept = "The older ones cannot be used." if is_damaged else "There are no older ones."
    assert done.why.endswith(f"No space left on device. {kept}")
    [found] = [finding for finding in examine() if kept in finding.what]
    assert (found.well, found.is_bearable) == (False, True)


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


@pytest.mark.django_db(transaction=True)
def test_one_who_slept_through_the_end_of_the_lease_takes_nobodys_notes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eva, bob = make_contact("Eva", now=NOW), make_contact("Bob", now=NOW)
    add_touches(eva, range(9))
    add_touches(bob, range(3))
    opened()
    withdraw([f"{eva.pk}-0-1"], now=NOW)

    def put_after_a_long_sleep(*args: object, **kwargs: object) -> object:
        # Another process takes over meanwhile, and has already looked at the parts that are in force.
        HistoryState.objects.update(claimed_by="another", claimed_until=NOW + timedelta(minutes=5))
        return put_in_force(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "put_in_force", put_after_a_long_sleep)
    noted = set(HistoryChange.objects.values_list("contact_id", flat=True))
    assert isinstance(update_history(clock=lambda: NOW), Refused)
    monkeypatch.undo()
    assert set(HistoryChange.objects.values_list("contact_id", flat=True)) == noted == {eva.pk}
    assert held(opened(NOW + timedelta(minutes=10))) == logged()


@contextmanager
def somebody_writing(contact: Contact) -> Iterator[None]:
    """A transaction that has written touches and takes its time to end."""
    has_written, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            add_touches(contact, range(20, 21))
            has_written.set()
            may_end.wait(30)
        connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    has_written.wait(30)
    try:
        yield
    finally:
        may_end.set()
        thread.join()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_parts_are_not_made_anew_while_a_long_transaction_writes_and_the_old_stay() -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(9))
    before = held(opened())
    with somebody_writing(eva):
        refused = update_history(clock=lambda: NOW, anew=True)
        assert isinstance(refused, Refused)
        assert "Try again" in refused.why
        assert held(opened()) == before
    assert held(opened()) == logged()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_damaged_parts_are_not_replaced_by_empty_ones_while_a_long_transaction_writes(folder: Path) -> None:
    eva = make_contact("Eva", now=NOW)
    add_touches(eva, range(9))
    opened()
    truncate(next(folder.glob("*.parquet")))
    with somebody_writing(eva):
        assert isinstance(open_history(NOW, patience=1), NotReady)
    assert held(opened()) == logged()


@pytest.mark.django_db
def test_parts_of_an_empty_log_are_not_opened_when_the_log_holds_something() -> None:
    update_history(clock=lambda: NOW)
    assert isinstance(look_at_history(), OpenHistory)
    add_touches(make_contact("Eva", now=NOW), range(3))
    found = look_at_history()
    # On PostgreSQL the ids go on where those of the tests before ended: then the log was read up to there.
    assert isinstance(found, NotReady) or found.parts.manifest.position
    assert held(opened()) == logged()


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

    monkeypatch.setattr(opening, "put_in_force", crash)
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
