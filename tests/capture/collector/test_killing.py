"""Killed without a word, the server or the database, at odd moments under load: what was acknowledged is there.

What was not is sent again by whoever sent it, and may be there twice; its messageId tells.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from pathlib import Path

import psycopg
import pytest

from tests.capture.collector.asking import basic
from tests.capture.collector.site import Site, post, site
from tests.postgres import Server, private_postgres

pytestmark = pytest.mark.pure
SENDERS = 6
BETWEEN = 0.6
"""Seconds after which the next blow falls, at most."""


@dataclass
class Sent:
    """What the senders know: what was acknowledged, and what they had to send more than once."""

    acknowledged: list[str] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_acknowledged_event_is_lost_when_the_server_is_killed(installed: Install, database: str) -> None:
    chance = random.Random(4)
    with installed(database) as (settings, _), site(settings) as ours:
        with sending(ours, new_key(settings)) as sent:
            for _ in range(3):
                until_more_than(len(sent.acknowledged) + 20, sent)
                time.sleep(chance.uniform(0.1, BETWEEN))
                ours.kill()
                ours.start()
            until_more_than(len(sent.acknowledged) + 100, sent)
        check(sent, kept(settings))
        assert touches(settings) == Counter(dict.fromkeys(kept(settings), 1)), (
            "what is there twice is told apart"
        )


def test_no_acknowledged_event_is_lost_when_one_of_its_processes_is_killed_and_it_comes_back(
    installed: Install,
) -> None:
    with installed("sqlite") as (settings, _), site(settings) as ours:
        with sending(ours, new_key(settings)) as sent:
            time.sleep(0.4)
            victim = ours.processes()[0]
            victim.kill()
            until_more_than(len(sent.acknowledged) + 200, sent)
            wait_for_processes(ours, 2, without=victim.pid)
        check(sent, kept(settings))


def test_no_acknowledged_event_is_lost_when_postgresql_is_killed(installed: Install) -> None:
    chance = random.Random(5)
    with installed("postgresql") as (settings, server), site(settings) as ours:
        assert server
        with sending(ours, new_key(settings)) as sent:
            for _ in range(4):
                until_more_than(len(sent.acknowledged) + 20, sent)
                time.sleep(chance.uniform(0.1, BETWEEN))
                server.kill()
                time.sleep(chance.uniform(0.0, 0.5))
                server.start()
            until_more_than(len(sent.acknowledged) + 100, sent)
        check(sent, kept(settings))
    assert sent.statuses[503], "while it was away, senders were told to come again"
    assert set(sent.statuses) <= {200, 503}


def check(sent: Sent, kept: Counter[str]) -> None:
    assert len(sent.acknowledged) > 100
    lost = [each for each in sent.acknowledged if each not in kept]
    assert not lost, f"{len(lost)} of {len(sent.acknowledged)}"
    doubled = {each for each, times in kept.items() if times > 1}
    assert doubled <= sent.again, "only what a sender sent again is there twice"


@contextmanager
def sending(ours: Site, key: str) -> Iterator[Sent]:
    """Several senders at work while the block lasts; each sends until what it sent is acknowledged."""
    sent, over = Sent(), threading.Event()
    senders = [
        threading.Thread(target=_send, args=(ours, key, number, sent, over)) for number in range(SENDERS)
    ]
    for each in senders:
        each.start()
    try:
        yield sent
    finally:
        over.set()
        for each in senders:
            each.join()


def _send(ours: Site, key: str, sender: int, sent: Sent, over: threading.Event) -> None:
    number = 0
    while not over.is_set():
        ids = [f"{sender}-{number}-{place}" for place in range(1 + number % 3)]
        number += 1
        batch = [{"type": "track", "event": "x", "userId": "u", "messageId": each} for each in ids]
        body = json.dumps({"batch": batch}).encode()
        while not _is_acknowledged(ours, key, body, sent):
            sent.again.update(ids)
            # Whoever was told to come again does so sooner here than it is told, or the test would take minutes.
            time.sleep(0.05)
            if over.is_set():
                return
        sent.acknowledged += ids


def _is_acknowledged(ours: Site, key: str, body: bytes, sent: Sent) -> bool:
    try:
        status, _ = post(ours.port, "/v1/batch", body, {"Authorization": basic(key)})
    except (OSError, HTTPException):
        return False
    sent.statuses[status] += 1
    return status == 200


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a new installation, made once for all: its SQLite file, or the data of its PostgreSQL."""

    @cache
    def folder_of(database: str) -> Path:
        folder = tmp_path_factory.mktemp(database)
        if database == "sqlite":
            run({"RIPELINE_DATA_DIR": str(folder), "RIPELINE_DATABASE_URL": ""}, "migrate")
            return folder
        with private_postgres() as server:
            run({"RIPELINE_DATA_DIR": str(folder), "RIPELINE_DATABASE_URL": server.address}, "migrate")
            server.stop(mode="fast")
            shutil.copytree(server.folder / "data", folder / "data")
            server.start()
        return folder

    return folder_of


