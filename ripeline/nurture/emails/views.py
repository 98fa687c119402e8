"""The pages about emails: all of them, one with its versions, its editor, and putting it in use."""

from __future__ import annotations

import json
from typing import Any

from csp.decorators import csp_update
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.kit.numbers import read_number
from ripeline.nurture.emails.blocks import CannotBeMoved, for_editor
from ripeline.nurture.emails.checks import check
from ripeline.nurture.emails.conditions import ABOUT
from ripeline.nurture.emails.content import Content, read_content
from ripeline.nurture.emails.editing import Edited, read_edited
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.emails.naming import OURS
from ripeline.nurture.emails.people import FIELDS
from ripeline.nurture.emails.pictures import add_picture, latest_pictures
from ripeline.nurture.emails.shipping import shipped_email, shipped_emails
from ripeline.nurture.emails.splitting import state_of
from ripeline.nurture.emails.versions import make_email, publish, set_archived, use_again, write_draft
from ripeline.nurture.emails.words import brief
from ripeline.people.consent import BY_MAIL, PURPOSES
from ripeline.people.models import User
from ripeline.people.permissions import WHOLE_TEAM, reader_of

TAKEN = {"new"}
START = """<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text font-size="16px" line-height="1.55">Hello {{ contact.first_name | default: "there" }},</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
GREETING = 'Hello {{ contact.first_name | default: "there" }},\n\n'


@require_safe
def emails(request: HttpRequest) -> HttpResponse:
    """All emails, or those that were put away."""
    is_away = "away" in request.GET
    rows = (
        Email.objects.select_related("version")
        .defer("version__html", "version__text")
        .filter(archived_at__isnull=not is_away)
    )
    compared = set(EmailSplit.objects.filter(ended_at=None).values_list("email", flat=True))
    lines = [
        (each, brief(read_content(each.draft).subject), each.pk in compared, is_changed(each))
        for each in rows.order_by("title", "pk")
    ]
    context = {
        "lines": lines,
        "is_away": is_away,
        "away": Email.objects.exclude(archived_at=None).count(),
        "purposes": _purposes(),
        "shipped": shipped_emails(),
        "may_write": _may_write(request),
    }
    return render(request, "nurture/emails.html", context)


@require_POST
def email_new(request: HttpRequest) -> HttpResponse:
    """A new email, to be written next."""
    user = let_in(request)
    title = " ".join(request.POST.get("title", "").split())[:200]
    begins = request.POST.get("begin", "plain")
    taken = shipped_email(begins)
    title = title or (taken.title if taken else "")
    key = slugify(title)[:80].strip("-")
    if not key:
        messages.error(request, "Give the email a title of letters: its key is made of it.")
    elif key in TAKEN or Email.objects.filter(key=key).exists():
        messages.error(request, f"There is an email {key} already. Choose another title.")
    else:
        purpose = request.POST.get("purpose", "")
        purpose = purpose if purpose in BY_MAIL else taken.purpose if taken else "newsletter"
        content = taken.content if taken else _beginning(begins)
        make_email(key, title, content, purpose=purpose, by=user, now=timezone.now())
        return redirect("email_edit", key=key)
    return redirect("emails")


@require_safe
def email(request: HttpRequest, key: str) -> HttpResponse:
    """One email: what is sent, its versions, what is known of what is being written."""
    row = get_object_or_404(_emails(), key=key)
    now = timezone.now()
    versions = list(
        row.versions.select_related("author").defer("html", "text", "content").order_by("-number")[:30]
    )
    split = (
        EmailSplit.objects.select_related("one", "other", "email").filter(email=row, ended_at=None).first()
    )
    content = read_content(row.draft)
    checks = check(content)
    context = {
        "email": row,
        "content": content,
        "subject": brief(content.subject),
        "versions": [(each, brief(each.subject)) for each in versions],
        "others": [(each, brief(each.subject)) for each in versions if each.pk != row.version_id],
        "state": state_of(split, now=now) if split else None,
        "over": row.splits.exclude(ended_at=None)
        .select_related("winner", "ended_by")
        .order_by("-ended_at")[:10],
        "is_changed": is_changed(row),
        "checks": checks,
        "is_stopped": any(each.weight == "stops" for each in checks),
        "purpose": PURPOSES.get(row.purpose, row.purpose),
        "may_write": _may_write(request),
    }
    return render(request, "nurture/email.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def email_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Writes an email: every button sends the whole of it, so that nothing is lost."""
    let_in(request)
    row = get_object_or_404(Email, key=key)
    before = read_content(row.draft)
    if request.method != "POST":
        return _editor(request, row, Edited(before, row.title, row.purpose), row.revision)
    edited = read_edited(request.POST, before)
    file = request.FILES.get("picture")
    added = add_picture(file, timezone.now()) if isinstance(file, UploadedFile) else None
    if isinstance(added, str):
        edited = Edited(edited.content, edited.title, edited.purpose, [*edited.wrong, added])
    revision = read_number(request.POST.get("revision", ""), otherwise=-1)
    if edited.wrong:
        return _editor(request, row, edited, revision, status=422)
    if not write_draft(row, edited.content, revision=revision):
        why = (
            "Somebody else changed the email meanwhile. Below is yours: Keep mine puts it in place of theirs."
        )
        edited = Edited(edited.content, edited.title, edited.purpose, [why])
        return _editor(request, row, edited, row.revision, status=409)
    said = {"title": edited.title or row.title, "purpose": edited.purpose or row.purpose}
    Email.objects.filter(pk=row.pk).update(**said)
    row.refresh_from_db()
    goes_to = {"done": "email", "blocks": "email_blocks"}.get(request.POST.get("do", ""))
    if goes_to:
        leads = reverse(goes_to, args=[key])
        # What htmx asked for takes the place of the editor alone.
        return HttpResponse(headers={"HX-Redirect": leads}) if _by_htmx(request) else redirect(leads)
    return _editor(request, row, Edited(edited.content, row.title, row.purpose), row.revision)


