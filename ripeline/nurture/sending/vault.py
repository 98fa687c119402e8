"""Secrets at rest: what is kept in the database is of no use without the installation's key."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


class Lost(Exception):
    """The secrets were kept under a key that this installation no longer has."""


def seal(secrets: Mapping[str, str]) -> str:
    """Secrets as they are kept; nothing where there are none."""
    kept = {name: value for name, value in secrets.items() if value}
    return _keys().encrypt(json.dumps(kept).encode()).decode() if kept else ""


def unseal(kept: str) -> dict[str, str]:
    """Secrets as they were. Raises Lost."""
    if not kept:
        return {}
    try:
        found = json.loads(_keys().decrypt(kept.encode()))
    except InvalidToken:
        raise Lost("The passwords were kept under another secret key: they must be typed in again.") from None
    return {str(name): str(value) for name, value in found.items()}


def _keys() -> MultiFernet:
    """The newest first: what is sealed anew is under that."""
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(sha256(b"ripeline.vault\0" + force_bytes(secret)).digest()))
