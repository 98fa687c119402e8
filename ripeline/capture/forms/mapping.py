"""Which field of a form that a site had already is which of ours: said on a page, from what it sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ripeline.capture.forms.arriving import hidden_values, mapped
from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.following import follow
from ripeline.capture.forms.making import draft_of
from ripeline.capture.forms.models import Form, Submission
from ripeline.capture.forms.reading import read_answers
from ripeline.capture.forms.sharing import names_of
from ripeline.capture.forms.spam import HONEYPOT
from ripeline.capture.forms.views import find_form, let_in
from ripeline.kit.folding import plain
from ripeline.people.values import read_address
from ripeline.timeline.identities.living import again_if_merged

LATEST, MOST_READ_AGAIN = 30, 500
LIKELY = {
    "email": ("email", "mail", "email address", "mail address", "correo", "courriel"),
    "name": ("name", "full name", "naam", "nom", "nombre"),
    "first_name": ("first name", "fname", "given name", "vorname", "voornaam", "prenom"),
    "last_name": ("last name", "lname", "surname", "family name", "nachname", "achternaam"),
    "company": (
        *("company", "company name", "firm", "business", "business name", "employer"),
        *("organisation", "organization", "firma", "unternehmen", "bedrijf", "empresa", "entreprise"),
    ),
    "phone": (
        *("phone", "phone number", "tel", "telephone", "mobile", "mobile number"),
        *("telefon", "telefonnummer", "telefoon", "telefoonnummer", "telefono"),
    ),
}
BESIDE = frozenset({"your", "my", "the", "contact", "field", "input", "uw", "ihr", "ihre", "votre", "su"})
"""Words of a name that say nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A name that a site's form sent, the latest value under it, and which of our fields it is or seems to be."""

    place: int
    name: str
    value: str
    field: str
    is_guess: bool


@require_http_methods(["GET", "HEAD", "POST"])
def form_names(request: HttpRequest, key: str) -> HttpResponse:
    """Shows the names that came, and takes which is which; then what was not understood is read again."""
    let_in(request)
    form = find_form(key)
    definition = Definition.model_validate(form.version.definition) if form.version else draft_of(form)
    if request.method == "POST":
        names = request.POST.getlist("name")
        fields = [request.POST.get(f"field-{place}", "") for place in range(len(names))]
        known = {each.name for each in definition.fields}
        mapping = {name: field for name, field in zip(names, fields, strict=True) if field in known}
        Form.objects.filter(pk=form.pk).update(mapping=mapping)
        form.mapping = mapping
        done, left = read_again(form, now=timezone.now())
        rest = f", {left} still not understood: no address under these names." if left else "."
        said = f" {done} read again{rest}" if done + left else ""
        messages.success(request, f"Saved.{said}")
        return redirect("form", key=form.key)
    context = {"form": form, "seen": seen_names(form, definition), "fields": names_of(definition)}
    return render(request, "capture/form_names.html", context)


def seen_names(form: Form, definition: Definition) -> Sequence[Seen]:
    """The names in the latest of what was sent, and what each seems to be where nobody has said it."""
    rows = Submission.objects.filter(form=form).order_by("-pk").values_list("raw", flat=True)[:LATEST]
    values: dict[str, str] = {}
    beside: dict[str, set[str]] = {}
    for raw in rows:
        names = {name for name, _ in raw if name != HONEYPOT}
        for name, value in raw:
            if name in names:
                beside.setdefault(name, set()).update(names - {name})
                values[name] = values.get(name) or value
    own = {each.name for each in definition.fields}
    said = {name: form.mapping.get(name, name if name in own else "") for name in sorted(values)}
    fields = dict(said)
    # What came together is not the same twice; two forms of a site may call one thing differently. An address tells
    # by itself what it is, so it goes first.
    for name in sorted(said, key=lambda each: not read_address(values[each])):
        taken = {fields[each] for each in beside[name]}
        fields[name] = said[name] or _guess(name, values[name], definition, taken)
    return [
        Seen(place, name, values[name][:120], field, bool(field) and not said[name])
        for place, (name, field) in enumerate(fields.items())
    ]


def read_again(form: Form, *, now: datetime) -> tuple[int, int]:
    """Reads anew what was not understood; how many are now, and how many are still not."""
    rows = Submission.objects.filter(form=form, outcome=Submission.Outcome.UNREAD).order_by("pk")
    done = left = 0
    for pk in list(rows.values_list("pk", flat=True)[:MOST_READ_AGAIN]):
        if again_if_merged(partial(_read_one, pk, form, now)):
            done += 1
        else:
            left += 1
    return done, left


def _read_one(pk: int, form: Form, now: datetime) -> bool:
    row = Submission.objects.select_for_update(no_key=True).get(pk=pk)
    if row.outcome != Submission.Outcome.UNREAD or form.version is None:
        return True
    row.form, row.version = form, form.version
    definition = Definition.model_validate(form.version.definition)
    hidden = hidden_values(definition, row.page, str(row.facts.get("referrer") or ""), row.language)
    posted = {name: [value] for name, value in hidden.items() if value} | mapped(row.raw, form.mapping)
    read = read_answers(definition, posted, [each.name for each in definition.fields])
    if not any(each.type == "email" and each.name in read.answers for each in definition.fields):
        return False
    row.answers, row.outcome = read.answers, Submission.Outcome.ACCEPTED
    row.reasons = [f"{name} could not be read" for name in read.mistakes]
    follow(row, definition, None, now=now)
    row.save()
    return True


def _guess(name: str, value: str, definition: Definition, taken: set[str]) -> str:
    for each in definition.fields:
        if each.name in taken:
            continue
        if each.type == "email" and read_address(value):
            return each.name
        what = each.becomes if each.becomes in LIKELY else each.type if each.type in LIKELY else each.name
        if _bare(name) in {_bare(known) for known in (*LIKELY.get(what, ()), each.name)}:
            return each.name
    return ""


def _bare(name: str) -> str:
    """`Your-Full_Name` and `fullname` are the same."""
    words = plain(name).split()
    return "".join(each for each in words if each not in BESIDE) or "".join(words)
