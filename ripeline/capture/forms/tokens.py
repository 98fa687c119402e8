"""The token in each page of a form: signed, it says what was asked and when, and makes what is sent count once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from django.core.signing import BadSignature, Signer

from ripeline.kit.ids import new_key

SALT = "ripeline.form"
HOLDS_FOR = timedelta(hours=24)
"""After this long a page is shown anew, with what was typed."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page that was shown: of which form, in which version and language, asking which fields, when."""

    form: str
    version: int
    language: str
    asked: tuple[str, ...]
    at: datetime
    nonce: str

    def is_old(self, now: datetime) -> bool:
        """Whether it stood open for too long, or comes from the future."""
        return not timedelta(0) <= now - self.at <= HOLDS_FOR


def sign_page(form: str, version: int, *, language: str, asked: Iterable[str], now: datetime) -> str:
    """The token of a page that is shown now."""
    said = [form, version, language, list(asked), int(now.timestamp() * 1000), new_key()]
    return Signer(salt=SALT).sign_object(said)


def read_page(token: str, form: str) -> Page | None:
    """The page that a token was made for; None where it is none of ours, or another form's."""
    try:
        said = Signer(salt=SALT).unsign_object(token)
        of, version, language, asked, at, nonce = said
    except (BadSignature, ValueError, TypeError):
        return None
    if of != form:
        return None
    return Page(of, version, language, tuple(asked), datetime.fromtimestamp(at / 1000, tz=UTC), nonce)


def uid_of(nonce: str, sent: Iterable[tuple[str, str]]) -> str:
    """The id of what was sent from a page: the same for the same words, however often they come. Who goes back in
    their browser and writes something else means something else."""
    digest = blake2b(nonce.encode(), digest_size=16)
    for name, value in sorted(sent):
        digest.update(f"\0{name}\0{value}".encode(errors="replace"))
    return digest.hexdigest()
