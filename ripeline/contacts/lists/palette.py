"""People and companies for the command palette."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.contacts.lists.asking import want
from ripeline.contacts.lists.companies import company_ids
from ripeline.contacts.lists.filters import Filters
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.rows import ContactRow, read_rows
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Company, User
from ripeline.people.permissions import reader_of
from ripeline.timeline.definitions.active import active_playbook

MOST = 8
MOST_COMPANIES = 3


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    """The people and companies that `q` finds, best first: names that begin with it, then the warmest."""
    words = request.GET.get("q", "").strip()[:100]
    if not words:
        return JsonResponse({"results": []})
    companies = _companies(words)
    people = _people(words, reader_of(request), MOST - len(companies))
    found = sorted(
        [*people, *companies], key=lambda each: not each["title"].lower().startswith(words.lower())
    )
    return JsonResponse({"results": found})


def _people(words: str, user: User, most: int) -> list[dict[str, str]]:
    now, playbook = timezone.now(), active_playbook()
    found = read_page(replace(want(Filters(q=words), user, playbook, now=now), size=most))
    rows = read_rows([place.id for place in found.places], playbook, user, now=now)
    return [
        {"title": row.name, "detail": _detail(row, playbook), "url": row.url, "kind": "person"}
        for row in rows
    ]


def _detail(row: ContactRow, playbook: Playbook) -> str:
    titles = {stage.key: stage.title for stage in playbook.stages}
    parts = (titles.get(row.stage or "", row.stage), row.company or row.email)
    return " · ".join(part for part in parts if part)


def _companies(words: str) -> list[dict[str, str]]:
    ids = company_ids(words, most=MOST_COMPANIES)
    found = Company.objects.in_bulk(ids)
    return [
        {
            "title": found[pk].name,
            "detail": found[pk].industry or found[pk].domain or "",
            "url": reverse("company", args=[pk]),
            "kind": "company",
        }
        for pk in ids
        if pk in found
    ]
