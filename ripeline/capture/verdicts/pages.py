"""The page of the rules by which people are told from machines: seen by the team, changed by administrators."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.capture.verdicts.again import begin_judging, cancel_judging
from ripeline.capture.verdicts.force import put_in_force, rules_in_force
from ripeline.capture.verdicts.models import JudgingAgain, VerdictRules
from ripeline.capture.verdicts.previewing import actor_rows, judge_latest
from ripeline.capture.verdicts.rules import LONGEST, BadRules, Rules, load_rules, shipped_rules
from ripeline.people.models import User
from ripeline.people.permissions import WHOLE_TEAM, may_run_the_place, reader_of

VERSIONS = 20


class RulesForm(forms.Form):
    """A document of rules."""

    text = forms.CharField(
        label="Rules",
        max_length=LONGEST,
        strip=False,
        help_text="A YAML document. Each rule gives a signal and says human, machine or unknown.",
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="Why",
        required=False,
        max_length=500,
        help_text="What you changed and why: it stands with the version.",
    )
    rules: Rules

    def clean_text(self) -> str:
        """What can be read as rules."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        try:
            self.rules = load_rules(text)
        except BadRules as odd:
            raise forms.ValidationError(str(odd)) from None
        return text


@require_safe
def rules_page(request: HttpRequest) -> HttpResponse:
    """The rules in force, how they judged what came of late, the versions, and the past being judged again."""
    _team(request)
    return _show(request)


@require_POST
def rules_try(request: HttpRequest) -> HttpResponse:
    """How a document would judge what came of late. Nothing is kept."""
    _admin(request)
    form = RulesForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    return _show(request, form, tried=form.rules)


@require_POST
def rules_keep(request: HttpRequest) -> HttpResponse:
    """Keeps a document; it counts from now on."""
    form = RulesForm(request.POST)
    by = _admin(request)
    if not form.is_valid():
        return _show(request, form, status=422)
    said = form.cleaned_data
    kept = put_in_force(said["text"], by=by, note=said["note"], now=timezone.now())
    messages.success(
        request, f"From now on the rules {kept.version[:8]} count. The past is as it was judged."
    )
    return redirect("website_rules")


@require_POST
def rules_use(request: HttpRequest, version: str) -> HttpResponse:
    """Takes a version that was kept, or the shipped ones ("shipped"), again."""
    by = _admin(request)
    if version == "shipped":
        text = shipped_rules().text
    else:
        text = get_object_or_404(VerdictRules, pk=version).text
    kept = put_in_force(text, by=by, note="Taken again", now=timezone.now())
    messages.success(
        request, f"From now on the rules {kept.version[:8]} count. The past is as it was judged."
    )
    return redirect("website_rules")


@require_POST
def judge_again(request: HttpRequest) -> HttpResponse:
    """Asks for the past to be judged under the rules in force."""
    by = _admin(request)
    if begin_judging(by=by, now=timezone.now()) is None:
        messages.info(request, "The past is being judged again already.")
    return redirect("website_rules")


@require_POST
def judge_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends that where it stands."""
    _admin(request)
    if cancel_judging(get_object_or_404(JudgingAgain, pk=pk), now=timezone.now()):
        messages.success(request, "Cancelled. What was judged again by then stays so.")
    return redirect("website_rules")


def _show(
    request: HttpRequest, form: RulesForm | None = None, *, tried: Rules | None = None, status: int = 200
) -> HttpResponse:
    in_force = rules_in_force()
    judged = judge_latest(tried or in_force)
    versions = VerdictRules.objects.exclude(put_in_force_at=None).select_related("author").defer("text")
    context = {
        "form": form or RulesForm(initial={"text": in_force.text}),
        "rules": in_force,
        "row": VerdictRules.objects.select_related("author").filter(is_in_force=True).first(),
        "shipped": shipped_rules(),
        "tried": tried,
        "judged": judged,
        "actors": actor_rows(judged),
        "versions": versions.order_by("-put_in_force_at")[:VERSIONS],
        "again": JudgingAgain.objects.select_related("rules", "by").order_by("-pk").first(),
        "may_run": may_run_the_place(reader_of(request)),
    }
    return render(request, "capture/rules.html", context, status=status)


def _team(request: HttpRequest) -> None:
    if reader_of(request).role not in WHOLE_TEAM:
        raise PermissionDenied("The rules of verdicts are looked through by administrators and marketing.")


def _admin(request: HttpRequest) -> User:
    user = reader_of(request)
    if not may_run_the_place(user):
        raise PermissionDenied("The rules of verdicts are changed by administrators.")
    return user
