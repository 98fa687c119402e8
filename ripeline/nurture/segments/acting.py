"""The buttons of a segment's page: rename, archive, work out anew, put somebody into a list and take them out."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.nurture.segments.builder import LONGEST_TITLE, let_in
from ripeline.nurture.segments.keeping import archive, put_in, rename, restore, take_out
from ripeline.nurture.segments.models import Segment, SegmentEntry
from ripeline.people.contacts import find_by_identity
from ripeline.people.models import Identity
from ripeline.timeline.identities.living import living

LONGEST_NOTE = 1_000


@require_POST
def segment_rename(request: HttpRequest, key: str) -> HttpResponse:
    """Gives a segment another title and note."""
    let_in(request)
    segment = get_object_or_404(Segment, key=key)
    title = request.POST.get("title", "").strip()[:LONGEST_TITLE]
    if title:
        rename(segment, title, request.POST.get("note", "").strip()[:LONGEST_NOTE])
        messages.success(request, "Kept")
    else:
        messages.error(request, "Give it a title.")
    return redirect("segment", key=key)


@require_POST
def segment_archive(request: HttpRequest, key: str) -> HttpResponse:
    """Takes a segment out of use."""
    let_in(request)
    segment = get_object_or_404(Segment, key=key)
    if used := archive(segment, now=timezone.now()):
        messages.error(request, f"{segment.title} stays: {used.why}")
    else:
        undo = reverse("segment_restore", args=[key])
        messages.success(request, f"{segment.title} is archived", extra_tags=f"undo:{undo}")
    return redirect("segment", key=key)


@require_POST
def segment_restore(request: HttpRequest, key: str) -> HttpResponse:
    """Puts a segment back into use."""
    let_in(request)
    segment = get_object_or_404(Segment, key=key)
    restore(segment, now=timezone.now())
    messages.success(request, f"{segment.title} is in use again")
    return redirect("segment", key=key)


@require_POST
def segment_refresh(request: HttpRequest, key: str) -> HttpResponse:
    """Has a segment worked out anew as soon as the worker can."""
    let_in(request)
    now = timezone.now()
    Segment.objects.filter(key=key, archived_at=None).update(due_at=now, mark=F("mark") + 1, error="")
    messages.success(request, "It is worked out anew")
    return redirect("segment", key=key)


@require_POST
def segment_put(request: HttpRequest, key: str) -> HttpResponse:
    """Puts the contact with an address into a list."""
    user = let_in(request)
    segment = get_object_or_404(Segment, key=key, kind=Segment.Kind.LIST, archived_at=None)
    written = request.POST.get("email", "").strip().lower()
    found = find_by_identity(Identity.Kind.EMAIL, [written])
    if not found:
        messages.error(request, f"No contact has the address {written}.")
    else:
        how = SegmentEntry.How.BY_HAND
        fresh = put_in(segment, set(found.values()), how=how, by=user, now=timezone.now())
        messages.success(
            request, f"{written} is in the list" if fresh else f"{written} was in the list already"
        )
    return redirect("segment", key=key)


@require_POST
def segment_take(request: HttpRequest, key: str, contact: str) -> HttpResponse:
    """Takes a contact out of a list."""
    user = let_in(request)
    segment = get_object_or_404(Segment, key=key, kind=Segment.Kind.LIST)
    person = living(contact)
    if person is None:
        raise Http404("There is no such contact.")
    take_out(segment, [person.pk], by=user, now=timezone.now())
    messages.success(request, f"{person} is out of the list")
    return redirect("segment", key=key)
