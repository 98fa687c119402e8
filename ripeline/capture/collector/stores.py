"""Where arrivals are written: one transaction for a group of them, in the way that each database does fastest.

Not by Django's ORM: it would take longer to make a row than all else that is done with an event. The connection is
Django's, so that the settings of the one are those of the other.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Any, Protocol

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error as DjangoError
from django.db.utils import load_backend

from ripeline.capture.collector.keys import KnownKey
from ripeline.capture.collector.refusals import LATEST, Turned

Row = tuple[int, str, str, str]
"""Write key's number, moment it was received (UTC, as text), event, facts."""

LOCK_PATIENCE = 3.0
"""Seconds that a group waits for SQLite's lock. A sender who hears nothing for much longer gives up."""
LOCK_POLL = 0.002
CHECKPOINT_AFTER = 2 * 1024 * 1024
"""Bytes of events after which SQLite's log is copied to its file, beside the writing."""
LONGEST_LOG = 16_000
"""Pages after which whoever commits does it: then little is left to copy, and the log begins anew."""
STATEMENT_PATIENCE = "8s"
"""The same of PostgreSQL, which counts all the time that a statement takes."""
COLUMNS = "write_key_id, received_at, event, facts"
# Rows of one statement. Each size is prepared once; a statement for each row would take twice as long.
CHUNKS = (256, 64, 16, 4, 1)
# ASCII's record separator: as a control letter, it stands in no JSON unless written as an escape.
SEPARATOR = "\x1e"


class Unavailable(Exception):
    """The database cannot be written now; the text is its own."""


class Unkeepable(Exception):
    """The database does not take one of these rows, now or ever."""


class Store(Protocol):
    """A database to write to, from one thread."""

    def insert(self, rows: Sequence[Row]) -> None:
        """All rows, on disk when this returns. Raises Unavailable or Unkeepable: then none."""

    def note(self, turned: Sequence[tuple[Turned, int]]) -> None:
        """Keeps these refusals, and how often each was, in place of the oldest; waits for nobody. Raises Unavailable or
        Unkeepable."""

    def keys(self) -> dict[str, KnownKey]:
        """The write keys that are in use. Raises Unavailable."""

    def is_waiting(self, more_than: int) -> bool:
        """Whether more arrivals than that wait for the digest. Raises Unavailable."""

    def close(self) -> None:
        """Ends the connection; the next question opens one again."""


def open_store() -> Store:
    """The store of the settings' database."""
    return _Sqlite() if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" else _Postgres()


class _Connected:
    """What both have in common: a connection of their own, and questions to it."""

    options: dict[str, Any] = {}

    def __init__(self) -> None:
        self._wrapper: BaseDatabaseWrapper | None = None

    def connection(self) -> Any:
        """The driver's connection, opened where there is none."""
        if self._wrapper is None:
            settings = connections[DEFAULT_DB_ALIAS].settings_dict
            options = {**settings.get("OPTIONS", {}), **self.options}
            backend = load_backend(settings["ENGINE"])
            wrapper = backend.DatabaseWrapper({**settings, "OPTIONS": options}, DEFAULT_DB_ALIAS)
            wrapper.inc_thread_sharing()
            try:
                wrapper.connect()
            except DjangoError as error:
                raise Unavailable(str(error)) from error
            self._wrapper = wrapper
            self.prepare(wrapper.connection)
        return self._wrapper.connection

    def prepare(self, connection: Any) -> None:
        """What a new connection has to be told."""

    def close(self) -> None:
        wrapper, self._wrapper = self._wrapper, None
        if wrapper is not None:
            try:
                wrapper.close()
            except (DjangoError, sqlite3.Error, psycopg.Error):
                wrapper.connection = None

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """The rows that answer it. Raises Unavailable."""
        try:
            rows: list[tuple[Any, ...]] = self.connection().execute(question).fetchall()
        except (sqlite3.Error, psycopg.Error) as error:
            self.close()
            raise Unavailable(str(error)) from error
        return rows

    def keys(self) -> dict[str, KnownKey]:
        # Origins as text: the one driver would parse them, the other not.
        found = self.ask(
            "SELECT id, key, purpose, CAST(origins AS text) FROM ripeline_writekey WHERE is_active"
        )
        return {key: KnownKey(pk, purpose == "website", _origins(text)) for pk, key, purpose, text in found}

    def is_waiting(self, more_than: int) -> bool:
        # Two looks at an index first: between the oldest that waits and the newest of all there are no more ids.
        waiting = "FROM ripeline_arrival WHERE outcome = ''"
        [(span,)] = self.ask(f"SELECT (SELECT max(id) FROM ripeline_arrival) - min(id) {waiting}")  # noqa: S608
        if span is None or span < more_than:
            return False
        limited = f"SELECT 1 {waiting} LIMIT {more_than + 1}"
        [(count,)] = self.ask(f"SELECT count(*) FROM ({limited}) AS counted")  # noqa: S608
        return bool(count > more_than)


class _Checkpoints:
    """Copies SQLite's write-ahead log to its file in a thread of its own: whoever commits would be held up by it."""

    def __init__(self, path: str) -> None:
        self._path, self._is_wanted, self._is_over = path, threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def want(self) -> None:
        """Copies what there is, soon."""
        self._is_wanted.set()

    def stop(self) -> None:
        """Ends the thread."""
        self._is_over = True
        self._is_wanted.set()
        self._thread.join(10)

    def _run(self) -> None:
        with closing(sqlite3.connect(self._path, timeout=0, isolation_level=None)) as connection:
            while self._is_wanted.wait() and not self._is_over:
                self._is_wanted.clear()
                # Where somebody else is at it, or the disk is full, those who commit will do it or say so.
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


