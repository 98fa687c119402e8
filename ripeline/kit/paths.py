"""Parts of addresses."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter


class KeyConverter(StringConverter):
    """The key of a thing: up to 64 characters, since imported people keep the key of the system they come from.

    Control characters are no part of any key, and no query sees them: PostgreSQL refuses a zero byte.
    """

    regex = r"[^/\x00-\x1f\x7f]{1,64}"


def register_paths() -> None:
    """Lets addresses say `<key:name>`; asked for again, it changes nothing."""
    global _is_registered
    if not _is_registered:
        register_converter(KeyConverter, "key")
        _is_registered = True


_is_registered = False
