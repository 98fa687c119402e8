"""The contacts list: a page, its count, its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.contacts.lists.asking import Request, is_same_moment, newer_and_older, read_request
from ripeline.contacts.lists.bulk import Wrong
from ripeline.contacts.lists.choices import Menu, read_menus, read_segments
from ripeline.contacts.lists.columns import (
    COLUMNS,
    NAME,
    Column,
    forget_columns,
    keep_columns,
    read_columns,
)
from ripeline.contacts.lists.filters import Filters
from ripeline.contacts.lists.into_lists import lists_for
from ripeline.contacts.lists.listing import count_matches, read_page
from ripeline.contacts.lists.places import Place
from ripeline.contacts.lists.rows import ContactRow, read_rows
from ripeline.contacts.lists.saved_views import read_views
from ripeline.contacts.lists.then import LEFT_OUT, SORTS_THEN, rows_then
from ripeline.contacts.lists.trail import page_of, write_trail
from ripeline.people.models import Company, User
from ripeline.people.permissions import may_export_all, reader_of
from ripeline.timeline.definitions.active import active_playbook

# What a value in the address is called on the chip that takes it out again.
CHIP_TITLES = {
    "q": "Search",
    "tag": "Tag",
    "company": "Company",
    "score_from": "Score from",
    "score_to": "Score to",
}


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: where a click on it leads, and how the list is sorted by it now (up, down or not)."""

    column: Column
    url: str
    order: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force: its words, and the address without it."""

    title: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class RefusedTask:
    """What was to be done to many and is not: the form as it was sent, and what is wrong with it."""

    posted: QueryDict
    wrong: Wrong

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the contacts ticked."""
        return frozenset(self.posted.getlist("key"))

    def left(self, rows: Sequence[ContactRow]) -> Iterator[str]:
        """A sentence about those ticked who are not on the page any more, where there are some."""
        if gone := len(self.keys - {row.key for row in rows}):
            who = "One of those you ticked is" if gone == 1 else f"{gone} of those you ticked are"
            yield f"{who} on another page by now, and not ticked any more."

    @property
    def typed(self) -> dict[str, str]:
        """What stood in each field."""
        return {name: self.posted.get(name, "").replace("\0", "") for name in self.posted}


@require_safe
def contacts_list(request: HttpRequest) -> HttpResponse:
    """The list; to htmx, which keeps the frame and the filters, only the part that changes."""
    return show_list(request, request.GET)


def show_list(request: HttpRequest, query: QueryDict, refused: RefusedTask | None = None) -> HttpResponse:
    """The list that an address with this query shows; with a refused task the answer is 422 and all of it is kept."""
    now, user = timezone.now(), reader_of(request)
    asked = read_request(query, user, active_playbook(), now=now)
    is_part = getattr(request, "htmx", False) and request.headers.get("HX-Target") == "list"
    if is_part and not is_same_moment(request, asked.as_of):
        return HttpResponse(headers={"HX-Redirect": f"{reverse('contacts')}?{asked.query}"})
    playbook, found = asked.playbook, read_page(asked.wanted)
    if asked.wanted.after is not None and not found.places and refused is None:
        return HttpResponseRedirect(f"{reverse('contacts')}?{asked.query}")
    # The page of a refused task stands at an address that nobody can visit.
    here = reverse("contacts") if refused else ""
    newer, older = (each and here + each for each in newer_and_older(asked.wanted, found, asked.query))
    columns, rows = read_columns(user), _rows(asked, found.places, user, now=now)
    segments = read_segments()
    context = {
        "playbook": playbook,
        "rows": rows,
        "shown": {column.key: column in columns for column in COLUMNS},
        "columns": [column.key for column in columns],
        "heads": [_head(column, asked, here) for column in (NAME, *columns)],
        "count": found.count,
        "newer": newer,
        "older": older,
        "query": asked.query,
        "sort": "" if asked.sort == asked.usual_sort else asked.sort,
        "as_of": asked.as_of,
        "filters": asked.filters,
        "is_filtered": asked.filters.is_any(),
        "mistakes": (*asked.mistakes, *_troubles(rows), *(refused.left(rows) if refused else ())),
        "page": urlencode({name: query[name] for name in ("after", "before") if name in query}),
        "refused": refused,
        "typed": refused.typed if refused else {},
        "ticked": refused.keys if refused else frozenset(),
        "most": playbook.score.max or 100,
        "export_all": may_export_all(user),
        "lists": lists_for(user, segments) if asked.as_of.is_now else (),
    }
    menus = tuple(
        menu
        for menu in read_menus(asked.filters, playbook, segments)
        if asked.as_of.is_now or menu.name not in LEFT_OUT
    )
    context |= {"menus": menus, "chips": _chips(asked, menus)}
    if is_part:
        return render(request, "contacts/list_part.html", context)
    context |= {"all_columns": COLUMNS, "views": read_views(user, asked.query), **_more(asked.filters)}
    return render(request, "contacts/list.html", context, status=422 if refused else 200)


