"""Many rows into a table at once, without a model instance for each: one statement for a thousand rows.

SQLite opens a savepoint for each statement, and each makes a full-text index that a trigger feeds write what it
holds: rows of their own statements cost four times as much there. PostgreSQL is sent text once (COPY, or a JSON list
where known rows are to be passed over) instead of a message for each row.
"""
# ruff: noqa: S608 - the only parts are names of tables and columns, and clauses of our own

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection, models


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    skip_known: bool = False,
    on_conflict: str = "",
    returning: str = "",
) -> list[Any]:
    """Inserts `rows`, each with a value for every one of `columns` (names of columns: `contact_id`).

    Columns not named get the database's default, or null: name every one that has none. A row that a unique
    constraint forbids raises IntegrityError; with `skip_known` it is passed over, and `on_conflict` is a whole clause
    that says what else to do. `returning` names a column whose values are returned, of those rows that were inserted.
    Values are stored as the model's fields store them (dates and JSON included), but no default, signal or
    validation of Django's runs.
    """
    fields = [_field(model, name) for name in columns]
    values = _adapted(fields, rows)
    if not values:
        return []
    ending = " ON CONFLICT DO NOTHING" if skip_known else f" {on_conflict}" if on_conflict else ""
    if returning:
        ending += f" RETURNING {connection.ops.quote_name(returning)}"
    if connection.vendor == "sqlite":
        return _insert_values(model, fields, values, ending)
    if ending:
        return _insert_json(model, fields, values, ending)
    _copy(model, fields, values)
    return []


def reserve_ids(model: type[models.Model], count: int) -> range | list[int]:
    """`count` primary keys that nobody else will get, to be inserted with their rows in this transaction.

    On SQLite the transaction must hold the write lock, as every one of ours does from its begin.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # The highest ever given: AUTOINCREMENT keeps it, and keeps it up to date with what we insert.
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            found = cursor.fetchone()
            first = int(found[0]) + 1 if found else 1
            return range(first, first + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [int(number) for (number,) in cursor.fetchall()]


def _insert_values(
    model: type[models.Model],
    fields: list[models.Field[Any, Any]],
    values: list[tuple[Any, ...]],
    ending: str,
) -> list[Any]:
    place = f"({', '.join(['%s'] * len(fields))})"
    most = max(1, _most_variables() // len(fields))
    returned: list[Any] = []
    with connection.cursor() as cursor:
        for start in range(0, len(values), most):
            part = values[start : start + most]
            statement = f"{_into(model, fields)} VALUES {', '.join([place] * len(part))}{ending}"
            cursor.execute(statement, list(chain.from_iterable(part)))
            if "RETURNING" in ending:
                returned += [value for (value,) in cursor.fetchall()]
    return returned


def _insert_json(
    model: type[models.Model],
    fields: list[models.Field[Any, Any]],
    values: list[tuple[Any, ...]],
    ending: str,
) -> list[Any]:
    names = [str(field.column) for field in fields]
    kinds = [_kind(field) for field in fields]
    said = json.dumps([dict(zip(names, row, strict=True)) for row in values], default=datetime.isoformat)
    quote = connection.ops.quote_name
    taken = ", ".join(
        f"{quote(name)}::jsonb" if isinstance(field, models.JSONField) else quote(name)
        for name, field in zip(names, fields, strict=True)
    )
    shape = ", ".join(f"{quote(name)} {kind}" for name, kind in zip(names, kinds, strict=True))
    with connection.cursor() as cursor:
        statement = (
            f"{_into(model, fields)} SELECT {taken} FROM json_to_recordset(%s) AS given({shape}){ending}"
        )
        cursor.execute(statement, [said])
        return [value for (value,) in cursor.fetchall()] if "RETURNING" in ending else []


def _copy(
    model: type[models.Model], fields: list[models.Field[Any, Any]], values: list[tuple[Any, ...]]
) -> None:
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    statement = f"COPY {table} ({names}) FROM STDIN"
    # Psycopg's own cursor: Django has no word for COPY, nor does it tell then what went wrong in its own errors.
    with (
        connection.wrap_database_errors,
        connection.connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in values:
            copy.write_row(row)


def _into(model: type[models.Model], fields: list[models.Field[Any, Any]]) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({names})"


def _kind(field: models.Field[Any, Any]) -> str:
    """The type to read a value as; texts without their widths, since a cast would cut them short in silence."""
    if isinstance(field, models.JSONField | models.CharField | models.TextField):
        return "text"
    return str(field.rel_db_type(connection) if field.primary_key else field.db_type(connection))


def _adapted(fields: list[models.Field[Any, Any]], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The rows with every value as the database takes it, made column by column."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    if not columns:
        return []
    for number, field in enumerate(fields):
        if isinstance(field, models.JSONField):
            columns[number] = map(_as_json, columns[number])
        elif isinstance(field, models.DateTimeField):
            # Most rows of a batch share their moments.
            known = {value: connection.ops.adapt_datetimefield_value(value) for value in set(columns[number])}
            columns[number] = map(known.__getitem__, columns[number])
        elif isinstance(field, models.DateField):
            columns[number] = [None if value is None else value.isoformat() for value in columns[number]]
    return list(zip(*columns, strict=True))


@lru_cache(maxsize=200)
def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    for field in model._meta.concrete_fields:
        if name in (field.column, field.attname):
            return field
    raise LookupError(f"{model.__name__} has no column '{name}'.")


def _as_json(value: Any) -> str | None:
    if value:
        return json.dumps(value)
    return None if value is None else "{}" if value == {} else "[]" if value == [] else json.dumps(value)


def _most_variables() -> int:
    """How many values one statement of SQLite takes: 32,766 since 2020, more where it was built so."""
    limit: int = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    return min(limit, 32_000)
