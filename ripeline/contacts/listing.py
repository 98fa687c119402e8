"""How a list is read: one page of a million, in any order, under any filters, in flat time.

Three plans, cheapest first that fits (`read_page`):

- *gather*: some filter leaves few people: find them through its index, check the others, sort.
- *walk*: go along the index of the order from where the last page ended and keep who passes. Bounded: where
  too few pass within WALK rows, the filters are rare after all and the smallest of them is gathered.
- *cells*: in order of score, every mixture of stage, rating, grade and status is a few ranges of one index.

A place in a list is a key and an id, never a number of rows to skip, so page 1,000 costs what page 1 does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ripeline.contacts.cells import MOST_MERGED, cells_condition, count_cells, merge_cells, read_cells
from ripeline.contacts.places import Place, read_key
from ripeline.contacts.sql import Sql, Value, is_sqlite, joined
from ripeline.contacts.wanted import Condition, Count, Found, Sort, Table, Wanted

# Up to here, finding and sorting everybody is quicker than walking the order: about the square root of a page
# times a million.
FEW = 8_000
# Rows looked at along the order before the filters are held to be rare, in stretches: most pages need the first.
STRETCHES = (500, 4_000, 12_000)
# Above this, finding everybody costs more than any walk.
MANY = 250_000
NOBODY = Sql("SELECT 0 AS id")
# Beyond this, a list is "more than"; nobody pages through it and counting costs.
COUNTED = 10_000


def read_page(wanted: Wanted) -> Found:
    """The page, by the cheapest plan that fits."""
    if wanted.choices:
        cells = read_cells(wanted.choices)
        if not wanted.conditions and wanted.sort.by_cells and len(cells) <= MOST_MERGED:
            return _page(wanted, merge_cells(cells, wanted), count_cells(cells, wanted.span, COUNTED))
        also = cells_condition(wanted.choices, cells)
        wanted = replace(wanted, choices=(), conditions=(*wanted.conditions, also))
    if not wanted.conditions:
        return _page(wanted, _walk(wanted, bounded=False)[0], count_all(wanted))
    return _read_filtered(wanted)


def _read_filtered(wanted: Wanted) -> Found:
    few, ids = _few(wanted)
    if few is not None:
        return _gather(wanted, few, _given(ids))
    rows, is_complete = _walk(wanted, bounded=True)
    if not is_complete:
        smallest = _smallest(wanted, MANY)
        if smallest is not None:
            return _gather(wanted, smallest, smallest.ids or NOBODY)
        rows, _ = _walk(wanted, bounded=False)
    return _page(wanted, rows, _count_single(wanted))


def _count_single(wanted: Wanted) -> Count | None:
    """How many there are where one filter's index says so; None where several would have to be checked."""
    ids = wanted.conditions[0].ids
    if len(wanted.conditions) > 1 or ids is None:
        return None
    found = _count_ids(ids, COUNTED + 1)
    return Count(min(found, COUNTED), found > COUNTED)


def count_matches(wanted: Wanted) -> Count:
    """How many there are, up to COUNTED; for the number that is fetched after the page."""
    page = read_page(replace(wanted, after=None, is_backward=False, size=COUNTED))
    return page.count or Count(len(page.places), page.is_more)


def count_all(wanted: Wanted) -> Count:
    """How many there are without any filter but the span."""
    sort = wanted.sort
    table = wanted.listing.tables[sort.alias]
    where = joined(" AND ", [Sql("1 = 1"), *_span(wanted)])
    found = Sql(
        f"SELECT count(*) FROM (SELECT 1 FROM {table.name} {sort.alias}{_hint(sort)}"  # noqa: S608 - our names
        f" WHERE {where.text} LIMIT {COUNTED + 1}) few",
        where.params,
    ).number()
    return Count(min(found, COUNTED), found > COUNTED)


def _few(wanted: Wanted) -> tuple[Condition | None, list[int]]:
    """The filter whose index finds the fewest people, if they are few, and who they are."""
    best, ids = None, list[int]()
    limit = FEW
    for condition in wanted.conditions:
        if condition.ids is None:
            continue
        found = Sql(f"{condition.ids.text} LIMIT {limit + 1}", condition.ids.params).rows()
        if len(found) <= limit:
            best, ids = condition, [int(str(row[0])) for row in found]
            limit = len(ids) - 1
        if not ids and best is not None:
            break
    return best, ids


def _smallest(wanted: Wanted, limit: int) -> Condition | None:
    """The filter whose index finds the fewest people, if that is at most `limit`."""
    best, least = None, limit + 1
    for condition in wanted.conditions:
        if condition.ids is None:
            continue
        number = _count_ids(condition.ids, least)
        if number < least:
            best, least = condition, number
    return best


def _given(ids: list[int]) -> Sql:
    """These ids, as a table of one column."""
    if is_sqlite():
        return Sql("SELECT value AS id FROM json_each(%s)", (str(ids),))
    return Sql("SELECT unnest(%s::bigint[]) AS id", ("{" + ",".join(map(str, ids)) + "}",))


def _count_ids(ids: Sql, limit: int) -> int:
    return Sql(f"SELECT count(*) FROM (SELECT 1 FROM ({ids.text}) i LIMIT {limit}) few", ids.params).number()  # noqa: S608


