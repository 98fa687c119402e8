"""The local mailbox: every mail that would have gone out, to be looked at."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from ripeline.kit.numbers import read_number
from ripeline.nurture.emails.previewing import POLICY
from ripeline.nurture.sending.models import LocalMail, SendingSettings
from ripeline.nurture.sending.ours import our_settings

PAGE = 50


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """What was kept, latest first."""
    rows = LocalMail.objects.select_related("delivery__contact").defer("html", "text", "headers")
    if words := request.GET.get("q", "").strip()[:100]:
        rows = rows.filter(Q(to__icontains=words) | Q(subject__icontains=words) | Q(message_id=words))
    before = read_number(request.GET.get("before", ""))
    found = list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PAGE + 1])
    older = f"?{urlencode({'q': words, 'before': str(found[PAGE - 1].pk)})}" if len(found) > PAGE else None
    is_used = our_settings().transport == SendingSettings.Transport.LOCAL
    context = {"rows": found[:PAGE], "older": older, "words": words, "is_used": is_used}
    return render(request, "nurture/sending_mailbox.html", context)


@require_safe
def mailbox_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail: its headers, what it shows, its text part, and where its links lead."""
    mail = get_object_or_404(LocalMail.objects.select_related("delivery__contact"), pk=pk)
    return render(request, "nurture/sending_mail.html", {"mail": mail, "contact": mail.delivery.contact})


@require_safe
@xframe_options_sameorigin
def mailbox_shown(_: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of one mail, for a frame in which nothing runs."""
    mail = get_object_or_404(LocalMail, pk=pk)
    answer = HttpResponse(mail.html)
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "no-store"
    return answer
