"""Contacts that may be one, and the merges made lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.contacts.merging.merge_pages import refuse_others
from ripeline.contacts.person.contact_page import find_contact
from ripeline.people.models import Contact, User
from ripeline.people.permissions import may_change, reader_of
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.identities.looking import look_for_pairs
from ripeline.timeline.identities.merging import keep_apart
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.suggesting import Pair, still_open

SHOWN = 30
LATEST = 20


@dataclass(frozen=True, slots=True)
class Suggested:
    """Two contacts that may be one; `may_merge` says whether the reader may decide."""

    one: Contact
    other: Contact
    why: str
    may_merge: bool


@require_safe
def suggested_merges(request: HttpRequest) -> HttpResponse:
    """Shows who may be one, with the reason, and what was merged and undone lately."""
    user = reader_of(request)
    looked = look_for_pairs(timezone.now())
    pairs = still_open(looked.pairs) if looked else []
    context = {
        "looked": looked,
        "suggested": _suggested(pairs[:SHOWN], user),
        "more": max(0, len(pairs) - SHOWN),
        "merges": _latest(user),
        "playbook": active_playbook(),
    }
    return render(request, "contacts/merges.html", context)


@require_POST
def keep_two_apart(request: HttpRequest, key: str, other: str) -> HttpResponse:
    """Notes that two suggested contacts are two people."""
    one, two, user = find_contact(key), find_contact(other), reader_of(request)
    for each in (one, two):
        refuse_others(user, each)
    if one != two:
        keep_apart(one, two, by=user, now=timezone.now())
        messages.success(request, f"{one} and {two} are two people: nobody is asked again.")
    return redirect("contact_merges")


def _suggested(pairs: Sequence[Pair], user: User) -> list[Suggested]:
    rows = Contact.objects.select_related("company", "owner", "standing")
    people = rows.in_bulk({pk for each in pairs for pk in (each.one, each.other)})
    return [
        Suggested(one, other, each.why, may_change(user, one) and may_change(user, other))
        for each in pairs
        if (one := people.get(each.one)) and (other := people.get(each.other))
    ]


def _latest(user: User) -> list[tuple[Merge, Contact, bool]]:
    """The merges made last, who lives on, and whether the reader may undo each."""
    rows = Merge.objects.select_related("kept__merged_into", "gone", "by", "undone_by").order_by("-at", "-pk")
    found = [(row, row.kept.merged_into or row.kept) for row in rows[:LATEST]]
    return [(row, living, row.undone_at is None and may_change(user, living)) for row, living in found]
