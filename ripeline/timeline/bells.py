"""Which bell belongs to which move: whose own doing rings none, and what is no news once its cause is taken back."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from ripeline.people.models import Contact, Notification, User
from ripeline.timeline.models import Touch, Transition
from ripeline.timeline.moves import is_signed_by
from ripeline.timeline.revising import Revision


def bell_key(contact_id: int, stage: str, at: datetime) -> str:
    """What a notification is known by: this contact reached this stage at this moment."""
    return f"{contact_id}:{stage}:{at.isoformat()}"


def bell_keys(contact_id: int, stage: str, at: datetime) -> list[str]:
    """The same, and as which it may be known from before those who live on in this contact were merged into them."""
    merged = Contact.objects.filter(merged_into=contact_id).order_by("pk").values_list("pk", flat=True)
    return [bell_key(pk, stage, at) for pk in (contact_id, *merged)]


def is_own_move(transition: Transition, user: User) -> bool:
    """Whether `user` made it by hand. What a definition changed is its doing, whoever's move it read anew."""
    if transition.cause != "manual" or transition.publication_id is not None:
        return False
    attrs = Touch.objects.filter(uid=_touch_of(transition)).values_list("attrs", flat=True).first()
    return attrs is not None and is_signed_by(attrs, user)


def unring(contact_id: int, revision: Revision) -> None:
    """Removes the unread notifications of stages that, since something was taken out of the contact's log, are found
    not to have been reached after all. In the transaction that writes the revision, after its rows.

    Not by what was taken out: what it led to may have happened at a later moment. A stage that was reached all the
    same, only at another moment, stays news, and nobody would be told of it again. What was read stays, and so does
    what a definition that came into force meanwhile changed: that is its doing.
    """
    reached = {row.to_stage for row in revision.fresh if row.superseded_at is None}
    outdated = Transition.objects.filter(pk__in=revision.outdated.keys() - revision.redefined)
    fallen = set(outdated.values_list("to_stage", flat=True)) - reached
    if not fallen:
        return
    held = Transition.objects.filter(contact=contact_id, to_stage__in=fallen, superseded_at=None)
    told = [
        key for stage, at in held.values_list("to_stage", "at") for key in bell_keys(contact_id, stage, at)
    ]
    theirs = Q(contact=contact_id) | Q(contact__merged_into=contact_id)
    Notification.objects.filter(theirs, stage__in=fallen, read_at=None).exclude(key__in=told).delete()


def _touch_of(transition: Transition) -> str:
    """The id of the touch that a move by hand stands on; empty for others."""
    told: str = (transition.evidence.get("touch") or {}).get("id", "")
    return told
