"""What the addresses in mails carry: a delivery, a link of it, and what they are for; signed, and good for ever.

Somebody may want no more mails years after the last one. A signature of a key that was replaced counts as long as that
key is among the old ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.core.signing import BadSignature, Signer
from django.utils.http import base36_to_int, int_to_base36

LONGEST = 120
TRAP = "t"
"""In the place of a link's number: a link that nobody sees."""


class Door(StrEnum):
    """What a token opens. One for leaving does not follow links, nor the other way round."""

    LEAVE = "leave"
    LINK = "link"
    OPEN = "open"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Token:
    """A delivery (by id) and the number of one of its links (None: of none, or the hidden one)."""

    delivery: int
    link: int | None = None
    is_trap: bool = False


def make_token(door: Door, delivery: int, link: int | str = "") -> str:
    """The token of a delivery, and of one of its links."""
    number = int_to_base36(link) if isinstance(link, int) else link
    return _signer(door).sign(f"{int_to_base36(delivery)}-{number}")


def read_token(door: Door, token: str) -> Token | None:
    """What a token says; None where it is none of ours, or another door's."""
    if len(token) > LONGEST:
        return None
    try:
        delivery, _, link = _signer(door).unsign(token).partition("-")
        is_trap = link == "." + TRAP
        return Token(base36_to_int(delivery), base36_to_int(link) if link and not is_trap else None, is_trap)
    except (BadSignature, ValueError):
        return None


def make_trap(delivery: int) -> str:
    """The token of the link that nobody sees."""
    return make_token(Door.LINK, delivery, "." + TRAP)


def _signer(door: Door) -> Signer:
    return Signer(salt=f"ripeline.mail.{door}", sep="~")
