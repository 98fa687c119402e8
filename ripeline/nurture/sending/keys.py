"""What a mail is called by: the key under which it is sent once, its Message-ID, and where it comes back to."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

from django.conf import settings
from django.utils.encoding import force_bytes

_SIGNED = 16
"""Hexadecimal digits of a signed return path: 64 bits, and as many tries as there are forged bounces."""
_PREFIX = "bounces"


def send_key(source_kind: str, source: int, step: str, contact_key: str) -> str:
    """The key that a source, one of its steps and a contact share: for these three there is one mail.

    Raises ValueError where `step` holds a colon: two keys could then be one.
    """
    if ":" in step:
        raise ValueError(f"A step is named without colons, not {step!r}.")
    return f"{source_kind}:{source}:{step}:{contact_key}"


def message_hash(key: str) -> str:
    """What of a send key may be shown to the world."""
    return sha256(f"delivery\0{key}".encode()).hexdigest()[:32]


def message_id(key: str) -> str:
    """The Message-ID, without its brackets: the same whenever a mail is handed over again."""
    return f"{message_hash(key)}@{settings.CONFIG.site_name.strip('[]')}"


def return_path(delivery: int, domain: str) -> str:
    """The address to which a mail comes back that cannot be delivered; it names the delivery, and is signed."""
    return f"{_PREFIX}+{delivery}-{_signature(delivery, _secrets()[0])}@{domain}"


def returned_delivery(address: str) -> int | None:
    """The delivery that a return path names; None where it is none of ours, or forged."""
    local = address.rpartition("@")[0].lower()
    prefix, plus, rest = local.partition("+")
    number, dash, signature = rest.partition("-")
    if prefix != _PREFIX or not plus or not dash or not (number.isascii() and number.isdigit()):
        return None
    right = (_signature(int(number), secret) for secret in _secrets())
    return (
        int(number) if any(hmac.compare_digest(signature.encode(), each.encode()) for each in right) else None
    )


def _signature(delivery: int, secret: bytes) -> str:
    said = f"ripeline.return_path\0{delivery}".encode()
    return hmac.new(secret, said, sha256).hexdigest()[:_SIGNED]


def _secrets() -> Sequence[bytes]:
    return [force_bytes(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
