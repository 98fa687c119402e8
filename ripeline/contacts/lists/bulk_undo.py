"""Undoing what was just done to the contacts ticked on a page. What is remembered waits in the session.

Only that is undone, and only where it still is as it was left: what colleagues did meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from ripeline.contacts.lists.bulk import VERBS, Change, Done, Task, touch_id, write_changed
from ripeline.contacts.lists.into_lists import take_from_list
from ripeline.people.models import Contact, User
from ripeline.people.permissions import changeable_by
from ripeline.timeline.withdraw import take_back

KEPT = "contacts.bulk_undo"


@dataclass(frozen=True, slots=True)
class Undone:
    """The ids of those put back, and how many were left as they are now: somebody changed them since, or they
    are a colleague's now, or a move is too long ago."""

    ids: tuple[int, ...]
    left: int


def remember(request: HttpRequest, task: Task, done: Done) -> None:
    """Keeps what is needed to undo the task; the one before it can no longer be undone."""
    request.session[KEPT] = {
        "action": task.action,
        "value": task.value,
        "token": task.token,
        "changes": [astuple(each) for each in done.changes],
    }


def undo(request: HttpRequest, by: User, *, now: datetime) -> Undone | None:
    """Puts back what the task remembered changed, as far as `by` may still change it; None: nothing is remembered."""
    kept: dict[str, Any] | None = request.session.pop(KEPT, None)
    if not kept or not kept.get("changes"):
        return None
    changes = [Change(*each) for each in kept["changes"]]
    with transaction.atomic():
        # As in `do_to`: not the key, for which a worker would wait in a circle with us.
        rows = Contact.objects.select_for_update(no_key=True)
        mine = rows.filter(changeable_by(by), pk__in=[each.id for each in changes], merged_into=None)
        contacts = {contact.pk: contact for contact in mine.order_by("pk")}
        ours = [each for each in changes if each.id in contacts]
        if kept["action"] in VERBS:
            ids = take_back([touch_id(kept["token"], each.id) for each in ours], by=by, now=now)
        elif kept["action"] == "list":
            ids = take_from_list(kept["value"], [each.id for each in ours], by=by, now=now)
        else:
            tag = "" if kept["action"] == "owner" else kept["value"]
            ids = frozenset(each.id for each in ours if _put_back(contacts[each.id], each, tag))
            write_changed(contacts.values(), ids, now=now)
    return Undone(tuple(sorted(ids)), len(changes) - len(ids))


def _put_back(contact: Contact, change: Change, tag: str) -> bool:
    """Whether the contact still was as the change left them, and is as before it now. `tag` is "" for an owner."""
    if not tag:
        is_ours = contact.owner_id == change.held
        contact.owner_id = change.was if is_ours else contact.owner_id
        return is_ours
    if (tag in contact.tags) != (change.held is not None):
        return False
    contact.tags = _with_tag_at(contact.tags, tag, change.was)
    return True


def _with_tag_at(tags: Sequence[str], tag: str, place: int | None) -> list[str]:
    others = [each for each in tags if each != tag]
    return others if place is None else [*others[:place], tag, *others[place:]]
