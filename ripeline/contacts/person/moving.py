"""What people do to a contact by hand: each its own address, each a touch through the one door.

Nothing is written but the touch. The page folds the log, so it shows the effect at once; the worker follows
within a moment with the standing of lists and with whatever reacts to a change of stage.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.contacts.person.contact_page import Forms, find_contact, show_contact, way_back
from ripeline.contacts.person.move_forms import AnswerForm, LogForm, MoveForm
from ripeline.contacts.person.once import OnceForm
from ripeline.contacts.person.picture import take_picture
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact, User
from ripeline.people.permissions import may_change
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.models import Touch
from ripeline.timeline.moves import Refused, answer, move, note, signature
from ripeline.timeline.withdraw import NOTED, PLACING, take_back


@require_POST
def make_move(request: HttpRequest, key: str) -> HttpResponse:
    """Moves a contact by hand, with a reason."""
    contact, user = _changeable(request, key)
    now = timezone.now()
    picture = take_picture(contact, AsOf(now))
    standing = picture.standing
    form = MoveForm(
        request.POST,
        playbook=picture.playbook,
        stage=standing.stage if standing else "",
        status=standing.status if standing else "active",
    )
    if _is_done(request, form):
        return redirect(way_back(request, contact))
    if not form.is_valid():
        return show_contact(request, contact, Forms(move=form))
    verb, stage = form.wanted
    reason = form.cleaned_data["reason"]
    done = move(
        contact,
        verb,
        playbook=picture.playbook,
        by=user,
        reason=reason,
        now=now,
        stage=stage,
        uid=form.uid,
    )
    if isinstance(done, Refused):
        form.add_error(None, done.why)
        return show_contact(request, contact, Forms(move=form))
    _say(request, contact, done, _SAID[done.kind])
    return redirect(way_back(request, contact))


@require_POST
def undo_touch(request: HttpRequest, key: str, uid: str) -> HttpResponse:
    """Takes what was noted by hand out of the log again, where it was a slip: the rules go on as if it had not been."""
    contact, user = _changeable(request, key)
    kind = Touch.objects.filter(contact=contact, uid=uid, kind__in=(*PLACING, *NOTED)).values("kind").first()
    if kind is None:
        messages.error(request, "There is nothing to undo.")
    elif take_back([uid], by=user, now=timezone.now()):
        messages.success(request, "Undone.")
    else:
        messages.error(request, _NOT_UNDONE if kind["kind"] in NOTED else _NOT_MOVED_BACK)
    return redirect(way_back(request, contact))


@require_POST
def record_answer(request: HttpRequest, key: str) -> HttpResponse:
    """Records what they said to one of our questions."""
    contact, user = _changeable(request, key)
    form = AnswerForm(request.POST, playbook=active_playbook())
    if _is_done(request, form):
        return redirect(way_back(request, contact))
    if not form.is_valid():
        return show_contact(request, contact, Forms(answer=form))
    said = form.cleaned_data
    done = answer(
        contact,
        said["question"],
        said["value"],
        by=user,
        words=said["words"],
        now=timezone.now(),
        uid=form.uid,
    )
    if isinstance(done, Refused):
        form.add_error(None, done.why)
        return show_contact(request, contact, Forms(answer=form))
    _say(request, contact, done, f"Noted: {said['question']} – {said['value']}.")
    return redirect(way_back(request, contact))


@require_POST
def log_touch(request: HttpRequest, key: str) -> HttpResponse:
    """Logs a call, a meeting, an objection or a note."""
    contact, user = _changeable(request, key)
    form = LogForm(request.POST)
    if _is_done(request, form):
        return redirect(way_back(request, contact))
    if not form.is_valid():
        return show_contact(request, contact, Forms(log=form))
    said = form.cleaned_data
    attrs = signature(user)
    if said["words"].strip():
        attrs["text"] = said["words"].strip()
    subject = said["objection"] if said["kind"] == "objected" else None
    now = timezone.now()
    done = note(contact, said["kind"], now=now, subject=subject, attrs=attrs, at=said["at"], uid=form.uid)
    if isinstance(done, Refused):
        form.add_error(None, done.why)
        return show_contact(request, contact, Forms(log=form))
    _say(request, contact, done, "Logged.")
    return redirect(way_back(request, contact))


def _is_done(request: HttpRequest, form: OnceForm) -> bool:
    """Whether this very form was sent before; says so."""
    is_done = Touch.objects.filter(uid=form.uid).exists()
    if is_done:
        messages.info(request, "That was noted already, and counts once.")
    return is_done


def _changeable(request: HttpRequest, key: str) -> tuple[Contact, User]:
    contact, user = find_contact(key), request.user
    if not isinstance(user, User) or not may_change(user, contact):
        raise PermissionDenied(
            f"{contact} belongs to {contact.owner}, who may change them; so may marketing."
        )
    return contact, user


def _say(request: HttpRequest, contact: Contact, fact: Fact, said: str) -> None:
    """Says what was noted, with the way to take it back."""
    undo = reverse("contact_touch_undo", args=[contact.key, fact.id])
    undo += way_back(request, contact).removeprefix(reverse("contact", args=[contact.key]))
    messages.success(request, said, extra_tags=f"undo:{undo}")


_NOT_UNDONE = (
    "That cannot be undone: it is more than a quarter of an hour ago, or a colleague's. If it is wrong, note what is"
    " right."
)
_NOT_MOVED_BACK = (
    "That cannot be undone: it is more than a quarter of an hour ago, a colleague's, or they were moved again since."
    " Move them by hand."
)
_SAID: dict[str, str] = {
    "stage_set": "Moved by hand. They stay there until they do something new.",
    "recycled": "Back to nurturing. They stay there until they do something new.",
    "rejected": "Rejected, and back to nurturing until they do something new.",
    "disqualified": "Disqualified. No rule moves them until they are reopened.",
    "reopened": "Reopened. The rules apply again.",
    "accepted": "Taken up.",
    "fit_confirmed": "Confirmed as a fit.",
}
