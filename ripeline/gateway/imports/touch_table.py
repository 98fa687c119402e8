"""Tables of touches: a file whose columns are called as the fields of a touch is read as one, without a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from ripeline.gateway.imports.columns import guess_columns
from ripeline.gateway.imports.mapping import Mapping, write_mapping
from ripeline.lifecycle.touch import ACTORS, DIRECTIONS

_KEYS = ("email", "external_id")


def touch_mapping(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The mapping for a table with the columns `kind`, `at` and `person` (or another column that says who it was),
    written as in a file; "" where the table is none of touches. `rows` show which key people are named by.

    Columns called as other fields of a touch are those; all others are its details.
    """
    named = {column.strip().casefold(): column for column in columns}
    guessed = {each.column: each.field for each in guess_columns(columns, rows)}
    who = named.get("person") or next((each for each in columns if guessed[each] in _KEYS), "")
    if not who or not {"kind", "at"} <= named.keys():
        return ""
    fields = {
        named[name]
        for name in ("id", "kind", "at", "direction", "actor", "subject", "value")
        if name in named
    }
    made = {
        "create": False,
        "others": "ignore",
        "columns": {who: "email" if guessed[who] == "email" else "external_id"},
        "touches": list(_rules(named, [each for each in columns if each not in fields | {who}])),
    }
    return write_mapping(Mapping.model_validate(made))


def _rules(named: dict[str, str], details: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One rule for each direction and actor that rows may name, since a rule makes touches of one alone."""
    told: dict[str, Any] = {name: {"column": named[name]} for name in ("kind", "subject") if name in named}
    told["at"] = named["at"]
    if "id" in named:
        told["id"] = f"{{{named['id']}}}"
    if "value" in named:
        told["value"] = {"column": named["value"], "reads": "number"}
    if details:
        told["attrs"] = {name.strip(): {"column": name} for name in details}
    for direction, actor in product(_values(named, "direction", DIRECTIONS), _values(named, "actor", ACTORS)):
        tests = direction.get("when", {}) | actor.get("when", {})
        yield told | direction | actor | ({"when": tests} if tests else {})


def _values(named: dict[str, str], name: str, known: Sequence[str]) -> list[dict[str, Any]]:
    """What a rule says of this field for each value it may have, and for rows that say none of them."""
    if name not in named:
        return [{}]
    column = named[name]
    one = [{name: value, "when": {column: {"in": [value]}}} for value in known]
    return [*one, {"when": {column: {"not": list(known)}}}]
