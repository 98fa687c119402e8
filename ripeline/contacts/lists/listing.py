"""How a list is read: one page of a million, in any order, under any filters, in flat time.

Three plans, cheapest first that fits (`read_page`):

- *walk*: go along the index of the order from where the last page ended and keep who passes. Bounded: where
  too few pass within a few stretches, the filters are rare and the smallest of them is gathered.
- *gather*: some filter leaves few people: find them through its index, check the others, sort.
- *cells*: in order of score, every mixture of stage, rating, grade and status is a few ranges of one index.

A place in a list is a key and an id, never a number of rows to skip, so page 1,000 costs what page 1 does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt

from ripeline.contacts.lists.cells import MOST_MERGED, cells_condition, count_cells, merge_cells, read_cells
from ripeline.contacts.lists.walking import (
    column,
    hint,
    holds,
    is_promising,
    is_rare,
    next_stretch,
    place_of,
    set_out,
    stretches,
    walk_on,
)
from ripeline.contacts.lists.wanted import Condition, Count, Found, Span, Wanted
from ripeline.kit.sql import Sql, Value, is_sqlite, joined

# Above this, finding everybody costs more than any walk.
MANY = 250_000
# Finding people costs one question and walking on two, the second of them up to a place that is guessed: so it is worth
# while for somewhat more of them than the rows alone would say.
MORE = 1.5
# Beyond this, a list is "more than"; nobody pages through it and counting costs.
COUNTED = 10_000


def read_page(wanted: Wanted) -> Found:
    """The page, by the cheapest plan that fits."""
    if wanted.choices:
        cells = read_cells(wanted.choices)
        if not wanted.conditions and wanted.sort.by_cells and len(cells) <= MOST_MERGED:
            count = count_cells(cells, wanted.span, COUNTED) if wanted.is_counted else None
            return _page(wanted, merge_cells(cells, wanted), count)
        # First, so that it is asked before those that need a look at the contact.
        conditions = (cells_condition(cells), *wanted.conditions)
        wanted = replace(wanted, choices=(), conditions=conditions)
    if not wanted.conditions:
        rows = walk_on(wanted, set_out(wanted)).rows
        return _page(wanted, rows, count_all(wanted) if wanted.is_counted else None)
    return _read_filtered(wanted)


def _read_filtered(wanted: Wanted) -> Found:
    """Most filters let enough pass for the first stretch along the order to fill the page. Where it does not, somebody
    rare is looked for: first by finding everybody whom one filter leaves, then by going on along the order."""
    first, ahead = stretches(wanted)
    walked = walk_on(wanted, set_out(wanted), first)
    if not walked.is_over(wanted.size):
        most = round(MORE * how_few(wanted))
        is_hopeless = not is_promising(wanted, walked, ahead)
        if is_hopeless or is_rare(wanted, walked, most):
            # A dear filter beside others is not asked whom it leaves as long as walking on may do.
            few = _gather_few(wanted, most, with_dear=is_hopeless or len(wanted.conditions) == 1)
            if few is not None:
                return few
        if is_hopeless:
            # What the first stretch says of rare people is not much.
            walked = walk_on(wanted, walked, ahead // 4)
            ahead -= ahead // 4
    while ahead and not walked.is_over(wanted.size) and is_promising(wanted, walked, ahead):
        stretch = next_stretch(wanted, walked, ahead)
        walked = walk_on(wanted, walked, stretch)
        ahead -= stretch
    if not walked.is_over(wanted.size):
        if (narrowed := _narrow(wanted)) is not None:
            return _gather(wanted, *narrowed)
        walked = walk_on(wanted, walked)
    return _page(wanted, walked.rows, _count_cheaply(wanted))


def _count_cheaply(wanted: Wanted) -> Count | None:
    """How many one filter leaves, read from its index. Several would have to be checked one contact after the other,
    and some read the contacts: that number is fetched after the page."""
    if not wanted.is_counted or len(wanted.conditions) > 1 or wanted.conditions[0].is_dear:
        return None
    return _count_one(wanted.conditions[0])


def _count_one(condition: Condition) -> Count | None:
    return None if condition.ids is None else _up_to_counted(_count_ids(condition.ids, COUNTED + 1))


def _gather_few(wanted: Wanted, most: int, *, with_dear: bool) -> Found | None:
    """The page of the people whom one filter leaves, or several, if they are `most` at most; None where no filter is so
    rare."""
    rare = _rare_of([each for each in wanted.conditions if not each.is_dear], most)
    if rare:
        # Beside somebody rare, checking a dear filter costs less than finding all it leaves.
        return _gather(wanted, _in_all(rare), [each for each in wanted.conditions if each not in rare])
    for condition in wanted.conditions if with_dear else ():
        if condition.is_dear and (ids := _all_of(condition, most)) is not None:
            others = [each for each in wanted.conditions if each is not condition]
            return _gather(wanted, _given(ids), others)
    return None


def _rare_of(conditions: Sequence[Condition], most: int) -> list[Condition]:
    """Those that leave `most` people or fewer, the rarest first: all counted with one question."""
    found = [(each, each.ids) for each in conditions if each.ids is not None]
    if not found:
        return []
    counts = joined(", ", [_counted(ids, most + 1) for _, ids in found])
    sizes = Sql(f"SELECT {counts.text}", counts.params).rows()[0]
    leave = {position: int(str(size)) for position, size in enumerate(sizes) if int(str(size)) <= most}
    return [found[position][0] for position in sorted(leave, key=lambda position: leave[position])]


def count_matches(wanted: Wanted) -> Count:
    """How many there are, up to COUNTED; for the number that is fetched after the page."""
    is_single = not wanted.choices and wanted.span == Span() and len(wanted.conditions) == 1
    if is_single and (count := _count_one(wanted.conditions[0])) is not None:
        return count
    page = read_page(replace(wanted, after=None, is_backward=False, size=COUNTED))
    return page.count or Count(len(page.places), page.is_more)


def count_all(wanted: Wanted) -> Count:
    """How many there are without any filter but the span."""
    sort = wanted.sort
    table = wanted.listing.tables[sort.alias]
    where = joined(" AND ", [Sql("1 = 1"), *holds(sort), *_span(wanted)])
    found = Sql(
        f"SELECT count(*) FROM (SELECT 1 FROM {table.name} {sort.alias}{hint(sort)}"  # noqa: S608 - our names
        f" WHERE {where.text} LIMIT {COUNTED + 1}) few",
        where.params,
    ).number()
    return _up_to_counted(found)


def _up_to_counted(number: int) -> Count:
    return Count(min(number, COUNTED), number > COUNTED)


def how_few(wanted: Wanted) -> int:
    """Up to how many it is quicker to find and sort everybody than to walk the order.

    A filter that leaves n of N lets one in N / n pass, so a page of p takes a walk of p * N / n: as long as n, when
    n is the square root of p * N.
    """
    table = next(iter(wanted.listing.tables.values()))
    newest = Sql(f"SELECT max({table.id}) FROM {table.name}").rows()[0][0]  # noqa: S608
    return isqrt(wanted.size * int(str(newest or 0)))


def _all_of(condition: Condition, most: int) -> list[int] | None:
    """Everybody the filter's index finds; None where there is no index, or they are more than `most`."""
    if condition.ids is None:
        return None
    rows = Sql(f"{condition.ids.text} LIMIT {most + 1}", condition.ids.params).rows()
    return [int(str(row[0])) for row in rows] if len(rows) <= most else None


