"""Mails of deliveries: what is said, to whom, in whose name, and the headers that mailbox providers ask for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

from ripeline.nurture.sending.keys import message_hash, return_path
from ripeline.nurture.sending.mail import Mail, Never, NotNow
from ripeline.nurture.sending.mime import NotSafe, Signer, address, build, named_address, one_line, sign
from ripeline.nurture.sending.models import Delivery, SendingSettings

log = logging.getLogger(__name__)

SIGNED = (
    *("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "Feedback-ID", "MIME-Version", "Content-Type"),
)
"""RFC 8058, 4: the headers for unsubscribing must be among them."""
NOT_YET = "(Your postal address stands here once the settings of sending name it.)"
"""For mails that are only looked at: what leaves has one."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says to one person, and the address at which they unsubscribe with one click."""

    subject: str
    text: str
    html: str
    unsubscribe: str


class Writer(Protocol):
    """Finds the words of mails; those of whom something is lacking are Never, with its name."""

    def __call__(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Words | Never]:
        """The words of each, by id."""


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name mails go out, and what they are signed with."""

    name: str
    address: str
    reply_to: str
    bounce_domain: str
    postal_address: str = ""
    signer: Signer | None = None


def sender_of(ours: SendingSettings, secrets: Mapping[str, str]) -> Sender:
    """The sender that the settings name; where they name nobody, as the installation does."""
    site = settings.CONFIG.site_name.strip("[]")
    postal = " ".join(ours.postal_address.split())
    if not postal and ours.transport == SendingSettings.Transport.LOCAL:
        postal = NOT_YET
    signer = None
    if ours.dkim_domain and ours.dkim_selector and secrets.get("dkim_key"):
        signer = Signer(ours.dkim_domain, ours.dkim_selector, secrets["dkim_key"])
    return Sender(
        ours.from_name or "Ripeline",
        ours.from_address or f"ripeline@{site if '.' in site else 'localhost'}",
        ours.reply_to,
        ours.bounce_domain,
        postal,
        signer,
    )


class LetterComposer:
    """Composes mails in the name of one sender."""

    def __init__(self, sender: Sender, write: Writer) -> None:
        self.sender, self.write = sender, write

    def compose(self, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Mail | NotNow | Never]:
        """The mail of each, by id, or why there is none."""
        words = self.write(deliveries, now)
        made: dict[int, Mail | NotNow | Never] = {}
        for each in deliveries:
            said = words.get(each.pk, Never("not_composed"))
            made[each.pk] = said if isinstance(said, Never) else self._mail(each, said, now)
        return made

    def _mail(self, delivery: Delivery, words: Words, now: datetime) -> Mail | Never:
        contact = delivery.contact.merged_into or delivery.contact
        # A test is written as the contact would get it, and goes to a colleague.
        is_test = delivery.source_kind == Delivery.Source.TEST
        goes_to, name = (delivery.address, "") if is_test else (contact.email, contact.name)
        if not goes_to:
            return Never("no_address")
        if unlawful := _what_is_unlawful(words, self.sender):
            return Never("unlawful", unlawful)
        try:
            to = address(goes_to, of="Their address")
            headers = self._headers(delivery, words, named_address(name, to, of="Their name"), now)
            raw = build(headers, words.text, words.html, boundary=f"part-{message_hash(delivery.send_key)}")
            if self.sender.signer:
                raw = sign(raw, self.sender.signer, covering=SIGNED, at=int(now.timestamp()))
        except NotSafe as odd:
            return Never("not_composed", str(odd))
        return Mail(
            delivery.pk,
            delivery.message_id,
            self._return_path(delivery),
            to,
            headers,
            words.text,
            words.html,
            raw,
        )

    def _headers(
        self, delivery: Delivery, words: Words, to: str, now: datetime
    ) -> tuple[tuple[str, str], ...]:
        sender, domain = self.sender, self.sender.address.rpartition("@")[2]
        reply = (
            (("Reply-To", address(sender.reply_to, of="The address for answers")),) if sender.reply_to else ()
        )
        return (
            ("From", named_address(sender.name, sender.address, of="The sender")),
            *reply,
            ("To", to),
            ("Subject", one_line(words.subject, of="The subject")),
            ("Date", format_datetime(now)),
            ("Message-ID", f"<{delivery.message_id}>"),
            ("List-Id", f"<{one_line(delivery.purpose, of='The purpose')}.{domain}>"),
            ("List-Unsubscribe", f"<{words.unsubscribe}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Feedback-ID", f"{delivery.source}:{delivery.source_kind}:{delivery.purpose}:ripeline"),
        )

    def _return_path(self, delivery: Delivery) -> str:
        if self.sender.bounce_domain:
            return return_path(delivery.pk, self.sender.bounce_domain)
        return self.sender.address


def _what_is_unlawful(words: Words, sender: Sender) -> str:
    """What the law or mailbox providers ask of a mail to many and this one lacks, as a sentence; "" where nothing."""
    if not is_lawful(words.unsubscribe):
        return "Its address to unsubscribe is not one that begins with https."
    if words.unsubscribe not in words.text:
        return "It has no link to unsubscribe."
    if sender.postal_address and sender.postal_address not in " ".join(words.text.split()):
        return "It has no postal address."
    return ""


def is_lawful(unsubscribe: str) -> bool:
    """Whether an address to unsubscribe is one that RFC 8058 allows; on this machine alone http will do."""
    parts = urlsplit(unsubscribe)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
