"""What `ripeline doctor` and the start say of an installation that cannot be used, or not wholly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from ripeline.cli import _about_database
from ripeline.installing import examine, not_of_this_release


def ripeline(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command with these settings, as somebody runs it."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("RIPELINE_")}
    return subprocess.run(
        [sys.executable, "-m", "ripeline", *command.split()],
        env=known | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.pure
@pytest.mark.parametrize("command", ["migrate", "user list", "worker"])
def test_a_file_that_is_no_database_is_told_and_left_as_it_is(tmp_path: Path, command: str) -> None:
    (tmp_path / "ripeline.sqlite3").write_text("Dear diary")
    done = ripeline(command, RIPELINE_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "The database cannot be reached: file is not a database" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "ripeline.sqlite3").read_text() == "Dear diary"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/x?colour=red", 'invalid connection option "colour"'),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "Connection refused"),
        ("sqlite:////proc/x/y", "cannot be made"),
    ],
)
def test_the_doctor_says_why_the_database_is_out_of_reach(tmp_path: Path, url: str, says: str) -> None:
    done = ripeline("doctor", RIPELINE_DATA_DIR=str(tmp_path), RIPELINE_DATABASE_URL=url)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert says in said
    assert "RIPELINE_DATABASE_URL" in said
    assert "Traceback" not in said
    assert "hunter2" not in said


@pytest.mark.django_db
def test_a_database_of_a_later_release_is_told_before_this_one_writes_to_it() -> None:
    assert not_of_this_release() == ""
    MigrationRecorder(connection).record_applied("ripeline", "9999_of_tomorrow")
    assert not_of_this_release().startswith(
        "The database was brought up to date by a later release (9999_of_tomorrow). Install that one again"
    )
    assert [finding.is_bearable for finding in examine() if not finding.well] == [False]


@pytest.mark.django_db
def test_history_parts_out_of_reach_are_wrong_and_the_site_starts_without(
    settings: LazySettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings.CONFIG = settings.CONFIG.model_copy(update={"history": str(tmp_path / "file" / "parts")})
    found = [finding for finding in examine() if "history parts" in finding.what]
    assert [(finding.well, finding.is_bearable) for finding in found] == [(False, True)]
    assert found[0].what.endswith(
        "cannot be reached: Not a directory. Previews wait until they can. Check RIPELINE_HISTORY."
    )


@pytest.mark.django_db
def test_a_file_of_networks_that_cannot_be_read_stops_the_start(
    settings: LazySettings, tmp_path: Path
) -> None:
    file = tmp_path / "networks.csv"
    file.write_text("192.0.2.0/24,Acme")
    settings.CONFIG = settings.CONFIG.model_copy(update={"networks": file})
    [found] = [finding for finding in examine() if "networks" in finding.what]
    assert (found.well, found.is_bearable) == (False, False)
    assert found.what.endswith("datacentre, proxy, relay, vpn, tor, none. Mend RIPELINE_NETWORKS.")


@pytest.mark.django_db
def test_what_the_database_does_not_permit_is_told_by_the_command_that_wanted_it() -> None:
    refused = ProgrammingError("permission denied for table ripeline_user\nLINE 1: ...")
    assert _about_database(refused, "user").startswith(
        "The database refused: permission denied for table ripeline_user LINE 1: .... Ripeline works as the user"
    )
    assert _about_database(ProgrammingError("column x does not exist"), "user") == "", (
        "a fault of ours is shown whole"
    )
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*max(key for key in recorder.applied_migrations() if key[0] == "ripeline"))
    assert "Run `ripeline migrate`" in _about_database(refused, "user")
    assert _about_database(refused, "migrate").startswith("The database refused: permission denied")
