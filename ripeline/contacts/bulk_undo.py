"""Undoing what was just done to the contacts ticked on a page. What is remembered waits in the session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from ripeline.contacts.bulk import VERBS, Before, Done, Task
from ripeline.kit.ids import new_key
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact, User
from ripeline.people.permissions import changeable_by
from ripeline.timeline.moves import Verb, move_many

KEPT = "contacts.bulk_undo"


def remember(request: HttpRequest, task: Task, done: Done) -> None:
    """Keeps what is needed to undo the task; the one before it can no longer be undone."""
    request.session[KEPT] = {
        "action": task.action,
        "before": [
            [each.id, each.owner_id, list(each.tags), each.stage, each.status] for each in done.changed
        ],
    }


def undo(request: HttpRequest, by: User, playbook: Playbook, *, now: datetime) -> list[int]:
    """Puts the contacts back to how they stood, as far as `by` may still change them; returns their ids.

    A manual move is taken back by the opposite one: the log keeps both.
    """
    kept: dict[str, Any] | None = request.session.pop(KEPT, None)
    if kept is None:
        return []
    before = [
        Before(pk, owner, tuple(tags), stage, status) for pk, owner, tags, stage, status in kept["before"]
    ]
    contacts = {
        contact.pk: contact
        for contact in Contact.objects.filter(changeable_by(by), pk__in=[each.id for each in before])
    }
    left = [each for each in before if each.id in contacts]
    if kept["action"] in VERBS:
        _move_back(left, contacts, by, playbook, now=now)
    else:
        _put_back(left, contacts, now)
    return [each.id for each in left]


def _put_back(before: Sequence[Before], contacts: dict[int, Contact], now: datetime) -> None:
    for each in before:
        contact = contacts[each.id]
        contact.owner_id, contact.tags, contact.updated_at = each.owner_id, list(each.tags), now
    Contact.objects.bulk_update(contacts.values(), ["owner", "tags", "updated_at"])


def _move_back(
    before: Sequence[Before], contacts: dict[int, Contact], by: User, playbook: Playbook, *, now: datetime
) -> None:
    groups: dict[tuple[Verb, str], dict[str, str]] = defaultdict(dict)
    current = {contact.pk: contact.standing.status for contact in _with_standing(contacts)}
    first = playbook.stages[0].key
    for each in before:
        status = current.get(each.id, "active")
        if status != each.status:
            verb: Verb = "disqualified" if each.status == "disqualified" else "reopened"
            groups[verb, ""][contacts[each.id].key] = new_key()
        else:
            groups["stage_set", each.stage or first][contacts[each.id].key] = new_key()
    for (verb, stage), keys in groups.items():
        reason = "Undone: it was a slip."
        move_many(keys, verb, playbook=playbook, by=by, reason=reason, now=now, stage=stage)


def _with_standing(contacts: dict[int, Contact]) -> list[Contact]:
    return list(Contact.objects.filter(pk__in=contacts, standing__isnull=False).select_related("standing"))
