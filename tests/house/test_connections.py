"""Database connections under load: each thread that serves keeps one, and that is all, however many people ask."""

from __future__ import annotations

import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from django.db import connection

from ripeline.page_threads import THREADS
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from tests.factories import NOW, make_contact, make_user, sign_in
from tests.processes import server

PROCESSES = 2
PEOPLE = 40
PAGES_EACH = 6
# The process that starts the others looks at the database once before it does; the collector of each writes over one.
OTHERS = 1 + PROCESSES


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_are_answered_over_as_many_connections_as_there_are_threads() -> None:
    activate(shipped_playbook("default"), now=NOW)
    make_contact("Ann Smit")
    cookie = sign_in(make_user("marketing")).cookies["sessionid"].value
    with server(processes=PROCESSES) as address:
        with ThreadPoolExecutor(PEOPLE) as people:
            asked = [people.submit(_read, address, cookie) for _ in range(PEOPLE)]
            peak = _most_connections(asked)
        assert all(each.result() == PAGES_EACH for each in asked)
        assert _connections() <= PROCESSES * THREADS + OTHERS, "and none is left over"
    if connection.vendor == "postgresql":
        assert 1 < peak <= PROCESSES * THREADS + OTHERS


def _read(address: str, cookie: str) -> int:
    """How many of the pages one person asked for were answered with a list."""
    answered = 0
    for number in range(PAGES_EACH):
        sort = ("name", "-heard", "score")[number % 3]
        request = urllib.request.Request(
            f"{address}/contacts/?sort={sort}", headers={"Cookie": f"sessionid={cookie}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            answered += b"Ann Smit" in answer.read()
    return answered


def _most_connections(asked: list[Future[int]]) -> int:
    """The most connections that were open at once until everybody was answered."""
    most, waiting = 0, set(asked)
    while waiting:
        most = max(most, _connections())
        waiting = wait(waiting, timeout=0.05).not_done
    return most


def _connections() -> int:
    """Connections to this test's database, but for our own. A SQLite file has none."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
