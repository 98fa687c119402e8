"""What somebody allows us, noted by hand: with who noted it, when, and how we know."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.contacts.person.consent_forms import ConsentForm
from ripeline.contacts.person.consent_slips import is_slip
from ripeline.contacts.person.contact_page import Forms, find_contact, show_contact, way_back
from ripeline.people.consent import BY_MAIL, note_consent, take_back_word, title_of
from ripeline.people.models import Consent, Contact, User
from ripeline.people.permissions import may_change, reader_of
from ripeline.timeline.moves import note, signature
from ripeline.timeline.withdraw import withdraw


@require_POST
def note_by_hand(request: HttpRequest, key: str) -> HttpResponse:
    """Notes a consent, or its withdrawal."""
    contact, user = _changeable(request, key)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return show_contact(request, contact, Forms(consent=form))
    said = form.cleaned_data
    if _note(contact, form, by=user, now=timezone.now()):
        state = "withdrawn" if said["state"] == Consent.State.WITHDRAWN else "given"
        undo = reverse("contact_consent_undo", args=[contact.key, _source(form)])
        undo += way_back(request, contact).removeprefix(reverse("contact", args=[contact.key]))
        noted = f"Noted: {title_of(said['purpose'])} {state}."
        messages.success(request, noted, extra_tags=f"undo:{undo}")
    else:
        messages.info(request, "That was noted already, and counts once.")
    return redirect(way_back(request, contact))


@require_POST
def undo_by_hand(request: HttpRequest, key: str, source: str) -> HttpResponse:
    """Takes what was noted by hand back, where it was a slip: as if it had never been noted."""
    contact, user = _changeable(request, key)
    outcome = _take_back(contact, source, by=user, now=timezone.now())
    if outcome is _Undoing.DONE:
        messages.success(request, outcome.value)
    else:
        messages.error(request, outcome.value)
    return redirect(way_back(request, contact))


class _Undoing(Enum):
    """How taking a word back went, and what is said of it."""

    DONE = "Undone."
    NOTHING = "There is nothing to undo."
    NO_SLIP = (
        "That cannot be undone: it is more than a quarter of an hour ago, or a colleague's. If it is wrong, note what"
        " is right."
    )
    MORE_SINCE = "That cannot be undone: more was said of it since. Note what is right."


def _take_back(contact: Contact, source: str, *, by: User, now: datetime) -> _Undoing:
    with transaction.atomic():
        held = _hold(contact)
        theirs = Q(contact=held) | Q(contact__merged_into=held)
        rows = Consent.objects.filter(theirs, source=source)
        said = rows.select_related("contact__merged_into").first()
        if said is None:
            return _Undoing.NOTHING
        if not is_slip(said, by=by, now=now):
            return _Undoing.NO_SLIP
        if not take_back_word(said):
            return _Undoing.MORE_SINCE
        withdraw([source], now=now)
    return _Undoing.DONE


def _changeable(request: HttpRequest, key: str) -> tuple[Contact, User]:
    contact, user = find_contact(key), reader_of(request)
    if not may_change(user, contact):
        raise PermissionDenied(
            f"{contact} belongs to {contact.owner}, who may change them; so may marketing."
        )
    return contact, user


def _hold(contact: Contact) -> Contact:
    """The contact as they are now, held until the transaction ends. Raises Http404 where they are gone by now."""
    return get_object_or_404(Contact.objects.select_for_update(no_key=True), pk=contact.pk)


def _source(form: ConsentForm) -> str:
    """By what a form's word is known, and the touch with it."""
    return f"hand:{form.uid}"


def _note(contact: Contact, form: ConsentForm, *, by: User, now: datetime) -> bool:
    """Writes it down once, with the touch that rules see; False where this very form was sent before."""
    said, source = form.cleaned_data, _source(form)
    state = Consent.State(said["state"])
    with transaction.atomic():
        contact = _hold(contact)
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
