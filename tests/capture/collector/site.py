"""Our own server on an address that stays, so that it can be stopped, killed and started again under its senders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection

import psutil

from tests.processes import free_port


class Site:
    """`ripeline serve`, in a family of processes of its own."""

    def __init__(self, settings: Mapping[str, str], processes: int) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        mine = {"RIPELINE_PORT": str(self.port), "RIPELINE_WEB_PROCESSES": str(processes)}
        self._settings = {**os.environ, **settings, **mine}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [sys.executable, "-m", "ripeline", "serve", "--no-worker"]
        self._process = subprocess.Popen(command, env=self._settings, start_new_session=True)
        until = time.monotonic() + 90
        while not self._answers():
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not answer"
            time.sleep(0.1)

    def stop(self) -> None:
        """Asks it to end, and waits until it has."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def kill(self) -> None:
        """Ends all of its processes at once, without a word."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    def processes(self) -> list[psutil.Process]:
        """Those that serve, and still live."""
        assert self._process
        family = psutil.Process(self._process.pid).children()
        return [each for each in family if each.status() != psutil.STATUS_ZOMBIE]

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/v1/nothing", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


@contextmanager
def site(settings: Mapping[str, str], *, processes: int = 2) -> Iterator[Site]:
    """A server that answers; ended at the end, however it stands with it then."""
    served = Site(settings, processes)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def post(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body of an answer, over a connection of its own. Raises OSError or HTTPException."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
