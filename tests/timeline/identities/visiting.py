"""Browsers and what is done on them, for the tests of who is whom."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact
from ripeline.timeline.identities.web import WebTouch, record_web
from ripeline.timeline.models import Touch


def key_of(name: str) -> str:
    """A browser's key, always the same for a name."""
    return blake2b(name.encode(), digest_size=16).hexdigest()


def web(
    uid: str,
    at: datetime,
    *,
    visitor: str = "",
    person: str = "",
    kind: str = "page_viewed",
    subject: str = "/",
) -> WebTouch:
    """A touch of the browser with this name, or of the contact with this key, or of both."""
    fact = Fact(uid, person, to_instant(at), kind, KINDS.get(kind, "internal"), "human", subject, None, {})
    return WebTouch(fact, key_of(visitor) if visitor else "")


def visit(uid: str, at: datetime, visitor: str, *, now: datetime) -> None:
    """One page seen on a browser."""
    record_web([web(uid, at, visitor=visitor)], now=now)


def owners() -> dict[str, str]:
    """Whose each touch is by now: names of contacts by the ids of touches, "" where nobody knows."""
    rows = Touch.objects.values_list("uid", "contact__name")
    return {uid: name or "" for uid, name in rows}


def touches_of(contact: Contact) -> set[str]:
    """The ids of a contact's touches."""
    return set(Touch.objects.filter(contact=contact).values_list("uid", flat=True))
