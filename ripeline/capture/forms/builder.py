"""The pages on which a form is written and tried: saved as it goes, in use only when it is put into use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ripeline.capture.forms.arriving import hidden_values
from ripeline.capture.forms.definition import BECOMES, QUESTIONS, SOURCES, TYPE_WORDS, Definition
from ripeline.capture.forms.editing import (
    BEGINNINGS,
    LONG_TEXTS,
    WHOLE_TEXTS,
    Raw,
    act_on,
    choices_text,
    read_definition,
    read_sheet,
    shown_languages,
)
from ripeline.capture.forms.languages import pick_language
from ripeline.capture.forms.making import draft_of, hindrances, is_changed, save_draft
from ripeline.capture.forms.models import Form
from ripeline.capture.forms.reading import Read, read_answers
from ripeline.capture.forms.showing import draw
from ripeline.capture.forms.views import find_form, let_in
from ripeline.kit.folding import clean
from ripeline.people.consent import PURPOSES

MEANS = {
    "": "Kept with what was sent",
    "trait": "A trait of the contact, by the field's name",
    **{name: f"Qualifying question: {name}" for name in QUESTIONS},
}
TEXT_WORDS = {
    "title": "Heading",
    "intro": "What stands under it",
    "button": "Button",
    "thanks": "What is said when it was sent",
}
OVERTAKEN = "A colleague saved this form while you had it open. What you typed is below; saving again replaces theirs."


@dataclass(frozen=True, slots=True)
class Written:
    """One text in one language: its input's name and what stands in it."""

    name: str
    language: str
    value: str
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A field on the page: its place, what stands in it, and its texts by language."""

    place: int
    raw: Raw
    title: str
    kind: str
    labels: Sequence[Written]
    helps: Sequence[Written]
    choices: Sequence[Written]
    is_open: bool
    is_last: bool

    @property
    def asks(self) -> bool:
        """Whether somebody fills it in: it can be required and asked later."""
        return self.raw.get("type") not in ("hidden", "consent")


@require_http_methods(["GET", "HEAD", "POST"])
def form_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Shows what is written of a form, and saves it; buttons that add, move or take out a field save as well."""
    let_in(request)
    form = find_form(key)
    if request.method != "POST":
        return _page(request, form, form.draft, revision=form.revision)
    raw = read_sheet(request.POST)
    place = act_on(raw, request.POST.get("do", ""))
    seen = request.POST.get("seen", "")
    revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1
    definition, wrong = read_definition(raw)
    if definition is None:
        return _page(request, form, raw, revision=revision, wrong=wrong, place=place)
    title = " ".join(request.POST.get("name", "").split())[:160]
    if not save_draft(form, definition, seen=revision):
        form.refresh_from_db()
        return _page(request, form, raw, revision=form.revision, wrong=[OVERTAKEN], place=place)
    if title and title != form.title:
        Form.objects.filter(pk=form.pk).update(title=title)
    if request.POST.get("do", "save") == "save":
        messages.success(request, "Saved.")
    where = reverse("form_edit", args=[form.key])
    return redirect(f"{where}?at={place}#field-{place}" if place is not None else where)


@require_http_methods(["GET", "HEAD", "POST"])
def form_try(request: HttpRequest, key: str) -> HttpResponse:
    """The form as it is written, to be tried: what would be read is shown, and nothing is kept."""
    let_in(request)
    form = find_form(key)
    definition = draft_of(form)
    accepted = request.headers.get("Accept-Language", "")
    language = pick_language(definition.languages, request.GET.get("lang", ""), accepted)
    posted = {clean(name): [clean(each) for each in values] for name, values in request.POST.lists()}
    read: Read | None = None
    if request.method == "POST":
        read = read_answers(definition, posted, [each.name for each in definition.fields])
    hidden = hidden_values(definition, request.build_absolute_uri(), "", language)
    mistakes = read.mistakes if read else {}
    context = {
        "form": form,
        "sheet": draw(
            definition, language, definition.fields, typed=posted, mistakes=mistakes, hidden=hidden
        ),
        "read": read,
        "answers": _answers(definition, read) if read else [],
        "hinders": hindrances(form, definition),
    }
    return render(request, "capture/form_try.html", context, status=422 if mistakes else 200)


def _answers(definition: Definition, read: Read) -> list[tuple[str, str, str]]:
    """What was read: the field, its value and what it would become."""
    found = []
    for each in definition.fields:
        if each.name in read.answers:
            becomes = {"email": "Who they are", "phone": "Phone number"}.get(each.type) or (
                f"Consent: {each.purpose}" if each.type == "consent" else means()[each.becomes]
            )
            said = read.answers[each.name]
            value = ", ".join(said) if isinstance(said, list) else "yes" if said is True else str(said)
            found.append((definition.say(each.label, definition.languages[0]) or each.name, value, becomes))
    return found


def means() -> dict[str, str]:
    """What an answer may become, in words."""
    columns = {name: name.replace("_", " ").capitalize() for name in BECOMES if name and name not in MEANS}
    return {"": MEANS[""], **columns, **{name: words for name, words in MEANS.items() if name}}


def _page(
    request: HttpRequest,
    form: Form,
    raw: Raw,
    *,
    revision: int,
    wrong: Sequence[str] = (),
    place: int | None = None,
) -> HttpResponse:
    at = request.GET.get("at", "")
    opened = (
        place if place is not None else int(at) if at.isascii() and at.isdigit() and len(at) < 4 else None
    )
    definition, _ = read_definition(raw)
    languages = shown_languages(raw)
    context: dict[str, Any] = {
        "form": form,
        "raw": raw,
        "revision": revision,
        "wrong": wrong,
        "languages": languages,
        "listed": raw.get("languages") or languages,
        "texts": [
            (TEXT_WORDS[name], _written(name, raw.get(name, {}), languages, is_long=name in LONG_TEXTS))
            for name in WHOLE_TEXTS
        ],
        "items": [
            _item(each, number, languages, is_open=number == opened, count=len(raw["fields"]))
            for number, each in enumerate(raw.get("fields", ()))
        ],
        "kinds": TYPE_WORDS,
        "means": means(),
        "sources": SOURCES,
        "purposes": PURPOSES,
        "beginnings": BEGINNINGS,
        "hinders": hindrances(form, definition) if definition else (),
        "is_changed": is_changed(form),
        "has_mail": bool(settings.CONFIG.email_url),
    }
    return render(request, "capture/form_edit.html", context, status=422 if wrong else 200)


def _item(raw: Raw, place: int, languages: Sequence[str], *, is_open: bool, count: int) -> Item:
    at = f"f{place}-"
    label = raw.get("label", {})
    choices = [
        Written(
            f"{at}choices-{code}", code, choices_text(raw, code, is_first=code == languages[0]), is_long=True
        )
        for code in languages
    ]
    return Item(
        place,
        raw,
        label.get(languages[0]) or next(iter(label.values()), "") or str(raw.get("name") or "no name"),
        TYPE_WORDS.get(str(raw.get("type")), ""),
        _written(f"{at}label", label, languages, is_long=raw.get("type") == "consent"),
        _written(f"{at}help", raw.get("help", {}), languages),
        choices if raw.get("type") in ("choice", "choices") else (),
        is_open,
        place == count - 1,
    )


def _written(
    name: str, text: dict[str, str], languages: Sequence[str], *, is_long: bool = False
) -> list[Written]:
    return [Written(f"{name}-{code}", code, text.get(code, ""), is_long) for code in languages]
