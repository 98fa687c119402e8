"""Real processes of ours beside a test, on the test's own database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings as django_settings
from django.db import connection


def environment() -> dict[str, str]:
    """The environment that makes another process use the database of this test."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{settings['NAME']}"
    else:
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        where = f"{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
        address = f"postgresql://{settings['USER']}{password}@{where}"
    # Each database has its own history parts: tests beside one another would write over one another's.
    parts = django_settings.CONFIG.history or str(
        Path(django_settings.CONFIG.data_dir).resolve() / f"history-{Path(str(settings['NAME'])).stem}"
    )
    return {**os.environ, "RIPELINE_DATABASE_URL": address, "RIPELINE_HISTORY": parts}


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker process, killed at the end if it still runs."""
    process = subprocess.Popen([sys.executable, "-m", "ripeline", "worker"], env=environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def server(*, processes: int = 2, **settings: str) -> Iterator[str]:
    """The address of our own server, which has begun to answer; ended, with its processes, at the end."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    mine = {"RIPELINE_PORT": str(port), "RIPELINE_WEB_PROCESSES": str(processes)}
    command = [sys.executable, "-m", "ripeline", "serve", "--no-worker"]
    process = subprocess.Popen(command, env={**environment(), **mine, **settings})
    try:
        _wait_until_it_answers(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < until, "the server did not answer in a minute"
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=10).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
