"""Filters on stage, rating, grade and status, in flat time however they are mixed.

A cell is one value of each of the four, such as `mql|hot|B|active`; perhaps a hundred are in use. The index
standing_cells is ordered by (cell, heat), so a filter on some of the four is a choice of ranges that are each in order
of heat already, and the first page of the filter is the best of their first pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from ripeline.contacts.lists.wanted import Choice, Condition, Count, Span, Wanted
from ripeline.kit.sql import Sql, Value, is_sqlite, joined, one_of

# Stage, rating, grade and status in that order; absent is empty.
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


def cells_condition(cells: Sequence[str]) -> Condition:
    """The choices, by the cells that pass them, as one filter among others."""
    inside = one_of("s.cell", cells)
    hint = " INDEXED BY standing_cells" if is_sqlite() and cells else ""
    ids = Sql(f"SELECT s.contact_id AS id FROM ripeline_standing s{hint} WHERE {inside.text}", inside.params)  # noqa: S608
    return Condition(inside, frozenset("s"), ids, is_in_orders=True)


def merge_cells(cells: Sequence[str], wanted: Wanted) -> list[tuple[Value, Value]]:
    """The page in order of heat: the best of each cell's first rows past the place asked for."""
    down = "DESC" if wanted.goes_down else "ASC"
    order = f"ORDER BY heat {down}, contact_id {down} LIMIT {wanted.size + 1}"
    merged = _merged_by_union(cells, wanted, order) if is_sqlite() else _merged_by_join(cells, wanted, order)
    return [(row[0], row[1]) for row in merged.rows()] if cells else []


def _merged_by_union(cells: Sequence[str], wanted: Wanted, order: str) -> Sql:
    where = joined(" AND ", [Sql("s.cell = %s"), *_bounds(wanted)])
    one = (
        "SELECT * FROM (SELECT s.heat, s.contact_id FROM ripeline_standing s INDEXED BY standing_cells"  # noqa: S608
        f" WHERE {where.text} {order}) c"
    )
    params = tuple(value for cell in cells for value in (cell, *where.params))
    return Sql(f"SELECT heat, contact_id FROM ({' UNION ALL '.join([one] * len(cells))}) u {order}", params)  # noqa: S608


def _merged_by_join(cells: Sequence[str], wanted: Wanted, order: str) -> Sql:
    """A union of a hundred parts takes PostgreSQL longer to plan than to answer."""
    where = joined(" AND ", [Sql("s.cell = k.cell"), *_bounds(wanted)])
    query = (
        f"SELECT heat, contact_id FROM unnest(ARRAY[{', '.join(['%s'] * len(cells))}]::text[]) k(cell)"  # noqa: S608
        f" CROSS JOIN LATERAL (SELECT s.heat, s.contact_id FROM ripeline_standing s WHERE {where.text} {order}) c"
        f" {order}"
    )
    return Sql(query, (*cells, *where.params))


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
