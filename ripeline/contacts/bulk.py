"""Doing one thing to many contacts: those ticked on a page at once, all that match in chunks.

The chunks are asked for by the browser, one after the other, in order of id: nothing done to a contact moves it to
another place in that order, a browser that goes away leaves whole chunks done, and the same chunk asked for twice
records nothing twice, because the touches' ids are made from the token of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from django.conf import settings
from django.http import QueryDict
from django.utils.module_loading import import_string

from ripeline.contacts.asking import read_request, want
from ripeline.contacts.listing import read_page
from ripeline.contacts.places import Place
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.models import Contact, User
from ripeline.people.permissions import changeable_by
from ripeline.timeline.models import Standing
from ripeline.timeline.moves import Refused, Verb, move_many
from ripeline.timeline.reassess import reassess

Action = Literal["owner", "tag", "untag", "stage_set", "disqualified", "recycled", "reopened"]
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
class Before:
    """How a contact stood before it was changed, for undoing it."""

    id: int
    owner_id: int | None
    tags: tuple[str, ...]
    stage: str
    status: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the contacts given: those changed, as they were before, and how many `by` may not change."""

    changed: tuple[Before, ...]
    not_theirs: int


def read_task(posted: QueryDict, by: User) -> Task | Refused:
    """The task a form asks for."""
    action = posted.get("action", "")
    if action not in ACTIONS:
        return Refused("Choose what to do with them.")
    names = {"owner": "owner", "tag": "tag", "untag": "tag", "stage_set": "stage"}
    value = posted.get(names.get(action, ""), "").strip()
    task = Task(
        action=action,
        by=by,
        token=posted.get("token", "")[:32],
        value=value,
        reason=posted.get(f"reason_{action}", "").strip(),
    )
    why = _hindrance(task)
    return Refused(why) if why else task


def do_to(ids: Sequence[int], task: Task, playbook: Playbook, *, now: datetime) -> Done | Refused:
    """Does the task to the contacts among `ids` that its author may change."""
    contacts = list(Contact.objects.filter(changeable_by(task.by), pk__in=ids).order_by("pk"))
    standings = Standing.objects.filter(pk__in=[each.pk for each in contacts])
    places = {pk: (stage, status) for pk, stage, status in standings.values_list("pk", "stage", "status")}
    before = tuple(
        Before(each.pk, each.owner_id, tuple(each.tags), *places.get(each.pk, ("", "active")))
        for each in contacts
    )
    refused = _do(contacts, task, playbook, now)
    return refused or Done(before, len(ids) - len(contacts))


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


def _do(contacts: Sequence[Contact], task: Task, playbook: Playbook, now: datetime) -> Refused | None:
    if task.action in VERBS:
        keys = {contact.key: f"bulk:{task.token}:{contact.pk}" for contact in contacts}
        moved = move_many(
            keys,
            VERBS[task.action],
            playbook=playbook,
            by=task.by,
            reason=task.reason,
            now=now,
            stage=task.value if task.action == "stage_set" else "",
        )
        return moved if isinstance(moved, Refused) else None
    for contact in contacts:
        if task.action == "owner":
            contact.owner_id = None if task.value == NOBODY else int(task.value)
        else:
            kept = [tag for tag in contact.tags if tag != task.value]
            contact.tags = [*kept, task.value] if task.action == "tag" else kept
        contact.updated_at = now
    changed = ["owner" if task.action == "owner" else "tags", "updated_at"]
    Contact.objects.bulk_update(contacts, changed, batch_size=CHUNK)
    return None


def _hindrance(task: Task) -> str:
    if task.action == "owner" and not _is_colleague(task.value):
        return "Choose who is to own them."
    if task.action in ("tag", "untag") and not task.value:
        return "Write the tag."
    if task.action in ("tag", "untag") and (len(task.value) > LONGEST_TAG or not task.value.isprintable()):
        return f"A tag is one line of at most {LONGEST_TAG} characters."
    if task.action in VERBS and not task.reason:
        return "Say why: the reason is what your colleagues will read."
    return ""


def _is_colleague(value: str) -> bool:
    if value == NOBODY:
        return True
    return (
        value.isascii()
        and value.isdigit()
        and len(value) < 19
        and User.objects.filter(pk=int(value), is_active=True).exists()
    )
