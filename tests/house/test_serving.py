"""What is not served to others, and what several processes that start at once agree on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from django.conf import LazySettings

from ripeline.people.models import User
from ripeline.serving import serve

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
