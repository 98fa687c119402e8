"""Going along the index of an order, and keeping who passes the filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ripeline.contacts.lists.places import Place, read_key
from ripeline.contacts.lists.sql import Sql, Value, is_sqlite, joined
from ripeline.contacts.lists.wanted import Sort, Table, Wanted

# Rows looked at along the order before the filters are held to be rare, in stretches: most pages need the first.
STRETCHES = (500, 4_000, 12_000)


def walk(wanted: Wanted, *, bounded: bool) -> tuple[list[tuple[Value, Value]], bool]:
    """Rows along the order's index, and whether that is all there is to know: False where WALK ran out first."""
    rows: list[tuple[Value, Value]] = []
    stretches = iter(STRETCHES) if bounded else None
    for part in _parts(wanted):
        start = part.after
        while True:
            stop = None
            if stretches is not None:
                stretch = next(stretches, None)
                if stretch is None or _is_hopeless(stretch, len(rows), wanted.size):
                    return rows, False
                stop = _ahead(part, start, stretch)
            rows += _select(part, start, stop, limit=wanted.size + 1 - len(rows))
            if len(rows) > wanted.size:
                return rows, True
            if stop is None:
                break
            start = stop
    return rows, True


def _is_hopeless(stretch: int, found: int, size: int) -> bool:
    """Whether the last stretch would not fill the page either, going by what the ones before gave."""
    before = sum(each for each in STRETCHES if each < stretch)
    return stretch == STRETCHES[-1] and found * stretch < before * (size - found) / 2


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of the order that have a key, or those that have none: where keys may be absent, one follows
    the other."""

    wanted: Wanted
    after: Place | None
    is_empty: bool = False


def _parts(wanted: Wanted) -> Iterator[_Part]:
    if not wanted.sort.is_nullable:
        yield _Part(wanted, wanted.after)
        return
    after = wanted.after
    keyed_first = wanted.goes_down
    in_empty = after is not None and after.key is None
    # Nobody without a date comes first: absent keys are last going down and first going up.
    if keyed_first:
        if not in_empty:
            yield _Part(wanted, after)
        yield _Part(wanted, after if in_empty else None, is_empty=True)
    else:
        if after is None or in_empty:
            yield _Part(wanted, after, is_empty=True)
        yield _Part(wanted, None if in_empty else after)


def _select(part: _Part, start: Place | None, stop: Place | None, *, limit: int) -> list[tuple[Value, Value]]:
    wanted = part.wanted
    sort = wanted.sort
    first = wanted.listing.tables[sort.alias]
    needs = {sort.alias}.union(*(each.needs for each in wanted.conditions)) - {sort.alias}
    wheres = [*_range(part, start, stop), *(each.check for each in wanted.conditions)]
    sources = f"{first.name} {sort.alias}{hint(sort)}"
    for alias in sorted(needs):
        table = wanted.listing.tables[alias]
        # CROSS JOIN: SQLite keeps the order of the tables, and so walks the order's index.
        sources += f" CROSS JOIN {table.name} {alias}"
        wheres.append(Sql(f"{alias}.{table.id} = {sort.alias}.{first.id}"))
    where = joined(" AND ", wheres or [Sql("1 = 1")])
    return [
        (row[0], row[1])
        for row in Sql(
            f"SELECT {column(sort)}, {sort.alias}.{first.id} FROM {sources} WHERE {where.text}"  # noqa: S608
            f" ORDER BY {_order(wanted, first)} LIMIT {limit}",
            where.params,
        ).rows()
    ]


def _ahead(part: _Part, start: Place | None, rows: int) -> Place | None:
    """The place `rows` further along the order, whoever passes; None where the order ends before."""
    wanted = part.wanted
    sort = wanted.sort
    table = wanted.listing.tables[sort.alias]
    where = joined(" AND ", _range(part, start, None) or [Sql("1 = 1")])
    found = Sql(
        f"SELECT {column(sort)}, {sort.alias}.{table.id} FROM {table.name} {sort.alias}{hint(sort)}"  # noqa: S608
        f" WHERE {where.text} ORDER BY {_order(wanted, table)} LIMIT 1 OFFSET {rows}",
        where.params,
    ).rows()
    return place_of(wanted, found[0]) if found else None


def _range(part: _Part, start: Place | None, stop: Place | None) -> list[Sql]:
    """Conditions for the rows past `start` up to and with `stop`, on columns of the order's index alone."""
    wanted = part.wanted
    sort = wanted.sort
    down = wanted.goes_down
    key, own_id = column(sort), f"{sort.alias}.{wanted.listing.tables[sort.alias].id}"
    if part.is_empty or sort.kind == "id":
        found = [Sql(f"{key} IS NULL")] if part.is_empty else []
        found += [Sql(f"{own_id} {'<' if down else '>'} %s", (start.id,))] if start else []
        return found + ([Sql(f"{own_id} {'>=' if down else '<='} %s", (stop.id,))] if stop else [])
    low, high = wanted.span.low, wanted.span.high
    found = []
    if start:
        found.append(Sql(f"({key}, {own_id}) {'<' if down else '>'} (%s, %s)", (start.key, start.id)))
    elif (edge := high if down else low) is not None:
        found.append(Sql(f"{key} {'<=' if down else '>='} %s", (edge,)))
    if stop:
        found.append(Sql(f"({key}, {own_id}) {'>=' if down else '<='} (%s, %s)", (stop.key, stop.id)))
    elif (edge := low if down else high) is not None:
        found.append(Sql(f"{key} {'>=' if down else '<='} %s", (edge,)))
    # One bound on each side: given two, SQLite may seek by the looser one.
    if sort.is_nullable and not (stop if down else start):
        found.append(Sql(f"{key} IS NOT NULL"))
    return found


def place_of(wanted: Wanted, row: tuple[Value, ...]) -> Place:
    """The place of a row that the database gave as its key and its id."""
    return Place(read_key(row[0], wanted.sort.kind), int(str(row[1])))


def column(sort: Sort) -> str:
    """The expression a list is sorted by."""
    return sort.column.format(alias=sort.alias)


def _order(wanted: Wanted, table: Table) -> str:
    down = "DESC" if wanted.goes_down else "ASC"
    return f"{column(wanted.sort)} {down}, {wanted.sort.alias}.{table.id} {down}"


def hint(sort: Sort) -> str:
    """Names the index of the order, for SQLite: its planner would rather sort than walk."""
    return f" INDEXED BY {sort.index}" if sort.index and is_sqlite() else ""
