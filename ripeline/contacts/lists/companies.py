"""The companies list: by name, with how many contacts each has and how far the furthest of them is, or was on a past
day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Count as CountOf
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.contacts.lists.asking import is_same_moment, newer_and_older
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.orders import COMPANIES, LIVING
from ripeline.contacts.lists.places import read_place
from ripeline.contacts.lists.search import ORGANISATIONS, search_conditions, search_words
from ripeline.contacts.lists.wanted import Condition, Wanted
from ripeline.kit.sql import Sql, one_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Company, Contact
from ripeline.timeline.asof import AsOf, read_as_of
from ripeline.timeline.past import is_known_then, last_move_then, playbook_as_of

Grouped = Iterable[tuple[int | None, str, int]]
"""Company, stage, and how many of its contacts stand there."""
_LIVING = LIVING.format(alias="w")


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company as the list shows it; `furthest` is the highest stage any of its contacts is in."""

    company: Company
    contacts: int
    furthest: str | None


@require_safe
def companies_list(request: HttpRequest) -> HttpResponse:
    """The list, a page at a time."""
    as_of = read_as_of(request.GET, now=timezone.now(), zone=timezone.get_current_timezone())
    words = request.GET.get("q", "").strip()[:100]
    sort = "-name" if request.GET.get("sort") == "-name" else "name"
    after, before = (read_place(request.GET.get(name, ""), "text") for name in ("after", "before"))
    pairs = {"q": words, "sort": "" if sort == "name" else sort}
    given = urlencode({name: value for name, value in pairs.items() if value})
    query = "&".join(part for part in (given, as_of.query) if part)
    is_part = getattr(request, "htmx", False) and request.headers.get("HX-Target") == "list"
    if is_part and not is_same_moment(request, as_of):
        return HttpResponse(headers={"HX-Redirect": f"{reverse('companies')}?{query}"})
    wanted = replace(
        _wanted(words, is_down=sort == "-name", as_of=as_of),
        after=after or before,
        is_backward=not after and bool(before),
    )
    found, playbook = read_page(wanted), playbook_as_of(as_of)
    if wanted.after is not None and not found.places:
        return HttpResponseRedirect(f"{reverse('companies')}?{query}")
    newer, older = newer_and_older(wanted, found, query)
    context = {
        "playbook": playbook,
        "rows": _rows([place.id for place in found.places], playbook, as_of),
        "as_of": as_of,
        "now_query": given,
        "count": found.count,
        "newer": newer,
        "older": older,
        "q": words,
        "sort": sort,
    }
    return render(request, "contacts/companies_part.html" if is_part else "contacts/companies.html", context)


def company_ids(words: str, *, most: int) -> list[int]:
    """The first companies by name that a search finds."""
    return [place.id for place in read_page(replace(_wanted(words), size=most)).places]


def _wanted(words: str, is_down: bool = False, as_of: AsOf | None = None) -> Wanted:
    conditions = search_conditions(ORGANISATIONS, search_words(words))
    if as_of is not None and not as_of.is_now:
        conditions = (*conditions, _known_then(as_of))
    return Wanted(COMPANIES, COMPANIES.sorts["name"], is_down, conditions=conditions)


def _known_then(as_of: AsOf) -> Condition:
    """Somebody who works there today was known at the moment."""
    known, params = is_known_then(as_of, "w.id")
    workers = f"SELECT 1 FROM ripeline_contact w WHERE w.company_id = c.id AND {_LIVING} AND {known}"  # noqa: S608 - ours
    return Condition(Sql(f"EXISTS ({workers})", params), frozenset("c"), is_dear=True)


def _rows(ids: Sequence[int], playbook: Playbook, as_of: AsOf) -> list[CompanyRow]:
    found = Company.objects.in_bulk(ids)
    counts: dict[int, int] = defaultdict(int)
    stages: dict[int, set[str]] = defaultdict(set)
    for company_id, stage, number in _stages_now(ids) if as_of.is_now else _stages_then(ids, playbook, as_of):
        counts[company_id or 0] += number
        stages[company_id or 0].add(stage)
    ladder = [stage.key for stage in reversed(playbook.stages)]
    return [
        CompanyRow(found[pk], counts[pk], next((key for key in ladder if key in stages[pk]), None))
        for pk in ids
        if pk in found
    ]


def _stages_now(ids: Sequence[int]) -> Grouped:
    grouped = Contact.objects.filter(company__in=ids).order_by().values_list("company_id", "standing__stage")
    return grouped.annotate(number=CountOf("pk"))


def _stages_then(ids: Sequence[int], playbook: Playbook, as_of: AsOf) -> Grouped:
    """Of who works there today and was known at the moment."""
    last, moved = last_move_then(as_of, "w.id", "m.to_stage")
    known, heard = is_known_then(as_of, "w.id")
    there = one_of("w.company_id", ids)
    people = f"ripeline_contact w WHERE {there.text} AND {_LIVING} AND {known}"
    stood = f"SELECT w.company_id AS company, COALESCE({last}, %s) AS stage FROM {people}"  # noqa: S608 - names of ours
    rows = Sql(
        f"SELECT company, stage, count(*) FROM ({stood}) stood GROUP BY company, stage",  # noqa: S608
        (*moved, playbook.stages[0].key, *there.params, *heard),
    ).rows()
    return ((int(str(company)), str(stage), int(str(number))) for company, stage, number in rows)
