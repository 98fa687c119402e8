"""What the engine knows of the world: mails, what composes them, and what takes them; and what these say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ripeline.nurture.sending.models import Delivery


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to be handed over. `sender` is the envelope's, `headers` are all of the mail's own in their order,
    `raw` the whole as it goes out (signed, lines ended by CR LF), without which it is only looked at."""

    delivery: int
    message_id: str
    sender: str
    to: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    raw: bytes = b""


class Verb(StrEnum):
    """How far a conversation with a mail server had come."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Taken, with what was said."""

    said: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not taken. `code` is the SMTP answer; 0 where the line broke, or time ran out, before the mail was over:
    nobody takes a mail that was not ended."""

    code: int
    said: str
    verb: Verb


@dataclass(frozen=True, slots=True)
class Unsure:
    """Perhaps taken: the mail was handed over whole, and no answer came."""

    why: str


Fate = Accepted | Refused | Unsure


class CannotReach(Exception):
    """The mail server cannot be reached, or refuses us; the text is a sentence. `is_ours` says that only somebody who
    changes settings can mend it: a wrong password, a certificate that does not fit."""

    def __init__(self, said: str, *, is_ours: bool = False) -> None:
        super().__init__(said)
        self.is_ours = is_ours


class Transport(Protocol):
    """One line to what takes mails. It carries one mail at a time, and is opened before any mail is in its hand."""

    @property
    def is_open(self) -> bool:
        """Whether the next mail can be handed over without opening it anew."""

    async def open(self) -> None:
        """Opens it. Raises CannotReach."""

    async def hand_over(self, mail: Mail) -> Fate:
        """Hands one mail over. Never raises: what cannot be told is Unsure."""

    async def close(self) -> None:
        """Closes it, whatever became of it."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Held until a moment, for a reason that has a word."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Never:
    """Not sent at all, for a reason that has a word; `said` says more about it."""

    reason: str
    said: str = ""


class Composer(Protocol):
    """Makes mails of deliveries."""

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Mail | NotNow | Never]:
        """The mail of each, by id, or why there is none. Reads the database and changes nothing."""


class Judge(Protocol):
    """Says whether mails may be sent after all, in the transaction in which they are taken in hand."""

    def __call__(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, NotNow | Never]:
        """Those that may not, by id."""
