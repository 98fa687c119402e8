"""The collector: what an event costs, held against a server that answers the same requests without doing anything.

`python -m tests.bench.bench_collector [SECONDS]`, or `... memory MINUTES` for what the process holds under a load that
goes on; with `wrk` (Debian: apt-get install wrk). Rates are of one web
process, asked in turns so that whatever else the machine does meanwhile is shared by both; the median of the turns
counts. Latency is that of half the rate, beside that of doing nothing at the same rate.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.bench.database import set_up

USUAL = 6.0
TURNS = 5
# Visitors have a connection each; with too few of them, all would wait for the disk together.
CONNECTIONS = 256
BATCH_CONNECTIONS = 32
BATCH = 100
RATE = r"Requests/sec:\s+([\d.]+)"
NOTHING = "tests.bench.nothing:answer"
OURS = "ripeline.rsgi:site"
SERVE = (
    "import sys; from granian.constants import Interfaces, Loops; from granian.server import Server;"
    "Server(sys.argv[1], address='127.0.0.1', port=int(sys.argv[2]), interface=Interfaces(sys.argv[3]),"
    " loop=Loops(sys.argv[4]), workers=1, websockets=False, log_access=False).serve()"
)
EVENT = {
    "type": "track",
    "event": "Pricing Viewed",
    "userId": "u%d",
    "anonymousId": "2b0d6a3c-6c6f-4d8a-9f9e-0c5b8f1f7f10",
    "messageId": "m-%d-6605df9c-8717-4115",
    "timestamp": "2026-11-22T01:10:20.116Z",
    "properties": {"plan": "pro", "value": 12.5, "url": "https://www.example.com/pricing?utm_source=news"},
    "context": {"library": {"name": "bench", "version": "1.0"}, "page": {"path": "/pricing"}},
}


def run(seconds: float = USUAL) -> Iterator[tuple[str, str]]:
    """What was measured, with its figure."""
    from ripeline.capture.collector.keys import make_key
    from ripeline.capture.collector.models import Arrival
    from ripeline.installing import migrate

    if shutil.which("wrk") is None:
        raise SystemExit("There is no wrk here. Install it (Debian: apt-get install wrk).")
    migrate()
    key = make_key("Bench", "server", now=datetime.now(UTC)).key
    where = _database()
    with (
        tempfile.TemporaryDirectory() as name,
        _serving(NOTHING, "asgi", "asyncio") as plain,
        _serving(NOTHING, "asgi", "uvloop") as idle,
        _serving(OURS, "rsgi", "uvloop") as ours,
    ):
        folder = Path(name)
        single, batch = _scripts(folder, key)
        turns = [[_wrk(port, single, seconds) for port in (plain, idle, ours)] for _ in range(TURNS)]
        yield f"load average while collecting ({where})", f"{os.getloadavg()[0]:.1f}"
        yield f"doing nothing, over ASGI ({where})", _figure([turn[0] for turn in turns])
        yield f"doing nothing, over ASGI with uvloop ({where})", _figure([turn[1] for turn in turns])
        yield f"single events ({where})", f"{_figure([turn[2] for turn in turns])}, {_shares(turns)}"
        doing = statistics.median(turn[2].rate for turn in turns)
        batches = [_wrk(ours, batch, seconds, BATCH_CONNECTIONS) for _ in range(TURNS)]
        yield f"batches of {BATCH} ({where})", _figure(batches, BATCH)
        yield f"single events at half the rate ({where})", _paced(ours, single, doing / 2, seconds * 2)
        yield f"doing nothing at that rate ({where})", _paced(idle, single, doing / 2, seconds * 2)
        yield f"memory of the process ({where})", _memory(ours, single, seconds)
    yield f"arrivals kept in all ({where})", f"{Arrival.objects.count():,}"


@dataclass(frozen=True, slots=True)
class Turn:
    """Requests a second, and seconds of computing that each took of the server."""

    rate: float
    computing: float


def _wrk(port: int, script: Path, seconds: float, connections: int = CONNECTIONS) -> Turn:
    process = _web_process(port)
    before = sum(process.cpu_times()[:2])
    told = _run_wrk(port, script, seconds, connections)
    computed = sum(process.cpu_times()[:2]) - before
    return Turn(float(_found(RATE, told)), computed / int(_found(r"(\d+) requests in", told)))


def _shares(turns: list[list[Turn]]) -> str:
    plain, idle = (statistics.median(turn[2].rate / turn[each].rate for turn in turns) for each in (0, 1))
    return f"{plain:.0%} of doing nothing, {idle:.0%} of doing nothing with uvloop"


def _figure(turns: list[Turn], events: int = 1) -> str:
    rate = statistics.median(turn.rate for turn in turns) * events
    computing = statistics.median(turn.computing for turn in turns) / events
    return f"{rate:,.0f} a second, computing {computing * 1e6:.0f} us each"


def _run_wrk(port: int, script: Path, seconds: float, connections: int = CONNECTIONS) -> str:
    """What wrk says; none of its requests was refused."""
    where = f"http://127.0.0.1:{port}/v1/track"
    many, long = f"-c{connections}", f"-d{seconds:.0f}s"
    command = ["wrk", "-t1", many, long, "--latency", "-s", str(script), where]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told, told
    return told


def _found(pattern: str, told: str) -> str:
    found = re.search(pattern, told)
    assert found, told
    return found[1]


def _scripts(folder: Path, key: str) -> tuple[Path, Path]:
    """What wrk sends: single events, each another; and batches."""
    authorization = base64.b64encode(f"{key}:".encode()).decode()
    head = f'wrk.method = "POST"\nwrk.headers["Authorization"] = "Basic {authorization}"\n'
    head += 'wrk.headers["Content-Type"] = "application/json"\n'
    text = json.dumps(EVENT)
    single, batch = folder / "single.lua", folder / "batch.lua"
    single.write_text(
        f"{head}local n = 0\nlocal text = [==[{text}]==]\nrequest = function()\n  n = n + 1\n"
        "  return wrk.format(nil, nil, nil, string.format(text, n % 1000, n))\nend\n"
    )
    many = [text % (each, each) for each in range(BATCH)]
    batch.write_text(f'{head}wrk.path = "/v1/batch"\nwrk.body = [==[{{"batch": [{", ".join(many)}]}}]==]\n')
    return single, batch


def _paced(port: int, script: Path, a_second: float, seconds: float) -> str:
    """How long answers take when each of many senders waits a while, now longer, now shorter, before the next."""
    pause = CONNECTIONS / a_second * 1000
    slow = script.with_name("paced.lua")
    slow.write_text(f"{script.read_text()}\ndelay = function() return math.random(0, {2 * pause:.0f}) end\n")
    told = _run_wrk(port, slow, seconds)
    p50, p99 = (_found(rf"\n\s+{share}%\s+(\S+)", told) for share in (50, 99))
    return f"{float(_found(RATE, told)):,.0f} a second, p50 {p50}, p99 {p99}"


def _memory(port: int, script: Path, seconds: float) -> str:
    """What the process holds after one load, and after as many again as there are turns."""
    process = _web_process(port)
    held = [process.memory_info().rss]
    for _ in range(TURNS):
        _wrk(port, script, seconds)
        held.append(process.memory_info().rss)
    told = ", ".join(f"{each / 1e6:.0f}" for each in held)
    return f"{told} MB, before and after each {seconds:.0f} s of single events"


def hold(minutes: int, a_second: float = 2_000) -> Iterator[tuple[str, str]]:
    """What the process holds after each minute of a load that goes on."""
    from ripeline.capture.collector.keys import make_key
    from ripeline.installing import migrate

    migrate()
    key = make_key("Bench", "server", now=datetime.now(UTC)).key
    with tempfile.TemporaryDirectory() as name, _serving(OURS, "rsgi", "uvloop") as ours:
        single, _ = _scripts(Path(name), key)
        process = _web_process(ours)
        held = []
        for _ in range(minutes):
            _paced(ours, single, a_second, 60)
            held.append(process.memory_info().rss)
        told = ", ".join(f"{each / 1e6:.0f}" for each in held)
        yield (
            f"memory of the process, minute by minute, about {a_second:,.0f} a second ({_database()})",
            f"{told} MB",
        )


def _web_process(port: int) -> psutil.Process:
    """The one that answers behind a port."""
    parents = (each for each in psutil.Process().children() if str(port) in each.cmdline())
    return next(parents).children()[0]


@contextmanager
def _serving(application: str, interface: str, loop: str) -> Iterator[int]:
    from tests.processes import free_port

    port = free_port()
    # No worker takes anything out of the way meanwhile.
    settings = {**os.environ, "RIPELINE_WAITING_LIMIT": "100000000"}
    command = [sys.executable, "-c", SERVE, application, str(port), interface, loop]
    process = subprocess.Popen(command, env=settings, stdout=sys.stderr)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    from http.client import HTTPConnection

    until = time.monotonic() + 60
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("POST", "/v1/nothing", b"{}")
            connection.getresponse().read()
            return
        except OSError:
            assert time.monotonic() < until, "the server did not answer within a minute"
            time.sleep(0.2)


def _database() -> str:
    from django.db import connection

    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]


if __name__ == "__main__":
    set_up()
    asked = sys.argv[1:]
    found = hold(int(asked[1])) if asked[:1] == ["memory"] else run(float(asked[0]) if asked else USUAL)
    for what, figure in found:
        print(f"{what}\t{figure}", flush=True)