def _narrow(wanted: Wanted) -> tuple[Sql, list[Condition]] | None:
    """The people whom the filter with the fewest finds, and whom those with not many more find too; and the filters
    that are still to be checked. None where every filter finds more than MANY."""
    sizes: dict[int, int] = {}
    most = MANY
    for position, condition in enumerate(wanted.conditions):
        if condition.ids is not None and (size := _count_ids(condition.ids, most + 1)) <= most:
            sizes[position] = size
            # Meeting two lists costs less than looking people up one by one, while they are of a kind.
            most = min(MANY, 5 * size)
    order = sorted(sizes, key=lambda position: sizes[position])
    used = [position for position in order if sizes[position] <= 5 * sizes[order[0]]]
    if not used:
        return None
    others = [each for position, each in enumerate(wanted.conditions) if position not in used]
    return _in_all([wanted.conditions[position] for position in used]), others


def _in_all(conditions: Sequence[Condition]) -> Sql:
    """Those whom each of these filters finds, going by the first."""
    first, *others = [each.ids for each in conditions if each.ids is not None]
    both = joined(" AND ", [Sql("1 = 1"), *(Sql(f"id IN ({each.text})", each.params) for each in others)])
    return Sql(f"SELECT id FROM ({first.text}) i WHERE {both.text}", (*first.params, *both.params))  # noqa: S608


