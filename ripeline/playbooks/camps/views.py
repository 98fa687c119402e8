"""The pages of two camps: beginning and ending a second definition, where the two disagree, and about whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.kit.numbers import read_number
from ripeline.lifecycle.ladders import is_same_stage
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.permissions import may_write_definitions, reader_of
from ripeline.playbooks.camps.reading import PER_PAGE, read_disagreement, read_pair, title_of
from ripeline.playbooks.camps.then import read_then
from ripeline.playbooks.camps.words import say_agreement, say_agreement_then, say_who_was_right
from ripeline.playbooks.preview.asking import Choice, choices, read_choice
from ripeline.playbooks.preview.asking import Refused as NotChosen
from ripeline.playbooks.publish.views import for_publishers
from ripeline.timeline.asof import AsOf, read_as_of
from ripeline.timeline.camps.keeping import camp_progress, end_camp, running_camp, start_camp
from ripeline.timeline.camps.models import Camp
from ripeline.timeline.definitions.versions import NoPlaybook, active_playbook, keep_version, readable_version
from ripeline.timeline.models import PlaybookVersion
from ripeline.timeline.moves import Refused

LONGEST_NAME, LONGEST_NOTE = 80, 2000
ENDED_SHOWN = 20


@require_safe
def camps(request: HttpRequest) -> HttpResponse:
    """The camp that runs and where it disagrees; without one, how to begin one."""
    camp = running_camp()
    if camp is None:
        return _show_start(request, {"name": "Sales"})
    try:
        ours = active_playbook()
    except NoPlaybook:
        return render(request, "playbooks/none.html", status=503)
    theirs = readable_version(camp.version_id)
    if theirs is None:
        may_write = may_write_definitions(reader_of(request))
        return render(request, "playbooks/camps_unreadable.html", {"camp": camp, "may_write": may_write})
    as_of = read_as_of(request.GET, now=timezone.now(), zone=timezone.get_current_timezone())
    if not as_of.is_now:
        return _show_then(request, camp, theirs, as_of)
    found = read_disagreement(ours, theirs)
    context = {
        "as_of": as_of,
        "camp": camp,
        "ours": ours,
        "theirs": theirs,
        "found": found,
        "far": camp_progress(),
        "said": say_agreement(found.people, found.differ, camp.name),
        "who_was_right": say_who_was_right(found.counted, ours, theirs, camp.name),
        "may_write": may_write_definitions(reader_of(request)),
    }
    return render(request, "playbooks/camps.html", context)


def _show_then(request: HttpRequest, camp: Camp, theirs: Playbook, as_of: AsOf) -> HttpResponse:
    """Where they disagreed on a past day."""
    then = read_then(theirs, as_of)
    context: dict[str, Any] = {
        "camp": camp,
        "ours": then.ours,
        "theirs": theirs,
        "as_of": as_of,
        "then": then,
        "run": then.run,
        "told": then.told,
        "may_write": may_write_definitions(reader_of(request)),
    }
    if then.found is not None:
        context |= {
            "found": then.found,
            "said": say_agreement_then(then.found.people, then.found.differ, camp.name),
            "who_was_right": say_who_was_right(then.found.counted, then.ours, theirs, camp.name),
        }
    return render(request, "playbooks/camps_then.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_publishers
def start(request: HttpRequest) -> HttpResponse:
    """Begins a camp; what cannot be is refused with its sentence, and nothing typed is lost."""
    if request.method != "POST":
        return redirect("playbook_camps")
    typed = {
        name: request.POST.get(name, "").replace("\0", "").replace("\r\n", "\n")
        for name in ("name", "definition", "note")
    }
    done = _start(request, typed)
    if isinstance(done, Refused):
        return _show_start(request, typed, refused=done.why, status=422)
    messages.success(request, f"“{done.name}” runs beside the definition in force. Nothing follows from it.")
    return redirect("playbook_camps")


@require_POST
@for_publishers
def end(request: HttpRequest) -> HttpResponse:
    """Ends the camp that the page showed; the toast begins it again."""
    ended = end_camp(now=timezone.now(), seen=read_number(request.POST.get("camp", "")))
    if ended is None:
        messages.info(request, "No second definition was running.")
    elif isinstance(ended, Refused):
        messages.error(request, ended.why)
    else:
        undo = reverse("playbook_camp_again", args=[ended.pk])
        messages.success(request, f"“{ended.name}” has ended.", extra_tags=f"undo:{undo}")
    return redirect("playbook_camps")


@require_POST
@for_publishers
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Begins a camp that was ended once more, under its name."""
    old = get_object_or_404(Camp, pk=pk)
    done = start_camp(old.name, old.version_id, by=reader_of(request), note=old.note, now=timezone.now())
    if isinstance(done, Refused):
        messages.error(request, done.why)
    else:
        messages.success(request, f"“{done.name}” runs again.")
    return redirect("playbook_camps")


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The people who stand at one stage by the definition in force and at another by the camp's."""
    camp = running_camp()
    theirs = None if camp is None else readable_version(camp.version_id)
    if camp is None or theirs is None:
        return redirect("playbook_camps")
    ours = active_playbook()
    pair = request.GET.get("ours", "")[:64], request.GET.get("theirs", "")[:64]
    if not all(pair) or "\0" in "".join(pair):
        raise Http404("Which stages? Choose a number in the table of the two camps.")
    start_at = read_number(request.GET.get("after", ""))
    found, more = read_pair(ours, theirs, pair, after=start_at, now=timezone.now())
    context = {
        "camp": camp,
        "ours": ours,
        "theirs": theirs,
        "pair": pair,
        "titles": (title_of(ours, pair[0]), title_of(theirs, pair[1])),
        "agrees": is_same_stage(ours, theirs, *pair),
        "people": found,
        "more": more,
        "is_first": not start_at,
        "per_page": PER_PAGE,
    }
    return render(request, "playbooks/camps_people.html", context)


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """How far everybody's assessment by the camp is: a part of a page, asked for again and again."""
    return render(request, "playbooks/camps_progress.html", {"far": camp_progress(), "is_asked": True})


