"""`ripeline history`: what it says, and with which exit code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_django import Settings

from ripeline.installing import examine
from ripeline.timeline.history.commands import history_group
from ripeline.timeline.history.opening import NotReady, look_at_history, open_history
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record
from tests.timeline.people import fact, make_contact

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    place = tmp_path / "history"
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(place)})
    return place


def run(command: str) -> Result:
    """`ripeline history COMMAND`."""
    return CliRunner().invoke(history_group, [command])


@pytest.mark.django_db
def test_build_status_and_verify_tell_what_there_is(folder: Path) -> None:
    missing = run("status")
    assert missing.exit_code == 1
    assert f"There are no history parts in {folder}." in missing.output
    contacts = [make_contact(name, now=NOW) for name in ("Eva", "Tom")]
    record([fact(contact, "page_viewed", NOW) for contact in contacts], now=NOW)
    built = run("build")
    assert built.exit_code == 0
    assert "The history parts hold 2 touches of 2 people, brought up to date at 20" in built.output
    assert "Nothing is waiting." in built.output
    record([fact(contacts[0], "form_submitted", NOW)], now=NOW)
    Touch.objects.filter(contact=contacts[1]).delete()
    assert "Waiting: 1 newer touch and changes of 1 contact." in run("status").output
    assert run("update").exit_code == 0
    status = run("status")
    assert status.exit_code == 0
    assert f"Folder: {folder}" in status.output
    assert "hold 2 touches of 1 person" in status.output
    found = look_at_history()
    assert not isinstance(found, NotReady)
    files = len(found.parts.manifest.files)  # one or two: ids decide whether both people share a bucket
    whole = (
        "The one file is as it was written." if files == 1 else f"All {files} files are as they were written."
    )
    assert run("verify").output == f"{whole}\n"


@pytest.mark.django_db
def test_verify_names_what_is_damaged_and_what_to_do(folder: Path) -> None:
    record([fact(make_contact("Eva", now=NOW), "page_viewed", NOW)], now=NOW)
    open_history(NOW)
    file = next(folder.glob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[50] ^= 1
    file.write_bytes(content)
    done = run("verify")
    assert done.exit_code == 1
    assert f"{file} is damaged: its" in done.output
    assert "run `ripeline history build`" in done.output
    assert run("build").exit_code == 0
    assert run("verify").exit_code == 0


@pytest.mark.django_db
def test_the_doctor_speaks_of_the_parts_and_is_not_worried_by_their_absence() -> None:
    said = [finding for finding in examine() if "history parts" in finding.what]
    assert [finding.well for finding in said] == [True]
    assert "The worker makes them" in said[0].what


@pytest.mark.django_db
def test_when_everybody_is_gone_nothing_is_held(folder: Path) -> None:
    contacts = [make_contact(name, now=NOW) for name in ("Eva", "Tom")]
    record([fact(contact, "page_viewed", NOW) for contact in contacts], now=NOW)
    run("build")
    for contact in contacts:
        contact.delete()
    run("update")
    assert "hold 0 touches of 0 people" in run("status").output
    record([fact(make_contact("Ana", now=NOW), "page_viewed", NOW)], now=NOW)
    run("update")
    assert "hold 1 touch of 1 person" in run("status").output
