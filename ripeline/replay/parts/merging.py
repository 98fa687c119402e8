"""Tables of touches put in order, and newer ones joined to an older one that is in order already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ripeline.replay.parts.form import DICTIONARIES

Ints = npt.NDArray[Any]
Ids = Callable[[], pa.Array]


def in_order(table: pa.Table) -> pa.Table:
    """The touches sorted by person (UTF-8 bytes), `at` and id; people and texts as dictionaries without spares."""
    table = without_spares(encoded(table))
    person = table.column("person").chunk(0)
    people, code_of = _sorted_people([person.dictionary])
    codes = code_of[0][person.indices.to_numpy()]
    at = _instants(table)
    order = np.lexsort((at, codes))
    if "id" in table.column_names:
        order = _settle_ties(order, codes, at, ids=lambda: table.column("id").chunk(0))
    return _taken(table, codes, people, order)


def encoded(table: pa.Table) -> pa.Table:
    """The table in one chunk, its texts that repeat as dictionaries (ids are left)."""
    table = table.combine_chunks()
    for number, name in enumerate(table.column_names):
        if name in DICTIONARIES and not pa.types.is_dictionary(table.schema.field(name).type):
            table = table.set_column(number, name, table.column(name).dictionary_encode())
    return table.unify_dictionaries().combine_chunks()


def joined(
    tables: Sequence[pa.Table], replaced: Sequence[Sequence[str]], ids: Callable[[int], pa.Array]
) -> pa.Table:
    """Tables that are each in order as one in order. Texts may keep spares; people do not.

    The people in `replaced[i]` lose what tables before the i-th say of them. `ids(i)` gives the ids of a table; it is
    asked only where an older and a newer touch share their instant, for then ids decide.
    """
    people, code_of = _sorted_people([_dictionary(table) for table in tables])
    codes = [
        mapped[table.column("person").chunk(0).indices.to_numpy()]
        if table.num_rows
        else np.empty(0, np.int32)
        for table, mapped in zip(tables, code_of, strict=True)
    ]
    kept = _kept(codes, people, replaced)
    if any(replaced):
        tables = [table.filter(pa.array(keep)) for table, keep in zip(tables, kept, strict=True)]
        codes = [code[keep] for code, keep in zip(codes, kept, strict=True)]

    def all_ids() -> pa.Array:
        chunks = [ids(number).filter(pa.array(keep)) for number, keep in enumerate(kept)]
        return pa.concat_arrays(chunks)

    # By name alone: whether a column may be null is the file's business.
    alike = [pa.table(dict(zip(each.column_names, each.columns, strict=True))) for each in tables]
    whole = pa.concat_tables(alike).unify_dictionaries().combine_chunks()
    at, code = _instants(whole), np.concatenate(codes)
    oldest = len(codes[0])
    newer = np.arange(oldest, len(code))
    if len(tables) > 2:
        newer = np.lexsort((at[oldest:], code[oldest:])) + oldest
    order = _interleaved(code, at, newer, oldest)
    order = _settle_ties(order, code, at, ids=all_ids, newer_than=oldest)
    return _taken(whole, code, people, order)


def without_spares(table: pa.Table) -> pa.Table:
    """The same table, its dictionaries holding only what some touch uses."""
    for number, name in enumerate(table.column_names):
        if name in DICTIONARIES:
            column = table.column(name).combine_chunks()
            column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
            table = table.set_column(number, name, _used(column))
    return table


def _dictionary(table: pa.Table) -> pa.Array:
    return table.column("person").chunk(0).dictionary if table.num_rows else pa.array([], pa.string())


def _sorted_people(dictionaries: Sequence[pa.Array]) -> tuple[pa.Array, list[npt.NDArray[Any]]]:
    """All people in the order of their bytes, and for each dictionary the place of its entries among them."""
    everybody = pa.concat_arrays(list(dictionaries)).unique()
    everybody = everybody.take(pc.sort_indices(everybody))
    return everybody, [
        pc.index_in(one, value_set=everybody).to_numpy(zero_copy_only=False).astype(np.int32)
        for one in dictionaries
    ]


def _kept(
    codes: Sequence[npt.NDArray[Any]], people: pa.Array, replaced: Sequence[Sequence[str]]
) -> list[npt.NDArray[np.bool_]]:
    """For each table the rows of people whom no later table replaces."""
    gone = np.zeros(len(people), bool)
    kept: list[npt.NDArray[np.bool_]] = []
    for code, names in zip(reversed(codes), reversed(replaced), strict=True):
        kept.append(~gone[code])
        if names:
            listed = pa.array(list(names), pa.string())
            gone |= pc.is_in(people, value_set=listed).to_numpy(zero_copy_only=False)
    return kept[::-1]


def _interleaved(code: Ints, at: Ints, newer: Ints, oldest: int) -> Ints:
    """The order in which the newer rows stand behind those of the oldest table that are not later."""
    whose, when = code[newer], at[newer]
    first = np.searchsorted(code[:oldest], whose)
    after = np.searchsorted(code[:oldest], whose, side="right")
    # A binary search in each person's own stretch, all at once.
    while (open_ := first < after).any():
        middle = (first + after) // 2
        earlier = open_ & (at[np.minimum(middle, oldest - 1)] <= when)
        first = np.where(earlier, middle + 1, first)
        after = np.where(open_ & ~earlier, middle, after)
    order = np.empty(len(code), np.int64)
    is_newer = np.zeros(len(code), bool)
    is_newer[first + np.arange(len(newer))] = True
    order[is_newer] = newer
    order[~is_newer] = np.arange(oldest)
    return order


def _settle_ties(order: Ints, code: Ints, at: Ints, *, ids: Ids, newer_than: int = 0) -> Ints:
    """`order`, with touches of one person at one instant by their ids.

    Ties among rows below `newer_than` alone are settled already.
    """
    if newer_than and not _any_tie(order, code, at, newer_than):
        return order
    whose, when = code[order], at[order]
    same = (whose[1:] == whose[:-1]) & (when[1:] == when[:-1])
    if not same.any():
        return order
    group = np.concatenate(([0], np.cumsum(~same)))
    unsettled = np.bincount(group, weights=order >= newer_than) > 0
    unsettled &= np.bincount(group) > 1
    places = np.flatnonzero(unsettled[group])
    if not len(places):
        return order
    by_id = pc.sort_indices(ids().take(pa.array(order[places]))).to_numpy()
    rank = np.empty(len(places), np.int64)
    rank[by_id] = np.arange(len(places))
    settled = order.copy()
    settled[places] = order[places][np.lexsort((rank, group[places]))]
    return settled


def _any_tie(order: Ints, code: Ints, at: Ints, newer_than: int) -> bool:
    """Whether a newer row stands beside one of its person and instant: few are newer, so this is soon known."""
    places = np.flatnonzero(order >= newer_than)
    row = order[places]
    for beside in (order[np.maximum(places - 1, 0)], order[np.minimum(places + 1, len(order) - 1)]):
        if ((code[beside] == code[row]) & (at[beside] == at[row]) & (beside != row)).any():
            return True
    return False


def _taken(table: pa.Table, codes: Ints, people: pa.Array, order: Ints) -> pa.Table:
    """The rows in order, with the people that are left as a dictionary in the order of their bytes."""
    if not len(order):
        return table.slice(0, 0)
    number = table.column_names.index("person")
    taken = table.drop_columns(["person"]).take(pa.array(order)) if table.num_columns > 1 else table
    sorted_codes = codes[order]
    starts = np.flatnonzero(np.concatenate(([True], sorted_codes[1:] != sorted_codes[:-1])))
    if len(starts) < len(people):
        counts = np.diff(np.append(starts, len(sorted_codes)))
        people = people.take(pa.array(sorted_codes[starts]))
        sorted_codes = np.repeat(np.arange(len(starts), dtype=np.int32), counts)
    person = pa.DictionaryArray.from_arrays(pa.array(sorted_codes), people)
    if table.num_columns == 1:
        return pa.table({"person": person})
    return taken.add_column(number, "person", person)


def _used(column: pa.DictionaryArray) -> pa.DictionaryArray:
    size = len(column.dictionary)
    indices = column.indices.drop_null() if column.null_count else column.indices
    used = np.zeros(size, bool)
    used[indices.to_numpy()] = True
    if used.all():
        return column
    new_code = pa.array((np.cumsum(used) - 1).astype(np.int32))
    return pa.DictionaryArray.from_arrays(
        new_code.take(column.indices), column.dictionary.filter(pa.array(used))
    )


def _instants(table: pa.Table) -> Ints:
    at = table.column("at").combine_chunks()
    at = at.chunk(0) if isinstance(at, pa.ChunkedArray) else at
    instants: Ints = at.cast(pa.int64()).to_numpy()
    return instants
