"""Signed links: a contact's key in the address of a page, put there by us, for example in a mail.

Who follows one is recognised (the browser script reads `?rl=` and takes it out of the address bar). It holds no name
and no address; changed by a letter, after its time, or for another purpose it means nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from django.core import signing

from ripeline.people.models import Contact, Identity

PARAMETER = "rl"
MAIL = "mail"
"""The purpose of links that say who follows them."""
KEPT_FOR = timedelta(days=60)
"""How long after it was made a link still tells who follows it: a mail that is passed on years later should not."""
LONGEST = 200
_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,19}\Z")
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: for whom (`contact`, a key) it was made, when, and the identity (by id) that it was sent to:
    who follows it has proved that address. None: it was sent to nobody's address."""

    contact: str
    made_at: datetime
    identity: int | None = None


def sign(contact: Contact, purpose: str, now: datetime, *, sent_to: Identity | None = None) -> str:
    """A token for a contact, to be put into an address by `with_token`; `purpose` is a word such as "mail"."""
    if not _PURPOSE.match(purpose):
        raise ValueError(f"A purpose is a short word of small letters, not {purpose!r}.")
    seconds = int(now.timestamp())
    said = f"{contact.key}.{_short(seconds)}.{_short(sent_to.pk) if sent_to else ''}"
    return _signer(purpose).sign(said)


def read(token: str, purpose: str, now: datetime) -> Link | None:
    """What a token says; None where it is not ours, is for another purpose, or its time is over."""
    if len(token) > LONGEST:
        return None
    try:
        key, seconds, identity = _signer(purpose).unsign(token).split(".")
    except (signing.BadSignature, ValueError):
        return None
    made_at = datetime.fromtimestamp(int(seconds, 36), UTC)
    if not timedelta(minutes=-5) <= now - made_at <= KEPT_FOR:
        return None
    return Link(key, made_at, int(identity, 36) if identity else None)


def with_token(url: str, token: str) -> str:
    """An address of a page with the token in it."""
    parts = urlsplit(url)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}{PARAMETER}={token}"))


def _signer(purpose: str) -> signing.Signer:
    return signing.Signer(salt=f"ripeline.link.{purpose}")


def _short(number: int) -> str:
    found = ""
    while True:
        number, place = divmod(number, 36)
        found = _SIGNS[place] + found
        if not number:
            return found
