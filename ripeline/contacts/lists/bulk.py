"""Doing one thing to many contacts: those ticked on a page at once, all that match in chunks.

The chunks are asked for by the browser, one after the other, in order of id: nothing done to a contact moves it to
another place in that order, a browser that goes away leaves whole chunks done, and the same chunk asked for twice
records nothing twice, because the touches' ids are made from the token of the whole.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils.module_loading import import_string

from ripeline.contacts.lists.asking import read_request, want
from ripeline.contacts.lists.into_lists import list_hindrance, put_into_list
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.places import Place
from ripeline.kit.numbers import read_number
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.changed import note_changed
from ripeline.people.models import Contact, User
from ripeline.people.permissions import WHOLE_TEAM, changeable_by
from ripeline.timeline.moves import Refused, Verb, move_many
from ripeline.timeline.reassess import reassess

Action = Literal["owner", "tag", "untag", "list", "stage_set", "disqualified", "recycled", "reopened"]
ACTIONS: tuple[Action, ...] = get_args(Action)
VERBS: dict[Action, Verb] = {
    "stage_set": "stage_set",
    "disqualified": "disqualified",
    "recycled": "recycled",
    "reopened": "reopened",
}
CHUNK = 500
LONGEST_TAG = 40
NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done, by whom: `value` is the owner's id (or `none`), the tag, or the stage."""

    action: Action
    by: User
    token: str
    value: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a task did to the contact `id`, for undoing just that: from `was` to `held`. For an owner they are
    users' ids, for a tag its place among the contact's tags; None is nobody, and no such tag."""

    id: int
    was: int | None = None
    held: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the contacts given: the ids `by` may change, what changed about them (nothing about one who
    had that owner or tag already), and how many `by` may not change."""

    ids: tuple[int, ...]
    changes: tuple[Change, ...]
    not_theirs: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form's task is not done, as a sentence, and at which of its fields that stands ("": at none)."""

    why: str
    field: str = ""


def read_task(posted: QueryDict, by: User) -> Task | Wrong:
    """The task a form asks for."""
    action = posted.get("action", "")
    if action not in ACTIONS:
        return Wrong("Press the button of what is to be done with them.")
    names = {"owner": "owner", "tag": "tag", "untag": "tag", "list": "list", "stage_set": "stage"}
    value = posted.get(names.get(action, ""), "").strip()
    reason = posted.get(f"reason_{action}", "").replace("\0", "").strip()
    task = Task(
        action=action,
        by=by,
        token=posted.get("token", "").replace("\0", "")[:32],
        value=value,
        reason=reason,
    )
    return _hindrance(task) or task


def do_to(ids: Sequence[int], task: Task, playbook: Playbook, *, now: datetime) -> Done | Refused:
    """Does the task to the contacts among `ids` that its author may change."""
    with transaction.atomic():
        # Locked: what a colleague writes at the same time comes before or after, and is not lost. Not the key, which
        # touches and transitions refer to: a worker that writes them would wait for us, and we for the worker.
        rows = Contact.objects.select_for_update(no_key=True)
        # Nor who was merged since the list was shown.
        mine = rows.filter(changeable_by(task.by), pk__in=ids, merged_into=None)
        contacts = list(mine.order_by("pk"))
        changes = _do(contacts, task, playbook, now)
    if isinstance(changes, Refused):
        return changes
    return Done(tuple(each.pk for each in contacts), changes, len(ids) - len(contacts))


def touch_id(token: str, contact_id: int) -> str:
    """The id of the touch by which the task with this token moves a contact."""
    return f"bulk:{token}:{contact_id}"


def show_effect(ids: Sequence[int], *, now: datetime) -> None:
    """Reassesses these contacts now, so that the page that follows shows what was done to them."""
    reassess(ids, now=now, react=import_string(settings.REACTIONS))


def next_chunk(
    query: str, user: User, playbook: Playbook, *, after: int, now: datetime
) -> tuple[list[int], bool]:
    """The ids of the next contacts that match the address's filters, after this id; and whether more follow."""
    asked = read_request(QueryDict(query), user, playbook, now=now)
    wanted = replace(
        want(asked.filters, user, playbook, now=now, sort="id"), after=Place(after, after), size=CHUNK
    )
    found = read_page(wanted)
    return [place.id for place in found.places], found.is_more


def _do(
    contacts: Sequence[Contact], task: Task, playbook: Playbook, now: datetime
) -> tuple[Change, ...] | Refused:
    if task.action in VERBS:
        moved = move_many(
            {contact.key: touch_id(task.token, contact.pk) for contact in contacts},
            VERBS[task.action],
            playbook=playbook,
            by=task.by,
            reason=task.reason,
            now=now,
            stage=task.value if task.action == "stage_set" else "",
        )
        return moved if isinstance(moved, Refused) else tuple(Change(contact.pk) for contact in contacts)
    if task.action == "list":
        fresh = put_into_list(task.value, [each.pk for each in contacts], by=task.by, now=now)
        return tuple(Change(pk) for pk in sorted(fresh))
    change = _own if task.action == "owner" else _tag
    changes = tuple(made for contact in contacts if (made := change(contact, task)))
    write_changed(contacts, {each.id for each in changes}, now=now)
    return changes


def write_changed(contacts: Iterable[Contact], ids: Container[int], *, now: datetime) -> None:
    """Writes owner and tags of those of these contacts whose ids are given; the caller holds their rows locked."""
    changed = [contact for contact in contacts if contact.pk in ids]
    for contact in changed:
        contact.updated_at = now
    Contact.objects.bulk_update(changed, ["owner", "tags", "updated_at"], batch_size=CHUNK)
    note_changed([contact.pk for contact in changed], now=now)


def _own(contact: Contact, task: Task) -> Change | None:
    was, wanted = contact.owner_id, None if task.value == NOBODY else int(task.value)
    contact.owner_id = wanted
    return None if was == wanted else Change(contact.pk, was, wanted)


def _tag(contact: Contact, task: Task) -> Change | None:
    place = contact.tags.index(task.value) if task.value in contact.tags else None
    if (place is None) == (task.action == "untag"):
        return None
    if place is None:
        contact.tags = [*contact.tags, task.value]
        return Change(contact.pk, None, len(contact.tags) - 1)
    contact.tags = [tag for tag in contact.tags if tag != task.value]
    return Change(contact.pk, place, None)


def _hindrance(task: Task) -> Wrong | None:
    if task.action == "owner" and not _is_colleague(task.value):
        return Wrong("Choose who is to own them.", "owner")
    if task.action in ("tag", "untag") and not task.value:
        return Wrong("Write the tag.", "tag")
    if task.action in ("tag", "untag") and (len(task.value) > LONGEST_TAG or not task.value.isprintable()):
        return Wrong(f"A tag is one line of at most {LONGEST_TAG} characters.", "tag")
    if task.action == "list":
        why = list_hindrance(task.value, task.by)
        # Who may keep no lists has no field for them.
        return Wrong(why, "list" if task.by.role in WHOLE_TEAM else "") if why else None
    if task.action in VERBS and not task.reason:
        return Wrong("Say why: the reason is what your colleagues will read.", f"reason_{task.action}")
    return None


def _is_colleague(value: str) -> bool:
    if value == NOBODY:
        return True
    return User.objects.filter(pk=read_number(value), is_active=True).exists()
