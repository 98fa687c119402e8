"""A landing page through the real server: requests a second, beside the page of sign-in by the same server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

from tests.bench.database import set_up
from tests.processes import free_port

SECONDS = 5


def main() -> None:
    """Prints what a second of two busy browsers brings."""
    set_up()
    from django.utils import timezone

    from ripeline.capture.landing.content import Block, Content
    from ripeline.capture.landing.keeping import make_page, publish
    from ripeline.installing import migrate

    migrate()
    now = timezone.now()
    text = Block(kind="text", text="Twelve weeks, one at a time. " * 20)
    page = make_page("bench", Content(title="Launch your book", blocks=(text,) * 12), by=None, now=now)
    publish(page, by=None, now=now)
    port = free_port()
    environ = {**os.environ, "RIPELINE_PORT": str(port), "RIPELINE_WEB_PROCESSES": "2"}
    server = subprocess.Popen([sys.executable, "-m", "ripeline", "serve", "--no-worker"], env=environ)
    try:
        wait_for(f"http://127.0.0.1:{port}/p/bench/")
        for what, path in (("a landing page", "/p/bench/"), ("the page of sign-in", "/accounts/login/")):
            print(f"{what}, wrk with 16 connections\t{rate(port, path)}")
    finally:
        server.terminate()
        server.wait(30)


def rate(port: int, path: str) -> str:
    """What wrk says of an address: requests a second, and how long one of a hundred takes at most."""
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {line.split()[0].rstrip(":"): line.split()[1] for line in said if len(line.split()) > 1}
    return f"{float(found['Requests/sec']):,.0f} a second, p99 {found['99%']}"


def wait_for(address: str) -> None:
    """Returns when the server answers."""
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).read()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
