"""Links to what is being written: signed, and for some days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer

SALT = "ripeline.page.preview"
HOLDS_FOR = timedelta(days=7)


def sign_preview(slug: str, *, now: datetime) -> str:
    """The token of a link to a page's draft."""
    return Signer(salt=SALT).sign_object([slug, int((now + HOLDS_FOR).timestamp())])


def read_preview(token: str, now: datetime) -> str | None:
    """The page's slug; None where the token is none of ours or its time is over."""
    try:
        slug, until = Signer(salt=SALT).unsign_object(token)
        return str(slug) if now.timestamp() < until else None
    except (BadSignature, ValueError, TypeError):
        return None