@require_safe
@csp_update({"img-src": ["https:"]})  # type: ignore[arg-type]  # it knows only views without arguments
def email_blocks(request: HttpRequest, key: str) -> HttpResponse:
    """Writes an email of blocks by moving them about; needs JavaScript, the source beside it does not.

    Here alone pictures may come from elsewhere: those of the email lie where its readers reach them.
    """
    let_in(request)
    row = get_object_or_404(Email, key=key)
    content = read_content(row.draft)
    if content.mode != "mjml":
        return redirect("email_edit", key=key)
    source = for_editor(content)
    if isinstance(source, CannotBeMoved):
        messages.error(request, source.why)
        return redirect("email_edit", key=key)
    pictures = [{"type": "image", "name": each.name, "src": each.address} for each in latest_pictures()]
    context = {"email": row, "source": source, "revision": row.revision, "pictures": json.dumps(pictures)}
    return render(request, "nurture/email_blocks.html", context)


@require_POST
def email_publish(request: HttpRequest, key: str) -> HttpResponse:
    """Sends the email as it is written, from now on."""
    user = let_in(request)
    done = publish(get_object_or_404(Email, key=key), by=user, now=timezone.now())
    if isinstance(done, Mistakes):
        messages.error(request, str(done))
    else:
        messages.success(request, f"Version {done.number} is what is sent from now on")
    return redirect("email", key=key)


@require_POST
def email_again(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Goes back to an earlier version."""
    let_in(request)
    version = get_object_or_404(EmailVersion, email__key=key, number=number)
    if use_again(version):
        messages.success(request, f"Version {number} is what is sent from now on")
    else:
        messages.error(request, "Two versions are being compared: end that first.")
    return redirect("email", key=key)


@require_POST
def email_archive(request: HttpRequest, key: str) -> HttpResponse:
    """Puts an email away."""
    let_in(request)
    row = get_object_or_404(Email, key=key)
    set_archived(row, timezone.now())
    undo = reverse("email_restore", args=[key])
    messages.success(request, f"{row.title} is put away", extra_tags=f"undo:{undo}")
    return redirect("emails")


@require_POST
def email_restore(request: HttpRequest, key: str) -> HttpResponse:
    """Brings it back."""
    let_in(request)
    row = get_object_or_404(Email, key=key)
    set_archived(row, None)
    messages.success(request, f"{row.title} is back")
    return redirect("email", key=key)


def let_in(request: HttpRequest) -> User:
    """Who asks, where they may change emails. Raises PermissionDenied."""
    user = reader_of(request)
    if user.role not in WHOLE_TEAM:
        raise PermissionDenied("Emails are written by administrators and marketing.")
    return user


def is_changed(row: Email) -> bool:
    """Whether what is being written differs from what is sent; to be read with `version`."""
    return row.version is None or read_content(row.draft) != read_content(row.version.content)


def _editor(
    request: HttpRequest, row: Email, edited: Edited, revision: int, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "email": row,
        "content": edited.content,
        "title": edited.title,
        "purpose": edited.purpose,
        "wrong": edited.wrong,
        "revision": revision,
        "purposes": _purposes(),
        "fields": FIELDS.items(),
        "ours": OURS.items(),
        "about": list(ABOUT),
        "pictures": latest_pictures() if edited.content.mode == "mjml" else (),
        "checks": check(edited.content),
    }
    # Of an answer that says no, htmx shows nothing.
    return render(request, "nurture/email_edit.html", context, status=200 if _by_htmx(request) else status)


def _beginning(mode: str) -> Content:
    if mode == "mjml":
        return Content(mode="mjml", body=START)
    return Content(body=GREETING)


def _purposes() -> list[tuple[str, str]]:
    return [(key, title) for key, title in PURPOSES.items() if key in BY_MAIL]


def _by_htmx(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def _emails() -> QuerySet[Email]:
    return Email.objects.select_related("version", "created_by")


def _may_write(request: HttpRequest) -> bool:
    return reader_of(request).role in WHOLE_TEAM