def _given(ids: Sequence[int]) -> Sql:
    """These ids, as a table of one column."""
    if is_sqlite():
        return Sql("SELECT value AS id FROM json_each(%s)", (str(sorted(ids)),))
    return Sql("SELECT unnest(%s::bigint[]) AS id", ("{" + ",".join(map(str, sorted(ids))) + "}",))


def _count_ids(ids: Sql, limit: int) -> int:
    counted = _counted(ids, limit)
    return Sql(f"SELECT {counted.text}", counted.params).number()


def _counted(ids: Sql, limit: int) -> Sql:
    return Sql(f"(SELECT count(*) FROM (SELECT 1 FROM ({ids.text}) i LIMIT {limit}) few)", ids.params)  # noqa: S608


def _gather(wanted: Wanted, ids: Sql, others: Sequence[Condition]) -> Found:
    """These people, checked against the other filters, sorted, from the place on."""
    sort = wanted.sort
    aliases = {sort.alias}.union(*(each.needs for each in others))
    checks = joined(" AND ", [Sql("1 = 1"), *holds(sort), *_span(wanted), *(each.check for each in others)])
    sources = ""
    for alias in sorted(aliases):
        table = wanted.listing.tables[alias]
        sources += f" JOIN {table.name} {alias} ON {alias}.{table.id} = few.id"
    # The LIMIT (which never cuts anything off) keeps both planners from mixing the parts up again.
    query = (
        f"SELECT id, key, total FROM (SELECT few.id AS id, {column(sort)} AS key, count(*) OVER () AS total"  # noqa: S608
        f" FROM (SELECT id FROM ({ids.text}) i LIMIT 1000000000) few{sources} WHERE {checks.text}) matching"
    )
    place = _past(wanted)
    down = "DESC" if wanted.goes_down else "ASC"
    nulls = "ASC" if wanted.descending != wanted.is_backward else "DESC"
    order = f" ORDER BY (key IS NULL) {nulls}, key {down}, id {down} LIMIT {wanted.size + 1}"
    rows = Sql(f"{query} WHERE {place.text}{order}", (*ids.params, *checks.params, *place.params)).rows()
    total = int(str(rows[0][2])) if rows else 0
    return _page(wanted, [(row[1], row[0]) for row in rows], Count(total))


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
    key = column(wanted.sort)
    low, high = wanted.span.low, wanted.span.high
    found = [] if low is None else [Sql(f"{key} >= %s", (low,))]
    return found if high is None else [*found, Sql(f"{key} <= %s", (high,))]


def _page(wanted: Wanted, rows: Sequence[tuple[Value, Value]], count: Count | None) -> Found:
    places = [place_of(wanted, row) for row in rows[: wanted.size]]
    is_more = len(rows) > wanted.size
    if count is None and wanted.after is None and not is_more:
        count = Count(len(places))
    return Found(tuple(reversed(places) if wanted.is_backward else places), is_more, count)
