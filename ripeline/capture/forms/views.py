"""The pages of the house about forms: all of them, one with what was sent, one submission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.capture.forms.confirming import MAIL_EVERY
from ripeline.capture.forms.counting import Figures, figures_of
from ripeline.capture.forms.definition import Definition, Question
from ripeline.capture.forms.editing import new_field
from ripeline.capture.forms.making import Refused, hindrances, is_changed, make_form, publish
from ripeline.capture.forms.making import draft_of as definition_of
from ripeline.capture.forms.models import Confirmation, Form, Submission
from ripeline.capture.forms.spam import SIGNALS
from ripeline.capture.forms.submitting import release
from ripeline.people.models import User
from ripeline.people.permissions import WHOLE_TEAM, reader_of
from ripeline.timeline.models import Touch
from ripeline.work.letters import Letter

SHOWN = 50
NONE = Figures()
BEGINS_WITH = {
    "contact": ("Contact", ("email", "name", "company", "long")),
    "demo": ("Demo or quote", ("email", "name", "company", "need", "timeline", "consent")),
    "newsletter": ("Newsletter", ("email", "consent")),
    "adopted": ("One my site has already", ("email", "name")),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A form in the list: what people did, and beside it machines and those nobody can tell."""

    form: Form
    human: Figures
    others: int


@dataclass(frozen=True, slots=True)
class Told:
    """A submission as a page tells it: what they answered (`answers`: all; `beside`: but for who they are), and why it
    is where it is."""

    row: Submission
    answers: Sequence[tuple[str, str]]
    beside: Sequence[tuple[str, str]]
    reasons: Sequence[str]


@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """All forms, with how often each was seen and sent."""
    rows = list(Form.objects.select_related("version").order_by("title", "pk"))
    figures = figures_of([each.pk for each in rows])
    context = {
        "lines": [_line(each, figures[each.pk]) for each in rows],
        "may_write": is_writer(request),
        "begins": BEGINS_WITH,
    }
    return render(request, "capture/forms.html", context)


@require_POST
def form_new(request: HttpRequest) -> HttpResponse:
    """A new form, to be written next."""
    user = let_in(request)
    title = " ".join(request.POST.get("title", "").split())
    if not title:
        messages.error(request, "Give the form a name: colleagues find it by that.")
        return redirect("forms")
    kind = request.POST.get("kind", "")
    fields: list[dict[str, Any]] = []
    for each in BEGINS_WITH.get(kind, BEGINS_WITH["contact"])[1]:
        fields.append(new_field(each, {str(field["name"]) for field in fields}, "en"))
        if each == "long":
            fields[-1] |= {"name": "message", "label": {"en": "How can we help?"}}
    definition = Definition.model_validate({"title": {"en": title[:160]}, "fields": fields})
    form = make_form(title, definition, by=user, now=timezone.now())
    if kind == "adopted":
        Form.objects.filter(pk=form.pk).update(is_adopted=True)
    return redirect("form_edit", key=form.key)


@require_safe
def form_page(request: HttpRequest, key: str) -> HttpResponse:
    """One form: what it does, and what was sent; what was held is folded below."""
    form = find_form(key)
    rows = _newest(form, Submission.Outcome.ACCEPTED, request.GET.get("before", ""))
    held, unread = (_newest(form, each) for each in (Submission.Outcome.SUSPECTED, Submission.Outcome.UNREAD))
    figures = figures_of([form.pk])[form.pk]
    context = {
        "form": form,
        "human": figures.get("human", NONE),
        "others": [(actor, figures.get(actor, NONE)) for actor in ("unknown", "machine")],
        "sent": [_told(each, form) for each in rows[:SHOWN]],
        "older": f"?before={rows[SHOWN - 1].pk}" if len(rows) > SHOWN else None,
        "newer": reverse("form", args=[form.key]) if "before" in request.GET else None,
        "held": [_told(each, form) for each in held],
        "unread": [_told(each, form) for each in unread],
        "may_write": is_writer(request),
        "is_changed": is_changed(form),
        "hinders": hindrances(form, definition_of(form)),
    }
    return render(request, "capture/form.html", context)


