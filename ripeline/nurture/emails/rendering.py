"""A version of an email as one person gets it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from ripeline.nurture.emails.limits import MissingField
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.models import EmailVersion
from ripeline.nurture.emails.people import PersonData
from ripeline.nurture.emails.templates import filled, read_template
from ripeline.nurture.emails.text_part import tidy

AT_HAND = 200
"""Versions whose templates are kept ready."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")


class Links(Protocol):
    """The addresses of one delivery that are its reader's own.

    It may have `trap` besides: the address of a link that nobody sees, which only programs follow.
    """

    @property
    def unsubscribe(self) -> str:
        """Where they get nothing more."""

    @property
    def preferences(self) -> str:
        """Where they choose what they get."""

    @property
    def browser(self) -> str:
        """Where they read it in a browser."""

    @property
    def pixel(self) -> str:
        """The picture that tells of an open; "" where opens are not tracked."""

    def follow(self, number: int, url: str) -> str:
        """The address to put in place of link `number` of the version, which leads to `url`."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: name, and postal address, which may have lines."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail for one person. The subject is one line without control characters."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """There is no mail for this person: `field` is not known of them and has no default ("": something else), in
    which part (`where`), as a sentence."""

    field: str
    where: str
    said: str


def render(version: EmailVersion, person: PersonData, *, links: Links, sender: Sender) -> Rendered | Lacking:
    """The mail for one person. What is known of them is written as text: none of it is ever read as a template.

    Raises LookupError where the version does not hold what a published version holds.
    """
    known: dict[str, object] = {
        **person,
        "language": str(version.content.get("language", "en")),
        "unsubscribe": links.unsubscribe,
        "preferences": links.preferences,
        "browser": links.browser,
        "pixel": links.pixel,
        "trap": getattr(links, "trap", ""),
        "sender": _of_sender(sender),
    }
    where = "Link"
    try:
        known["links"] = [
            links.follow(number, filled(_ready(url, False), known) if "{" in url else url)
            for number, url in enumerate(version.links)
        ]
        where = "Subject"
        subject = _CONTROLS.sub(" ", filled(_ready(version.subject, False), known)).strip()
        where = "Content"
        html = filled(_ready(version.html, True), known)
        where = "Text part"
        text = tidy(filled(_ready(version.text, False), known))
    except MissingField as missing:
        return Lacking(missing.field, where, f"{missing.field} is not known of them, and has no default.")
    except LiquidError as odd:
        return Lacking("", where, f"It cannot be written: {odd.message}.")
    if not subject:
        return Lacking("", "Subject", "The subject is empty for them.")
    return Rendered(subject, html, text)


def address_of(version: EmailVersion, number: int, person: PersonData) -> str | None:
    """Where link `number` of a version leads for this person; None where there is no such link, or it has a field that
    is not known of them."""
    links: Sequence[str] = version.links
    if not 0 <= number < len(links):
        return None
    if "{" not in links[number]:
        return links[number]
    try:
        return filled(
            _ready(links[number], False), {**person, "language": version.content.get("language", "en")}
        )
    except (MissingField, LiquidError):
        return None


@dataclass(frozen=True, slots=True)
class Shown:
    """Links of a mail that is only looked at: they lead where they say, and the reader's own lead nowhere."""

    unsubscribe: str = "#unsubscribe"
    preferences: str = "#preferences"
    browser: str = "#browser"
    pixel: str = ""

    def follow(self, number: int, url: str) -> str:
        """The address itself."""
        return url


def _of_sender(sender: Sender) -> dict[str, str]:
    """The sender as mails may write it; what is empty is missing."""
    address = ", ".join(line.strip(" ,") for line in sender.address.splitlines() if line.strip(" ,"))
    said = {"name": sender.name.strip(), "address": address}
    return {name: value for name, value in said.items() if value}


@lru_cache(maxsize=4 * AT_HAND)
def _ready(source: str, is_html: bool) -> BoundTemplate:
    read = read_template(source, "", is_html=is_html)
    if isinstance(read, Mistakes):
        raise LookupError(str(read))
    return read
