"""How many people a definition finds, while it is being written: within a time, and nothing is kept of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

from ripeline.kit.sql import Sql
from ripeline.nurture.segments.asking import Terms, find
from ripeline.nurture.segments.definition import Group

WITHIN = 4.0
"""Seconds. Whoever is still writing has changed it by then, and the browser takes the next answer."""
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are (None: it takes too long to say here) and the ids of some of them, who came last first."""

    number: int | None
    ids: tuple[int, ...] = ()


def count(definition: Group, terms: Terms, *, seconds: float = WITHIN) -> Counted:
    """Counts whom a definition finds."""
    found = find(definition, terms)
    statement = Sql(
        f"SELECT f.id, COUNT(*) OVER () FROM ({found.text}) f ORDER BY f.id DESC LIMIT {SHOWN}",  # noqa: S608
        found.params,
    )
    try:
        with _within(seconds):
            rows = statement.rows()
    except DatabaseError as stopped:
        if not _is_stop(stopped):
            raise
        return Counted(None)
    return Counted(int(str(rows[0][1])) if rows else 0, tuple(int(str(row[0])) for row in rows))


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Whatever a database is asked in here, it stops after so many seconds."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [str(round(seconds * 1000))]
                )
            yield
        return
    # No transaction: on SQLite each of ours takes the write lock.
    connection.ensure_connection()
    until = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > until, 20_000)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


def _is_stop(trouble: DatabaseError) -> bool:
    return "interrupted" in str(trouble) or "statement timeout" in str(trouble)
