"""Going along the index of an order, and keeping who passes the filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ripeline.contacts.lists.places import Place, read_key
from ripeline.contacts.lists.wanted import Sort, Table, Wanted
from ripeline.kit.sql import Sql, Value, is_sqlite, joined

# Rows looked at along the order before the filters are held to be rare: first so many, which most pages need, and
# so many more at most.
STRETCHES = (500, 16_000)
# Where the index of the order answers a filter by itself, looking at a row costs a tenth.
THIN_STRETCHES = (4_000, 60_000)
# A stretch is somewhat longer than what is likely to fill the page: another one costs two questions more.
LONGER = 1.5


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk gave so far: rows (one more than the page holds, where more follow), how many were looked at, and
    the parts of the order that are still to be gone along."""

    rows: tuple[tuple[Value, Value], ...]
    looked: int
    rest: tuple[_Part, ...]

    def is_over(self, size: int) -> bool:
        """Whether that is all there is to know for a page of this size."""
        return len(self.rows) > size or not self.rest


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of the order past `after` that have a key, or those that have none: where keys may be absent, one
    follows the other."""

    after: Place | None
    is_empty: bool = False


def set_out(wanted: Wanted) -> Walked:
    """The walk before its first step."""
    return Walked((), 0, tuple(_parts(wanted)))


def walk_on(wanted: Wanted, walked: Walked, stretch: int | None = None) -> Walked:
    """Goes on, along about `stretch` rows (None: until the page is full or the order ends)."""
    rows, rest = list(walked.rows), list(walked.rest)
    while rest and len(rows) <= wanted.size:
        limit = wanted.size + 1 - len(rows)
        if is_blind := walked.looked == 0 and stretch is not None and not is_sqlite():
            # Where the first stretch fills the page, nobody need know where it ends. For a long one PostgreSQL finds
            # better ways when it is told both ends.
            rows += _select(wanted, rest[0], None, limit=limit, within=stretch)
            if len(rows) > wanted.size:
                break
        stop = None if stretch is None else _ahead(wanted, rest[0], stretch)
        if not is_blind:
            rows += _select(wanted, rest[0], stop, limit=limit)
        if stop is not None:
            rest[0] = replace(rest[0], after=stop)
            break
        rest.pop(0)
    return Walked(tuple(rows), walked.looked + (stretch or 0), tuple(rest))


def stretches(wanted: Wanted) -> tuple[int, int]:
    """How far it is worth to go first, and then, before the filters are held to be rare."""
    is_thin = any(each.is_in_orders and each.needs == {wanted.sort.alias} for each in wanted.conditions)
    return THIN_STRETCHES if is_thin else STRETCHES


def next_stretch(wanted: Wanted, walked: Walked, ahead: int) -> int:
    """How far to go to fill the page, going by what the walk gave so far; `ahead` at most."""
    missing = wanted.size + 1 - len(walked.rows)
    expected = walked.looked * missing / max(1, len(walked.rows))
    return min(ahead, stretches(wanted)[0] + round(LONGER * expected))


def is_promising(wanted: Wanted, walked: Walked, ahead: int) -> bool:
    """Whether `ahead` rows more are likely to fill the page, going by what the walk gave so far."""
    missing = wanted.size + 1 - len(walked.rows)
    return len(walked.rows) * ahead >= walked.looked * missing / 2


def is_rare(wanted: Wanted, walked: Walked, few: int) -> bool:
    """Whether the filters together seem to leave fewer than `few`.

    Of N rows, n pass: about N * rows / looked by what the walk gave, and `few` is the root of size * N."""
    return len(walked.rows) * few < walked.looked * wanted.size


def _parts(wanted: Wanted) -> Iterator[_Part]:
    if not wanted.sort.is_nullable:
        yield _Part(wanted.after)
        return
    after = wanted.after
    keyed_first = wanted.goes_down
    in_empty = after is not None and after.key is None
    # Nobody without a date comes first: absent keys are last going down and first going up.
    if keyed_first:
        if not in_empty:
            yield _Part(after)
        yield _Part(after if in_empty else None, is_empty=True)
    else:
        if after is None or in_empty:
            yield _Part(after, is_empty=True)
        yield _Part(None if in_empty else after)


def _select(
    wanted: Wanted, part: _Part, stop: Place | None, *, limit: int, within: int | None = None
) -> list[tuple[Value, Value]]:
    """Up to `limit` rows that pass: of those up to `stop`, or up to the place `within` rows further (see `_ahead`).

    SQLite would not know that the rows of such a part are in order, and sort them all."""
    sort = wanted.sort
    first = wanted.listing.tables[sort.alias]
    needs = {sort.alias}.union(*(each.needs for each in wanted.conditions)) - {sort.alias}
    along = joined(" AND ", [*holds(sort), *_range(wanted, part, stop)] or [Sql("1 = 1")])
    wheres = [each.check for each in wanted.conditions]
    if within is None:
        wheres.insert(0, along)
        sources = f"{first.name} {sort.alias}{hint(sort)}"
    else:
        sources = (
            f"(SELECT * FROM {first.name} {sort.alias} WHERE {along.text}"  # noqa: S608 - our names
            f" ORDER BY {_order(wanted, first)} LIMIT {within + 1}) {sort.alias}"
        )
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
            (*(along.params if within is not None else ()), *where.params),
        ).rows()
    ]


def _ahead(wanted: Wanted, part: _Part, rows: int) -> Place | None:
    """The place `rows` further along the order, whoever passes; None where the order ends before."""
    sort = wanted.sort
    table = wanted.listing.tables[sort.alias]
    where = joined(" AND ", [*holds(sort), *_range(wanted, part, None)] or [Sql("1 = 1")])
    found = Sql(
        f"SELECT {column(sort)}, {sort.alias}.{table.id} FROM {table.name} {sort.alias}{hint(sort)}"  # noqa: S608
        f" WHERE {where.text} ORDER BY {_order(wanted, table)} LIMIT 1 OFFSET {rows}",
        where.params,
    ).rows()
    return place_of(wanted, found[0]) if found else None


def _range(wanted: Wanted, part: _Part, stop: Place | None) -> list[Sql]:
    """Conditions for the rows of the part up to and with `stop`, on columns of the order's index alone."""
    sort, start = wanted.sort, part.after
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


def holds(sort: Sort) -> list[Sql]:
    """What everything listed in this order passes, as conditions."""
    return [Sql(sort.holds.format(alias=sort.alias))] if sort.holds else []


def hint(sort: Sort) -> str:
    """Names the index of the order, for SQLite: its planner would rather sort than walk."""
    return f" INDEXED BY {sort.index}" if sort.index and is_sqlite() else ""
