"""The page of events' names: what each becomes, names of one's own beside the standard ones."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.capture.digest.models import EventName
from ripeline.capture.digest.naming import (
    FROM_ANYBODY,
    LONGEST_KIND,
    OF_OURS_ALONE,
    Meaning,
    bare_name,
    names_in_use,
    standard_meanings,
)
from ripeline.capture.digest.trying import LATEST, heard_names, latest_events, try_name
from ripeline.lifecycle.touch import KINDS
from ripeline.people.permissions import WHOLE_TEAM, may_run_the_place, reader_of

MOST = 500
"""Names of one's own that there may be: all are at hand for every event."""
MOST_PROPERTIES = 10
_KIND = re.compile(r"[a-z][a-z0-9_]*\Z")
DIRECTIONS = (("in", "They did it"), ("out", "We did it"), ("internal", "Nobody did: a note of ours"))


class PropertiesField(forms.CharField):
    """Names of properties, divided by commas."""

    def clean(self, value: Any) -> Any:
        """As a list."""
        said = str(super().clean(value) or "")
        names = list(dict.fromkeys(word for each in said.split(",") if (word := each.strip())))
        if len(names) > MOST_PROPERTIES:
            raise forms.ValidationError(f"More than {MOST_PROPERTIES} properties.")
        return names


class NameForm(forms.Form):
    """What an event is."""

    name = forms.CharField(
        max_length=255, help_text="As it is sent. Case, signs and spaces do not count.", label="Event"
    )
    kind = forms.CharField(
        max_length=LONGEST_KIND,
        label="Becomes",
        help_text="The kind of touch, such as form_submitted, purchased, or one of your own.",
        widget=forms.TextInput(attrs={"list": "kinds", "autocapitalize": "off", "spellcheck": "false"}),
    )
    direction = forms.ChoiceField(
        choices=DIRECTIONS, initial="in", help_text="Of kinds that playbooks know, what they say counts."
    )
    subject = PropertiesField(
        required=False,
        max_length=500,
        label="About",
        help_text="Properties that say what it is about, divided by commas; the first that is there counts.",
    )
    about = forms.CharField(
        required=False, max_length=200, label="Or always about", help_text="Where that is always the same."
    )
    value = PropertiesField(
        required=False, max_length=500, label="Number", help_text="Properties that hold its number."
    )

    def clean_kind(self) -> str:
        """A kind of touch that events may make."""
        kind = str(self.cleaned_data["kind"]).strip().lower()
        if not _KIND.match(kind):
            raise forms.ValidationError("Small letters, digits and _, beginning with a letter.")
        if kind in OF_OURS_ALONE:
            raise forms.ValidationError(f"Touches of the kind {kind} are made by Ripeline alone.")
        return kind

    def meaning(self) -> Meaning:
        """What the form says."""
        said = self.cleaned_data
        direction = KINDS.get(said["kind"], said["direction"])
        return Meaning(
            said["kind"], direction, tuple(said["subject"]), said["about"] or None, tuple(said["value"])
        )


@require_safe
def names_page(request: HttpRequest) -> HttpResponse:
    """The names that came of late, one's own and the standard ones."""
    if reader_of(request).role not in WHOLE_TEAM:
        raise PermissionDenied("What events mean is looked through by administrators and marketing.")
    return _show(request, NameForm(initial=_initial(request.GET.get("name", "")[:255])))


@require_POST
def name_try(request: HttpRequest) -> HttpResponse:
    """What events of a name would become. Nothing is kept."""
    _admin(request)
    form = NameForm(request.POST)
    return _show(request, form, is_tried=True, status=200 if form.is_valid() else 422)


@require_POST
def name_keep(request: HttpRequest) -> HttpResponse:
    """Keeps what a name means; it counts for what comes from now on."""
    _admin(request)
    form = NameForm(request.POST)
    if form.is_valid() and _is_full(form.cleaned_data["name"]):
        form.add_error("name", f"There are {MOST} names of your own. Remove one first.")
    if not form.is_valid():
        return _show(request, form, status=422)
    name, meaning = form.cleaned_data["name"], form.meaning()
    EventName.objects.update_or_create(
        bare=bare_name(name)[:255],
        defaults={
            "name": name,
            "kind": meaning.kind,
            "direction": meaning.direction,
            "subject": list(meaning.subject),
            "about": meaning.about or "",
            "value": list(meaning.value),
            "by": reader_of(request),
            "changed_at": timezone.now(),
        },
    )
    messages.success(request, f"From now on {name} becomes {meaning.kind}. What came before stays as it is.")
    return redirect("website_names")


@require_POST
def name_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Removes a name of one's own."""
    _admin(request)
    row = get_object_or_404(EventName, pk=pk)
    row.delete()
    messages.success(request, f"{row.name} is read by the standard names again.")
    return redirect("website_names")


def _initial(name: str) -> dict[str, Any]:
    if not name:
        return {}
    names = names_in_use()
    row = EventName.objects.filter(bare=bare_name(name)[:255]).first()
    meaning = names.meaning_of(name, is_public=False)
    return {
        "name": row.name if row else name,
        "kind": meaning.kind,
        "direction": meaning.direction,
        "subject": ", ".join(meaning.subject),
        "about": meaning.about or "",
        "value": ", ".join(meaning.value),
    }


def _is_full(name: str) -> bool:
    others = EventName.objects.exclude(bare=bare_name(name)[:255])
    return others.count() >= MOST


def _show(request: HttpRequest, form: NameForm, *, is_tried: bool = False, status: int = 200) -> HttpResponse:
    names, events = names_in_use(), latest_events()
    tried = None
    if is_tried and form.is_valid():
        tried = try_name(form.cleaned_data["name"], form.meaning(), names, events)
    kind = form.cleaned_data.get("kind", "") if form.is_bound else ""
    context = {
        "form": form,
        "tried": tried,
        "is_doubted": bool(tried) and kind in KINDS and kind not in FROM_ANYBODY,
        "heard": heard_names(names, events),
        "looked_at": LATEST,
        "own": EventName.objects.select_related("by").order_by("name"),
        "standard": standard_meanings(),
        "kinds": sorted(KINDS.keys() - OF_OURS_ALONE),
        "may_run": may_run_the_place(reader_of(request)),
    }
    return render(request, "capture/names.html", cast(dict[str, Any], context), status=status)


def _admin(request: HttpRequest) -> None:
    if not may_run_the_place(reader_of(request)):
        raise PermissionDenied("What events mean is changed by administrators.")
