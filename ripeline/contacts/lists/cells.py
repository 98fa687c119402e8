"""Filters on stage, rating, grade and status, in flat time however they are mixed.

A cell is one value of each of the four, such as `mql|hot|B|active`; perhaps a hundred are in use. The index
standing_cells is ordered by (cell, heat), so a filter on some of the four is a choice of ranges that are each in order
of heat already, and the first page of the filter is the best of their first pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from ripeline.contacts.lists.sql import Sql, Value, is_sqlite, joined, one_of
from ripeline.contacts.lists.wanted import Choice, Condition, Count, Span, Wanted

# In the order in which a cell names them; absent is empty.
COLUMNS = ("s.stage", "COALESCE(s.rating, '')", "COALESCE(s.grade, '')", "s.status")
BETWEEN = "|"
# SQLite takes at most 500 parts of a union, and past this a walk is no slower.
MOST_MERGED = 150

# Hops from one cell in use to the next along the index: some hundred seeks, whatever the size of the table.
IN_USE = Sql(
    "WITH RECURSIVE hop(cell) AS ("
    " SELECT (SELECT s.cell FROM ripeline_standing s ORDER BY s.cell LIMIT 1) UNION ALL"
    " SELECT (SELECT s.cell FROM ripeline_standing s WHERE s.cell > hop.cell ORDER BY s.cell LIMIT 1)"
    " FROM hop WHERE hop.cell IS NOT NULL)"
    " SELECT cell FROM hop WHERE cell IS NOT NULL"
)


def read_cells(choices: Sequence[Choice]) -> tuple[str, ...]:
    """The cells in use that pass every choice."""
    in_use = [str(row[0]) for row in IN_USE.rows()]
    return tuple(cell for cell in in_use if _passes(cell.split(BETWEEN), choices))


def cells_condition(choices: Sequence[Choice], cells: Sequence[str]) -> Condition:
    """The choices as one filter among others."""
    check = joined(" AND ", [one_of(COLUMNS[choice.column], choice.values) for choice in choices])
    inside = one_of("s.cell", cells)
    hint = " INDEXED BY standing_cells" if is_sqlite() and cells else ""
    ids = Sql(f"SELECT s.contact_id AS id FROM ripeline_standing s{hint} WHERE {inside.text}", inside.params)  # noqa: S608
    return Condition(check, frozenset("s"), ids)


def merge_cells(cells: Sequence[str], wanted: Wanted) -> list[tuple[Value, Value]]:
    """The page in order of heat: the best of each cell's first rows past the place asked for."""
    down = "DESC" if wanted.goes_down else "ASC"
    limits = [Sql("s.cell = %s"), *_bounds(wanted)]
    where = joined(" AND ", limits)
    hint = " INDEXED BY standing_cells" if is_sqlite() else ""
    one = (
        f"SELECT * FROM (SELECT s.heat, s.contact_id FROM ripeline_standing s{hint} WHERE {where.text}"  # noqa: S608
        f" ORDER BY s.heat {down}, s.contact_id {down} LIMIT {wanted.size + 1}) c"
    )
    query = (
        f"SELECT heat, contact_id FROM ({' UNION ALL '.join([one] * len(cells))}) u"  # noqa: S608
        f" ORDER BY heat {down}, contact_id {down} LIMIT {wanted.size + 1}"
    )
    params = tuple(value for cell in cells for value in (cell, *where.params))
    return [(row[0], row[1]) for row in Sql(query, params).rows()] if cells else []


def count_cells(cells: Sequence[str], span: Span, most: int) -> Count:
    """How many contacts are in these cells, counted up to `most`."""
    limits = [one_of("s.cell", cells)]
    limits += [Sql("s.heat >= %s", (span.low,))] if span.low is not None else []
    limits += [Sql("s.heat <= %s", (span.high,))] if span.high is not None else []
    where = joined(" AND ", limits)
    query = f"SELECT count(*) FROM (SELECT 1 FROM ripeline_standing s WHERE {where.text} LIMIT {most + 1}) u"  # noqa: S608
    found = Sql(query, where.params).number()
    return Count(min(found, most), found > most)


def _passes(cell: Sequence[str], choices: Sequence[Choice]) -> bool:
    return all(cell[choice.column] in choice.values for choice in choices)


def _bounds(wanted: Wanted) -> list[Sql]:
    """One bound on each side, since given two SQLite may seek by the looser one; the place lies within the span."""
    span, after = wanted.span, wanted.after
    low = [Sql("s.heat >= %s", (span.low,))] if span.low is not None else []
    high = [Sql("s.heat <= %s", (span.high,))] if span.high is not None else []
    if after is None:
        return [*low, *high]
    if wanted.goes_down:
        return [*low, Sql("(s.heat, s.contact_id) < (%s, %s)", (after.key, after.id))]
    return [Sql("(s.heat, s.contact_id) > (%s, %s)", (after.key, after.id)), *high]
