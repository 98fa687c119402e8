"""What is not served to others, and what several processes that start at once agree on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from django.conf import LazySettings

from ripeline.people.models import User
from ripeline.serving import refuse_taken_port, serve

KEY = "from ripeline.config import *; print(secret_key(read_config()))"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("RIPELINE_HOST=0.0.0.0", {"host": "0.0.0.0"}),
        (
            "RIPELINE_BASE_URL=https://leads.firm.org",
            {"host": "127.0.0.1", "base_url": "https://leads.firm.org"},
        ),
    ],
)
def test_accounts_whose_passwords_are_public_are_not_served_to_others(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, name: str, change: dict[str, str]
) -> None:
    User.objects.create_user("ada@demo.example", "a-long-password", role="admin")
    monkeypatch.setattr("ripeline.serving.examine", list)
    settings.CONFIG = settings.CONFIG.model_copy(update=change)
    with pytest.raises(click.ClickException) as refused:
        serve(with_worker=False)
    assert name in refused.value.message


@pytest.mark.django_db
def test_a_port_that_somebody_listens_on_is_refused(settings: LazySettings) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = settings.CONFIG.model_copy(update={"host": "127.0.0.1", "port": port})
        with pytest.raises(click.ClickException, match=f"127.0.0.1:{port} cannot be listened on"):
            refuse_taken_port(config)
    refuse_taken_port(config)


@pytest.mark.parametrize("command", ["import list", "user list", "history status", "playbook use default"])
def test_a_database_that_is_not_migrated_is_told_so(tmp_path: Path, command: str) -> None:
    here = os.environ | {"RIPELINE_DATA_DIR": str(tmp_path), "RIPELINE_DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "ripeline", *command.split()],
        env=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "migrations are not applied. Run `ripeline migrate`." in done.stderr
    assert "Traceback" not in done.stderr


def test_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    here = os.environ | {"RIPELINE_DATA_DIR": str(tmp_path), "RIPELINE_DATABASE_URL": ""}
    here.pop("RIPELINE_SECRET_KEY", None)
    started = [
        subprocess.Popen([sys.executable, "-c", KEY], env=here, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    keys = {process.communicate()[0] for process in started}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
