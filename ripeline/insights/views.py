"""Today, the page one opens every morning; and what one was told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ripeline.insights import told
from ripeline.insights.attention import hot_rating, worked_stages
from ripeline.insights.movers import SHOWN
from ripeline.insights.pace import MOST
from ripeline.insights.period import CHOICES, Period, read_period
from ripeline.insights.today import Asked, read_today
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.people.models import Contact, User
from ripeline.people.permissions import reader_of
from ripeline.timeline.asof import AsOf, View, read_view
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook
from ripeline.timeline.definitions.publish import publication_in_force
from ripeline.timeline.definitions.sweep import sweep_progress
from ripeline.work.beat import silent_since


@require_safe
def worker_line(request: HttpRequest) -> HttpResponse:
    """For an admin's pages: a line where no worker has been heard for a while, else nothing."""
    if reader_of(request).role != User.Role.ADMIN:
        raise PermissionDenied("What the worker does is told to administrators.")
    silent = silent_since(timezone.now())
    return render(request, "insights/worker_line.html", {"silent": silent})


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The funnel and its change, who moved up, whom to call, who went quiet."""
    reader, now, zone = reader_of(request), timezone.now(), timezone.get_current_timezone()
    try:
        playbook = active_playbook()
    except NoPlaybook as sorry:
        return render(request, "insights/no_playbook.html", {"sorry": str(sorry)}, status=503)
    is_mine = _is_mine(reader, request.GET.get("whose", ""))
    period = read_period(request.GET, now=now, zone=zone)
    as_of = _as_of(period, read_view(request.GET), now)
    asked = Asked(reader.pk if is_mine else None, period, request.GET.get("moved") == "all", as_of)
    page = read_today(playbook, asked, now=now, zone=zone)
    return render(
        request,
        "insights/today.html",
        {
            "page": page,
            "period": period,
            "as_of": as_of,
            "choices": CHOICES,
            "is_mine": is_mine,
            "is_all": asked.is_all,
            "shown": SHOWN,
            "sample": MOST,
            "now": now,
            "rating": hot_rating(playbook),
            "silent_stage": (worked_stages(playbook) or playbook.stages)[-1],
            "contacts": 0 if page.people else Contact.objects.count(),
            "unassessed": _unassessed(as_of),
        },
    )


def _unassessed(as_of: AsOf) -> int:
    """How many people a past moment still shows by an earlier definition than the one it is told by."""
    publication = None if as_of.is_now else publication_in_force()
    if publication is None or (as_of.view == "known" and as_of.at < publication.at):
        return 0
    far = sweep_progress(publication)
    return 0 if far.is_done else far.total - far.done


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """What the reader was told, latest first."""
    try:
        playbook = active_playbook()
    except NoPlaybook as sorry:
        return render(request, "insights/no_playbook.html", {"sorry": str(sorry)}, status=503)
    page = told.read_told(
        reader_of(request), playbook, now=timezone.now(), before=request.GET.get("before", "")
    )
    return render(request, "insights/notifications.html", {"page": page, "playbook": playbook})


@require_POST
def notifications_read(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Marks one notification as read, or all of them; the toast can take it back."""
    now = timezone.now()
    marked = told.mark_read(reader_of(request), pk, now=now)
    if marked:
        words = "Marked as read" if marked == 1 else f"{marked} marked as read"
        undo = reverse("notifications_unread", args=[to_instant(now)])
        messages.success(request, words, extra_tags=f"undo:{undo}")
    return redirect(_back(request))


@require_POST
def notifications_unread(request: HttpRequest, instant: int) -> HttpResponse:
    """Takes back a marking as read: all that was marked at that instant."""
    try:
        read_at = to_datetime(instant)
    except OverflowError:
        raise Http404("No moment is that far away.") from None
    told.mark_unread(reader_of(request), read_at)
    return redirect("notifications")


def _as_of(period: Period, view: View, now: datetime) -> AsOf:
    """The end of a period that is over; else now."""
    if period.until >= now:
        return AsOf(now)
    return AsOf(period.until - timedelta(microseconds=1), view, period.last_day.isoformat())


def _is_mine(user: User, asked: str) -> bool:
    """A salesperson begins with their own contacts, as soon as they have any; everybody else with everybody's."""
    if asked in ("mine", "all"):
        return asked == "mine"
    return user.role == User.Role.SALES and Contact.objects.filter(owner=user).exists()


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return target if is_ours else reverse("notifications")