def _start(request: HttpRequest, typed: Mapping[str, str]) -> Camp | Refused:
    if not typed["name"].strip():
        return Refused("Give it a name: whose definition is it?")
    if len(typed["name"].strip()) > LONGEST_NAME or len(typed["note"]) > LONGEST_NOTE:
        return Refused("A name has at most 80 letters, a note 2,000.")
    text = read_choice(typed["definition"])
    if isinstance(text, NotChosen):
        named = typed["definition"].startswith(("draft ", "version "))
        return Refused(text.why if named else "Choose the definition that is to run beside the one in force.")
    if text.playbook is None:
        return Refused(
            f"“{text.name}” has mistakes: with them nobody's stage could be told. Mend them first."
        )
    by, now = reader_of(request), timezone.now()
    with transaction.atomic():
        version = keep_version(text.text, now=now, author=by, note=typed["note"].strip())
        done = start_camp(
            typed["name"],
            version.version,
            by=by,
            note=typed["note"],
            now=now,
            beside=request.POST.get("beside", ""),
        )
        if isinstance(done, Refused):
            transaction.set_rollback(True)
    return done


def _show_start(
    request: HttpRequest, typed: Mapping[str, str], *, refused: str = "", status: int = 200
) -> HttpResponse:
    ended, before = _ended(read_number(request.GET.get("before", "")))
    context: dict[str, Any] = {
        "typed": typed,
        "refused": refused,
        "groups": list(_offered()),
        "in_force": PlaybookVersion.objects.filter(is_active=True).first(),
        "ended": ended,
        "before": before,
        "may_write": may_write_definitions(reader_of(request)),
        "longest": LONGEST_NOTE,
    }
    return render(request, "playbooks/camps_start.html", context, status=status)


def _ended(before: int) -> tuple[list[Camp], int | None]:
    """The camps that ended, latest first, from the one after `before` (by id) on; and where the next page begins."""
    rows = Camp.objects.filter(is_running=False).select_related("version", "author").defer("version__text")
    if before:
        edge = get_object_or_404(Camp, pk=before)
        rows = rows.filter(Q(since__lt=edge.since) | Q(since=edge.since, pk__lt=edge.pk))
    found = list(rows.order_by("-since", "-pk")[: ENDED_SHOWN + 1])
    return found[:ENDED_SHOWN], found[ENDED_SHOWN - 1].pk if len(found) > ENDED_SHOWN else None


def _offered() -> Iterator[tuple[str, tuple[Choice, ...]]]:
    """Definitions other than the one in force."""
    return ((title, those) for title, those in choices() if title != "In force")
