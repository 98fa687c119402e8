"""The pages of a draft: what it says and changes, its text with its mistakes, and its saves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
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
from ripeline.playbooks.drafts.checking import Checked, check_text
from ripeline.playbooks.drafts.models import Draft, DraftSave
from ripeline.playbooks.drafts.saving import (
    Overtaken,
    Refused,
    TooLong,
    discard_draft,
    rename_draft,
    restore_draft,
    save_draft,
    start_draft,
)
from ripeline.playbooks.drafts.telling import Told, tell_mistakes
from ripeline.playbooks.finding import compare_texts, find_version
from ripeline.playbooks.lines import find_lines
from ripeline.playbooks.reading import read_aloud

View = Callable[..., HttpResponse]


def for_writers(view: View) -> View:
    """Lets those in who write definitions; others are told who does."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not may_write_definitions(reader_of(request)):
            raise PermissionDenied("Drafts of the playbook are written by marketing and administrators.")
        return view(request, *args, **named)

    return guarded


def find_draft(pk: int) -> Draft:
    """The draft with who wrote it. Raises Http404."""
    return get_object_or_404(Draft.objects.select_related("based_on", "author", "updated_by"), pk=pk)


@require_POST
@for_writers
def start(request: HttpRequest) -> HttpResponse:
    """Begins a draft from a version; `text` where somebody's own writing is to become a draft of its own."""
    version = find_version(request.POST.get("version", ""))
    text = request.POST.get("text")
    if text is not None:
        text = text.replace("\r\n", "\n").replace("\0", "")
    title = request.POST.get("title", "").replace("\0", "").strip()
    try:
        draft = start_draft(version, by=reader_of(request), now=timezone.now(), text=text, title=title)
    except TooLong as wrong:
        messages.error(request, f"No draft was begun. {wrong}")
        return redirect("playbook_versions")
    return redirect("playbook_draft", pk=draft.pk)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What a draft says, what it changes, and what stands in its way."""
    draft = find_draft(pk)
    checked = check_text(draft.text)
    context = frame_of(request, draft) | {
        "here": "overview",
        "found": compare_texts(draft.based_on.text, draft.text),
        "playbook": checked.playbook,
        "told": _told(request, draft, checked),
    }
    if checked.playbook is not None:
        context["reading"] = read_aloud(checked.playbook, find_lines(draft.text))
    return render(request, "playbooks/draft.html", context)


def _told(request: HttpRequest, draft: Draft, checked: Checked) -> list[Told]:
    """The mistakes; the way to the forms only for those who may open them."""
    told = list(tell_mistakes(draft, checked))
    return told if may_write_definitions(reader_of(request)) else [replace(it, address="") for it in told]


@require_http_methods(["GET", "HEAD", "POST"])
def edit_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The text of a draft; those who may not write it read it."""
    draft = find_draft(pk)
    if request.method == "POST":
        return _save_text(request, draft)
    return render(request, "playbooks/draft_text.html", _text_context(request, draft, draft.text))


@for_writers
def _save_text(request: HttpRequest, draft: Draft) -> HttpResponse:
    text = request.POST.get("text", "")
    return save_and_go(
        request, draft, text, what="The text", back=reverse("playbook_draft_text", args=[draft.pk])
    )


def save_and_go(request: HttpRequest, draft: Draft, text: str, *, what: str, back: str) -> HttpResponse:
    """Saves a draft's text over the state its writer saw (`seen`), and goes to `back`; what cannot be saved is
    shown, with nothing lost."""
    done = save_draft(
        draft,
        text,
        seen=read_number(request.POST.get("seen", "")),
        by=reader_of(request),
        now=timezone.now(),
        what=what,
    )
    if isinstance(done, Overtaken):
        return _show_overtaken(request, done.draft, text.replace("\r\n", "\n").replace("\0", ""))
    if isinstance(done, Refused):
        context = _text_context(request, draft, text) | {"refused": done.why}
        return render(request, "playbooks/draft_text.html", context, status=422)
    if done.revision == draft.revision:
        messages.info(request, "Nothing was changed.")
    elif request.POST.get("do", "save") == "save":
        messages.success(request, "Saved." + _say_mistakes(done.text))
    return redirect(back)


@require_POST
@for_writers
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """The mistakes of a text that is being written; nothing is saved."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    context = {"checked": check_text(text), "draft": find_draft(pk)}
    return render(request, "playbooks/checked.html", context)


@require_POST
@for_writers
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives a draft a name and a note."""
    draft = find_draft(pk)
    rename_draft(draft, title=request.POST.get("title", ""), note=request.POST.get("note", ""))
    messages.success(request, f"The draft is called “{draft.title}”.")
    return redirect("playbook_draft", pk=pk)


