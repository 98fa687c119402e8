"""Pages of the ledger: what was sent, what waits and why, and what nobody can say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from ripeline.kit.numbers import read_number
from ripeline.nurture.sending.answers import words_of
from ripeline.nurture.sending.guard import Alarm, judge, lately
from ripeline.nurture.sending.ledger import read_along
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.ours import our_settings
from ripeline.nurture.sending.settling import send_again, was_taken
from ripeline.people.permissions import WHOLE_TEAM, reader_of
from ripeline.timeline.models import Touch

PAGE = 50
MANY = 1000
"""More are only "many": counting millions of rows on every visit would make the page wait."""
State = Delivery.State
TITLES = {
    State.UNCERTAIN: "Uncertain",
    State.QUEUED: "Waiting",
    State.DEFERRED: "Put off",
    State.FAILED: "Refused",
    State.SUPPRESSED: "Not sent",
    State.HANDING: "In hand",
    State.ACCEPTED: "Taken",
}
"""In the order in which somebody should look at them."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One state, and how many there are of it, as it is shown."""

    state: str
    title: str
    count: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a mail."""

    at: datetime
    what: str
    more: str = ""


@require_safe
def sending(request: HttpRequest) -> HttpResponse:
    """The ledger, latest first; what is uncertain is asked for first while there is any."""
    ours, now = our_settings(), timezone.now()
    shelves = _shelves(request.GET.get("state", ""))
    chosen = next((each.state for each in shelves if each.is_chosen), "")
    rows = _asked(request, chosen)
    before = read_number(request.GET.get("before", ""))
    found = list(read_along(rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PAGE + 1])
    alarm, said = judge(lately(now, ours.stretch))
    context = {
        "shelves": shelves,
        "state": chosen,
        "rows": [(each, words_of(each.reason) if each.reason else "") for each in found[:PAGE]],
        "older": _address(request, before=found[PAGE - 1].pk) if len(found) > PAGE else None,
        "words": request.GET.get("q", "")[:100],
        "ours": ours,
        "alarm": said if alarm is not Alarm.NONE else "",
        "may_act": reader_of(request).role in WHOLE_TEAM,
    }
    return render(request, "nurture/sending.html", context)


@require_safe
def sending_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail and its story."""
    row = get_object_or_404(read_along(Delivery.objects.all()), pk=pk)
    context = {
        "row": row,
        "contact": row.contact.merged_into or row.contact,
        "why": words_of(row.reason) if row.reason else "",
        "steps": sorted(_story(row), key=lambda each: each.at),
        "local": row.local_mails.order_by("-pk").first(),
        "is_uncertain": row.state == State.UNCERTAIN,
        "may_act": reader_of(request).role in WHOLE_TEAM,
    }
    return render(request, "nurture/sending_one.html", context)


@require_POST
def sending_arrived(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody found out that an uncertain mail arrived."""
    row = _to_act_on(request, pk)
    if was_taken(row, timezone.now()):
        messages.success(request, "Noted: it arrived.")
    else:
        messages.info(request, "It was not uncertain any more.")
    return redirect("sending_one", pk=pk)


@require_POST
def sending_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody wants an uncertain mail sent once more."""
    row = _to_act_on(request, pk)
    if send_again(row, timezone.now()):
        messages.success(request, "It is sent once more, under the same Message-ID.")
    else:
        messages.info(request, "It was not uncertain any more.")
    return redirect("sending_one", pk=pk)


def _to_act_on(request: HttpRequest, pk: int) -> Delivery:
    if reader_of(request).role not in WHOLE_TEAM:
        raise PermissionDenied("What becomes of uncertain mails is decided by administrators and marketing.")
    return get_object_or_404(Delivery, pk=pk)


def _shelves(asked: str) -> list[Shelf]:
    counts = {state: Delivery.objects.filter(state=state)[: MANY + 1].count() for state in TITLES}
    first = State.UNCERTAIN if counts[State.UNCERTAIN] else ""
    chosen = asked if asked in TITLES else "" if asked == "all" else first
    shown = {state: f"{MANY:,}+" if number > MANY else f"{number:,}" for state, number in counts.items()}
    return [Shelf(state.value, title, shown[state], state == chosen) for state, title in TITLES.items()]


def _asked(request: HttpRequest, state: str) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(state=state) if state else Delivery.objects.all()
    kind, source = request.GET.get("kind", ""), read_number(request.GET.get("source", ""))
    if kind in Delivery.Source:
        rows = rows.filter(source_kind=kind)
    if source:
        rows = rows.filter(source=source)
    if reason := request.GET.get("reason", ""):
        rows = rows.filter(reason=reason[:40])
    if words := request.GET.get("q", "").strip()[:100]:
        rows = rows.filter(Q(contact__email__icontains=words) | Q(contact__name__icontains=words))
    return rows


def _address(request: HttpRequest, **changes: int) -> str:
    return f"?{urlencode({**request.GET.dict(), **{name: str(each) for name, each in changes.items()}})}"


def _story(row: Delivery) -> list[Step]:
    """What is known of one mail, and what its touches tell."""
    steps = [Step(row.created_at, "Asked for", row.get_source_kind_display())]
    if row.handed_at:
        steps.append(Step(row.handed_at, "Handed over", f"to {row.address}"))
    known = {"email_delivered": "Delivered", "email_bounced": "Came back", "complained": "Called spam"}
    known |= {"email_opened": "Opened", "email_clicked": "A link was followed"}
    told = Touch.objects.filter(contact=row.contact_id, kind__in=known, attrs__delivery=row.pk).order_by(
        "at"
    )[:PAGE]
    steps += [Step(each.at, known[each.kind], str(each.attrs.get("said", ""))) for each in told]
    if row.accepted_at:
        steps.append(Step(row.accepted_at, "Taken by the mail server", row.said))
    return steps
