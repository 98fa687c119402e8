"""The pages of previews: asking for one, its progress, what it found, and whom it would move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.kit.numbers import read_number
from ripeline.lifecycle.model import BUILT_IN
from ripeline.people.permissions import may_write_definitions, reader_of
from ripeline.playbooks.drafts.checking import check_text
from ripeline.playbooks.drafts.telling import tell_mistakes
from ripeline.playbooks.drafts.views import find_draft, for_writers
from ripeline.playbooks.preview.asking import (
    Refused,
    cancel_previews,
    choices,
    read_choice,
    read_pair,
    start_preview,
)
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.pages import moves_of, show_result, stages_of
from ripeline.playbooks.preview.people import PER_PAGE, read_people
from ripeline.playbooks.preview.words import say_outcome, say_then

LISTED = 30
HEAVY = ("one_text", "other_text", "result")


USUAL = {"one": "in force", "other": "", "outcome": "deal_won", "as_of": "", "view": "was"}


@require_safe
def previews(request: HttpRequest) -> HttpResponse:
    """What can be held beside what, and the previews there are; `refused`: why the pair chosen cannot be previewed."""
    chosen = _chosen(request.GET)
    context = _form(request, chosen)
    if "refused" in request.GET:
        done = _look_over(chosen, timezone.now())
        context |= _refusal(done) if isinstance(done, Refused) else {}
    return render(request, "playbooks/previews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_writers
def start(request: HttpRequest) -> HttpResponse:
    """Asks for a preview; one that cannot be made leads back to the form, which tells why, with nothing typed lost."""
    if request.method != "POST":
        return redirect("playbook_previews")
    chosen, now = _chosen(request.POST), timezone.now()
    as_of = _look_over(chosen, now)
    done: PreviewRun | Refused
    if isinstance(as_of, Refused):
        done = as_of
    else:
        done = start_preview(
            chosen["one"],
            chosen["other"],
            outcome=chosen["outcome"],
            as_of=as_of,
            by=reader_of(request),
            now=now,
            view="known" if chosen["view"] == "known" else "was",
            day=date.fromisoformat(chosen["as_of"]) if as_of < now else None,
            # The pages of two camps ask in passing, and take nothing from who asked for something else.
            beside=request.POST.get("for") in ("camps", "day"),
        )
    if isinstance(done, Refused):
        asked = {name: value[:300] for name, value in chosen.items()}
        return redirect(f"{reverse('playbook_previews')}?{urlencode({**asked, 'refused': 1})}")
    if request.POST.get("for") == "camps":
        # The page of two camps asked for it, and shows what comes out.
        past = urlencode({"as_of": chosen["as_of"], "view": done.view})
        return redirect(f"{reverse('playbook_camps')}?{past}")
    return redirect("playbook_preview", key=done.key)


@require_safe
def show(request: HttpRequest, key: str) -> HttpResponse:
    """One preview: how far it is, or what it found."""
    run = _find(key)
    context: dict[str, Any] = {"run": run, "may_write": may_write_definitions(reader_of(request))}
    if run.state == PreviewRun.State.DONE:
        context |= show_result(run)
    return render(request, "playbooks/preview.html", context)


@require_safe
def people(request: HttpRequest, key: str) -> HttpResponse:
    """The people who would stand elsewhere, each with the reason."""
    run = _find(key)
    if run.state != PreviewRun.State.DONE:
        return redirect("playbook_preview", key=key)
    asked = {name: request.GET.get(name, "").replace("\0", "")[:100] for name in ("from", "to")}
    page = read_people(
        run,
        start=asked["from"],
        end=asked["to"],
        after=read_number(request.GET.get("after", "")),
        now=timezone.now(),
    )
    last = min(page.before + PER_PAGE, page.count)
    context = {
        "run": run,
        "page": page,
        "asked": asked,
        "one": stages_of(run.result["one"]),
        "other": stages_of(run.result["other"]),
        "moves": moves_of(run),
        "then": say_then(run.as_of, run.created_at),
        "words": f"{page.before + 1:,}–{last:,} of {page.count:,}" if page.count else "",
    }
    return render(request, "playbooks/preview_people.html", context)


@require_POST
@for_writers
def cancel(request: HttpRequest, key: str) -> HttpResponse:
    """Takes a preview back that is not finished."""
    run = _find(key)
    note = f"Cancelled by {reader_of(request)}."
    if not cancel_previews(PreviewRun.objects.filter(pk=run.pk), timezone.now(), note=note):
        messages.info(request, "The preview had already ended.")
    return redirect("playbook_preview", key=key)


def _find(key: str) -> PreviewRun:
    return get_object_or_404(PreviewRun.objects.select_related("started_by"), key=key)


def _form(request: HttpRequest, chosen: dict[str, str]) -> dict[str, Any]:
    runs = PreviewRun.objects.select_related("started_by").defer(*HEAVY).order_by("-pk")
    return {
        "groups": list(choices()),
        "chosen": chosen,
        "own_signals": _own_signals(chosen),
        "kinds": [name for name in BUILT_IN if name != "deal_won"],
        "runs": [(run, say_outcome(run.outcome)) for run in runs[:LISTED]],
        "today": timezone.localdate().isoformat(),
        "may_write": may_write_definitions(reader_of(request)),
    }


def _refusal(refused: Refused) -> dict[str, Any]:
    """What the page tells of a refusal: a draft's mistakes with the way to where each is mended."""
    kind, _, pk = refused.at.ref.partition(" ") if refused.at else ("", "", "")
    if not (refused.at and refused.mistakes and kind == "draft"):
        return {"refused": refused}
    draft = find_draft(int(pk))
    return {
        "refused": Refused(refused.why),
        "draft": draft,
        "told": list(tell_mistakes(draft, check_text(refused.at.text))),
    }


def _chosen(given: QueryDict) -> dict[str, str]:
    return {name: given.get(name, usual).replace("\0", "") for name, usual in USUAL.items()}


def _look_over(chosen: Mapping[str, str], now: datetime) -> datetime | Refused:
    """Up to when the preview is to be, where it can be made."""
    as_of = _end_of_day(chosen["as_of"], now)
    if as_of is None:
        return Refused(f"“{chosen['as_of'][:40]}” is not a day; write it like {now:%Y-%m-%d}.")
    pair = read_pair(chosen["one"], chosen["other"], outcome=chosen["outcome"], as_of=as_of, now=now)
    return pair if isinstance(pair, Refused) else as_of


def _own_signals(chosen: dict[str, str]) -> list[str]:
    """The names of signals that both of the chosen, or the one that is chosen, define themselves."""
    texts = [read_choice(chosen[name]) for name in ("one", "other") if chosen[name]]
    known = [
        list(it.playbook.signals) for it in texts if not isinstance(it, Refused) and it.playbook is not None
    ]
    return [name for name in known[0] if all(name in those for those in known)] if known else []


def _end_of_day(given: str, now: datetime) -> datetime | None:
    """The last moment of a day, or now where none is given and for today; None where it is no day."""
    if not given:
        return now
    try:
        day = date.fromisoformat(given)
        end = datetime.combine(day, time.max, timezone.get_current_timezone())
    except (ValueError, OverflowError):
        return None
    return now if day == timezone.localdate(now) else end