class _Sqlite(_Connected):
    """Immediate transactions; WAL and synchronous=FULL are the settings'."""

    def __init__(self) -> None:
        super().__init__()
        self._checkpoints: _Checkpoints | None = None
        self._written = 0

    def prepare(self, connection: sqlite3.Connection) -> None:
        # We ask for the lock ourselves: SQLite's own waiting sleeps a tenth of a second at a time.
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")
        self._checkpoints = _Checkpoints(str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"]))

    def close(self) -> None:
        if self._checkpoints:
            self._checkpoints.stop()
            self._checkpoints = None
        super().close()

    def insert(self, rows: Sequence[Row]) -> None:
        self._in_transaction(lambda connection: _insert_in_chunks(connection, rows), LOCK_PATIENCE)
        self._note_written(rows)

    def note(self, turned: Sequence[tuple[Turned, int]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_NOTING, [(*each, times) for each, times in turned])
            connection.execute(_FORGETTING)

        self._in_transaction(write, 0)

    def _in_transaction(self, write: Callable[[sqlite3.Connection], None], patience: float) -> None:
        connection = self.connection()
        self._begin(connection, patience)
        try:
            write(connection)
            connection.execute("COMMIT")
        except (sqlite3.Error, UnicodeError) as error:
            _roll_back(connection)
            if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError) and not isinstance(
                error, sqlite3.IntegrityError | sqlite3.DataError
            ):
                self.close()
                raise Unavailable(str(error)) from error
            raise Unkeepable(str(error)) from error

    def _note_written(self, rows: Sequence[Row]) -> None:
        self._written += sum(len(row[2]) + len(row[3]) for row in rows)
        if self._checkpoints and self._written > CHECKPOINT_AFTER:
            self._written = 0
            self._checkpoints.want()

    def _begin(self, connection: sqlite3.Connection, patience: float) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.Error as error:
                is_locked = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
                if not is_locked or time.monotonic() > until:
                    self.close()
                    raise Unavailable(str(error)) from error
                time.sleep(LOCK_POLL)


class _Postgres(_Connected):
    """One statement, and so one way there and back, for a group. Where the connection is lost, once more."""

    options = {"connect_timeout": 5}
    insertion = (
        f"INSERT INTO ripeline_arrival ({COLUMNS})"  # noqa: S608
        " SELECT key::bigint, at::timestamp AT TIME ZONE 'UTC', event, facts::jsonb FROM unnest("
        + ", ".join(f"string_to_array(%s, '{SEPARATOR}')" for _ in range(4))
        + ") AS came (key, at, event, facts)"
    )

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("SELECT set_config('statement_timeout', %s, false)", [STATEMENT_PATIENCE])
        if connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
            connection.execute("SET synchronous_commit = on")

    def insert(self, rows: Sequence[Row]) -> None:
        columns = [SEPARATOR.join(map(str, column)) for column in zip(*rows, strict=True)]
        try:
            self._once(columns)
        except Unavailable:
            # The server was restarted, or ended an idle connection. It may have kept the rows: an event that is
            # there twice is told apart by the digest, one that is lost is lost.
            self._once(columns)

    def note(self, turned: Sequence[tuple[Turned, int]]) -> None:
        def write(connection: psycopg.Connection[Any]) -> None:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(_NOTING_POSTGRES, [(*each, times) for each, times in turned])
                cursor.execute(_FORGETTING)

        self._write(write)

    def _once(self, columns: list[str]) -> None:
        self._write(lambda connection: connection.execute(self.insertion, columns, prepare=True))

    def _write(self, write: Callable[[psycopg.Connection[Any]], object]) -> None:
        try:
            write(self.connection())
        except (psycopg.DataError, psycopg.IntegrityError, UnicodeError) as error:
            raise Unkeepable(str(error)) from error
        except psycopg.Error as error:
            self.close()
            raise Unavailable(str(error)) from error


def _insert_in_chunks(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    place = 0
    for size in CHUNKS:
        while len(rows) - place >= size:
            values = [value for row in rows[place : place + size] for value in row]
            connection.execute(_INSERTIONS[size], values)
            place += size


def _roll_back(connection: sqlite3.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        return


def _origins(text: str) -> frozenset[str]:
    import json

    return frozenset(json.loads(text))


_INSERTIONS = {
    size: f"INSERT INTO ripeline_arrival ({COLUMNS}) VALUES " + ", ".join(["(?, ?, ?, ?)"] * size)  # noqa: S608
    for size in CHUNKS
}
_NOTING = "INSERT INTO ripeline_refusal (at, write_key_id, event, reason, times) VALUES (?, ?, ?, ?, ?)"
_NOTING_POSTGRES = (
    "INSERT INTO ripeline_refusal (at, write_key_id, event, reason, times)"
    " VALUES (%s::timestamp AT TIME ZONE 'UTC', %s, %s, %s, %s)"
)
_FORGETTING = f"DELETE FROM ripeline_refusal WHERE id <= (SELECT max(id) FROM ripeline_refusal) - {LATEST}"  # noqa: S608
