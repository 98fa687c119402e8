"""Pieces of SQL with their parameters, for the few questions whose plan matters too much to leave to chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.utils.dateparse import parse_datetime

Value = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Sql:
    """Text with `%s` for each of `params`. The text is put together from names in our code, never from input."""

    text: str
    params: tuple[Value, ...] = ()

    def rows(self) -> list[tuple[Value, ...]]:
        """What the database answers."""
        with connection.cursor() as cursor:
            cursor.execute(self.text, [stored(value) for value in self.params])
            return list(cursor.fetchall())

    def number(self) -> int:
        """The single number the database answers."""
        found = self.rows()[0][0]
        assert isinstance(found, int)
        return found


def joined(between: str, parts: Iterable[Sql]) -> Sql:
    """The parts with `between` between them."""
    found = list(parts)
    return Sql(
        between.join(part.text for part in found), tuple(value for part in found for value in part.params)
    )


def one_of(column: str, values: Iterable[Value]) -> Sql:
    """`column IN (..)`; false for no values."""
    found = tuple(values)
    return Sql(f"{column} IN ({', '.join(['%s'] * len(found))})", found) if found else Sql("1 = 0")


def stored(value: Value) -> Value:
    """A parameter as the database keeps it: SQLite keeps moments as text."""
    if isinstance(value, datetime) and connection.vendor == "sqlite":
        return str(connection.ops.adapt_datetimefield_value(value))
    return value


def moment(value: object) -> datetime | None:
    """A moment as the database gave it, aware and in UTC."""
    found = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def is_sqlite() -> bool:
    """Whether the plan must be spelled out: SQLite takes an index by name, PostgreSQL chooses by its statistics."""
    return connection.vendor == "sqlite"
