"""The page of how mails go out: seen by the team, changed by administrators."""

from __future__ import annotations

import asyncio
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ripeline.nurture.sending.attending import line_of
from ripeline.nurture.sending.forms import SendingForm
from ripeline.nurture.sending.guard import Alarm, go_on, judge, lately, of_the_day, pause
from ripeline.nurture.sending.mail import CannotReach
from ripeline.nurture.sending.models import SendingSettings
from ripeline.nurture.sending.ours import ROW, our_settings
from ripeline.nurture.sending.pace import day_limit
from ripeline.nurture.sending.vault import Lost, seal, unseal
from ripeline.people.models import User
from ripeline.people.permissions import WHOLE_TEAM, may_run_the_place, reader_of

LONGEST_TRY = 20.0
"""Seconds that somebody may be kept waiting to hear whether a mail server answers."""


@require_safe
def sending_settings(request: HttpRequest) -> HttpResponse:
    """How mails go out, and the guard over it."""
    if reader_of(request).role not in WHOLE_TEAM:
        raise PermissionDenied("How mails go out is looked through by administrators and marketing.")
    ours = our_settings()
    return _show(request, SendingForm(instance=ours, initial=ours.server))


@require_POST
def sending_keep(request: HttpRequest) -> HttpResponse:
    """Keeps how mails go out; the engines take it up at once."""
    _admin(request)
    with transaction.atomic():
        SendingSettings.objects.get_or_create(pk=ROW)
        row = SendingSettings.objects.select_for_update().get(pk=ROW)
        form = SendingForm(request.POST, instance=row)
        if not form.is_valid():
            return _show(request, form, status=422)
        _keep(form, row)
    messages.success(request, "Kept. Mails go out so from now on.")
    return redirect("sending_settings")


@require_POST
def sending_try(request: HttpRequest) -> HttpResponse:
    """Opens a line as the settings say, and closes it again; nothing is sent."""
    _admin(request)
    ours = our_settings()
    try:
        asyncio.run(_try(ours))
    except (CannotReach, Lost) as trouble:
        messages.error(request, str(trouble))
    except TimeoutError:
        messages.error(request, "The mail server did not answer in time.")
    else:
        messages.success(request, "The line can be opened: mails would be taken from us.")
    return redirect("sending_settings")


@require_POST
def sending_stop(request: HttpRequest) -> HttpResponse:
    """Stops sending; what is in hand is over first."""
    by = _admin(request)
    pause(f"{by} stopped it.", timezone.now())
    messages.success(request, "Nothing is sent until somebody lets it go on.")
    return redirect("sending_settings")


@require_POST
def sending_go_on(request: HttpRequest) -> HttpResponse:
    """Lets sending go on."""
    _admin(request)
    go_on()
    messages.success(request, "Sending goes on. What went wrong before counts no more.")
    return redirect("sending_settings")


async def _try(ours: SendingSettings) -> None:
    line = line_of(ours, unseal(ours.secrets), timezone.now)
    async with asyncio.timeout(LONGEST_TRY):
        try:
            await line.open()
        finally:
            await line.close()


def _keep(form: SendingForm, row: SendingSettings) -> None:
    try:
        secrets = unseal(row.secrets)
    except Lost:
        secrets = {}
    if form.server()["host"] != row.server.get("host"):
        # A password is for one server: whoever names another must not be given it.
        secrets.pop("password", None)
    for name in ("password", "dkim_key"):
        if form.cleaned_data[name]:
            secrets[name] = form.cleaned_data[name]
    kept = form.save(commit=False)
    kept.server, kept.secrets, kept.revision = form.server(), seal(secrets), row.revision + 1
    kept.save()


def _show(request: HttpRequest, form: SendingForm, *, status: int = 200) -> HttpResponse:
    ours, now = our_settings(), timezone.now()
    alarm, said = judge(lately(now, ours.stretch))
    context: dict[str, Any] = {
        "form": form,
        "ours": ours,
        "may_run": may_run_the_place(reader_of(request)),
        "tally": lately(now, ours.stretch),
        "alarm": said if alarm is not Alarm.NONE else "",
        "today": of_the_day(now),
        "limit": day_limit(ours, now.date()),
        "has_secrets": bool(ours.secrets),
    }
    return render(request, "nurture/sending_settings.html", context, status=status)


def _admin(request: HttpRequest) -> User:
    user = reader_of(request)
    if not may_run_the_place(user):
        raise PermissionDenied("How mails go out is decided by administrators.")
    return user
