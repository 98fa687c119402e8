"""The definition in force, and each one before it, in words beside its text."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ripeline.lifecycle.playbook import PlaybookMistakes
from ripeline.playbooks.lines import colour, find_lines
from ripeline.playbooks.reading import read_aloud
from ripeline.timeline.active import playbook_version
from ripeline.timeline.models import PlaybookVersion

EARLIER = 50


@require_GET
def playbook(request: HttpRequest) -> HttpResponse:
    """The playbook in force."""
    return _show(request, _versions().filter(is_active=True).first())


@require_GET
def playbook_at(request: HttpRequest, version: str) -> HttpResponse:
    """One version, at an address of its own that never changes."""
    return _show(request, get_object_or_404(_versions(), version=version))


def _show(request: HttpRequest, row: PlaybookVersion | None) -> HttpResponse:
    if row is None:
        return render(request, "playbooks/none.html", status=503)
    context = {
        "row": row,
        "yaml": colour(row.text),
        "versions": _versions()
        .defer("text")
        .order_by("-is_active", "-activated_at", "-created_at")[:EARLIER],
    }
    try:
        found = playbook_version(row.version)
        context |= {"playbook": found, "reading": read_aloud(found, find_lines(row.text))}
    except PlaybookMistakes as mistakes:
        # Written when other rules for playbooks held: the text still says what was meant then.
        context["mistakes"] = mistakes.mistakes
    return render(request, "playbooks/playbook.html", context)


def _versions() -> QuerySet[PlaybookVersion]:
    return PlaybookVersion.objects.select_related("author")
