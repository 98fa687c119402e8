"""Mails as they go over the wire, read back by others' readers."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.sending.composing import SIGNED, LetterComposer, Sender, Words
from ripeline.nurture.sending.keys import message_id, return_path, returned_delivery, send_key
from ripeline.nurture.sending.mail import Mail, Never
from ripeline.nurture.sending.mime import NotSafe, Signer, build
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Contact

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
KEY = send_key("broadcast", 7, "1", "a-contact")
UNSUBSCRIBE = "https://ours.example/u/token/"
SENDER = Sender(
    "Änn of Ours",
    "ann@ours.example",
    "answers@ours.example",
    "bounces.ours.example",
    "Ours Ltd, 1 Street, Amsterdam",
)
POSTAL = SENDER.postal_address
TEXT = f"Grüße,\n.a line that begins with a dot\nFrom here on\n\n{POSTAL}\nUnsubscribe: {UNSUBSCRIBE}\n"
WORDS = Words("Où est le prix?", TEXT, "<p>Grüße " + "x" * 2000 + "</p>\n", UNSUBSCRIBE)


def test_a_mail_has_every_header_that_mailbox_providers_ask_for() -> None:
    mail = composed(WORDS)
    read = email.message_from_bytes(mail.raw, policy=email.policy.default)
    assert {name: str(value) for name, value in read.items() if name not in ("Date", "Content-Type")} == {
        "From": "Änn of Ours <ann@ours.example>",
        "Reply-To": "answers@ours.example",
        "To": "Jo Reader <jo@theirs.example>",
        "Subject": "Où est le prix?",
        "Message-ID": f"<{message_id(KEY)}>",
        "List-Id": "<newsletter.ours.example>",
        "List-Unsubscribe": f"<{UNSUBSCRIBE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "7:broadcast:newsletter:ripeline",
        "MIME-Version": "1.0",
    }
    text, html = read.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == TEXT
    assert html.get_content().replace("\r\n", "\n") == WORDS.html
    assert max(len(line) for line in mail.raw.split(b"\r\n")) < 998
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    assert returned_delivery(mail.sender) == 11


def test_its_signature_holds_and_covers_what_one_unsubscribes_with() -> None:
    private, record = signing_key()
    mail = composed(WORDS, replace(SENDER, signer=Signer("ours.example", "s1", private)))
    said = email.message_from_bytes(mail.raw)["DKIM-Signature"]
    covered = said.partition("h=")[2].partition(";")[0].split(":")
    assert (
        {"From", "List-Unsubscribe", "List-Unsubscribe-Post", "Subject", "To"} <= set(covered) <= set(SIGNED)
    )
    assert covered.count("From") == 2

    def ask(name: bytes, **_: object) -> bytes:
        assert name == b"s1._domainkey.ours.example."
        return record

    assert dkim.verify(mail.raw, dnsfunc=ask)
    assert not dkim.verify(mail.raw.replace(b"/u/token/", b"/u/other/"), dnsfunc=ask)
    assert not dkim.verify(b"From: eve@evil.example\r\n" + mail.raw, dnsfunc=ask)


@pytest.mark.parametrize(
    "odd", ["a\r\nBcc: eve@evil.example", "a\nb", "a\rb", "a\x00b", "a\x0bb", "a\u2028b", "a\x85b"]
)
def test_nothing_that_a_person_or_a_writer_says_becomes_a_header(odd: str) -> None:
    for made in (
        compose(replace(WORDS, subject=odd)),
        compose(WORDS, replace(SENDER, name=odd)),
        compose(WORDS, name=odd),
        compose(WORDS, to=f"{odd}@theirs.example"),
    ):
        assert isinstance(made, Never)
        assert made.reason == "not_composed"
    with pytest.raises(NotSafe):
        build([("X-Any", odd)], "", "", boundary="b")


@pytest.mark.parametrize(
    "to", ["jo@theirs.example>,<eve@evil.example", "jo", "a b@theirs.example", "jö@theirs.example"]
)
def test_what_is_no_address_is_not_written_to(to: str) -> None:
    assert isinstance(compose(WORDS, to=to), Never)


@pytest.mark.parametrize(
    "address", ["http://ours.example/u/t/", "ftp://ours.example/", "", "//ours.example/u"]
)
def test_a_mail_that_nobody_can_unsubscribe_from_is_not_sent(address: str) -> None:
    refused = compose(replace(WORDS, unsubscribe=address, text=f"{POSTAL} {address}"))
    assert isinstance(refused, Never)
    assert refused.reason == "unlawful"


def test_neither_is_one_without_the_link_or_the_postal_address_in_its_words() -> None:
    for text, lacks in ((POSTAL, "no link to unsubscribe"), (UNSUBSCRIBE, "no postal address")):
        refused = compose(replace(WORDS, text=text))
        assert isinstance(refused, Never)
        assert lacks in refused.said
    local = "http://127.0.0.1:8000/u/t/"
    composed(replace(WORDS, unsubscribe=local, text=f"{local} {POSTAL}"))


def test_a_return_path_that_is_forged_names_no_delivery() -> None:
    ours = return_path(11, "ours.example")
    assert returned_delivery(ours) == 11
    assert returned_delivery(ours.upper()) == 11
    for forged in (
        ours.replace("+11-", "+12-"),
        "bounces+11-@x",
        "bounces+11@x",
        "ann@ours.example",
        "bounces+²-a@x",
        "",
    ):
        assert returned_delivery(forged) is None


def test_a_mail_is_called_the_same_whenever_it_is_asked_for_and_nothing_of_its_key_shows() -> None:
    assert message_id(KEY) == message_id(KEY)
    assert "a-contact" not in message_id(KEY)
    with pytest.raises(ValueError, match="without colons"):
        send_key("broadcast", 7, "1:2", "a")


def composed(words: Words, sender: Sender = SENDER) -> Mail:
    made = compose(words, sender)
    assert isinstance(made, Mail), made
    return made


def compose(
    words: Words, sender: Sender = SENDER, *, name: str = "Jo Reader", to: str = "jo@theirs.example"
) -> object:
    """What becomes of one delivery that is in no database."""
    contact = Contact(pk=3, key="a-contact", name=name, email=to)
    version = EmailVersion(pk=5, email=Email(key="welcome"))
    delivery = Delivery(
        pk=11, contact=contact, version=version, purpose="newsletter", source_kind="broadcast", source=7,
        send_key=KEY, message_id=message_id(KEY),
    )  # fmt: skip

    def write(deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Words | Never]:
        return {each.pk: words for each in deliveries}

    return LetterComposer(sender, write).compose([delivery], NOW)[11]


@cache
def signing_key() -> tuple[str, bytes]:
    """A private key as PEM, and what the DNS says of it."""
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
