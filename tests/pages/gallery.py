"""Pages that only the tests serve: every part on one page, and a page that breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template import Engine, RequestContext
from django.urls import path
from django.utils import timezone

from ripeline import urls
from ripeline.urls import urlpatterns as house

TEMPLATE = Path(__file__).with_name("gallery.html")


@dataclass(frozen=True)
class Stage:
    key: str
    title: str


@dataclass(frozen=True)
class Playbook:
    stages: tuple[Stage, ...]


FIVE = Playbook(
    (Stage("suspect", "Suspect"), Stage("lead", "Lead"), Stage("mql", "MQL"), Stage("sql", "Prospect"),
     Stage("customer", "Customer"))
)  # fmt: skip
PEOPLE = (
    ("Ann Smit", "Boekhuis Amsterdam", "mql", "hot", "A", 62.4, 2),
    ("Jörg Weiß", "Verlag am Rhein", "sql", "warm", "B", 41, 26),
    ("Maëlle Le Goff", "", "lead", "cold", "C", 12.5, 24 * 9),
    ("Bartholomew Fanshawe-Montgomery", "Self-publishing Partners Limited", "customer", "hot", "A", 97, 24 * 40),
    ("q.visser@example.org", "Visser & Zn", "suspect", None, None, 0, 24 * 400),
)  # fmt: skip


class Form(forms.Form):
    name = forms.CharField(help_text="As on the card.")
    stage = forms.ChoiceField(choices=[(stage.key, stage.title) for stage in FIVE.stages])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    agreed = forms.BooleanField(label="Consent is on file", required=False)


def gallery(request: HttpRequest) -> HttpResponse:
    if request.GET.get("say"):
        messages.success(request, "Ann Smit moved to MQL.", extra_tags="undo:/gallery/undo/")
        messages.error(request, "The quote was not sent: the address bounces.")
    now = timezone.now()
    people = [(*person[:6], now - timedelta(hours=person[6])) for person in PEOPLE]
    if request.GET.get("q"):
        people = [person for person in people if request.GET["q"].lower() in person[0].lower()]
    context = {
        "playbook": FIVE,
        "people": people,
        "form": Form({"stage": "lead"}),
        "now": now,
        "spec": _funnel(),
        "line": _line(),
    }
    template = Engine.get_default().from_string(TEMPLATE.read_text())
    return HttpResponse(template.render(RequestContext(request, context)))


def undo(request: HttpRequest) -> HttpResponse:
    messages.info(request, f"Undone by {request.method}.")
    return redirect("gallery")


def slow_answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "<p id='answer'>Moved.</p>",
        headers={"HX-Trigger": '{"say": {"text": "Moved to MQL", "undo": "/gallery/undo/"}}'},
    )


def palette(request: HttpRequest) -> JsonResponse:
    found = [
        {"title": person[0], "detail": person[1], "url": "/contacts/x", "kind": "person"} for person in PEOPLE
    ]
    return JsonResponse(
        {"results": [each for each in found if request.GET["q"].lower() in each["title"].lower()]}
    )


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("this page breaks so that the page for it can be seen")


def forbidden(request: HttpRequest) -> HttpResponse:
    from django.core.exceptions import PermissionDenied

    raise PermissionDenied


def _funnel() -> dict[str, object]:
    return {
        "kind": "funnel", "title": "Where people stand", "x_title": "Stage",
        "x": [stage.title for stage in FIVE.stages],
        "series": [{"name": "People", "data": [1240, 530, 210, 64, 31]}], "unit": "people",
        "stages": [[at, 5] for at in range(5)], "height": 200,
    }  # fmt: skip


def _line() -> dict[str, object]:
    return {
        "kind": "line", "title": "Reached, by week", "x_title": "Week", "x": [f"W{week}" for week in range(1, 13)],
        "series": [
            {"name": "MQL", "data": [3, 5, 4, 8, 9, 7, 12, None, 14, 11, 16, 18], "stage": [2, 5]},
            {"name": "Prospect", "data": [1, 1, 2, 2, 3, 2, 5, 4, 4, 6, 5, 7], "stage": [3, 5]},
        ], "height": 200,
    }  # fmt: skip


handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)
# Reversing a name takes the last one in the list: the frame's links lead to the gallery, whatever the rooms hold.
urlpatterns = [
    *house,
    path("", gallery),
    path("gallery/", gallery, name="gallery"),
    path("gallery/undo/", undo, name="gallery_undo"),
    path("gallery/slow/", slow_answer, name="gallery_slow"),
    path("gallery/broken/", broken, name="gallery_broken"),
    path("gallery/forbidden/", forbidden, name="gallery_forbidden"),
    path("gallery/palette/", palette, name="palette"),
    path("gallery/today/", gallery, name="today"),
    path("gallery/contacts/", gallery, name="contacts"),
    path("gallery/companies/", gallery, name="companies"),
    path("gallery/playbook/", gallery, name="playbook"),
    path("gallery/imports/", gallery, name="imports"),
]
