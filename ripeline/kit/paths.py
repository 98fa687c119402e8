"""Parts of addresses."""

from __future__ import annotations

import re

from django.urls import register_converter
from django.urls.converters import StringConverter


class KeyConverter(StringConverter):
    """The key of a thing: up to 64 characters, since imported people keep the key of the system they come from.

    Control characters are no part of any key, and no query sees them: PostgreSQL refuses a zero byte.
    """

    regex = r"[^/\x00-\x1f\x7f]{1,64}"


# What stands at the place of a key in an address of ours.
_TAKEN = frozenset({"new", "count", "columns", "bulk", "views", "export.csv"})


def fits_address(key: str) -> bool:
    """Whether a key from elsewhere can stand in an address; who has another gets a key of ours."""
    return re.fullmatch(KeyConverter.regex, key) is not None and key not in _TAKEN | {".", ".."}


def register_paths() -> None:
    """Lets addresses say `<key:name>`; asked for again, it changes nothing."""
    global _is_registered
    if not _is_registered:
        register_converter(KeyConverter, "key")
        _is_registered = True


_is_registered = False
