"""What people do to a contact by hand: each is a touch through the one door, so pages, API and imports agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import KINDS, Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact, User
from ripeline.timeline.record import record

Verb = Literal["stage_set", "recycled", "rejected", "disqualified", "reopened", "accepted", "fit_confirmed"]

QUESTIONS = ("need", "budget", "authority", "timeline", "intent")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a move was not made, as a sentence for the person who asked."""

    why: str


def move(
    contact: Contact,
    verb: Verb,
    *,
    playbook: Playbook,
    by: User,
    reason: str,
    now: datetime,
    stage: str = "",
    uid: str = "",
) -> Fact | Refused:
    """Records a manual move with its reason. `stage` is the target of `stage_set`, else unused; `uid` as in `note`."""
    if why := _hindrance(verb, stage, reason, playbook):
        return Refused(why)
    attrs = signature(by) | {"reason": reason.strip()}
    return note(contact, verb, now=now, subject=stage or None, attrs=attrs, uid=uid)


def move_many(
    keys: Mapping[str, str],
    verb: Verb,
    *,
    playbook: Playbook,
    by: User,
    reason: str,
    now: datetime,
    stage: str = "",
) -> int | Refused:
    """Records one manual move of several contacts, for the same reason; returns how many are new in the log.

    `keys` holds the touch's id by the contact's key: given again with the same ids, nothing more is recorded.
    """
    if why := _hindrance(verb, stage, reason, playbook):
        return Refused(why)
    attrs = signature(by) | {"reason": reason.strip()}
    facts = [
        _fact(key, verb, uid=uid, at=now, subject=stage or None, attrs=attrs) for key, uid in keys.items()
    ]
    return record(facts, now=now).new


def answer(
    contact: Contact, question: str, value: str, *, by: User, words: str, now: datetime, uid: str = ""
) -> Fact | Refused:
    """Records what somebody said about need, budget, authority, timeline or intent, with their `words`."""
    if question not in QUESTIONS:
        return Refused(f"'{question}' is no question we ask; it is one of {', '.join(QUESTIONS)}.")
    if not value.strip():
        return Refused("Say what the answer was.")
    attrs = {"value": value.strip()} | signature(by)
    if words.strip():
        attrs["text"] = words.strip()
    return note(contact, "answered", now=now, subject=question, attrs=attrs, uid=uid)


def note(
    contact: Contact,
    kind: str,
    *,
    now: datetime,
    subject: str | None = None,
    value: float | None = None,
    attrs: Mapping[str, str | float | bool | None] | None = None,
    at: datetime | None = None,
    uid: str = "",
) -> Fact | Refused:
    """Records one touch of `kind` that happened `at` (default: now); returns it, unless the contact was removed.

    A person at a keyboard made it: actor human. Given again with the same `uid`, nothing more is recorded.
    """
    fact = _fact(
        contact.key, kind, uid=uid or new_key(), at=at or now, subject=subject, value=value, attrs=attrs
    )
    if record([fact], now=now).strangers:
        return Refused(f"{contact} is no contact any more: an import that had brought them was taken back.")
    return fact


def note_many(found: Sequence[tuple[str, Mapping[str, Scalar]]], kind: str, *, now: datetime) -> None:
    """Records one touch of `kind` each for many contacts, given as keys with the touch's attrs."""
    record([_fact(key, kind, uid=new_key(), at=now, attrs=attrs) for key, attrs in found], now=now)


def signature(by: User) -> dict[str, Scalar]:
    """Who did it, as a touch keeps it: the name to be read, the id to be compared (names are not one's own)."""
    return {"by": str(by), "by_id": by.pk}


def is_signed_by(attrs: Mapping[str, object], user: User) -> bool:
    """Whether `user` did it; touches from before ids were kept have the name alone."""
    return attrs["by_id"] == user.pk if "by_id" in attrs else attrs.get("by") == str(user)


def _hindrance(verb: Verb, stage: str, reason: str, playbook: Playbook) -> str:
    """Why such a move cannot be made, as a sentence; empty where it can."""
    if not reason.strip():
        return "Say why: the reason is what your colleagues will read."
    if verb == "stage_set" and stage not in {known.key for known in playbook.stages}:
        known = ", ".join(each.key for each in playbook.stages)
        return f"There is no stage '{stage}' in this playbook; it has {known}."
    return ""


def _fact(
    person: str,
    kind: str,
    *,
    uid: str,
    at: datetime,
    subject: str | None = None,
    value: float | None = None,
    attrs: Mapping[str, str | float | bool | None] | None = None,
) -> Fact:
    return Fact(
        id=uid,
        person=person,
        at=to_instant(at),
        kind=kind,
        direction=KINDS.get(kind, "internal"),
        actor="human",
        subject=subject,
        value=value,
        attrs=dict(attrs or {}),
    )
