"""Whoever falls over in the middle of a broadcast: everybody gets one mail, or is listed as uncertain."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.nurture.sending.crashes import crash
from tests.processes import environment


@pytest.mark.django_db(transaction=True)
def test_workers_killed_in_mid_broadcast_lose_nobody_and_double_nobody() -> None:
    found = crash(None, environment(), people=300, kills=5, restarts=0, workers=2)
    assert found.is_kept, found
    assert found.accepted > 200


@pytest.mark.pure
def test_postgresql_stopped_at_once_in_mid_broadcast_loses_nobody_and_doubles_nobody() -> None:
    command = [sys.executable, "-m", "tests.nurture.sending.crashes", "--database", "postgresql"]
    sizes = ["--people", "200", "--kills", "0", "--restarts", "2", "--workers", "2"]
    done = subprocess.run([*command, *sizes], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["uncertain"] == 0, (
        "the workers lived on, and wrote down what they had heard"
    )
