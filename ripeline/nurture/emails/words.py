"""Subjects as they are listed: what stands between braces cut short."""

from __future__ import annotations

import re

_TAGS = re.compile(r"\{%.*?%\}", re.S)
_FIELDS = re.compile(r"\{\{\s*(?:contact\.)?([\w.]+)[^}]*\}\}")


def brief(subject: str) -> str:
    """A subject without conditions, its fields by their names: Welcome, [first name]."""
    named = _FIELDS.sub(lambda match: f"[{match[1].replace('_', ' ').replace('.', ' ')}]", subject)
    return " ".join(_TAGS.sub("", named).split())
