"""Beginning to compare two versions of an email, and ending it."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.kit.numbers import read_number, read_share
from ripeline.nurture.emails.content import read_content
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.emails.splitting import end_split, start_split
from ripeline.nurture.emails.versions import add_version
from ripeline.nurture.emails.views import let_in
from ripeline.people.models import User


@require_POST
def email_split(request: HttpRequest, key: str) -> HttpResponse:
    """Sends the version in use and another, or the same with another subject, by turns from now on."""
    user = let_in(request)
    row = get_object_or_404(Email.objects.select_related("version"), key=key)
    rates = [read_share(request.POST.get(name, "")) for name in ("base", "wished")]
    with transaction.atomic():
        held = (
            Email.objects.select_for_update(of=("self",), no_key=True)
            .select_related("version")
            .get(pk=row.pk)
        )
        other = _other(request, held, user)
        done: EmailSplit | Mistakes | None = other if isinstance(other, Mistakes) else None
        if isinstance(other, EmailVersion):
            done = start_split(held, other, base=rates[0], wished=rates[1], by=user, now=timezone.now())
        if not isinstance(done, EmailSplit):
            transaction.set_rollback(True)
    if isinstance(done, EmailSplit):
        words = f"Both are sent by turns; about {done.planned:,} people will tell which does better"
        messages.success(request, words)
    else:
        messages.error(
            request, str(done) if done else "Choose the version to compare with, or write another subject."
        )
    return redirect("email", key=key)


@require_POST
def email_split_end(request: HttpRequest, key: str) -> HttpResponse:
    """Ends it; the version that was chosen is sent from now on."""
    user = let_in(request)
    split = EmailSplit.objects.filter(email__key=key, ended_at=None).first()
    number = read_number(request.POST.get("winner", ""))
    winner = EmailVersion.objects.filter(email__key=key, number=number).first() if number else None
    if split is None:
        messages.error(request, "Nothing is being compared.")
    elif end_split(split, winner, by=user, now=timezone.now()):
        words = f"Version {winner.number} is sent from now on" if winner else "What was sent before is sent"
        messages.success(request, f"It is ended. {words}")
    else:
        messages.error(request, "Choose one of the two that are compared.")
    return redirect("email", key=key)


def _other(request: HttpRequest, row: Email, user: User) -> EmailVersion | Mistakes | None:
    """The version to compare with: one that there is, or the one in use under another subject."""
    subject = " ".join(request.POST.get("subject", "").split())[:300]
    if subject and row.version is not None:
        content = read_content(row.version.content).model_copy(update={"subject": subject})
        return add_version(row, content, by=user, now=timezone.now())
    number = read_number(request.POST.get("other", ""))
    return EmailVersion.objects.filter(email=row, number=number).first()
