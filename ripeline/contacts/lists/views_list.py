"""The contacts list: a page, its count, its columns."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.contacts.lists.asking import USUAL_SORT, Request, newer_and_older, read_request
from ripeline.contacts.lists.choices import Menu, read_menus
from ripeline.contacts.lists.columns import (
    COLUMNS,
    NAME,
    Column,
    forget_columns,
    keep_columns,
    read_columns,
    row_template,
)
from ripeline.contacts.lists.filters import Filters
from ripeline.contacts.lists.listing import count_matches, read_page
from ripeline.contacts.lists.rows import read_rows
from ripeline.contacts.lists.saved_views import read_views
from ripeline.contacts.lists.trail import page_of, write_trail
from ripeline.people.models import Company
from ripeline.people.permissions import may_export_all, reader_of
from ripeline.timeline.active import active_playbook

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


@require_safe
def contacts_list(request: HttpRequest) -> HttpResponse:
    """The list; to htmx, which keeps the frame and the filters, only the part that changes."""
    now, user, playbook = timezone.now(), reader_of(request), active_playbook()
    asked = read_request(request.GET, user, playbook, now=now)
    found = read_page(asked.wanted)
    if asked.wanted.after is not None and not found.places:
        return HttpResponseRedirect(f"{reverse('contacts')}?{asked.query}")
    newer, older = newer_and_older(asked.wanted, found, asked.query)
    columns = read_columns(user)
    page = page_of(asked)
    trails = {place.id: write_trail(page, place) for place in found.places}
    context = {
        "playbook": playbook,
        "rows": read_rows(list(trails), playbook, user, now=now, trails=trails),
        "shown": {column.key: column in columns for column in COLUMNS},
        "row_template": row_template(columns),
        "heads": [_head(column, asked) for column in (NAME, *columns)],
        "count": found.count,
        "newer": newer,
        "older": older,
        "query": asked.query,
        "sort": asked.sort,
        "filters": asked.filters,
        "is_filtered": asked.filters.is_any(),
        "mistakes": asked.mistakes,
        "most": playbook.score.max or 100,
        "export_all": may_export_all(user),
    }
    menus = read_menus(asked.filters, playbook)
    context |= {"menus": menus, "chips": _chips(asked, menus)}
    if getattr(request, "htmx", False) and request.headers.get("HX-Target") == "list":
        return render(request, "contacts/list_part.html", context)
    context |= {"all_columns": COLUMNS, "views": read_views(user, asked.query), **_more(asked.filters)}
    return render(request, "contacts/list.html", context)


@require_safe
def contacts_count(request: HttpRequest) -> HttpResponse:
    """How many the filters leave, for lists where that is not known from the page alone."""
    user, playbook = reader_of(request), active_playbook()
    asked = read_request(request.GET, user, playbook, now=timezone.now())
    return render(request, "contacts/list_count.html", {"count": count_matches(asked.wanted)})


@require_POST
def contacts_columns(request: HttpRequest) -> HttpResponse:
    """Keeps which columns the reader sees."""
    user = reader_of(request)
    if "usual" in request.POST:
        forget_columns(user)
    else:
        keep_columns(user, request.POST.getlist("column"))
    return redirect(f"{reverse('contacts')}?{request.POST.get('query', '')}")


def _more(filters: Filters) -> dict[str, object]:
    """What the menu of lesser filters shows: its numbers as they are typed, and how many are in force."""
    numbers = {name: getattr(filters, name) for name in ("score_from", "score_to")}
    in_force = [*numbers.values(), *filters.tag, *filters.persona, *filters.status]
    return {
        **{name: "" if number is None else f"{number:g}" for name, number in numbers.items()},
        "more_set": sum(each is not None for each in in_force),
    }


def _head(column: Column, asked: Request) -> Head:
    if not column.sort:
        return Head(column, "", "")
    order = {column.key: "up", f"-{column.key}": "down"}.get(asked.sort, "")
    turned = {"up": f"-{column.key}", "down": column.key}.get(order, column.sort)
    parts = [asked.filters.query(), "" if turned == USUAL_SORT else f"sort={turned}"]
    return Head(column, "?" + "&".join(part for part in parts if part), order)


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
    query = Request(filters, asked.sort, asked.wanted, ()).query
    return f"{reverse('contacts')}?{query}" if query else reverse("contacts")
