"""What a mail server's refusal means, and when to try again. Pure.

Whose fault it is decides: an address that does not exist is never tried again, a mail that is too big says nothing of
the person, and where we ourselves are not wanted the person must not suffer for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum

from ripeline.nurture.rules.reasons import HEADINGS
from ripeline.nurture.sending.mail import Refused, Verb


class Blame(Enum):
    """Why a mail was refused, as it concerns us."""

    TIME = "later"
    """Not now: try again."""
    PERSON = "no_such_address"
    """There is no such mailbox, or no more: nothing is sent there again."""
    MESSAGE = "content_refused"
    """This mail is not wanted, or too big."""
    SENDER = "sender_refused"
    """We are not wanted: nobody's address is at fault."""
    OTHER = "refused"
    """For good, for a reason that is not told."""


WAITS = tuple(
    timedelta(minutes=minutes)
    for minutes in (5, 15, 40, 60, 120, 240, 480, 480, 480, 480, 480, 480, 480, 480)
)
"""How long to wait after each refusal that is not for good: 72 hours together, then it has failed (RFC 5321, 4.5.4.1
asks for four to five days of a server that relays; a mail to a lead is stale before)."""

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_MAILBOX = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4)})
"""RFC 3463 and the registry of its codes: subject and detail of 5.x.y that say there is no such mailbox."""
_BAD_SENDER = frozenset({(1, 7), (1, 8)})
_TOO_BIG = frozenset({(2, 3), (3, 4)})
_FULL = (2, 2)
_POLICY, _CONTENT = 7, 6
_OF_OURS = frozenset({530, 534, 535, 538})
"""We are asked who we are, and are not believed (RFC 4954)."""
_STORAGE = 552
_REFUSED_MAILBOX = frozenset({550, 551, 553})
_UNKNOWN = re.compile(
    r"(user|recipient|mailbox|address|account)\W+(\w+\W+){0,4}?(unknown|not (found|exist)|unavailable|disabled|invalid)"
    r"|(no such|unknown|invalid) (user|recipient|mailbox|address|account|person)|does not exist|no mailbox",
    re.I,
)
_UNWANTED = re.compile(
    r"spam|block(ed|list)|black ?list|reputation|dmarc|\bspf\b|\bdkim\b|authenticat|not permitted"
    r"|relay(ing)? (access )?denied|access denied|policy|banned|spamhaus|not allowed to send",
    re.I,
)


def blame(refused: Refused) -> Blame:
    """Whose fault a refusal is."""
    if refused.code < 500:
        return Blame.TIME
    if refused.code in _OF_OURS or refused.verb in (Verb.CONNECT, Verb.MAIL):
        # Before anybody's address was named, it cannot be about them.
        return Blame.SENDER
    enhanced = _ENHANCED.search(refused.said)
    if enhanced and enhanced[1] == "5":
        return _by_enhanced((int(enhanced[2]), int(enhanced[3])))
    return _by_code(refused)


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many refusals (1: the first); None: it has been long enough."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None


def words_of(reason: str) -> str:
    """A reason as it is read."""
    return dict(_words()).get(reason, reason.replace("_", " "))


def _by_enhanced(code: tuple[int, int]) -> Blame:
    subject, _ = code
    if code in _NO_MAILBOX:
        return Blame.PERSON
    if code == _FULL:
        return Blame.TIME
    if code in _BAD_SENDER or subject == _POLICY:
        return Blame.SENDER
    if code in _TOO_BIG or subject == _CONTENT:
        return Blame.MESSAGE
    return Blame.OTHER


def _by_code(refused: Refused) -> Blame:
    if refused.verb is not Verb.RCPT:
        return Blame.MESSAGE
    if refused.code == _STORAGE:
        # RFC 5321, 4.5.3.1.10: to be taken as "too much just now".
        return Blame.TIME
    if _UNWANTED.search(refused.said):
        return Blame.SENDER
    if refused.code in _REFUSED_MAILBOX and _UNKNOWN.search(refused.said):
        return Blame.PERSON
    return Blame.OTHER


def _words() -> Iterator[tuple[str, str]]:
    yield Blame.TIME.value, "The mail server asked to be tried again later"
    yield Blame.PERSON.value, "There is no such mailbox"
    yield Blame.MESSAGE.value, "The mail server does not want this mail"
    yield Blame.SENDER.value, "The mail server does not want mail from us"
    yield Blame.OTHER.value, "The mail server refused it"
    yield "gave_up", "Refused again and again for three days"
    yield "crashed", "Whoever handed it over ended in the middle"
    yield "no_answer", "The mail was handed over, and no answer came"
    yield from HEADINGS.items()
    yield "paused", "Sending is paused"
    yield "unlawful", "It has no postal address, or no link to unsubscribe"
    yield "not_composed", "It could not be written"
    yield "lacking", "Something that it says is not known of them"