@require_safe
def contacts_count(request: HttpRequest) -> HttpResponse:
    """How many the filters leave, for lists where that is not known from the page alone."""
    user, playbook = reader_of(request), active_playbook()
    asked = read_request(request.GET, user, playbook, now=timezone.now())
    context = {"count": count_matches(asked.wanted), "as_of": asked.as_of}
    return render(request, "contacts/list_counted.html", context)


@require_POST
def contacts_columns(request: HttpRequest) -> HttpResponse:
    """Keeps which columns the reader sees."""
    user = reader_of(request)
    if "usual" in request.POST:
        forget_columns(user)
    else:
        keep_columns(user, request.POST.getlist("column"))
    query = "&".join(filter(None, (request.POST.get(name, "") for name in ("query", "page"))))
    # Written anew: what was posted may hold what no address, and no header, can.
    return redirect(f"{reverse('contacts')}?{QueryDict(query).urlencode()}" if query else reverse("contacts"))


def _rows(asked: Request, places: Sequence[Place], user: User, *, now: datetime) -> list[ContactRow]:
    page = page_of(asked)
    trails = {place.id: write_trail(asked, page, place) for place in places}
    rows = read_rows(list(trails), asked.playbook, user, now=now, trails=trails)
    return rows if asked.as_of.is_now else rows_then(rows, asked.playbook, asked.as_of)


def _troubles(rows: Sequence[ContactRow]) -> Iterator[str]:
    """What keeps the past of some of the rows from being told, each trouble once."""
    for trouble, names in groupby(sorted(rows, key=attrgetter("trouble")), key=attrgetter("trouble")):
        if trouble:
            yield f"{', '.join(row.name for row in names)}: score, fit and rating cannot be told. {trouble}"


def _more(filters: Filters) -> dict[str, object]:
    """What the menu of lesser filters shows: its numbers as they are typed, and how many are in force."""
    numbers = {name: getattr(filters, name) for name in ("score_from", "score_to")}
    in_force = [*numbers.values(), *filters.tag, *filters.persona, *filters.status]
    return {
        **{name: "" if number is None else f"{number:g}" for name, number in numbers.items()},
        "more_set": sum(each is not None for each in in_force),
    }


def _head(column: Column, asked: Request, here: str) -> Head:
    if not column.sort or not (asked.as_of.is_now or column.key in SORTS_THEN):
        return Head(column, "", "")
    order = {column.key: "up", f"-{column.key}": "down"}.get(asked.sort, "")
    turned = {"up": f"-{column.key}", "down": column.key}.get(order, column.sort)
    return Head(column, f"{here}?{replace(asked, sort=turned).query}", order)


def _chips(asked: Request, menus: tuple[Menu, ...]) -> list[Chip]:
    """A chip for each value in force."""
    titles = {menu.name: menu.title for menu in menus} | CHIP_TITLES
    words = {(menu.name, offer.value): offer.title for menu in menus for offer in menu.offers}
    words |= {("company", str(pk)): name for pk, name in _companies(asked.filters)}
    chips = []
    for each in fields(Filters):
        value = getattr(asked.filters, each.name)
        values = value if isinstance(value, tuple) else [] if value in ("", None) else [value]
        for one in values:
            said = words.get((each.name, one)) or (f"{one:g}" if isinstance(one, float) else str(one))
            chips.append(Chip(titles[each.name], said, _without(asked, each.name, one)))
    return chips


def _companies(filters: Filters) -> list[tuple[int, str]]:
    if not filters.company:
        return []
    return list(Company.objects.filter(pk__in=map(int, filters.company)).values_list("pk", "name"))


def _without(asked: Request, name: str, value: object) -> str:
    filters = asked.filters.without(name, value)
    query = replace(asked, filters=filters).query
    return f"{reverse('contacts')}?{query}" if query else reverse("contacts")
