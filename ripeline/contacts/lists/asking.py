"""From the address of the contacts list to the page that is wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

from ripeline.contacts.lists.filters import (
    Filters,
    read_choices,
    read_conditions,
    read_filters,
    read_span,
    span_condition,
)
from ripeline.contacts.lists.orders import CONTACTS
from ripeline.contacts.lists.places import Place, read_place, write_place
from ripeline.contacts.lists.wanted import Found, Span, Wanted
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import User

USUAL_SORT = "-score"
# People on a page.
SIZE = 50
# In an address: `name` goes up, `-name` down.
SORTS = frozenset(("score", "name", "heard", "entered", "created"))


@dataclass(frozen=True, slots=True)
class Request:
    """What an address asks for: filters, order (as the address says it), the page, and what could not be used."""

    filters: Filters
    sort: str
    wanted: Wanted
    mistakes: tuple[str, ...]

    @property
    def query(self) -> str:
        """Filters and order as they stand in an address; the page left out."""
        pairs = [] if self.sort == USUAL_SORT else [("sort", self.sort)]
        return "&".join(part for part in (self.filters.query(), urlencode(pairs)) if part)


def read_request(query: QueryDict, user: User, playbook: Playbook, *, now: datetime) -> Request:
    """What the address asks for. A place that is none, or that of another order, means the first page."""
    asked = read_filters(query)
    sort = query.get("sort", USUAL_SORT)
    sort = sort if sort.removeprefix("-") in SORTS else USUAL_SORT
    kind = CONTACTS.sorts[sort.removeprefix("-")].kind
    after, before = read_place(query.get("after", ""), kind), read_place(query.get("before", ""), kind)
    wanted = want(asked.filters, user, playbook, now=now, sort=sort)
    wanted = replace(wanted, after=after or before, is_backward=after is None and before is not None)
    return Request(asked.filters, sort, wanted, asked.mistakes)


def want(
    filters: Filters, user: User, playbook: Playbook, *, now: datetime, sort: str = USUAL_SORT
) -> Wanted:
    """The first page of the contacts these filters leave. `sort` is as in an address; `id` is known too."""
    order = CONTACTS.sorts[sort.removeprefix("-")]
    span, conditions = read_span(filters, playbook, day_of(to_instant(now))), read_conditions(filters, user)
    if span != Span() and not order.by_cells:
        conditions, span = (*conditions, span_condition(span)), Span()
    return Wanted(CONTACTS, order, sort.startswith("-"), read_choices(filters), conditions, span, size=SIZE)


def newer_and_older(wanted: Wanted, found: Found, query: str) -> tuple[str | None, str | None]:
    """The addresses of the page before and the page after; None where there is none."""
    if not found.places:
        return None, None
    has_newer = found.is_more if wanted.is_backward else wanted.after is not None
    has_older = True if wanted.is_backward else found.is_more
    return (
        _page_address(query, "before", found.places[0]) if has_newer else None,
        _page_address(query, "after", found.places[-1]) if has_older else None,
    )


def _page_address(query: str, name: str, place: Place) -> str:
    return "?" + "&".join(part for part in (query, urlencode({name: write_place(place)})) if part)
