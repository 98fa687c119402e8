"""The first look through a whole file: its shape, a rule for every column, how dates and numbers are written,
and which people occur twice. Nothing is decided again later, so a resumed import reads as the first did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ripeline.gateway.imports.cells import clean, is_empty
from ripeline.gateway.imports.columns import SAMPLE, Guess, draft_mapping, guess_columns
from ripeline.gateway.imports.dates import DateColumn, DateEvidence, Order
from ripeline.gateway.imports.figures import NumberColumn, NumberEvidence
from ripeline.gateway.imports.mapping import Lookup, Mapping, check_columns, places
from ripeline.gateway.imports.merge import Repeats
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.sniff import NotATable, Shape, sniff
from ripeline.gateway.imports.table import Row, read_rows
from ripeline.gateway.imports.takes import Settled, taker

Progress = Callable[[int], None]
"""Told now and then how many rows were looked at."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the look found. `guesses` say of each column what it was taken for and why; `mapping` rules every
    column; `rows` counts readable and broken rows alike."""

    shape: Shape
    guesses: tuple[Guess, ...]
    mapping: Mapping
    settled: Settled
    repeats: Repeats
    rows: int
    examples: tuple[tuple[str, ...], ...]


def survey(path: Path, given: Mapping, progress: Progress | None = None) -> Survey:
    """Looks through the file at `path` with the mapping `given` (perhaps an empty one).

    Raises NotATable.
    """
    shape, sample, mapping = _begin(path, given)
    look = _Look(shape, mapping)
    rows = 0
    for rows, row in enumerate(read_rows(path, shape), start=1):
        if isinstance(row, Row):
            look.see(row)
        if progress and rows % 5_000 == 0:
            progress(rows)
    return _end(shape, sample, look, rows)


def survey_of(path: str, given: Mapping) -> Survey:
    """The same from the first 1,000 rows alone: enough to ask which column is which.

    Raises NotATable, MappingMistakes where the mapping names columns the file does not have.
    """
    shape, sample, mapping = _begin(Path(path), given)
    check_columns(mapping, shape.columns)
    look = _Look(shape, mapping)
    for row in sample:
        look.see(row)
    return _end(shape, sample, look, len(sample))


def _begin(path: Path, given: Mapping) -> tuple[Shape, list[Row], Mapping]:
    reads = given.reads
    shape = sniff(path, encoding=reads.encoding, separator=reads.separator, has_header=reads.header)
    sample = _readable(path, shape)
    return shape, sample, draft_mapping(shape.columns, [row.cells for row in sample], given)


def _end(shape: Shape, sample: list[Row], look: _Look, rows: int) -> Survey:
    if not rows:
        raise NotATable("The file has a header and no rows.")
    look.repeats.settle()
    settled = look.settle()
    cells = [row.cells for row in sample]
    guesses = guess_columns(shape.columns, cells)
    examples = tuple(tuple(row) for row in cells[:5])
    return Survey(shape, guesses, settled.mapping, settled, look.repeats, rows, examples)


def _readable(path: Path, shape: Shape) -> list[Row]:
    found: list[Row] = []
    for row in read_rows(path, shape):
        if isinstance(row, Row):
            found.append(row)
        if len(found) == SAMPLE:
            break
    return found


class _Look:
    """Gathers from each row the evidence on dates and numbers, and the keys."""

    def __init__(self, shape: Shape, mapping: Mapping) -> None:
        self._mapping = mapping
        at = {name: number for number, name in enumerate(shape.columns)}
        self._dates = {name: (at[name], DateEvidence()) for name in _date_columns(mapping) if name in at}
        self._numbers = {
            name: (at[name], NumberEvidence()) for name in _number_columns(mapping) if name in at
        }
        blank = Settled({}, {}, mapping)
        self._keys = [
            (at[name], taker(blank, name, rule))
            for name, rule in mapping.columns.items()
            if name in at and rule.field in ("email", "external_id")
        ]
        self.repeats = Repeats()

    def see(self, row: Row) -> None:
        for position, dates in self._dates.values():
            if not is_empty(text := clean(row.cells[position])):
                dates.see(text)
        for position, numbers in self._numbers.values():
            if not is_empty(text := clean(row.cells[position])):
                numbers.see(text)
        record = Record(row.line, row.cells)
        for position, take in self._keys:
            if not is_empty(text := clean(row.cells[position])):
                take(record, text)
        self.repeats.see(record)

    def settle(self) -> Settled:
        return Settled(self._settled_dates(), self._settled_numbers(), self._mapping)

    def _settled_dates(self) -> dict[str, DateColumn]:
        orders: list[Order] = [evidence.order for _, evidence in self._dates.values() if evidence.order]
        neighbour = orders[0] if orders else None
        return {name: evidence.settle(neighbour) for name, (_, evidence) in self._dates.items()}

    def _settled_numbers(self) -> dict[str, NumberColumn]:
        return {name: evidence.settle() for name, (_, evidence) in self._numbers.items()}


def _date_columns(mapping: Mapping) -> set[str]:
    """Columns read as dates whose order is not set by hand."""
    names = {
        name
        for name, rule in mapping.columns.items()
        if rule.field == "created_at" or (rule.field == "trait" and rule.reads == "date")
    }
    moments = [rule.at for rule in mapping.touches] + ([mapping.traits_at] if mapping.traits_at else [])
    return names | {rule.column for rule in moments if rule.column}


def _number_columns(mapping: Mapping) -> set[str]:
    names = {
        name for name, rule in mapping.columns.items() if rule.reads == "number" and rule.field == "trait"
    }
    for rule in mapping.touches:
        names |= {each.column for each in (rule.value, *rule.attrs.values()) if isinstance(each, Lookup)}
        if isinstance(rule.value, str):
            names.update(places(rule.value))
    return names
