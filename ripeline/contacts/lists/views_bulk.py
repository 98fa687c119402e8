"""The pages of doing one thing to many contacts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.contacts.lists import bulk_undo
from ripeline.contacts.lists.asking import read_request
from ripeline.contacts.lists.bulk import Done, Task, Wrong, do_to, next_chunk, read_task, show_effect
from ripeline.contacts.lists.listing import count_matches
from ripeline.contacts.lists.views_list import RefusedTask, show_list
from ripeline.contacts.lists.wanted import Count
from ripeline.kit.ids import new_key
from ripeline.kit.numbers import read_number
from ripeline.people.models import Contact, User
from ripeline.people.permissions import reader_of
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.moves import Refused

MOST_TICKED = 500
SAID = {
    "owner": "Owner set for",
    "tag": "Tag added to",
    "untag": "Tag taken from",
    "list": "Put into the list:",
    "stage_set": "Moved",
    "disqualified": "Disqualified",
    "recycled": "Sent back to nurturing:",
    "reopened": "Reopened",
}

ASKED = {
    "owner": "Set the owner of",
    "tag": "Add the tag to",
    "untag": "Take the tag from",
    "list": "Put into the list:",
    "stage_set": "Move",
    "disqualified": "Disqualify",
    "recycled": "Send back to nurturing:",
    "reopened": "Reopen",
}

DOES = {
    **{action: f"{words} them" for action, words in ASKED.items()},
    "recycled": "Send them back",
    "list": "Put them in",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task on all that match has come: the last id done, how many were changed and how many were not the
    author's to change."""

    after: int = 0
    changed: int = 0
    not_theirs: int = 0


@require_POST
def contacts_bulk(request: HttpRequest) -> HttpResponse:
    """Does something to the contacts ticked, or to all that match the filters in `query`."""
    user = reader_of(request)
    task = read_task(request.POST, user)
    if isinstance(task, Wrong):
        return _show_again(request, task)
    if "as_of" in QueryDict(request.POST.get("query", "")):
        messages.error(request, "Nothing can be done to the list of a past date. Go back to now first.")
        return _back(request)
    if "everything" in request.POST:
        return _do_next(request, task) if "after" in request.POST else _ask(request, task)
    keys = [key for key in request.POST.getlist("key")[:MOST_TICKED] if "\0" not in key]
    ids = list(Contact.objects.filter(key__in=keys).values_list("pk", flat=True))
    if not ids:
        return _show_again(request, Wrong("Tick the contacts first."))
    return _do_ticked(request, task, ids)


@require_POST
def contacts_bulk_undo(request: HttpRequest) -> HttpResponse:
    """Undoes what was last done to ticked contacts; the query is that of the list it was done in."""
    now, user = timezone.now(), reader_of(request)
    undone = bulk_undo.undo(request, user, now=now)
    if undone is None:
        messages.error(request, "There is nothing left to undo.")
        return redirect(_list_address(request.GET))
    show_effect(undone.ids, now=now)
    if undone.ids:
        messages.success(request, f"Undone for {_people(len(undone.ids))}.")
    if undone.left:
        who = "One was" if undone.left == 1 else f"{undone.left:,} were"
        messages.warning(
            request, f"{who} changed by somebody since, or too long ago, and stayed as they are."
        )
    return redirect(_list_address(request.GET))


def _do_ticked(request: HttpRequest, task: Task, ids: list[int]) -> HttpResponse:
    now = timezone.now()
    task = Task(task.action, task.by, new_key(), task.value, task.reason)
    done = do_to(ids, task, active_playbook(), now=now)
    if isinstance(done, Refused):
        return _show_again(request, Wrong(done.why, "stage"))
    show_effect(done.ids, now=now)
    bulk_undo.remember(request, task, done)
    if done.ids:
        here = _shown(request).urlencode()
        undo = f"undo:{reverse('contacts_bulk_undo')}?{here}".removesuffix("?") if done.changes else ""
        messages.success(request, f"{SAID[task.action]} {_people(len(done.ids))}.", extra_tags=undo)
    _say_not_theirs(request, done.not_theirs)
    return _back(request)


def _ask(request: HttpRequest, task: Task) -> HttpResponse:
    """Of all that match more than a page may be touched, and no list shows whom: their number is said first."""
    query = request.POST.get("query", "")
    context = {
        "task": replace(task, token=new_key()),
        "progress": Progress(),
        "query": query,
        "count": _count(request, query, task.by),
        "asks": ASKED[task.action],
        "does": DOES[task.action],
    }
    return render(request, "contacts/bulk_sure.html", context)


def _do_next(request: HttpRequest, task: Task) -> HttpResponse:
    """One chunk; then a page that asks for the next, until there is none."""
    now, playbook = timezone.now(), active_playbook()
    so_far = Progress(
        *(read_number(request.POST.get(name, "")) for name in ("after", "changed", "not_theirs"))
    )
    query = request.POST.get("query", "")
    count = _count(request, query, task.by)
    ids, is_more = next_chunk(query, task.by, playbook, after=so_far.after, now=now)
    done = do_to(ids, task, playbook, now=now)
    if isinstance(done, Refused):
        return _show_again(request, Wrong(done.why, "stage"))
    so_far = _further(so_far, ids, done)
    if not is_more:
        messages.success(request, f"{SAID[task.action]} {_people(so_far.changed)}.")
        _say_not_theirs(request, so_far.not_theirs)
        return _back(request)
    part = "contacts/bulk_part.html" if getattr(request, "htmx", False) else "contacts/bulk.html"
    seen = so_far.changed + so_far.not_theirs
    context = {
        "task": task,
        "progress": so_far,
        "seen": seen,
        "query": query,
        "count": count,
        "said": SAID[task.action],
    }
    return render(request, part, context)


def _further(so_far: Progress, ids: list[int], done: Done) -> Progress:
    return Progress(
        ids[-1] if ids else so_far.after,
        so_far.changed + len(done.ids),
        so_far.not_theirs + done.not_theirs,
    )


def _count(request: HttpRequest, query: str, user: User) -> Count:
    """How many matched when it began: the first chunk counts, the others bring it along."""
    if "count" in request.POST:
        return Count(read_number(request.POST["count"]), "count_more" in request.POST)
    asked = read_request(QueryDict(query), user, active_playbook(), now=timezone.now())
    return count_matches(asked.wanted)


def _say_not_theirs(request: HttpRequest, number: int) -> None:
    if number:
        who = "One belongs" if number == 1 else f"{number:,} belong"
        messages.warning(request, f"{who} to somebody else and stayed as they were.")


def _show_again(request: HttpRequest, wrong: Wrong) -> HttpResponse:
    """The page of the list that was shown, with what was ticked and typed, and the sentence where it belongs."""
    if getattr(request, "htmx", False) or "as_of" in QueryDict(request.POST.get("query", "")):
        messages.error(request, wrong.why)
        return _back(request)
    return show_list(request, _shown(request), RefusedTask(request.POST, wrong))


def _back(request: HttpRequest) -> HttpResponse:
    address = _list_address(_shown(request))
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _shown(request: HttpRequest) -> QueryDict:
    """The list the form stood in: its filters, its order and its page."""
    return QueryDict("&".join(request.POST.get(name, "") for name in ("query", "page")))


def _list_address(query: QueryDict) -> str:
    # Written anew: what was posted may hold what no address, and no header, can.
    return f"{reverse('contacts')}?{query.urlencode()}" if query else reverse("contacts")


def _people(number: int) -> str:
    return "one contact" if number == 1 else f"{number:,} contacts"
