"""Signals that end the worker, however close together they come, and what it starts beside itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone

from ripeline.kit.processes import end, python, this_package
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.history.keeping import _beside
from ripeline.work.beat import KEY
from tests.processes import worker
from tests.timeline.people import PLAYBOOK

# The moment in which a second signal comes while the first one's handler sets the event.
IN_THE_MIDDLE = """
import os, signal
import django
django.setup()
from ripeline.worker import stop_on_signal
stop = stop_on_signal()
with stop._cond:
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), number)
print("stopped", stop.wait(10))
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(99)"


def test_a_signal_that_comes_while_another_is_heeded_waits_for_no_lock() -> None:
    here = this_package() | {"DJANGO_SETTINGS_MODULE": "ripeline.settings"}
    done = subprocess.run(
        python("-c", IN_THE_MIDDLE), env=here, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "stopped True\n"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_stop_again_and_again_ends() -> None:
    activate(PLAYBOOK, now=timezone.now())
    with worker() as process:
        until = time.monotonic() + 30
        while cache.get(KEY) is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        for _ in range(200):
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_process_that_does_not_end_when_it_is_told_to_is_ended() -> None:
    process = subprocess.Popen(python("-c", DEAF), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        said.readline()
        end(process, within=0.1)
    assert process.returncode == -signal.SIGKILL


def test_what_is_started_beside_the_worker_is_this_package_whatever_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ripeline").mkdir()
    (tmp_path / "ripeline" / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", str(tmp_path)]))
    assert _beside("-c", "import ripeline.replay").wait() == 0
