"""Telling machines from people who fill in a form, without asking anybody else: what is noticed makes it a suspect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from ripeline.capture.forms.models import Form
from ripeline.capture.forms.reading import Read
from ripeline.kit.senders import sender_of
from ripeline.people.values import mailbox_of

HONEYPOT = "homepage_url"
"""A field that nobody sees; who fills it in reads no pages."""
FASTEST = timedelta(seconds=2)
"""Nobody reads and fills in a form sooner."""
WINDOW = timedelta(minutes=10)
HOLD_ABOVE, REFUSE_ABOVE = 10, 60
"""Sent to one form by one address within the window: more are held, and more than many are not kept at all."""
FORM_HOLDS_ABOVE = 2_000
"""Sent to one form by everybody together within the window: more are held, whoever they are from. None is refused for
what others did."""
MOST_LINKS = 2
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)

SIGNALS = {
    "honeypot": "a field that nobody sees was filled in",
    "too-fast": "it was sent sooner than anybody reads",
    "too-many": "many came from one place, or about one address, within minutes",
    "links": "it is full of links",
    "no-proof": "the browser did not do the work that was asked of it",
    "machine": "the request looks like a machine's",
    "reused": "one page was sent many times with other words",
}
MOST_OF_ONE_PAGE = 5
Rate = Literal["fine", "hold", "refuse"]


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a request shows beside the words themselves: how long the page was open (None: nobody knows), what the
    honeypot holds, how much came from there lately, and whether the asked work was done."""

    open_for: timedelta | None
    honeypot: str
    rate: Rate
    has_proof: bool = True
    is_machine: bool = False
    pages_sent: int = 0


def signals_of(noticed: Noticed, read: Read) -> tuple[str, ...]:
    """The signals that make it a suspect; none where nothing is odd."""
    return tuple(_signals(noticed, read))


def rate_of(form: Form, address: str, *, now: datetime) -> Rate:
    """Counts one more from an address, of which only a hash is kept for a while, and says whether that is too many."""
    window = int(now.timestamp() // WINDOW.total_seconds())
    mine = _count(f"form-rate:{form.pk}:{window}:{_hash(sender_of(address))}")
    if mine > REFUSE_ABOVE:
        return "refuse"
    # What is refused counts for nobody but its sender.
    everybody = _count(f"form-rate:{form.pk}:{window}")
    return "hold" if mine > HOLD_ABOVE or everybody > FORM_HOLDS_ABOVE else "fine"


def is_often(form: Form, email: str, *, now: datetime) -> bool:
    """Counts one more about a mailbox, however its address is spelt and whoever sends it, and says whether that is more
    than a person needs."""
    window = int(now.timestamp() // WINDOW.total_seconds())
    return _count(f"form-rate:{form.pk}:{window}:@{_hash(mailbox_of(email))}") > HOLD_ABOVE


def _hash(word: str) -> str:
    return salted_hmac("ripeline.form.rate", word).hexdigest()[:20]


def _signals(noticed: Noticed, read: Read) -> Iterator[str]:
    if noticed.honeypot.strip():
        yield "honeypot"
    if noticed.open_for is not None and noticed.open_for < FASTEST:
        yield "too-fast"
    if noticed.rate != "fine":
        yield "too-many"
    if not noticed.has_proof:
        yield "no-proof"
    if noticed.is_machine:
        yield "machine"
    if noticed.pages_sent >= MOST_OF_ONE_PAGE:
        yield "reused"
    words = [value for value in read.answers.values() if isinstance(value, str)]
    if sum(len(_LINK.findall(each)) for each in words) > MOST_LINKS:
        yield "links"


def _count(name: str) -> int:
    # Two at the same instant may be counted as one: the limit is no lock.
    count = int(cache.get(name) or 0) + 1
    cache.set(name, count, 2 * WINDOW.total_seconds())
    return count
