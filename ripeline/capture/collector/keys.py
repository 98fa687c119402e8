"""Write keys: the verbs on them, and how a request shows one."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from django.db.models import QuerySet

from ripeline.capture.collector.exchange import Asked
from ripeline.capture.collector.models import WriteKey
from ripeline.capture.collector.reading import Sent


class NoOrigin(ValueError):
    """What was given is no origin of a site; the text says what was."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A write key as the collector knows it."""

    pk: int
    is_public: bool
    origins: frozenset[str]

    def lets_in(self, origin: str | None) -> bool:
        """Whether a page of that origin may send with it. Who is no browser names none: that proves nothing."""
        return not self.origins or origin is None or origin.lower() in self.origins


def make_key(name: str, purpose: str, origins: Sequence[str] = (), *, now: datetime) -> WriteKey:
    """A new key. Raises NoOrigin where one of `origins` is not as "https://www.example.com"."""
    read = sorted({read_origin(origin) for origin in origins})
    return WriteKey.objects.create(name=name.strip()[:80], purpose=purpose, origins=read, created_at=now)


def public_keys() -> QuerySet[WriteKey]:
    """The keys that may stand in pages for everybody to read: those of websites. A server's is a secret."""
    return WriteKey.objects.filter(is_active=True, purpose=WriteKey.Purpose.WEBSITE).order_by("name", "pk")


def end_key(key: WriteKey) -> None:
    """No more is taken with it; every server process knows within seconds. What came stays."""
    WriteKey.objects.filter(pk=key.pk).update(is_active=False)


def set_origins(key: WriteKey, origins: Sequence[str]) -> None:
    """Lets only pages of these sites send with the key; none: pages of any. Raises NoOrigin."""
    key.origins = sorted({read_origin(origin) for origin in origins})
    key.save(update_fields=["origins"])


def read_origin(written: str) -> str:
    """An origin as browsers write it. Raises NoOrigin with what was written."""
    try:
        site = urlsplit(written.strip().lower())
        port = site.port
    except ValueError:
        raise NoOrigin(written) from None
    if site.scheme not in ("http", "https") or not site.hostname or site.path.strip("/") or site.query:
        raise NoOrigin(written)
    usual = {"http": 80, "https": 443}[site.scheme]
    host = f"[{site.hostname}]" if ":" in site.hostname else site.hostname
    return f"{site.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")


def shown_key(asked: Asked, sent: Sent) -> str:
    """The key of a request: the user name of its basic authorisation, else what stands in the body; "" for none."""
    shown = key_of_header(asked.header("authorization") or "")
    if shown:
        return shown
    return sent.write_key if isinstance(sent.write_key, str) else ""


@lru_cache(maxsize=4096)
def key_of_header(value: str) -> str:
    """The key that a basic authorisation shows as its user name; "" for none."""
    scheme, _, coded = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(coded.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""
