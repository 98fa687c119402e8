"""Merging two contacts by hand: whom with whom, what it would come to, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.contacts.lists.asking import want
from ripeline.contacts.lists.filters import Filters
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.rows import ContactRow, read_rows
from ripeline.contacts.person.contact_page import find_contact
from ripeline.people.models import Contact, User
from ripeline.people.permissions import may_change, reader_of
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.identities.merging import merge, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.previewing import preview_merge
from ripeline.timeline.moves import Refused

MOST_FOUND = 12
LONGEST_REASON = 300


@require_safe
def choose_other(request: HttpRequest, key: str) -> HttpResponse:
    """Asks who else a contact is: those a search finds."""
    contact, user = find_contact(key), reader_of(request)
    refuse_others(user, contact)
    words = request.GET.get("q", contact.name or contact.email)[:100]
    found = [row for row in _search(words, user) if row.id != contact.pk]
    context = {"contact": contact, "words": words, "found": found, "playbook": active_playbook()}
    return render(request, "contacts/merge_choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, key: str, other: str) -> HttpResponse:
    """Shows what merging `other` into a contact would come to; taken as a form, does it."""
    kept, gone, user = find_contact(key), find_contact(other), reader_of(request)
    for each in (kept, gone):
        refuse_others(user, each)
    if kept == gone:
        messages.info(request, "That is one contact already.")
        return redirect("contact", key=kept.key)
    if request.method == "POST":
        return _merge(request, kept, gone)
    now, playbook = timezone.now(), active_playbook()
    seen = preview_merge(kept, gone, playbook=playbook, now=now)
    sides = (seen.kept, seen.gone)
    ways = [
        (label, *found, tuple(dict.fromkeys(found[0] + found[1])))
        for label, name in (("Addresses", "emails"), ("Numbers", "phones"), ("Keys", "keys"))
        if any(found := [tuple(getattr(side, name)) for side in sides])
    ]
    context = {
        "seen": seen,
        "kept": seen.kept,
        "gone": seen.gone,
        "sides": sides,
        "ways": ways,
        "touches": seen.kept.touches + seen.gone.touches,
        "browsers": seen.kept.browsers + seen.gone.browsers,
        "playbook": playbook,
    }
    return render(request, "contacts/merge_compare.html", context)


@require_POST
def undo_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes two contacts apart again; says what somebody changed since, which stays."""
    found, user = (
        Merge.objects.select_related("kept__merged_into", "gone").filter(pk=pk).first(),
        reader_of(request),
    )
    if found is None:
        raise Http404("There is no such merge.")
    living = found.kept.merged_into or found.kept
    refuse_others(user, living)
    done = undo(found, by=user, now=timezone.now())
    if isinstance(done, Refused):
        messages.error(request, done.why)
        return redirect("contact", key=living.key)
    kept, gone = Contact.objects.get(pk=done.kept), Contact.objects.get(pk=done.gone)
    messages.success(request, f"{kept} and {gone} are two contacts again.")
    for sentence in done.told:
        messages.warning(request, sentence)
    return redirect("contact", key=kept.key)


def _merge(request: HttpRequest, kept: Contact, gone: Contact) -> HttpResponse:
    why = request.POST.get("why", "").replace("\x00", "").strip()[:LONGEST_REASON]
    done = merge(kept, gone, by=reader_of(request), why=why, now=timezone.now())
    if isinstance(done, Refused):
        messages.error(request, done.why)
        return redirect("contact", key=kept.key)
    undo_url = reverse("contact_merge_undo", args=[done.merge.pk])
    messages.success(request, f"{gone} and {kept} are one contact now.", extra_tags=f"undo:{undo_url}")
    return redirect("contact", key=Contact.objects.get(pk=done.living).key)


def refuse_others(user: User, contact: Contact) -> None:
    """Raises PermissionDenied where this user may not change the contact, and so not merge it either."""
    if not may_change(user, contact):
        raise PermissionDenied(f"{contact} belongs to {contact.owner}, who may merge them; so may marketing.")


def _search(words: str, user: User) -> Sequence[ContactRow]:
    if not words.strip():
        return []
    now, playbook = timezone.now(), active_playbook()
    found = read_page(replace(want(Filters(q=words.strip()), user, playbook, now=now), size=MOST_FOUND))
    return read_rows([place.id for place in found.places], playbook, user, now=now)
