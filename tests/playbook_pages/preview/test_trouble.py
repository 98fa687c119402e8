"""Previews where the history cannot be prepared: what stands in the way is said, and nobody waits for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ripeline.people.models import User
from ripeline.playbooks.preview import running
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.running import attend_previews
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.history.models import HistoryState
from ripeline.timeline.record import record
from tests.factories import NOW, make_contact, make_playbook, make_user, sign_in
from tests.replay.parts.full_disk import FullDisk
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    """A marketer at a company of three people."""
    make_playbook()
    for number in range(3):
        record([fact(make_contact(f"Person {number}"), "form_submitted", NOW - timedelta(days=3))], now=NOW)
    return make_user("marketing", "Mia Market")


@pytest.fixture
def full_disk(settings: Any) -> str:
    """The history lies on a disk that may be full."""
    FullDisk.store.clear()
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": f"{FullDisk.protocol}://previews"})
    return FullDisk.protocol


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_is_full_before_there_are_parts_is_said_at_once_and_ends_the_preview(mia: User) -> None:
    run = asked(mia)
    with FullDisk.full_after(0):
        at = attended(run, run.created_at)
        assert run.state == "waiting"
        assert "No space left on device" in page_of(mia, run)
        assert "that is tried again" in page_of(mia, run)
        while run.state == "waiting":
            at = attended(run, at)
    assert run.state == "failed"
    assert at - run.created_at < timedelta(minutes=1)
    page = page_of(mia, run)
    assert "The preview could not be made. The history cannot be prepared for replays." in page
    assert "No space left on device" in page
    again = asked(mia)
    attended(again, again.created_at)
    assert (again.state, again.result["people"]) == ("done", 3)


def test_a_folder_out_of_reach_is_said_at_once_and_ends_the_preview(
    mia: User, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(tmp_path / "file" / "history")})
    run = asked(mia)
    at = attended(run, run.created_at)
    assert "Not a directory" in page_of(mia, run)
    while run.state == "waiting":
        at = attended(run, at)
    assert run.state == "failed"
    assert "Not a directory" in run.error


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_is_full_later_leaves_the_old_parts_and_the_page_says_what_is_not_in_them(
    mia: User,
) -> None:
    first = asked(mia)
    attended(first, first.created_at)
    record([fact(make_contact("Late Comer"), "form_submitted", NOW)], now=NOW)
    run = asked(mia)
    with FullDisk.full_after(0):
        attended(run, run.created_at)
    assert (run.state, run.result["people"]) == ("done", 3)
    page = page_of(mia, run)
    assert "The newest touches are not in it: History parts could not be written" in page
    assert "No space left on device" in page


@pytest.mark.usefixtures("full_disk")
def test_while_another_process_is_making_the_parts_the_last_trouble_ends_nothing(mia: User) -> None:
    run = asked(mia)
    HistoryState.objects.update_or_create(
        pk=1,
        defaults={
            "trouble": "History parts could not be written: No space left on device.",
            "claimed_by": "another",
            "claimed_until": run.created_at + timedelta(minutes=1),
        },
    )
    at = run.created_at
    for _ in range(running.MOST_TRIES + 2):
        at = attended(run, at)
        assert run.state == "waiting"
        assert "The last try came to nothing: History parts could not" in page_of(mia, run)
    attended(run, run.created_at + timedelta(minutes=2))
    assert run.state == "done"


def test_a_preview_keeps_its_lease_while_damaged_parts_are_made_anew(
    mia: User, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(tmp_path / "history")})
    first = asked(mia)
    attended(first, first.created_at)
    for part in (tmp_path / "history").glob("*.parquet"):
        content = part.read_bytes()
        part.write_bytes(bytes(each ^ 0xFF for each in content))
    run = asked(mia)
    monkeypatch.setattr(running, "LOOK_AFTER", 0.0)
    monkeypatch.setattr(running, "RENEW_AFTER", 0.0)
    now = run.created_at
    held = []

    def slow() -> datetime:
        """Each step takes a fifth of the lease; all of them together much more than it."""
        nonlocal now
        now += running.LEASE / 5
        claimed = PreviewRun.objects.values_list("claimed_until", flat=True).get(pk=run.pk)
        held.append(claimed is None or claimed > now)
        return now

    attend_previews(now, clock=slow, stop=lambda: False)
    run.refresh_from_db()
    assert run.note == "The history was found damaged and is made anew."
    assert len(held) > 8
    assert all(held)
    attended(run, now)
    assert run.state == "done"


@pytest.fixture
def damaged(mia: User, full_disk: str) -> None:
    """Parts of the history whose bytes are not what was written."""
    first = asked(mia)
    attended(first, first.created_at)
    for name, file in FullDisk.store.items():
        if name.endswith(".parquet"):
            file.seek(0)
            content = bytes(each ^ 0xFF for each in file.read())
            file.seek(0)
            file.write(content)


@pytest.mark.usefixtures("damaged")
def test_damage_that_another_process_keeps_from_being_mended_is_waited_out(mia: User) -> None:
    run = asked(mia)
    until = run.created_at + timedelta(minutes=1)
    HistoryState.objects.update(claimed_by="another", claimed_until=until)
    at = run.created_at
    for _ in range(running.MOST_TRIES + 2):
        at = attended(run, at)
        assert (run.state, at > run.created_at) == ("waiting", True)
        assert "The history was found damaged. Another process is writing" in page_of(mia, run)
    at = attended(run, until + timedelta(seconds=1))
    attended(run, at)
    assert (run.state, run.result["people"]) == ("done", 3)


@pytest.mark.usefixtures("damaged")
def test_damage_that_a_full_disk_keeps_from_being_mended_is_said_with_its_reason(mia: User) -> None:
    run = asked(mia)
    at = run.created_at
    with FullDisk.full_after(0):
        while run.state in ("waiting", "running"):
            at = attended(run, at)
            assert "No space left on device. The older ones cannot be used." in page_of(mia, run)
    assert run.state == "failed"
    again = asked(mia)
    at = attended(again, again.created_at)
    attended(again, at)
    assert (again.state, again.result["people"]) == ("done", 3)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("view", ["known", "was"])
def test_of_nobody_at_all_a_past_day_is_worked_out_too(view: str) -> None:
    make_playbook()
    now, mia = timezone.now(), make_user("marketing", "Mia Market")
    other = keep_version(shipped_playbook("pointed"), now=now)
    assert isinstance(start_camp("Sales", other.version, by=None, note="", now=now), Camp)
    run = asked(mia, other="shipped pointed", outcome="deal_won", as_of=f"{now:%Y-%m-%d}", view=view)
    attended(run, run.created_at)
    assert (run.state, run.error, run.result["people"]) == ("done", "", 0)
    assert "There is nobody with a touch by then" in page_of(mia, run)
    page = sign_in(mia).get(
        "/playbook/camps/", {"as_of": f"{now - timedelta(days=1):%Y-%m-%d}", "view": view}
    )
    assert page.status_code == 200


def asked(by: User, **more: str) -> PreviewRun:
    """A preview of a shipped playbook beside the one in force."""
    answer = sign_in(by).post(
        "/playbook/previews/start", {"one": "in force", "other": "shipped default"} | more
    )
    assert answer.status_code == 302
    return PreviewRun.objects.latest("pk")


def attended(run: PreviewRun, at: datetime) -> datetime:
    """A worker takes it up when it is due; returns when it is due again."""
    at = max(at, run.due_at or at)
    attend_previews(at, clock=lambda: at, stop=lambda: False)
    run.refresh_from_db()
    return run.due_at or at


def page_of(by: User, run: PreviewRun) -> str:
    return sign_in(by).get(f"/playbook/previews/{run.key}/").content.decode()
