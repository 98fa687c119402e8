"""The companies list: by name, with how many contacts each has and how far the furthest of them is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Count as CountOf
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ripeline.contacts.lists.asking import newer_and_older
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.orders import COMPANIES
from ripeline.contacts.lists.places import read_place
from ripeline.contacts.lists.search import ORGANISATIONS, search_conditions, search_words
from ripeline.contacts.lists.wanted import Wanted
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Company, Contact
from ripeline.timeline.definitions.active import active_playbook


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company as the list shows it; `furthest` is the highest stage any of its contacts is in."""

    company: Company
    contacts: int
    furthest: str | None


@require_safe
def companies_list(request: HttpRequest) -> HttpResponse:
    """The list, a page at a time."""
    words = request.GET.get("q", "").strip()[:100]
    sort = "-name" if request.GET.get("sort") == "-name" else "name"
    after, before = (read_place(request.GET.get(name, ""), "text") for name in ("after", "before"))
    wanted = replace(
        _wanted(words, is_down=sort == "-name"), after=after or before, is_backward=not after and bool(before)
    )
    found, playbook = read_page(wanted), active_playbook()
    pairs = {"q": words, "sort": "" if sort == "name" else sort}
    query = urlencode({name: value for name, value in pairs.items() if value})
    if wanted.after is not None and not found.places:
        return HttpResponseRedirect(f"{reverse('companies')}?{query}")
    newer, older = newer_and_older(wanted, found, query)
    context = {
        "playbook": playbook,
        "rows": _rows([place.id for place in found.places], playbook),
        "count": found.count,
        "newer": newer,
        "older": older,
        "q": words,
        "sort": sort,
    }
    is_part = getattr(request, "htmx", False) and request.headers.get("HX-Target") == "list"
    return render(request, "contacts/companies_part.html" if is_part else "contacts/companies.html", context)


def company_ids(words: str, *, most: int) -> list[int]:
    """The first companies by name that a search finds."""
    return [place.id for place in read_page(replace(_wanted(words), size=most)).places]


def _wanted(words: str, is_down: bool = False) -> Wanted:
    conditions = search_conditions(ORGANISATIONS, search_words(words))
    return Wanted(COMPANIES, COMPANIES.sorts["name"], is_down, conditions=conditions)


def _rows(ids: Sequence[int], playbook: Playbook) -> list[CompanyRow]:
    found = Company.objects.in_bulk(ids)
    counts: dict[int, int] = defaultdict(int)
    stages: dict[int, set[str]] = defaultdict(set)
    grouped = Contact.objects.filter(company__in=ids).order_by().values_list("company_id", "standing__stage")
    for company_id, stage, number in grouped.annotate(number=CountOf("pk")):
        counts[company_id or 0] += number
        stages[company_id or 0].add(stage)
    ladder = [stage.key for stage in reversed(playbook.stages)]
    return [
        CompanyRow(found[pk], counts[pk], next((key for key in ladder if key in stages[pk]), None))
        for pk in ids
        if pk in found
    ]
