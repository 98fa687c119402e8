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


def make_database(shared: Path | None, name: str) -> None:
    """Makes the database of this process: as `ripeline migrate` leaves one, with its search and its triggers.

    Of several processes the first makes a pattern in the folder they share, of which each copies its own, `name`.
    """
    creation = connection.creation
    if shared is None:
        creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        complete_database()
        return
    with _alone(shared / "pattern.lock"):
        if not (shared / "pattern").exists():
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            complete_database()
            connection.close()
            (shared / "pattern").touch()
        connection.settings_dict["NAME"] = creation._get_test_db_name()
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
    undone = TestCase._fixture_teardown

    def undo(case: TestCase) -> None:
        # PostgreSQL keeps how it looks for the rows that a foreign key names. Made while a table was empty that is to
        # read all of it, and a test that rolls back what it wrote tells nobody that it no longer is.
        if connection.vendor == "postgresql" and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("DISCARD PLANS")
        undone(case)

    TestCase._fixture_teardown = undo  # type: ignore[method-assign]


def _empty(_: TransactionTestCase) -> None:
    tables = [
        each for each in connection.introspection.django_table_names(only_existing=True) if each not in STAY
    ]
    # Again, as deleting touches writes down that they are gone.
    while written := _written(connection, tables):
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql" and max(written.values()) > FEW:
                cursor.execute(f"TRUNCATE {', '.join(connection.ops.quote_name(each) for each in tables)}")
                continue
            for each in written:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(each)}")


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
