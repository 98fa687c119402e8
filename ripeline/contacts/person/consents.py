"""What somebody allows us, noted by hand: with who noted it, when, and how we know."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.contacts.person.consent_forms import ConsentForm
from ripeline.contacts.person.contact_page import Forms, find_contact, show_contact, way_back
from ripeline.people.consent import BY_MAIL, note_consent, title_of
from ripeline.people.models import Consent, Contact, User
from ripeline.people.permissions import may_change, reader_of
from ripeline.timeline.moves import note, signature


@require_POST
def note_by_hand(request: HttpRequest, key: str) -> HttpResponse:
    """Notes a consent, or its withdrawal."""
    contact, user = find_contact(key), reader_of(request)
    if not may_change(user, contact):
        raise PermissionDenied(
            f"{contact} belongs to {contact.owner}, who may change them; so may marketing."
        )
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return show_contact(request, contact, Forms(consent=form))
    said = form.cleaned_data
    if _note(contact, form, by=user, now=timezone.now()):
        state = "withdrawn" if said["state"] == Consent.State.WITHDRAWN else "given"
        messages.success(request, f"Noted: {title_of(said['purpose'])} {state}.")
    else:
        messages.info(request, "That was noted already, and counts once.")
    return redirect(way_back(request, contact))


def _note(contact: Contact, form: ConsentForm, *, by: User, now: datetime) -> bool:
    """Writes it down once, with the touch that rules see; False where this very form was sent before."""
    said, source = form.cleaned_data, f"hand:{form.uid}"
    state = Consent.State(said["state"])
    with transaction.atomic():
        Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        if Consent.objects.filter(contact=contact, source=source).exists():
            return False
        note_consent(
            contact,
            said["purpose"],
            state,
            how=Consent.How.BY_HAND,
            at=now,
            source=source,
            note=said["note"].strip(),
            by=by,
        )
        if said["purpose"] in BY_MAIL:
            kind = "unsubscribed" if state == Consent.State.WITHDRAWN else "subscribed"
            attrs = signature(by) | {"text": said["note"].strip()}
            note(contact, kind, now=now, subject=said["purpose"], attrs=attrs, uid=source)
    return True
