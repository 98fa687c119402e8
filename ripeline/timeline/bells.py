"""Which bell belongs to which move: whose own doing rings none, and what is not news any more once it is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ripeline.people.models import Notification, User
from ripeline.timeline.models import Touch, Transition
from ripeline.timeline.moves import is_signed_by


def bell_key(contact_id: int, stage: str, at: datetime) -> str:
    """What a notification is known by: this contact reached this stage at this moment."""
    return f"{contact_id}:{stage}:{at.isoformat()}"


def is_own_move(transition: Transition, user: User) -> bool:
    """Whether `user` made it by hand. What a definition changed is its doing, whoever's move it read anew."""
    if transition.cause != "manual" or transition.publication_id is not None:
        return False
    attrs = Touch.objects.filter(uid=_touch_of(transition)).values_list("attrs", flat=True).first()
    return attrs is not None and is_signed_by(attrs, user)


def unring(moves: Sequence[Touch]) -> None:
    """Removes the unread notifications of what these touches noted by hand, now taken back, had led to.

    To be called after their people were made due, in the same transaction: a worker that was just writing has
    written its notifications by then, and one that is late finds its claim fallen. What was read stays.
    """
    if not moves:
        return
    made = {(row.contact_id, row.at): row for row in moves}
    people = {row.contact_id for row in moves if row.contact_id is not None}
    # Those superseded too: the notification of one outlives it.
    reached = Transition.objects.filter(contact__in=people, at__gte=min(row.at for row in moves))
    keys = [
        bell_key(each.contact_id, each.to_stage, each.at)
        for each in reached
        if (row := made.get((each.contact_id, each.at))) is not None and _led_to(row, each)
    ]
    Notification.objects.filter(contact__in=people, key__in=keys, read_at=None).delete()


def _led_to(touch: Touch, transition: Transition) -> bool:
    """Whether it was this touch, of the same person and moment. Who is placed by hand is not moved by the rules, but
    by who placed them; who is reopened, or did what was noted, is."""
    if transition.cause == "manual":
        return _touch_of(transition) == touch.uid
    return touch.kind not in _PLACED


_PLACED = frozenset({"stage_set", "recycled", "rejected", "disqualified"})


def _touch_of(transition: Transition) -> str:
    """The id of the touch that a move by hand stands on; empty for others."""
    told: str = (transition.evidence.get("touch") or {}).get("id", "")
    return told
