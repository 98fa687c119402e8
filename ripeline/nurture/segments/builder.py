"""Writing a segment: conditions added and taken out, counted while they are written, kept. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ripeline.lifecycle.words import KIND_WORDS
from ripeline.nurture.segments import form
from ripeline.nurture.segments.counting import count
from ripeline.nurture.segments.keeping import add_segment, change_definition, check_definition
from ripeline.nurture.segments.models import Segment
from ripeline.nurture.segments.reading import DefinitionMistakes, Mistake
from ripeline.nurture.segments.terms import read_terms
from ripeline.nurture.segments.views import playbook_now
from ripeline.people.consent import PURPOSES
from ripeline.people.models import Contact, User
from ripeline.people.permissions import WHOLE_TEAM, reader_of

LONGEST_TITLE = 120
GRADES = ("A", "B", "C", "D", "F")
ADDED = (
    ("touch", "What they did"),
    ("stage", "Stage"),
    ("score", "Score"),
    ("grade", "Fit"),
    ("rating", "Rating"),
    ("persona", "Persona"),
    ("status", "Status"),
    ("trait", "Trait"),
    ("company", "Company"),
    ("consent", "What they allow"),
    ("segment", "Another segment"),
    ("owner", "Owner"),
    ("source", "Source"),
    ("tag", "Tag"),
    ("country", "Country"),
    ("language", "Language"),
    ("any", "A group"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def segment_new(request: HttpRequest) -> HttpResponse:
    """Writes a new segment, or makes an empty list."""
    user = let_in(request)
    if request.method != "POST":
        is_list = request.GET.get("kind") == "list"
        return _show(request, None, {"all": [{"stage": []}]}, {"title": "", "is_list": is_list})
    title, is_list = _title(request), request.POST.get("kind") == "list"
    definition = form.read_form(request.POST)
    if (changed := _changed(request, definition)) is not None:
        return _show(request, None, changed, {"title": title})
    wrong = "" if title else "Give it a title."
    mistakes: Sequence[Mistake] = ()
    if not wrong:
        try:
            kind = Segment.Kind.LIST if is_list else Segment.Kind.CONDITIONS
            made = add_segment(title, definition, by=user, now=timezone.now(), kind=kind)
        except DefinitionMistakes as found:
            mistakes = found.mistakes
        else:
            messages.success(
                request, f"{made.title} is kept" if is_list else f"{made.title} is being worked out"
            )
            return redirect("segment", key=made.key)
    typed = {"title": title, "wrong_title": wrong, "is_list": is_list}
    return _show(request, None, definition, typed, mistakes, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def segment_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Changes what a segment asks."""
    user = let_in(request)
    segment = get_object_or_404(Segment, key=key, kind=Segment.Kind.CONDITIONS, archived_at=None)
    if request.method != "POST":
        return _show(request, segment, segment.definition, {})
    definition = form.read_form(request.POST)
    if (changed := _changed(request, definition)) is not None:
        return _show(request, segment, changed, {})
    try:
        is_new = change_definition(segment, definition, by=user, now=timezone.now())
    except DefinitionMistakes as found:
        return _show(request, segment, definition, {}, found.mistakes, status=422)
    messages.success(
        request, "Kept: it is being worked out for everybody" if is_new else "Nothing was changed"
    )
    return redirect("segment", key=key)


@require_POST
def segment_count(request: HttpRequest) -> HttpResponse:
    """How many a definition would find, as it stands in the form; changes nothing."""
    let_in(request)
    definition = form.read_form(request.POST)
    return render(request, "nurture/segment_counted.html", _counted(definition, request.POST.get("key", "")))


def let_in(request: HttpRequest) -> User:
    """Who asks, where they may write segments. Raises PermissionDenied."""
    user = reader_of(request)
    if user.role not in WHOLE_TEAM:
        raise PermissionDenied("Segments are kept by administrators and marketing.")
    return user


def _changed(request: HttpRequest, definition: dict[str, Any]) -> dict[str, Any] | None:
    """The definition after a button of the form that keeps nothing; None: it is to be kept."""
    do, _, path = request.POST.get("do", "").partition(":")
    if do == "add":
        return form.add(definition, path, request.POST.get(f"{path}|new", ""))
    if do == "remove":
        return form.remove(definition, path)
    return definition if do == "count" else None


def _show(
    request: HttpRequest,
    segment: Segment | None,
    definition: dict[str, Any],
    typed: dict[str, Any],
    mistakes: Sequence[Mistake] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "segment": segment,
        "node": form.nodes_of(definition, mistakes),
        "mistakes": mistakes,
        "lost": [each for each in mistakes if not each.path],
        **typed,
        **_choices(segment),
    }
    if request.POST.get("do") == "count":
        context["counting"] = _counted(definition, segment.key if segment else "")
    return render(request, "nurture/segment_edit.html", context, status=status)


def _choices(segment: Segment | None) -> dict[str, Any]:
    """What the fields offer."""
    playbook = playbook_now()
    personas = [(each.key, each.title) for each in playbook.personas] if playbook else []
    owners = [
        (each.email, str(each)) for each in User.objects.filter(is_active=True).order_by("name", "email")
    ]
    others = Segment.objects.filter(archived_at=None).exclude(key=segment.key if segment else "")
    kinds = sorted(
        ((key, words[0].capitalize()) for key, words in KIND_WORDS.items()), key=lambda each: each[1]
    )
    stages = [(each.key, each.title) for each in playbook.stages] if playbook else []
    ratings = [(each.key, each.key.capitalize()) for each in playbook.rating] if playbook else []
    return {
        "offers": {
            "stage": [*stages, ("none", "Not assessed")],
            "rating": [*ratings, ("none", "No rating")],
            "grade": [*((each, each) for each in GRADES), ("none", "No grade")],
            "persona": [*personas, ("none", "No persona")],
            "status": [("active", "Active"), ("disqualified", "Disqualified")],
            "owner": [*owners, ("none", "Nobody")],
        },
        "titles": dict(ADDED),
        "groups": [("all", "all of these"), ("any", "at least one of these"), ("none", "none of these")],
        "added": ADDED,
        "kinds": kinds,
        "purposes": list(PURPOSES.items()),
        "others": list(others.order_by("title").values_list("key", "title")),
        "operators": list(form.OPERATORS.items()),
        "units": list(form.UNITS.items()),
        "actors": list(form.ACTORS.items()),
        "company_fields": ["industry", "employees", "country", "name", "domain"],
    }


def _counted(definition: dict[str, Any], key: str) -> dict[str, Any]:
    try:
        read = check_definition(definition, key)
    except DefinitionMistakes as found:
        return {"mistakes": found.mistakes}
    counted = count(read, read_terms(timezone.now()))
    people = Contact.objects.filter(pk__in=counted.ids).select_related("company").order_by("-pk")
    return {"counted": counted, "people": list(people)}


def _title(request: HttpRequest) -> str:
    return request.POST.get("title", "").strip()[:LONGEST_TITLE]
