"""The test database of each process of tests: migrated once in a run, copied for all, and emptied by what was written.

Migrating takes seconds and copying none. And Django empties a database after a test that commits by truncating every
table and making its permissions anew, whatever the test did; most tests write a few rows into a few tables.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TestCase, TransactionTestCase
from pytest_django import DjangoDbBlocker

from ripeline.installing import complete_database

# Django's own, which it would make anew after emptying them.
STAY = {"django_migrations", "django_content_type", "auth_permission"}
# Up to so many rows deleting is quicker than truncating a table, its indexes and all that refer to it.
FEW = 500
# So many dead rows slow down whoever reads a table to its end.
MANY = 20_000


def make_database(shared: Path | None, name: str) -> None:
    """Makes the database of this process: as `ripeline migrate` leaves one, with its search and its triggers.

    Of several processes the first makes a pattern in the folder they share, of which each copies its own, `name`.
    """
    creation, options = connection.creation, connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        # No power fails here: nothing is written that has to be there afterwards.
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    if shared is None:
        creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        complete_database()
        return
    with _alone(shared / "pattern.lock"):
        if (shared / "pattern").exists():
            connection.settings_dict["NAME"] = creation._get_test_db_name()
        else:
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            complete_database()
            connection.close()
            (shared / "pattern").touch()
        creation.clone_test_db(suffix=name, verbosity=0)
    connection.settings_dict.update(creation.get_test_db_clone_settings(name))


def remove_database() -> None:
    """Removes the database of this process."""
    connection.creation.destroy_test_db(verbosity=0)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Waits until no other process is here."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def standing(blocker: DjangoDbBlocker) -> Iterator[None]:
    """What is written at the beginning of this block stands until its end: for a fixture that builds once what a file
    of tests looks at. Each of them undoes its own beside it; none may commit."""
    with blocker.unblock(), transaction.atomic():
        connection.atomic_blocks[-1]._from_testcase = True
        yield
        transaction.set_rollback(True)


def empty_after_tests() -> None:
    """From now on tests leave their database by what is here, and not by what Django would do."""
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[method-assign]
    undone, dead = TestCase._fixture_teardown, 0

    def undo(case: TestCase) -> None:
        nonlocal dead
        dead += _rows_to_undo()
        undone(case)
        if dead > MANY and not connection.in_atomic_block:
            dead = 0
            _truncate(_tables())

    TestCase._fixture_teardown = undo  # type: ignore[method-assign]


def _empty(_: TransactionTestCase) -> None:
    tables = _tables()
    # Again, as deleting touches writes down that they are gone.
    while written := _written(connection, tables):
        if connection.vendor == "postgresql" and max(written.values()) > FEW:
            _truncate(tables)
            continue
        with transaction.atomic(), connection.cursor() as cursor:
            for each in written:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(each)}")


def _rows_to_undo() -> int:
    """How many rows stay behind as dead ones. Truncating takes them away; vacuum must not (tests/postgres.py)."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0])


def _truncate(tables: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(connection.ops.quote_name(each) for each in tables)}")


def _tables() -> list[str]:
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [each for each in found if each not in STAY]


def _written(connection: BaseDatabaseWrapper, tables: list[str]) -> dict[str, int]:
    """The tables that hold rows, and how many: one more than FEW where there are more."""
    count = "SELECT '{0}', count(*) FROM (SELECT 1 FROM {1} LIMIT {2}) AS few"
    asked = " UNION ALL ".join(
        count.format(each, connection.ops.quote_name(each), FEW + 1) for each in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {table: rows for table, rows in cursor.fetchall() if rows}


def examples(number: int) -> int:
    """How many examples of a test that runs on both databases are looked at on this one: all on SQLite. On PostgreSQL a
    fifth, the first: the rules that so many shall break are the same there, and it is asked the same questions."""
    return number if connection.vendor == "sqlite" else max(number // 5, 5)
