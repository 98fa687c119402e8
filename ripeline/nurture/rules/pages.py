"""Pages: the rules of sending, and why somebody did not get a mail."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.nurture.emails.models import Email
from ripeline.nurture.rules.definition import LONGEST, SHIPPED, BadRules, read_rules
from ripeline.nurture.rules.force import put_in_force, text_in_force
from ripeline.nurture.rules.models import SendingRules
from ripeline.nurture.rules.why import emails_to_ask_about, groups_of, held_of, why_not
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Contact
from ripeline.people.permissions import WHOLE_TEAM, may_run_the_place, reader_of

VERSIONS = 20


class RulesForm(forms.Form):
    """A document of rules."""

    text = forms.CharField(
        label="Rules",
        max_length=LONGEST,
        strip=False,
        help_text="A YAML document. It counts for every mail that was not handed over yet.",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="Why",
        required=False,
        max_length=500,
        help_text="What you changed and why: it stands with the version.",
    )

    def clean_text(self) -> str:
        """What can be read as rules."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        try:
            read_rules(text)
        except BadRules as odd:
            raise forms.ValidationError(str(odd).split("\n")) from None
        return text


@require_safe
def sending_rules(request: HttpRequest) -> HttpResponse:
    """The rules in force, and those before."""
    if reader_of(request).role not in WHOLE_TEAM:
        raise PermissionDenied("The rules of sending are looked through by administrators and marketing.")
    return _show(request, RulesForm(initial={"text": text_in_force()}))


@require_POST
def sending_rules_keep(request: HttpRequest) -> HttpResponse:
    """Keeps a document; it counts from now on."""
    by = reader_of(request)
    if not may_run_the_place(by):
        raise PermissionDenied("The rules of sending are changed by administrators.")
    form = RulesForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    said = form.cleaned_data
    put_in_force(said["text"], by=by, note=said["note"], now=timezone.now())
    messages.success(request, "These rules count from now on.")
    return redirect("sending_rules")


@require_safe
def sending_why(request: HttpRequest, key: str) -> HttpResponse:
    """Why somebody did not get a mail: one that is chosen, and the latest that they did not get."""
    contact = get_object_or_404(Contact.objects.select_related("merged_into"), key=key)
    now, chosen = timezone.now(), request.GET.get("email", "")[:80]
    email = Email.objects.filter(key=chosen).first() if chosen else None
    context = {
        "contact": contact.merged_into or contact,
        "emails": emails_to_ask_about(),
        "email": email,
        "answer": why_not(contact, email, now) if email else None,
        "held": held_of(contact, now),
    }
    return render(request, "nurture/why.html", context)


@require_safe
def sending_why_source(request: HttpRequest, kind: str, source: int) -> HttpResponse:
    """The same for all that one source sent: how many for each reason, with the people behind each."""
    if kind not in Delivery.Source:
        raise Http404("There is no such source.")
    groups = groups_of(kind, source)
    sent = Delivery.objects.filter(source_kind=kind, source=source, state=Delivery.State.ACCEPTED).count()
    context = {
        "groups": groups,
        "kind": kind,
        "source": source,
        "title": Delivery.Source(kind).label,
        "sent": sent,
        "held": sum(each.number for each in groups),
    }
    return render(request, "nurture/why_source.html", context)


def _show(request: HttpRequest, form: RulesForm, *, status: int = 200) -> HttpResponse:
    versions = SendingRules.objects.select_related("author").defer("text").order_by("-put_in_force_at")
    context = {
        "form": form,
        "versions": versions[:VERSIONS],
        "shipped": SHIPPED,
        "may_run": may_run_the_place(reader_of(request)),
    }
    return render(request, "nurture/rules.html", context, status=status)
