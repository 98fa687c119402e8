"""Who installed the first version brings it up to date and loses nothing, on either database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from django.db import connection

from tests.processes import environment

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


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an installation with a database of its own."""
    here = os.environ | {"RIPELINE_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "ripeline.settings"}
    if connection.vendor == "sqlite":
        yield here | {"RIPELINE_DATABASE_URL": f"sqlite:///{tmp_path}/old.sqlite3"}
        return
    name = f"old_{token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield here | {
        "RIPELINE_DATABASE_URL": environment()["RIPELINE_DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    }
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


def run(installation: dict[str, str], *arguments: str) -> str:
    """What a process of ours prints; it must end well."""
    done = subprocess.run(
        [sys.executable, *arguments], env=installation, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_a_database_in_use_is_brought_up_to_date_and_goes_on(installation: dict[str, str]) -> None:
    before = json.loads(run(installation, "-m", "tests.stories.old_database", "make"))
    tables = {table for table, rows in before.items() if rows}
    assert len(tables) >= 15, "there is something in every table"
    assert run(installation, "-m", "ripeline", "migrate") == "The database is up to date.\n"
    after = json.loads(run(installation, "-m", "tests.stories.old_database", "tell"))
    for table in tables:
        assert missing(before[table], after.get(table, [])) == [], table
        assert len(after[table]) == len(before[table]), f"{table} has as many rows as before"
    assert run(installation, "-m", "ripeline", "migrate") == "The database is up to date.\n", (
        "again is well too"
    )


@pytest.mark.django_db(transaction=True)
def test_the_pages_and_the_worker_go_on_with_what_was_there(installation: dict[str, str]) -> None:
    run(installation, "-m", "tests.stories.old_database", "make")
    run(installation, "-m", "ripeline", "migrate")
    said = run(installation, "-c", LOOK).splitlines()
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
