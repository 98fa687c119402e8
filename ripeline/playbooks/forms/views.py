"""The forms of a draft: each page shows a part of the document and changes no more of its text than was changed."""

from __future__ import annotations

import json

from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ripeline.kit.numbers import read_number
from ripeline.playbooks.drafts.checking import check_text
from ripeline.playbooks.drafts.documents import rewrite
from ripeline.playbooks.drafts.models import Draft, DraftSave
from ripeline.playbooks.drafts.views import PARTS, find_draft, for_writers, frame_of, save_and_go
from ripeline.playbooks.forms.acts import Given, act_on, apply_fields
from ripeline.playbooks.forms.pages import make_sheet

TITLES = dict(PARTS)


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def edit_part(request: HttpRequest, pk: int, part: str, item: int | None = None) -> HttpResponse:
    """The form of a part of the playbook, or of one of its stages or signals."""
    draft = find_draft(pk)
    if part not in TITLES:
        raise Http404("A playbook has no such part.")
    if request.method == "POST":
        return _save(request, draft, part, item)
    checked = check_text(draft.text)
    context = frame_of(request, draft) | {"here": part, "part_title": TITLES[part], "item": item}
    if not isinstance(checked.plain, dict):
        return render(request, "playbooks/draft_unreadable.html", context)
    sheet = make_sheet(checked.plain, checked.mistakes, part, item)
    if sheet is None:
        raise Http404("The draft has no such part any more.")
    context |= {"sheet": sheet, "latest_save": draft.revision - 1}
    return _say_aloud(request, render(request, "playbooks/draft_form.html", context))


def _save(request: HttpRequest, draft: Draft, part: str, item: int | None) -> HttpResponse:
    checked = check_text(_text_seen(draft, read_number(request.POST.get("seen", ""))))
    back = reverse("playbook_draft_part", args=[draft.pk, part])
    sheet = make_sheet(checked.plain, (), part, item) if isinstance(checked.plain, dict) else None
    if sheet is None:
        raise Http404("The draft has no such part any more.")
    given: Given = dict(request.POST.lists())
    wanted = apply_fields(checked.plain, sheet.fields(), given)
    do = request.POST.get("do", "save")
    place = act_on(wanted, do, given)
    text = rewrite(checked.text, wanted)
    if item is not None or place is not None:
        number = item if place is None else int(place)
        back = reverse("playbook_draft_item", args=[draft.pk, part, number])
    what = sheet.title if item is None else f"{TITLES[part]}: {sheet.title}"
    return save_and_go(request, draft, text, what=what, back=back)


def _text_seen(draft: Draft, seen: int) -> str:
    """The text that the form was made from: of the state its writer saw."""
    if seen == draft.revision:
        return draft.text
    save = DraftSave.objects.filter(draft=draft, revision=seen).first()
    return save.text if save else draft.text


def _say_aloud(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What there is to tell, in the way an answer to htmx tells it: such an answer has no place for messages."""
    told = [str(message) for message in get_messages(request)] if "HX-Request" in request.headers else []
    if told:
        response.headers["HX-Trigger"] = json.dumps({"say": {"text": " ".join(told)}})
    return response