def _gather(wanted: Wanted, few: Condition, ids: Sql) -> Found:
    """Everybody the filter's index finds, checked against the other filters, sorted, from the place on."""
    sort = wanted.sort
    others = [each for each in wanted.conditions if each is not few]
    aliases = {sort.alias}.union(*(each.needs for each in others))
    checks = joined(" AND ", [Sql("1 = 1"), *_span(wanted), *(each.check for each in others)])
    sources = ""
    for alias in sorted(aliases):
        table = wanted.listing.tables[alias]
        sources += f" JOIN {table.name} {alias} ON {alias}.{table.id} = few.id"
    # The LIMIT (which never cuts anything off) keeps both planners from mixing the parts up again.
    query = (
        f"SELECT id, key, total FROM (SELECT few.id AS id, {_column(sort)} AS key, count(*) OVER () AS total"  # noqa: S608
        f" FROM (SELECT id FROM ({ids.text}) i LIMIT 1000000000) few{sources} WHERE {checks.text}) matching"
    )
    place = _past(wanted)
    down = "DESC" if wanted.goes_down else "ASC"
    nulls = "ASC" if wanted.descending != wanted.is_backward else "DESC"
    order = f" ORDER BY (key IS NULL) {nulls}, key {down}, id {down} LIMIT {wanted.size + 1}"
    rows = Sql(f"{query} WHERE {place.text}{order}", (*ids.params, *checks.params, *place.params)).rows()
    total = int(str(rows[0][2])) if rows else 0
    return _page(wanted, [(row[1], row[0]) for row in rows], Count(total))


def _walk(wanted: Wanted, *, bounded: bool) -> tuple[list[tuple[Value, Value]], bool]:
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
    sources = f"{first.name} {sort.alias}{_hint(sort)}"
    for alias in sorted(needs):
        table = wanted.listing.tables[alias]
        # CROSS JOIN: SQLite keeps the order of the tables, and so walks the order's index.
        sources += f" CROSS JOIN {table.name} {alias}"
        wheres.append(Sql(f"{alias}.{table.id} = {sort.alias}.{first.id}"))
    where = joined(" AND ", wheres or [Sql("1 = 1")])
    return [
        (row[0], row[1])
        for row in Sql(
            f"SELECT {_column(sort)}, {sort.alias}.{first.id} FROM {sources} WHERE {where.text}"  # noqa: S608
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
        f"SELECT {_column(sort)}, {sort.alias}.{table.id} FROM {table.name} {sort.alias}{_hint(sort)}"  # noqa: S608
        f" WHERE {where.text} ORDER BY {_order(wanted, table)} LIMIT 1 OFFSET {rows}",
        where.params,
    ).rows()
    return _place(wanted, found[0]) if found else None


def _range(part: _Part, start: Place | None, stop: Place | None) -> list[Sql]:
    """Conditions for the rows past `start` up to and with `stop`, on columns of the order's index alone."""
    wanted = part.wanted
    sort = wanted.sort
    down = wanted.goes_down
    column, own_id = _column(sort), f"{sort.alias}.{wanted.listing.tables[sort.alias].id}"
    if part.is_empty or sort.kind == "id":
        found = [Sql(f"{column} IS NULL")] if part.is_empty else []
        found += [Sql(f"{own_id} {'<' if down else '>'} %s", (start.id,))] if start else []
        return found + ([Sql(f"{own_id} {'>=' if down else '<='} %s", (stop.id,))] if stop else [])
    low, high = wanted.span.low, wanted.span.high
    found = []
    if start:
        found.append(Sql(f"({column}, {own_id}) {'<' if down else '>'} (%s, %s)", (start.key, start.id)))
    elif (edge := high if down else low) is not None:
        found.append(Sql(f"{column} {'<=' if down else '>='} %s", (edge,)))
    if stop:
        found.append(Sql(f"({column}, {own_id}) {'>=' if down else '<='} (%s, %s)", (stop.key, stop.id)))
    elif (edge := low if down else high) is not None:
        found.append(Sql(f"{column} {'>=' if down else '<='} %s", (edge,)))
    # One bound on each side: given two, SQLite may seek by the looser one.
    if sort.is_nullable and not (stop if down else start):
        found.append(Sql(f"{column} IS NOT NULL"))
    return found


def _past(wanted: Wanted) -> Sql:
    """The rows of a gathered list past the place asked for."""
    after, down = wanted.after, wanted.goes_down
    if after is None:
        return Sql("1 = 1")
    sign = "<" if down else ">"
    if after.key is None:
        same = f"key IS NULL AND id {sign} %s"
        return Sql(f"({same})" if down else f"({same} OR key IS NOT NULL)", (after.id,))
    beyond = " OR key IS NULL" if down and wanted.sort.is_nullable else ""
    return Sql(f"((key, id) {sign} (%s, %s){beyond})", (after.key, after.id))


def _span(wanted: Wanted) -> list[Sql]:
    column = _column(wanted.sort)
    low, high = wanted.span.low, wanted.span.high
    found = [] if low is None else [Sql(f"{column} >= %s", (low,))]
    return found if high is None else [*found, Sql(f"{column} <= %s", (high,))]


def _page(wanted: Wanted, rows: Sequence[tuple[Value, Value]], count: Count | None) -> Found:
    places = [_place(wanted, row) for row in rows[: wanted.size]]
    is_more = len(rows) > wanted.size
    if count is None and wanted.after is None and not is_more:
        count = Count(len(places))
    return Found(tuple(reversed(places) if wanted.is_backward else places), is_more, count)


def _place(wanted: Wanted, row: tuple[Value, ...]) -> Place:
    return Place(read_key(row[0], wanted.sort.kind), int(str(row[1])))


def _column(sort: Sort) -> str:
    return sort.column.format(alias=sort.alias)


def _order(wanted: Wanted, table: Table) -> str:
    down = "DESC" if wanted.goes_down else "ASC"
    return f"{_column(wanted.sort)} {down}, {wanted.sort.alias}.{table.id} {down}"


def _hint(sort: Sort) -> str:
    return f" INDEXED BY {sort.index}" if sort.index and is_sqlite() else ""
