"""A page of a list that is asked for, and what is found: the values between the filters and the plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ripeline.contacts.lists.places import Kind, Place
from ripeline.kit.sql import Sql


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a list: its name and the column that holds the id of the listed thing."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: by `column` of the table called `alias`, then by id, along the index named. `holds` is a check that
    everything listed passes, and everything in the index."""

    key: str
    alias: str
    column: str
    kind: Kind
    index: str
    is_nullable: bool = False
    by_cells: bool = False
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A thing that is listed: its tables by alias and the orders it has an index for."""

    tables: Mapping[str, Table]
    sorts: Mapping[str, Sort]


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter. `check` says whether a row passes, over the aliases in `needs`; `ids` finds all who pass through
    an index (None: there is none). `is_in_orders`: the indexes of the orders of that table answer it too.
    `is_dear`: finding all who pass reads many rows, so they are counted after the page."""

    check: Sql
    needs: frozenset[str]
    ids: Sql | None = None
    is_in_orders: bool = False
    is_dear: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of values of stage, rating, grade or status (0 to 3); "" is absent. See `cells`."""

    column: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the order that is wanted: from `low` to `high`, both included, where given."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page that is asked for.

    `after` is the place of the row before it in the order given; `choices` are filters on stage, rating, grade and
    status; `span` limits the sort column; `is_backward` reads towards the beginning (the page before `after`);
    `is_counted` asks for how many there are in all, where that is cheap to know.
    """

    listing: Listing
    sort: Sort
    descending: bool
    choices: tuple[Choice, ...] = ()
    conditions: tuple[Condition, ...] = ()
    span: Span = field(default_factory=Span)
    after: Place | None = None
    is_backward: bool = False
    size: int = 50
    is_counted: bool = True

    @property
    def goes_down(self) -> bool:
        """Whether the index is read from high to low."""
        return self.descending != self.is_backward


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: exactly `number`, or more than that."""

    number: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The places on a page, in order; whether more follow in the direction read; how many in all, if that was
    cheap to know."""

    places: tuple[Place, ...]
    is_more: bool
    count: Count | None = None
