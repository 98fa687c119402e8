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
# The same of the web server; and a process forked off it that is told to end before it has begun.
SERVER_IN_THE_MIDDLE = """
import os, signal, time
from ripeline.web_server import WebServer
server = WebServer("nowhere:site")
server.heed_signals()
told, tells = os.pipe()
child = os.fork()
if not child:
    os.write(tells, b"!")
    time.sleep(20)
    os._exit(3)
os.read(told, 1)
os.kill(child, signal.SIGTERM)
print("child", os.waitpid(child, 0)[1], server.interrupt_signal, server.main_loop_interrupt.is_set())
with server.main_loop_interrupt._cond:
    for number in (signal.SIGTERM, signal.SIGINT) * 8:
        os.kill(os.getpid(), number)
print("stopped", server.main_loop_interrupt.wait(10), server.interrupt_signal)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(99)"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (IN_THE_MIDDLE, "stopped True\n"),
        (SERVER_IN_THE_MIDDLE, "child 0 False False\nstopped True True\n"),
    ],
    ids=["worker", "server"],
)
def test_a_signal_that_comes_while_another_is_heeded_waits_for_no_lock(code: str, said: str) -> None:
    here = this_package() | {"DJANGO_SETTINGS_MODULE": "ripeline.settings"}
    done = subprocess.run(
        python("-c", code), env=here, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == said


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
