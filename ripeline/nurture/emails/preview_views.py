"""An email looked at as somebody gets it, sent to oneself, and its links asked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from ripeline.kit.numbers import read_number
from ripeline.nurture.emails.answering import ask_all
from ripeline.nurture.emails.compiling import compile_email
from ripeline.nurture.emails.content import read_content
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.emails.previewing import (
    POLICY,
    find_people,
    in_light,
    look,
    of_persona,
    person_to_show,
)
from ripeline.nurture.emails.rendering import Rendered
from ripeline.nurture.emails.testing import send_test
from ripeline.nurture.emails.views import let_in
from ripeline.people.models import Contact
from ripeline.people.permissions import WHOLE_TEAM, reader_of
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook
from ripeline.timeline.identities.living import living

DEVICES = {"desktop": 700, "phone": 375}
"""How many pixels wide a mail is shown."""


@require_safe
def email_preview(request: HttpRequest, key: str) -> HttpResponse:
    """The email as one person gets it: whom, on what and in which light is chosen beside it."""
    row = get_object_or_404(Email, key=key)
    version, contact = _version(request, row), _contact(request)
    words = " ".join(request.GET.get("q", "").split())[:100]
    chosen = {
        "contact": contact.key if contact else "",
        "version": str(version.number) if version else "",
        "device": request.GET.get("device", "") if request.GET.get("device") in DEVICES else "desktop",
        "light": "dark" if request.GET.get("light") == "dark" else "light",
    }
    found = look(row, version, person_to_show(contact, timezone.now()))
    context: dict[str, Any] = {
        "email": row,
        "version": version,
        "contact": contact,
        "chosen": chosen,
        "words": words,
        "may_write": reader_of(request).role in WHOLE_TEAM,
        "people": find_people(words) if words else [],
        "personas": _personas(),
        "persona": request.GET.get("persona", ""),
        "versions": list(row.versions.order_by("-number").values_list("number", flat=True)[:30]),
        "found": found if isinstance(found, Rendered) else None,
        "why_not": [] if isinstance(found, Rendered) else _why_not(found),
        "width": DEVICES[chosen["device"]],
        "frame": f"{reverse('email_shown', args=[key])}?{urlencode(chosen)}",
    }
    return render(request, "nurture/email_preview.html", context)


@require_safe
@xframe_options_sameorigin
def email_shown(request: HttpRequest, key: str) -> HttpResponse:
    """The email's own HTML, for a frame in which nothing runs."""
    row = get_object_or_404(Email, key=key)
    found = look(row, _version(request, row), person_to_show(_contact(request), timezone.now()))
    if isinstance(found, Rendered):
        html = in_light(found.html, "dark" if request.GET.get("light") == "dark" else "light")
        answer = HttpResponse(html)
    else:
        answer = render(request, "nurture/email_not_shown.html", {"why_not": _why_not(found)})
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def email_links(request: HttpRequest, key: str) -> HttpResponse:
    """Asks the pages that the email links to whether they are there."""
    let_in(request)
    row = get_object_or_404(Email, key=key)
    made = compile_email(read_content(row.draft))
    if isinstance(made, Mistakes):
        messages.error(request, str(made))
        return redirect("email", key=key)
    context = {"email": row, "answers": ask_all(made.links)}
    return render(request, "nurture/email_links.html", context)


@require_POST
def email_test(request: HttpRequest, key: str) -> HttpResponse:
    """Sends the email to who asks, as somebody would get it."""
    user = let_in(request)
    row = get_object_or_404(Email, key=key)
    contact = living(request.POST.get("contact", ""))
    number = read_number(request.POST.get("version", ""))
    version = get_object_or_404(EmailVersion, email=row, number=number) if number else None
    if contact is None:
        messages.error(request, "Choose for whom it is written.")
        return redirect("email_preview", key=key)
    done = send_test(row, version, contact, to=user, now=timezone.now())
    if isinstance(done, Mistakes):
        messages.error(request, str(done))
    else:
        messages.success(request, f"Version {done.number} is on its way to {user.email}")
    chosen = {"contact": contact.key, "version": request.POST.get("version", "")}
    return redirect(f"{reverse('email_preview', args=[key])}?{urlencode(chosen)}")


def _version(request: HttpRequest, row: Email) -> EmailVersion | None:
    """The version that is asked for; None for what is being written."""
    number = read_number(request.GET.get("version", ""))
    return get_object_or_404(EmailVersion, email=row, number=number) if number else None


def _contact(request: HttpRequest) -> Contact | None:
    """Whom to show it for; None for somebody made up."""
    if key := request.GET.get("contact", ""):
        contact = living(key)
        if contact is None:
            raise Http404("There is no such contact.")
        return contact
    return of_persona(request.GET["persona"]) if request.GET.get("persona") else None


def _personas() -> list[tuple[str, str]]:
    try:
        return [(each.key, each.title) for each in active_playbook().personas]
    except NoPlaybook:
        return []


def _why_not(found: Any) -> list[str]:
    return (
        [str(each) for each in found.found]
        if isinstance(found, Mistakes)
        else [f"{found.where}: {found.said}"]
    )