@require_safe
def submission_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One submission: as it was read, as it came, and what became of it."""
    form = find_form(key)
    row = get_object_or_404(_of(form).select_related("released_by", "visitor"), pk=pk)
    context = {
        "form": form,
        "told": _told(row, form),
        "touches": _followed(row),
        "letter": _letter(row),
        "may_write": is_writer(request),
    }
    return render(request, "capture/submission.html", context)


@require_POST
def submission_release(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Takes in what was held: a person sent it after all."""
    user, form = let_in(request), find_form(key)
    row = get_object_or_404(_of(form), pk=pk)
    if release(row, by=user, now=timezone.now()):
        messages.success(request, "Taken in as a person's. The contact and the touches are there.")
    else:
        messages.info(request, "It was taken in already.")
    return redirect("form", key=form.key)


@require_POST
def form_publish(request: HttpRequest, key: str) -> HttpResponse:
    """Puts what was written into use."""
    user, form = let_in(request), find_form(key)
    done = publish(form, by=user, now=timezone.now())
    if isinstance(done, Refused):
        messages.error(request, f"It cannot be used yet. {done.why[0]}")
        return redirect("form_edit", key=form.key)
    messages.success(request, f"In use: version {done.number}.")
    return redirect("form", key=form.key)


@require_POST
def form_close(request: HttpRequest, key: str) -> HttpResponse:
    """Closes a form, or opens it again; what was sent stays."""
    let_in(request)
    form = find_form(key)
    is_open = request.POST.get("open") == "yes" and form.version is not None
    Form.objects.filter(pk=form.pk).update(is_open=is_open)
    messages.success(
        request, "The form is open again." if is_open else "The form is closed: nothing more is taken in."
    )
    return redirect("form", key=form.key)


def find_form(key: str) -> Form:
    """The form with this key. Raises Http404."""
    form = Form.objects.select_related("version").filter(key=key).first()
    if form is None:
        raise Http404("There is no such form.")
    return form


def is_writer(request: HttpRequest) -> bool:
    """Whether the reader may write forms; everybody may read what was sent."""
    return reader_of(request).role in WHOLE_TEAM


def let_in(request: HttpRequest) -> User:
    """The reader, who may write forms. Raises PermissionDenied."""
    if not is_writer(request):
        raise PermissionDenied("Forms are written by marketing; you may read what was sent.")
    return reader_of(request)


def _line(form: Form, figures: dict[str, Figures]) -> Line:
    others = sum(each.sent for actor, each in figures.items() if actor != "human")
    return Line(form, figures.get("human", NONE), others)


def _of(form: Form) -> Any:
    return Submission.objects.filter(form=form).select_related("contact__merged_into", "version")


def _newest(form: Form, outcome: Submission.Outcome, before: str = "") -> list[Submission]:
    rows = _of(form).filter(outcome=outcome).order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    return list(rows[: SHOWN + 1])


def _told(row: Submission, form: Form) -> Told:
    row.form = form
    definition = Definition.model_validate(row.version.definition) if row.version else Definition()
    said, beside = [], []
    for each in definition.fields:
        if each.name in row.answers:
            label = definition.say(each.label, definition.languages[0]) or each.name
            said.append((label, _say(definition, each, row.answers[each.name])))
            if each.type not in ("email", "hidden") and "name" not in each.becomes:
                beside.append(said[-1])
    return Told(row, said, beside, [SIGNALS.get(each, each) for each in row.reasons])


def _followed(row: Submission) -> list[Touch]:
    """What was recorded of who sent it, at that very moment."""
    theirs = Q()
    if row.contact:
        theirs |= Q(contact=row.contact.merged_into_id or row.contact.pk)
    if row.visitor_id:
        theirs |= Q(visitor=row.visitor_id)
    return list(Touch.objects.filter(theirs, at=row.received_at).order_by("pk")) if theirs else []


def _letter(row: Submission) -> Letter | None:
    """The letter that asks to confirm what was ticked on it, or on another form that day."""
    if row.contact_id is None:
        return None
    links = Confirmation.objects.filter(contact=row.contact_id, asked_at__lte=row.received_at)
    link = links.filter(asked_at__gt=row.received_at - MAIL_EVERY).order_by("-pk").first()
    return Letter.objects.filter(key=f"confirm:{link.key}").first() if link else None


def _say(definition: Definition, asked: Question, answer: Any) -> str:
    """An answer as it was read by who gave it, in the form's own language."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    words = {each.value: definition.say(each.label, definition.languages[0]) for each in asked.choices}
    given = answer if isinstance(answer, list) else [answer]
    return ", ".join(
        words.get(each) or (f"{each:g}" if isinstance(each, float) else str(each)) for each in given
    )
