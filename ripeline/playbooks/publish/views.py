"""The pages of publishing: putting a definition in force, going back, how far it is, and what was when."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.kit.numbers import read_number
from ripeline.people.permissions import may_write_definitions, reader_of
from ripeline.playbooks.drafts.views import find_draft
from ripeline.playbooks.finding import compare_texts, find_version
from ripeline.playbooks.publish.asking import (
    LONGEST_NOTE,
    Proposal,
    Typed,
    go_back_to,
    of_draft,
    of_version,
    put_in_force,
    read_typed,
)
from ripeline.playbooks.publish.reading import (
    is_cut_short,
    last_preview,
    publications,
    read_page,
    say_firing,
)
from ripeline.timeline.consequences import Consequence
from ripeline.timeline.definitions.publish import progress as recomputed
from ripeline.timeline.models import PlaybookVersion, Publication
from ripeline.timeline.moves import Refused

LISTED = 50
View = Callable[..., HttpResponse]


def for_publishers(view: View) -> View:
    """Lets those in who decide what counts; others are told who does."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not may_write_definitions(reader_of(request)):
            raise PermissionDenied("What counts for everybody is decided by marketing and administrators.")
        return view(request, *args, **named)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@for_publishers
def publish_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """What putting a draft in force would change, and doing it."""
    return _publish(request, of_draft(find_draft(pk)))


@require_http_methods(["GET", "HEAD", "POST"])
@for_publishers
def publish_version(request: HttpRequest, version: str) -> HttpResponse:
    """The same for a version that was kept."""
    return _publish(request, of_version(find_version(version)))


@require_POST
@for_publishers
def go_back(request: HttpRequest, version: str) -> HttpResponse:
    """Puts an earlier version in force again, silently, in the stead of the one the page or the toast named; the
    toast takes it back."""
    row, in_force = find_version(version), _in_force()
    seen = request.POST.get("instead_of") or request.GET.get("instead_of", "")
    done = go_back_to(row, by=reader_of(request), now=timezone.now(), instead_of=seen)
    if isinstance(done, Refused):
        messages.error(request, done.why)
        return redirect("playbook_versions")
    _say_published(request, done, in_force)
    return redirect("playbook")


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """How far everybody's assessment by the definition in force is: a part of a page, asked for again and again."""
    return render(request, "playbooks/publish_progress.html", {"far": recomputed(), "is_asked": True})


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """What was in force when, put there by whom and why."""
    before = read_number(request.GET.get("before", ""))
    rows = publications()
    if before:
        edge = get_object_or_404(Publication, pk=before)
        rows = rows.filter(at__lte=edge.at).exclude(pk=edge.pk)
    found = list(rows[: LISTED + 1])
    context = {
        "publications": [(row, say_firing(row)) for row in found[:LISTED]],
        "older": found[LISTED - 1].pk if len(found) > LISTED else None,
        "in_force": _in_force(),
        "may_write": may_write_definitions(reader_of(request)),
    }
    return render(request, "playbooks/publications.html", context)


@require_safe
def publication(request: HttpRequest, pk: int) -> HttpResponse:
    """One publication, and whom it moved."""
    row = get_object_or_404(publications(), pk=pk)
    start = read_number(request.GET.get("after", ""))
    context = {
        "publication": row,
        "firing": say_firing(row),
        "is_cut_short": is_cut_short(row),
        "page": read_page(row, after=start),
        "is_first": not start,
        "far": recomputed() if row.is_in_force else None,
        "in_force": _in_force(),
        "may_write": may_write_definitions(reader_of(request)),
    }
    return render(request, "playbooks/publication.html", context)


def _publish(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    if request.method != "POST":
        return _show(request, proposal, Typed(note=proposal.note if proposal.draft else ""))
    typed, in_force = read_typed(request.POST), _in_force()
    if typed.problems or proposal.checked.playbook is None:
        return _show(request, proposal, typed, status=422)
    done = put_in_force(proposal, typed, by=reader_of(request), now=timezone.now())
    if isinstance(done, Refused):
        return _show(request, proposal, typed, refused=done.why, status=409)
    _say_published(request, done, in_force)
    return redirect("playbook")


def _show(
    request: HttpRequest, proposal: Proposal, typed: Typed, *, refused: str = "", status: int = 200
) -> HttpResponse:
    in_force = _in_force()
    version = in_force.version if in_force else ""
    context = {
        "proposal": proposal,
        "checked": proposal.checked,
        "draft": proposal.draft,
        "in_force": in_force,
        "is_in_force": in_force is not None and proposal.says_what(in_force),
        "typed": typed,
        "refused": refused,
        "found": compare_texts(in_force.text, proposal.text) if in_force else None,
        "preview": last_preview(proposal.hash, version) if proposal.hash else None,
        "preview_ref": f"draft {proposal.draft.pk}" if proposal.draft else f"version {proposal.hash}",
        "consequences": tuple(Consequence),
        "longest": LONGEST_NOTE,
    }
    return render(request, "playbooks/publish.html", context, status=status)


def _say_published(request: HttpRequest, done: Publication, before: PlaybookVersion | None) -> None:
    title = PlaybookVersion.objects.values_list("title", flat=True).get(pk=done.version_id)
    undo = "" if before is None else f"undo:{_way_back(before.version, done.version_id)}"
    words = f"“{title}” is in force. Everybody is being assessed by it."
    messages.success(request, words, extra_tags=undo)


def _way_back(before: str, after: str) -> str:
    """The address that undoes a publication, as long as it is in force itself."""
    return f"{reverse('playbook_version_back', args=[before])}?instead_of={after}"


def _in_force() -> PlaybookVersion | None:
    return PlaybookVersion.objects.filter(is_active=True).first()
