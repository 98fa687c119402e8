"""The definition in force and each version beside it, in words and as written, and what changed between two."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ripeline.kit.numbers import read_number
from ripeline.lifecycle.playbook import PlaybookMistakes
from ripeline.people.permissions import may_write_definitions, reader_of
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.finding import compare_texts, find_version, versions
from ripeline.playbooks.lines import colour, find_lines
from ripeline.playbooks.reading import read_aloud
from ripeline.timeline.definitions.publish import progress
from ripeline.timeline.definitions.versions import playbook_version
from ripeline.timeline.models import PlaybookVersion, Publication

EARLIER = 8
LISTED = 100
OFFERED = 200


@require_safe
def playbook(request: HttpRequest) -> HttpResponse:
    """The playbook in force."""
    return _show(request, versions().filter(is_active=True).first())


@require_safe
def playbook_at(request: HttpRequest, version: str) -> HttpResponse:
    """One version, at an address of its own that never changes; eight letters of its hash will do."""
    return _show(request, find_version(version))


@require_safe
def playbook_versions(request: HttpRequest) -> HttpResponse:
    """Every version with when it was in force, a page at a time, and the drafts being written."""
    start = read_number(request.GET.get("start", ""))
    found = list(versions().defer("text")[start : start + LISTED + 1])
    drafts = Draft.objects.filter(discarded_at=None).select_related("based_on", "author", "updated_by")
    context = {
        "versions": found[:LISTED],
        "in_force": PlaybookVersion.objects.filter(is_active=True).defer("text").first(),
        "is_first": not start,
        "newer": max(start - LISTED, 0) if start else None,
        "older": start + LISTED if len(found) > LISTED else None,
        "drafts": drafts.defer("text", "based_on__text").order_by("-updated_at")[:OFFERED],
        "may_write": may_write_definitions(reader_of(request)),
    }
    return render(request, "playbooks/versions.html", context)


@require_safe
def playbook_changes(request: HttpRequest) -> HttpResponse:
    """What changed from one version to another; without any named, from the one in force before to that in force."""
    all_of_them = list(versions().defer("text")[:OFFERED])
    old, new = _asked(request, "from", all_of_them, 1), _asked(request, "to", all_of_them, 0)
    if old is None or new is None:
        return render(request, "playbooks/none.html", status=503)
    context = {"versions": all_of_them, "old": old, "new": new, "found": compare_texts(old.text, new.text)}
    return render(request, "playbooks/changes.html", context)


def _asked(
    request: HttpRequest, name: str, all_of_them: list[PlaybookVersion], usual: int
) -> PlaybookVersion | None:
    if given := request.GET.get(name, ""):
        return find_version(given)
    return all_of_them[min(usual, len(all_of_them) - 1)] if all_of_them else None


def _last_publication(row: PlaybookVersion) -> Publication | None:
    """Who last put a version in force, and why: another than who wrote it, maybe, for another reason."""
    if row.activated_at is None:
        return None
    rows = Publication.objects.filter(version=row.version).select_related("author")
    return rows.order_by("-at", "-pk").first()


def _show(request: HttpRequest, row: PlaybookVersion | None) -> HttpResponse:
    if row is None:
        return render(request, "playbooks/none.html", status=503)
    context: dict[str, Any] = {
        "row": row,
        "published": _last_publication(row),
        "yaml": colour(row.text),
        "versions": list(versions().defer("text")[:EARLIER]),
        "may_write": may_write_definitions(reader_of(request)),
        "far": progress() if row.is_active else None,
    }
    try:
        found = playbook_version(row.version)
        context |= {"playbook": found, "reading": read_aloud(found, find_lines(row.text))}
    except PlaybookMistakes as mistakes:
        # Written when other rules for playbooks held: the text still says what was meant then.
        context["mistakes"] = mistakes.mistakes
    return render(request, "playbooks/playbook.html", context)
