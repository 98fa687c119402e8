"""The pages of segments: all of them, one, and why one person is in it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ripeline.lifecycle.model import Playbook
from ripeline.nurture.segments.graph import asked_by, definition_of
from ripeline.nurture.segments.keeping import uses_of
from ripeline.nurture.segments.models import Segment, SegmentChange, SegmentMember
from ripeline.nurture.segments.reading import DefinitionMistakes
from ripeline.nurture.segments.saying import GROUPS, Titles, say, titles_of
from ripeline.nurture.segments.state import behind_since, is_slow, state_of
from ripeline.nurture.segments.why import explain, reason_of
from ripeline.people.models import Contact, Identity, User
from ripeline.people.permissions import WHOLE_TEAM, may_export_all, reader_of
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook
from ripeline.timeline.identities.living import keys_by_identity, living

SHOWN = 20


@require_safe
def segments(request: HttpRequest) -> HttpResponse:
    """All segments as they were kept: nothing is counted here."""
    now, is_old = timezone.now(), request.GET.get("archived") == "1"
    rows = list(Segment.objects.order_by("title", "pk"))
    alive = [each for each in rows if not each.archived_at]
    users: dict[str, list[Segment]] = {}
    for each in alive:
        for key in asked_by(each):
            users.setdefault(key, []).append(each)
    shown = [each for each in rows if bool(each.archived_at) == is_old]
    context = {
        "lines": [(each, state_of(each, now), is_slow(each), users.get(each.key, [])) for each in shown],
        "is_old": is_old,
        "behind": behind_since(now),
        "may_write": reader_of(request).role in WHOLE_TEAM,
    }
    return render(request, "nurture/segments.html", context)


@require_safe
def segment(request: HttpRequest, key: str) -> HttpResponse:
    """One segment: what it asks, who is in it, who came and went. `who` in the address leads to why about somebody."""
    user = reader_of(request)
    found = get_object_or_404(Segment.objects.select_related("created_by"), key=key)
    asked = request.GET.get("who", "").strip()
    if asked and (contact := _named(asked)):
        return redirect("segment_person", key=key, contact=contact)
    context = page_of(found, user) | {
        "asked": asked,
        "wrong": f"No contact has the address {asked}." if asked else "",
    }
    return render(request, "nurture/segment.html", context)


def page_of(found: Segment, user: User) -> dict[str, Any]:
    """What the page of a segment shows."""
    now, titles = timezone.now(), titles_now()
    changes = found.changes.select_related("contact", "by").order_by("-at", "-pk")[:SHOWN]
    is_list = found.kind == Segment.Kind.LIST
    return {
        "segment": found,
        "state": state_of(found, now),
        "is_slow": is_slow(found),
        "is_list": is_list,
        "group": None if is_list else _lines(found, titles),
        "members": list(_members(found)[:SHOWN]),
        "changes": [(each, _reason(each, found, titles)) for each in changes],
        "revisions": list(found.revisions.select_related("author").order_by("-number")[:SHOWN]),
        "users": [(each, isinstance(each, Segment)) for each in uses_of(found)],
        "behind": behind_since(now),
        "export_all": may_export_all(user),
        "may_write": user.role in WHOLE_TEAM,
    }


@require_safe
def segment_person(request: HttpRequest, key: str, contact: str) -> HttpResponse:
    """Why somebody is in a segment, or is not."""
    found, person = get_object_or_404(Segment, key=key), living(contact)
    if person is None:
        raise Http404("There is no such contact.")
    if person.key != contact:
        return redirect("segment_person", key=key, contact=person.key)
    person = Contact.objects.select_related("company", "owner").get(pk=person.pk)
    explained = explain(found, person, titles_now(), now=timezone.now())
    context = {
        "segment": found,
        "contact": person,
        "explained": explained,
        "is_list": found.kind == Segment.Kind.LIST,
        "may_write": reader_of(request).role in WHOLE_TEAM,
    }
    return render(request, "nurture/segment_person.html", context)


def titles_now() -> Titles:
    """What things are called on pages at present."""
    found = titles_of(playbook_now(), dict(Segment.objects.values_list("key", "title")))
    owners = {each.email.lower(): str(each) for each in User.objects.only("email", "name")}
    return Titles(found.stages, found.personas, owners, found.segments)


def playbook_now() -> Playbook | None:
    """The definition in force, where there is one."""
    try:
        return active_playbook()
    except NoPlaybook:
        return None


def _reason(change: SegmentChange, found: Segment, titles: Titles) -> str:
    return reason_of(change, found, titles)


def _lines(found: Segment, titles: Titles) -> dict[str, Any]:
    try:
        group: Any = definition_of(found)
    except DefinitionMistakes as wrong:
        return {"words": "What it asks cannot be read", "lines": [str(each) for each in wrong.mistakes]}
    word = next(iter(type(group).model_fields))
    return {"words": GROUPS[word], "lines": [say(part, titles) for part in getattr(group, word)]}


def _members(found: Segment) -> QuerySet[SegmentMember]:
    rows = SegmentMember.objects.filter(segment=found).select_related("contact__company", "contact__standing")
    return rows.order_by("-contact_id")


def _named(written: str) -> str:
    """The key of the contact with this address, or with this key."""
    if "@" in written:
        return keys_by_identity(Identity.Kind.EMAIL, [written.lower()]).get(written.lower(), "")
    person = living(written)
    return person.key if person else ""