Install = Callable[[str], AbstractContextManager[tuple[dict[str, str], Server | None]]]


@pytest.fixture
def installed(migrated: Callable[[str], Path], tmp_path: Path) -> Install:
    """The settings of a new installation, and its PostgreSQL where it has one."""

    @contextmanager
    def install(database: str) -> Iterator[tuple[dict[str, str], Server | None]]:
        settings = {"RIPELINE_DATA_DIR": str(tmp_path), "RIPELINE_DATABASE_URL": ""}
        if database == "sqlite":
            shutil.copytree(migrated(database), tmp_path, dirs_exist_ok=True)
            yield settings, None
            return
        with private_postgres(data=migrated(database) / "data") as server:
            yield settings | {"RIPELINE_DATABASE_URL": server.address}, server

    return install


def new_key(settings: Mapping[str, str]) -> str:
    return run(settings, "key", "new", "Test", "--for", "server").strip()


def run(settings: Mapping[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ripeline", *command],
        env={**os.environ, **settings}, capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    return done.stdout


def kept(settings: Mapping[str, str]) -> Counter[str]:
    """How often each messageId arrived."""
    return Counter(
        json.loads(event)["messageId"] for event in ask(settings, "SELECT event FROM ripeline_arrival")
    )


def touches(settings: Mapping[str, str]) -> Counter[str]:
    """How many touches each messageId became, once the worker has done with what waits."""
    command = [sys.executable, "-m", "ripeline", "worker"]
    worker = subprocess.Popen(command, env={**os.environ, **settings})
    until = time.monotonic() + 100
    while ask(settings, "SELECT id FROM ripeline_arrival WHERE outcome = '' LIMIT 1"):
        assert time.monotonic() < until, "the worker did not come to an end"
        time.sleep(0.2)
    worker.terminate()
    worker.wait(30)
    return Counter(uid.partition(":")[2] for uid in ask(settings, "SELECT uid FROM ripeline_touch"))


def ask(settings: Mapping[str, str], question: str) -> list[str]:
    """The only column of the answer."""
    address = settings["RIPELINE_DATABASE_URL"]
    path = Path(settings["RIPELINE_DATA_DIR"]) / "ripeline.sqlite3"
    with closing(psycopg.connect(address) if address else sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(question)]


def until_more_than(number: int, sent: Sent) -> None:
    until = time.monotonic() + 60
    while len(sent.acknowledged) <= number:
        assert time.monotonic() < until, f"no more than {len(sent.acknowledged)} were acknowledged"
        time.sleep(0.05)


def wait_for_processes(ours: Site, number: int, *, without: int) -> None:
    until = time.monotonic() + 60
    while len([each for each in ours.processes() if each.pid != without]) < number:
        assert time.monotonic() < until, "the process that was killed did not come back"
        time.sleep(0.1)