@require_safe
def saves(request: HttpRequest, pk: int) -> HttpResponse:
    """Every state of a draft that was saved; `at` shows one with what it changed."""
    draft = find_draft(pk)
    rows = list(
        DraftSave.objects.filter(draft=draft).select_related("by").defer("text").order_by("-revision")
    )
    number = read_number(request.GET.get("at", ""), otherwise=draft.revision)
    here = get_object_or_404(DraftSave.objects.select_related("by"), draft=draft, revision=number)
    before = DraftSave.objects.filter(draft=draft, revision__lt=number).order_by("-revision").first()
    context = frame_of(request, draft) | {
        "saves": rows,
        "save": here,
        "found": compare_texts(before.text if before else here.text, here.text),
        "here": "saves",
    }
    return render(request, "playbooks/draft_saves.html", context)


@require_POST
@for_writers
def go_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a draft back to a state it had; what it has now stays among its saves."""
    draft = find_draft(pk)
    save = get_object_or_404(DraftSave, draft=draft, revision=read_number(request.POST.get("to", "")))
    home = reverse("playbook_draft", args=[pk])
    then = request.POST.get("then", "")
    back = then if re.fullmatch(re.escape(home) + r"[a-z]+/(\d+/)?", then) else home
    return save_and_go(request, draft, save.text, what=f"Back to save {save.revision}", back=back)


@require_POST
@for_writers
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a draft off the list; it can be undone."""
    draft = find_draft(pk)
    discard_draft(draft, now=timezone.now())
    undo = reverse("playbook_draft_restore", args=[pk])
    messages.success(request, f"Discarded “{draft.title}”.", extra_tags=f"undo:{undo}")
    return redirect("playbook_versions")


@require_POST
@for_writers
def restore(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001 - a view is given it
    """Brings a discarded draft back."""
    restore_draft(find_draft(pk))
    return redirect("playbook_draft", pk=pk)


PARTS = (
    ("name", "Name"),
    ("stages", "Stages"),
    ("rating", "Rating"),
    ("score", "Score"),
    ("fit", "Fit"),
    ("personas", "Personas"),
    ("answers", "Answers"),
    ("signals", "Signals"),
)
"""The parts of a playbook that have forms: their names in addresses, and their titles."""


def parts_of(draft: Draft, *, forms: bool) -> list[dict[str, str]]:
    """The pages of a draft, for its navigation; `forms` only for those who write definitions."""
    written = [
        {"key": key, "title": title, "url": reverse("playbook_draft_part", args=[draft.pk, key])}
        for key, title in PARTS
        if forms
    ]
    return [
        {"key": "overview", "title": "Overview", "url": reverse("playbook_draft", args=[draft.pk])},
        *written,
        {"key": "text", "title": "As text", "url": reverse("playbook_draft_text", args=[draft.pk])},
        {"key": "saves", "title": "Saves", "url": reverse("playbook_draft_saves", args=[draft.pk])},
    ]


def frame_of(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What every page of a draft shows."""
    is_writer = may_write_definitions(reader_of(request))
    return {
        "draft": draft,
        "checked": check_text(draft.text),
        "parts": parts_of(draft, forms=is_writer),
        "is_writer": is_writer,
        "may_write": is_writer and draft.discarded_at is None,
    }


def _text_context(request: HttpRequest, draft: Draft, text: str) -> dict[str, Any]:
    return frame_of(request, draft) | {
        "here": "text",
        "text": text,
        "checked": check_text(text),
        "numbers": range(1, text.count("\n") + 2),
    }


def _show_overtaken(request: HttpRequest, latest: Draft, text: str) -> HttpResponse:
    """Both states beside each other, and both ways on."""
    context = frame_of(request, latest) | {
        "text": text,
        "found": compare_texts(latest.text, text),
    }
    if "HX-Request" not in request.headers:
        return render(request, "playbooks/overtaken.html", context, status=409)
    # htmx shows what went well; this page is in the place of the whole.
    response = render(request, "playbooks/overtaken.html", context)
    for name, value in (("Retarget", "#main"), ("Reselect", "#main"), ("Push-Url", "false")):
        response.headers[f"HX-{name}"] = value
    return response


def _say_mistakes(text: str) -> str:
    count = len(check_text(text).mistakes)
    return f" {count} mistake{'' if count == 1 else 's'} left." if count else ""
