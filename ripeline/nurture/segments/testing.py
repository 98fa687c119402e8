"""Tests of values as SQL, on either database, with the meaning they have in the lifecycle (`lifecycle.matching`).

Numbers, texts and booleans are never equal to each other, order tests hold for numbers alone, and a missing value
passes only `not` and `exists: false`. Each is true or false, never null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ripeline.kit.sql import Sql, is_sqlite, joined
from ripeline.lifecycle.conditions import Test

_ORDERS = (("gte", ">="), ("gt", ">"), ("lte", "<="), ("lt", "<"))
Plain = str | float | bool


def json_passes(column: str, name: str, test: Test) -> Sql:
    """A test of one value in a JSON object."""
    return _in_sqlite(column, name, test) if is_sqlite() else _in_postgresql(column, name, test)


def column_passes(column: str, test: Test, *, is_number: bool = False) -> Sql:
    """A test of a column that holds a text ("" is missing), or a number (null is)."""
    absent = f"{column} IS NULL" if is_number else f"COALESCE({column}, '') = ''"
    parts = [Sql(f"NOT ({absent})")] if _needs_value(test) else []
    if test.in_ is not None:
        parts.append(_is_in(column, [each for each in test.in_ if _fits(each, is_number)]))
    if test.not_ is not None and _fits(test.not_, is_number):
        parts.append(Sql(f"({absent} OR {column} <> %s)", (test.not_,)))
    if test.exists is not None:
        parts.append(Sql(f"NOT ({absent})" if test.exists else f"({absent})"))
    if test.glob is not None:
        parts.append(Sql("1 = 0") if is_number else like(column, test.glob))
    for field, sign in _ORDERS:
        bound = getattr(test, field)
        if bound is not None:
            parts.append(Sql(f"{column} {sign} %s", (bound,)) if is_number else Sql("1 = 0"))
    return _both(parts)


def passes_missing(test: Test) -> bool:
    """Whether a value that is not there passes."""
    return not _needs_value(test) and test.exists is not True


def like(column: str, pattern: str) -> Sql:
    """Whether a text fits a pattern of `*` and `?`, capitals and all."""
    if not set(pattern) & set("*?"):
        return Sql(f"{column} = %s", (pattern,))
    if is_sqlite():
        return Sql(f"{column} GLOB %s", (pattern.replace("[", "[[]"),))
    text = pattern
    for letter in "\\%_":
        text = text.replace(letter, f"\\{letter}")
    return Sql(f"{column} LIKE %s", (text.replace("*", "%").replace("?", "_"),))


def _in_postgresql(column: str, name: str, test: Test) -> Sql:
    value, key = f"({column} -> %s)", (name,)
    is_kind = f"jsonb_typeof({value}) = %s"
    absent = Sql(f"COALESCE({is_kind}, TRUE)", (name, "null"))
    parts: list[Sql] = []
    if test.in_ is not None:
        places = ", ".join(["%s::jsonb"] * len(test.in_))
        parts.append(Sql(f"COALESCE({value} IN ({places}), FALSE)", (*key, *map(json.dumps, test.in_))))
    if test.not_ is not None:
        parts.append(Sql(f"COALESCE({value} <> %s::jsonb, TRUE)", (*key, json.dumps(test.not_))))
    if test.exists is not None:
        parts.append(Sql(f"NOT {absent.text}" if test.exists else absent.text, absent.params))
    if test.glob is not None:
        fits = like(f"({column} ->> %s)", test.glob)
        parts.append(Sql(f"COALESCE({is_kind} AND {fits.text}, FALSE)", (name, "string", name, *fits.params)))
    for field, sign in _ORDERS:
        bound = getattr(test, field)
        if bound is not None:
            # A CASE: PostgreSQL may ask the parts of an AND in any order, and a text is no number.
            parts.append(
                Sql(
                    f"CASE WHEN {is_kind} THEN ({column} ->> %s)::numeric {sign} %s ELSE FALSE END",
                    (name, "number", name, bound),
                )
            )
    return _both(parts)


def _in_sqlite(column: str, name: str, test: Test) -> Sql:
    parts = list(_checks_in_sqlite(test))
    found = f"SELECT 1 FROM json_each({column}) j WHERE j.key = %s AND j.type <> 'null'"  # noqa: S608
    asks = [Sql(f"EXISTS ({found} AND {each.text})", (name, *each.params)) for each in parts]
    if test.not_ is not None:
        same = _same_in_sqlite(test.not_)
        asks.append(Sql(f"NOT EXISTS ({found} AND {same.text})", (name, *same.params)))
    if test.exists is not None:
        asks.append(Sql(f"{'' if test.exists else 'NOT '}EXISTS ({found})", (name,)))
    return _both(asks)


def _checks_in_sqlite(test: Test) -> Iterator[Sql]:
    if test.in_ is not None:
        ways = joined(" OR ", [_same_in_sqlite(each) for each in test.in_])
        yield Sql(f"({ways.text})", ways.params)
    if test.glob is not None:
        fits = like("j.value", test.glob)
        yield Sql(f"j.type = 'text' AND {fits.text}", fits.params)
    for field, sign in _ORDERS:
        bound = getattr(test, field)
        if bound is not None:
            yield Sql(f"j.type IN ('integer', 'real') AND j.value {sign} %s", (bound,))


def _same_in_sqlite(value: Plain) -> Sql:
    if isinstance(value, bool):
        return Sql("j.type = %s", ("true" if value else "false",))
    if isinstance(value, str):
        return Sql("(j.type = 'text' AND j.value = %s)", (value,))
    return Sql("(j.type IN ('integer', 'real') AND j.value = %s)", (value,))


def _needs_value(test: Test) -> bool:
    orders = any(getattr(test, field) is not None for field, _ in _ORDERS)
    return orders or test.in_ is not None or test.glob is not None


def _fits(value: Plain, is_number: bool) -> bool:
    """Whether a column of texts, or of numbers, can hold such a value."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool)
        if is_number
        else isinstance(value, str)
    )


def _is_in(column: str, values: list[Plain]) -> Sql:
    if not values:
        return Sql("1 = 0")
    return Sql(f"{column} IN ({', '.join(['%s'] * len(values))})", tuple(values))


def _both(parts: list[Sql]) -> Sql:
    found = joined(" AND ", parts or [Sql("1 = 1")])
    return Sql(f"({found.text})", found.params)
