"""The touch log read for the history parts: what is new since a place in it, and all of some people, in batches.

A person's key in the parts is the contact's id as text, as in a fold of the log. Touches of a visitor whom nobody knows
are not there: only contacts stand somewhere. When the visitor is known, their touches get the contact's id, the
triggers say so, and that contact is read anew.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from ripeline.replay.parts.building import PLAIN
from ripeline.replay.parts.spilling import buckets_of

BATCH: Final = 20_000
"""Touches read at once: some tens of milliseconds of the database."""
PEOPLE_AT_ONCE: Final = 500
CONTACTS: Final = 100_000
"""Contacts looked at at once, by their ids alone."""
PATIENCE: Final = 2.0
"""Seconds to wait for transactions under way; those that take longer are waited for at the next update."""


def safe_horizon(patience: float = PATIENCE) -> int | None:
    """A place in the log below which nothing new will ever appear; None where that cannot be said now.

    SQLite has one writer at a time, so ids appear in order. On PostgreSQL an id is taken when a row is written and
    seen when its transaction ends: a slow one fills a gap below ids that were seen long before. So: first read how far
    ids have been given, then who holds the lock that an INSERT takes on the table before it takes an id. Whoever has
    such an id below that mark is among them or done. When they are gone, everything below the mark is there for good.
    (CREATE INDEX CONCURRENTLY waits in the same way.) Nobody is held up by it.
    """
    if connection.vendor != "postgresql":
        return int(_ask("SELECT coalesce(max(id), 0) FROM ripeline_touch")[0][0])
    given = int(_ask(_GIVEN_IDS)[0][0])
    before = {row[0] for row in _ask(_WRITERS)}
    until = time.monotonic() + patience
    while before:
        before &= {row[0] for row in _ask(_WRITERS)}
        if before and time.monotonic() > until:
            return None
        time.sleep(0.02 if before else 0)
    return given


def read_new(after: int, horizon: int, *, but: frozenset[str]) -> Iterator[pa.Table]:
    """The touches of contacts with ids in (after, horizon], without those of some people."""
    while after < horizon:
        rows = _ask(f"{_select()} WHERE id > %s AND id <= %s ORDER BY id LIMIT {BATCH}", [after, horizon])
        if not rows:
            return
        after = rows[-1][0]
        yield _table(rows, but)


def read_people(people: Sequence[str], horizon: int) -> Iterator[pa.Table]:
    """All touches of these people with ids up to the horizon."""
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        ids = ", ".join(str(int(person)) for person in people[start : start + PEOPLE_AT_ONCE])
        after = 0
        where = f"WHERE contact_id IN ({ids}) AND id > %s AND id <= %s ORDER BY id LIMIT {BATCH}"
        while rows := _ask(f"{_select()} {where}", [after, horizon]):
            after = rows[-1][0]
            yield _table(rows, frozenset())


def contacts_in(buckets: Collection[int], bucket_count: int) -> frozenset[str]:
    """All contacts whose touches belong into these buckets of the parts."""
    found: set[str] = set()
    after = 0
    while rows := _ask(_CONTACTS, [after]):
        after = rows[-1][0]
        people = pa.array([str(row[0]) for row in rows], pa.string())
        is_in = np.isin(buckets_of(people, bucket_count), list(buckets))
        found.update(people.filter(pa.array(is_in)).to_pylist())
    return frozenset(found)


def count_after(position: int) -> int:
    """How many ids lie between the first and the last touch after a place in the log: at least as many as there are
    touches. Two looks at the index; ids before the first, of a log that was emptied or undone, do not count."""
    ((first, last),) = _ask(_FIRST_AND_LAST, [position])
    return 0 if first is None else int(last) - int(first) + 1


def _select() -> str:
    """Plain texts and numbers: a million Python datetimes would take longer than all the rest."""
    if connection.vendor == "postgresql":
        instants = ", ".join(f"(extract(epoch FROM {each}) * 1000000)::bigint" for each in ("at", _HEARD))
        attrs = "nullif(attrs::text, '{}')"
    else:
        instants = f"CAST(at AS TEXT), CAST({_HEARD} AS TEXT)"
        attrs = "nullif(CAST(attrs AS TEXT), '{}')"
    return (
        f"SELECT id, uid, contact_id, {instants}, kind, actor, direction, subject, value, {attrs} "  # noqa: S608 - ours
        "FROM ripeline_touch"
    )


def _table(rows: Sequence[tuple[Any, ...]], but: frozenset[str]) -> pa.Table:
    _, uid, contact, at, received, kind, actor, direction, subject, value, attrs = zip(*rows, strict=True)
    columns = {
        "person": pa.array(contact, pa.int64()).cast(pa.string()),
        "at": _instants(at),
        "kind": pa.array(kind, pa.string()),
        "actor": pa.array(actor, pa.string()),
        "direction": pa.array(direction, pa.string()),
        "subject": pa.array(subject, pa.string()),
        "attrs": pa.array(attrs, pa.string()),
        "value": pa.array(value, pa.float64()),
        "received_at": _instants(received),
        "id": pa.array(uid, pa.string()),
    }
    table = pa.table(columns, schema=PLAIN)
    keep = pc.is_valid(table.column("person"))
    if but:
        keep = pc.and_(keep, pc.invert(pc.is_in(table.column("person"), value_set=pa.array(sorted(but)))))
    return table.filter(keep)


def _instants(values: Sequence[Any]) -> pa.Array:
    if connection.vendor == "postgresql":
        return pa.array(values, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    # As Django writes them: UTC without saying so.
    return (
        pa.array(values, pa.string())
        .cast(pa.timestamp("us"))
        .cast(pa.int64())
        .cast(pa.timestamp("us", tz="UTC"))
    )


def _ask(sql: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given or None)
        return list(cursor.fetchall())


# When we knew that this contact did it.
_HEARD = "coalesce(known_at, received_at)"
_FIRST_AND_LAST = """
SELECT (SELECT min(id) FROM ripeline_touch WHERE id > %s), (SELECT max(id) FROM ripeline_touch)
"""
_CONTACTS = f"SELECT id FROM ripeline_contact WHERE id > %s ORDER BY id LIMIT {CONTACTS}"  # noqa: S608 - ours
_GIVEN_IDS = """
SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('ripeline_touch', 'id')::regclass), 0)
"""
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'ripeline_touch'::regclass AND mode = 'RowExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND pid IS DISTINCT FROM pg_backend_pid()
"""
