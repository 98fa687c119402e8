"""The lists at size: what a page costs, however it is sorted, filtered, searched, and however deep it lies.

`python -m tests.bench.bench_lists [CONTACTS]`: 100,000 contacts where nothing is said, ten touches each. The
database of the settings is filled where it is empty, and used as it is where it is not.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from tests.bench.database import set_up

if TYPE_CHECKING:
    from django.test import Client

    from ripeline.people.models import User

USUAL = 100_000
REPEATS = 12
DEEP = 1_000
CLIENTS = 4
SECONDS = 8.0

# Kinds of question, each with the addresses that ask it; a figure is over all repeats of all of them.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "list, by score": ("",),
    "list, by name": ("sort=name", "sort=-name"),
    "list, by last heard": ("sort=-heard", "sort=heard"),
    "list, by stage entered": ("sort=-entered", "sort=entered"),
    "list, by created": ("sort=-created", "sort=created"),
    "common filters, by score": (
        "stage=lead",
        "rating=cold",
        "grade=C&grade=D",
        "status=active",
        "score_from=5",
    ),
    "common filters, by name": ("stage=lead&sort=name", "rating=cold&sort=name", "source=organic&sort=name"),
    "owner, by score": ("owner={big}", "owner={middle}", "owner={small}", "owner=none"),
    "rare filters": ("source=press", "tag=beta", "tag=vip", "persona=press", "owner={small}&sort=name"),
    "combined filters": (
        "stage=mql&owner={middle}&source=podcast",
        "stage=customer&rating=hot&grade=A",
        "stage=customer&owner={middle}",
        "stage=sql&rating=hot&sort=name",
        "q=anna&stage=mql&rating=warm&sort=-heard",
        "tag=newsletter&owner=none&grade=B&sort=-created",
    ),
    "search, any part": (
        "q=anna",
        "q=enberg",
        "q=osterening",
        "q=61234",
        "q=anna+osteren",
        "q=zandenberg%40c",
    ),
    "search, one and two letters": ("q=an", "q=z"),
    "search, nobody": ("q=qqqq",),
}


def run(contacts: int = USUAL) -> list[tuple[str, str]]:
    """Fills the database where it is empty and returns what was measured, with its figure."""
    from django.core.management import call_command

    from ripeline.installing import migrate
    from ripeline.people.models import Contact
    from tests.bench.crowd import fill

    call_command("migrate", verbosity=0)
    migrate()
    if not Contact.objects.exists():
        fill(contacts, 10 * contacts)
    load = f"{os.getloadavg()[0]:.1f}"
    where = f"{_about(Contact.objects.count())} contacts, {_database()}"
    found = [(f"{what} ({where})", figure) for what, figure in _ask_all()]
    found += [(f"{what} ({where})", figure) for what, figure in _go_deep()]
    found.append((f"list page through the server, {CLIENTS} clients ({where})", _serve_pages()))
    return [(f"load average before the lists ({where})", load), *found]


def _ask_all() -> Iterator[tuple[str, str]]:
    from ripeline.people.models import User

    sellers = list(User.objects.filter(role="sales").order_by("pk"))
    names = {"big": sellers[0].pk, "middle": sellers[6].pk, "small": sellers[7].pk}
    for what, queries in QUESTIONS.items():
        yield what, _figure(*_times([f"/contacts/?{query.format(**names)}" for query in queries]))
    yield "companies", _figure(*_times(["/companies/", "/companies/?q=osteren"]))
    yield "palette", _figure(*_times(["/palette?q=anna", "/palette?q=oster"]))


def _go_deep() -> Iterator[tuple[str, str]]:
    for sort in ("-score", "name", "-heard"):
        address = _address_of_page(DEEP, sort)
        yield f"page {DEEP:,} by {sort.removeprefix('-')}", _figure(*_times([address]))


def _address_of_page(number: int, sort: str) -> str:
    """Where the page of that number begins, found by going through the ones before."""
    from django.utils import timezone

    from ripeline.contacts.lists.asking import newer_and_older, want
    from ripeline.contacts.lists.filters import Filters
    from ripeline.contacts.lists.listing import read_page
    from ripeline.timeline.definitions.active import active_playbook

    wanted = want(Filters(), _reader(), active_playbook(), now=timezone.now(), sort=sort)
    wanted = replace(wanted, size=wanted.size * 100)
    for _ in range(number // 100):
        found = read_page(wanted)
        wanted = replace(wanted, after=found.places[-1])
    return f"/contacts/{newer_and_older(wanted, found, f'sort={sort}')[1]}"


def _times(paths: Sequence[str]) -> tuple[list[float], float]:
    """Seconds of each request, through everything but the socket, and of computing on average, without the database
    server's; each address is asked once before."""
    client = _client()
    taken, computing = [], 0.0
    for path in paths:
        assert client.get(path).status_code == 200, path
        for _ in range(REPEATS):
            start, computed = time.perf_counter(), time.process_time()
            client.get(path)
            taken.append(time.perf_counter() - start)
            computing += time.process_time() - computed
    return taken, computing / len(taken)


def _serve_pages() -> str:
    """Pages a second through the real server, and how long a page took."""
    taken: list[float] = []
    with _server() as port:
        cookie = f"sessionid={_client().cookies['sessionid'].value}"
        until = time.perf_counter() + SECONDS
        threads = [
            threading.Thread(target=_hammer, args=(port, cookie, until, taken)) for _ in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return f"{len(taken) / SECONDS:.0f} pages/s, {_figure(taken)}"


def _hammer(port: int, cookie: str, until: float, taken: list[float]) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    while time.perf_counter() < until:
        start = time.perf_counter()
        connection.request("GET", "/contacts/", headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body[:200]
        taken.append(time.perf_counter() - start)


@contextmanager
def _server() -> Iterator[int]:
    from tests.processes import free_port

    port = free_port()
    settings = {"RIPELINE_PORT": str(port), "RIPELINE_BASE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "ripeline", "serve", "--no-worker"]
    process = subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/accounts/login/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("The server did not answer within 20 seconds.")


def _client() -> Client:
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(_reader(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _reader() -> User:
    from ripeline.people.models import User

    found = User.objects.filter(email="bench@example.org").first()
    return found or User.objects.create_user("bench@example.org", name="Bea Bench", role="marketing")


def _figure(taken: list[float], computing: float | None = None) -> str:
    ordered = sorted(taken)
    p50, p95 = ordered[len(ordered) // 2], ordered[math.ceil(len(ordered) * 0.95) - 1]
    of_it = "" if computing is None else f", computing {computing * 1000:.1f} ms"
    return f"p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms{of_it}"


def _about(number: int) -> str:
    return f"{number / 1_000_000:g} million" if number >= 1_000_000 else f"{number:,}"


def _database() -> str:
    from django.db import connection

    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]


if __name__ == "__main__":
    set_up()
    for what, figure in run(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL):
        print(f"{what}\t{figure}", flush=True)
