"""From the address of the contacts list to the page that is wanted."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from ripeline.contacts.lists.filters import (
    Asked,
    Filters,
    read_choices,
    read_conditions,
    read_filters,
    read_span,
    span_condition,
)
from ripeline.contacts.lists.orders import CONTACTS
from ripeline.contacts.lists.places import Place, read_place, write_place
from ripeline.contacts.lists.then import SORTS_THEN, USUAL_SORT_THEN, conditions_then, filters_then
from ripeline.contacts.lists.wanted import Found, Span, Wanted
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import User
from ripeline.timeline.asof import AsOf, read_as_of
from ripeline.timeline.past import playbook_as_of

USUAL_SORT = "-score"
# People on a page.
SIZE = 50
# In an address: `name` goes up, `-name` down.
SORTS = frozenset(("score", "name", "heard", "entered", "created"))


@dataclass(frozen=True, slots=True)
class Request:
    """What an address asks for: filters, order (as the address says it), the page, what could not be used, the moment
    shown and the playbook that people are judged by in that."""

    filters: Filters
    sort: str
    wanted: Wanted
    mistakes: tuple[str, ...]
    as_of: AsOf
    playbook: Playbook

    @property
    def usual_sort(self) -> str:
        """The order of those who choose none."""
        return USUAL_SORT if self.as_of.is_now else USUAL_SORT_THEN

    @property
    def query(self) -> str:
        """Filters, order and moment as they stand in an address; the page left out."""
        pairs = [] if self.sort == self.usual_sort else [("sort", self.sort)]
        return "&".join(part for part in (self.filters.query(), urlencode(pairs), self.as_of.query) if part)


def read_request(query: QueryDict, user: User, playbook: Playbook, *, now: datetime) -> Request:
    """What the address asks for. A place that is none, or that of another order, means the first page."""
    asked, as_of = read_filters(query), read_as_of(query, now=now, zone=timezone.get_current_timezone())
    if not as_of.is_now:
        return _read_past(query, asked, user, as_of)
    sort = _sort(query, SORTS, USUAL_SORT)
    wanted = _page(query, want(asked.filters, user, playbook, now=now, sort=sort))
    mistakes = (*asked.mistakes, as_of.wrong) if as_of.wrong else asked.mistakes
    return Request(asked.filters, sort, wanted, mistakes, as_of, playbook)


def _read_past(query: QueryDict, asked: Asked, user: User, as_of: AsOf) -> Request:
    playbook = playbook_as_of(as_of)
    filters, left_out = filters_then(asked.filters)
    sort = _sort(query, SORTS_THEN, USUAL_SORT_THEN)
    order, conditions = (
        CONTACTS.sorts[sort.removeprefix("-")],
        conditions_then(filters, user, playbook, as_of),
    )
    wanted = Wanted(CONTACTS, order, sort.startswith("-"), conditions=conditions, size=SIZE)
    return Request(filters, sort, _page(query, wanted), (*asked.mistakes, *left_out), as_of, playbook)


def _sort(query: QueryDict, known: Container[str], usual: str) -> str:
    sort = query.get("sort", usual)
    return sort if sort.removeprefix("-") in known else usual


def _page(query: QueryDict, wanted: Wanted) -> Wanted:
    """The page of it that the address names."""
    kind = wanted.sort.kind
    after, before = read_place(query.get("after", ""), kind), read_place(query.get("before", ""), kind)
    return replace(wanted, after=after or before, is_backward=after is None and before is not None)


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


def is_same_moment(request: HttpRequest, as_of: AsOf) -> bool:
    """Whether the page that asks for another part shows the same moment: else more than the part changes."""
    shown = QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    return read_as_of(shown, now=timezone.now(), zone=timezone.get_current_timezone()).query == as_of.query
