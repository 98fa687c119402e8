"""What people do to a contact by hand: each is a touch through the one door, so pages, API and imports agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ripeline.kit.ids import new_key
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import KINDS
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
    contact: Contact, verb: Verb, *, playbook: Playbook, by: User, reason: str, now: datetime, stage: str = ""
) -> Fact | Refused:
    """Records a manual move with its reason. `stage` is the target of `stage_set`, else unused."""
    if not reason.strip():
        return Refused("Say why: the reason is what your colleagues will read.")
    if verb == "stage_set" and stage not in {known.key for known in playbook.stages}:
        known = ", ".join(each.key for each in playbook.stages)
        return Refused(f"There is no stage '{stage}' in this playbook; it has {known}.")
    attrs: dict[str, str | float | bool | None] = {"by": str(by), "reason": reason.strip()}
    return note(contact, verb, now=now, subject=stage or None, attrs=attrs)


def answer(
    contact: Contact, question: str, value: str, *, by: User, words: str, now: datetime
) -> Fact | Refused:
    """Records what somebody said about need, budget, authority, timeline or intent, with their `words`."""
    if question not in QUESTIONS:
        return Refused(f"'{question}' is no question we ask; it is one of {', '.join(QUESTIONS)}.")
    if not value.strip():
        return Refused("Say what the answer was.")
    attrs: dict[str, str | float | bool | None] = {"value": value.strip(), "by": str(by)}
    if words.strip():
        attrs["text"] = words.strip()
    return note(contact, "answered", now=now, subject=question, attrs=attrs)


def note(
    contact: Contact,
    kind: str,
    *,
    now: datetime,
    subject: str | None = None,
    value: float | None = None,
    attrs: Mapping[str, str | float | bool | None] | None = None,
    at: datetime | None = None,
) -> Fact:
    """Records one touch of `kind` that happened `at` (default: now); returns it.

    A person at a keyboard made it: actor human.
    """
    fact = Fact(
        id=new_key(),
        person=contact.key,
        at=to_instant(at or now),
        kind=kind,
        direction=KINDS.get(kind, "internal"),
        actor="human",
        subject=subject,
        value=value,
        attrs=dict(attrs or {}),
    )
    record([fact], now=now)
    return fact
