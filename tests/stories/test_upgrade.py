"""Who installed the first version brings it up to date and loses nothing, on either database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.processes import environment

Rows = dict[str, list[dict[str, Any]]]
ROOT = Path(__file__).parents[2]
DERIVED = {"sort_name"}
"""Columns the database works out from others, by a rule that may change."""
LOOK = """
import django; django.setup()
from django.test import Client
from django.utils import timezone
from ripeline.people.models import User
from ripeline.timeline.models import Reassessment, Transition
from ripeline.worker import catch_up
browser = Client()
browser.force_login(User.objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
for path in ("/", "/contacts/", "/contacts/?q=lind", "/contacts/eva", "/companies/", "/playbook/", "/imports/"):
    answer = browser.get(path, headers={"host": "127.0.0.1"})
    print(path, answer.status_code, "Eva Lind" in answer.content.decode())
Reassessment.objects.update(due_at=timezone.now())
catch_up()
moves = Transition.objects.filter(contact__key="eva", superseded_at=None).order_by("position")
print(*moves.values_list("to_stage", flat=True))
"""


@pytest.fixture(scope="module")
def installation(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of an installation with a database of its own, of the first version."""
    folder = tmp_path_factory.mktemp("old")
    here = os.environ | {"RIPELINE_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "ripeline.settings"}
    if connection.vendor == "sqlite":
        yield here | {"RIPELINE_DATABASE_URL": f"sqlite:///{folder}/old.sqlite3"}
        return
    name = f"old_{token_hex(4)}"
    server = environment()["RIPELINE_DATABASE_URL"].rpartition("/")[0]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield here | {"RIPELINE_DATABASE_URL": f"{server}/{name}"}
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


@dataclass(frozen=True)
class Upgraded:
    """An installation brought up to date, and what every table held before and after."""

    installation: dict[str, str]
    before: Rows
    after: Rows


@pytest.fixture(scope="module")
def upgraded(installation: dict[str, str]) -> Upgraded:
    before = json.loads(run(installation, "-m", "tests.stories.old_database", "make"))
    assert run(installation, "-m", "ripeline", "migrate") == "The database is up to date.\n"
    after = json.loads(run(installation, "-m", "tests.stories.old_database", "tell"))
    return Upgraded(installation, before, after)


def run(installation: dict[str, str], *arguments: str) -> str:
    """What a process of ours prints; it must end well."""
    done = subprocess.run(
        [sys.executable, *arguments], env=installation, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_a_database_in_use_is_brought_up_to_date_and_loses_nothing(upgraded: Upgraded) -> None:
    tables = {table for table, rows in upgraded.before.items() if rows}
    assert len(tables) >= 15, "there is something in every table"
    for table in tables:
        then, now = upgraded.before[table], upgraded.after.get(table, [])
        assert missing(then, now) == [], table
        assert len(now) == len(then), f"{table} has as many rows as before"
    again = run(upgraded.installation, "-m", "ripeline", "migrate")
    assert again == "The database is up to date.\n", "again is well too"


@pytest.mark.django_db(transaction=True)
def test_the_pages_and_the_worker_go_on_with_what_was_there(upgraded: Upgraded) -> None:
    said = run(upgraded.installation, "-c", LOOK).splitlines()
    assert [line.split()[1] for line in said[:-1]] == ["200"] * 7, said
    for path in ("/contacts/ 200 True", "/contacts/?q=lind 200 True", "/contacts/eva 200 True"):
        assert path in said
    assert said[-1] == "mql prospect lead", (
        "30 points, a reply, 60 days of silence: the worker judges what it finds"
    )


def missing(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of `before` that no row of `after` holds, column by column; columns may be added."""
    told = [{name: value for name, value in row.items() if name not in DERIVED} for row in before]
    return [row for row in told if not any(row.items() <= other.items() for other in after)]
