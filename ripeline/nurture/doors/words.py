"""What the page behind a mail's links says, in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ripeline.lifecycle.written import read_yaml
from ripeline.people.consent import title_of

TABLE = Path(__file__).with_name("sentences.yaml")
NAMES: Mapping[str, str] = {
    "en": "English",
    "nl": "Nederlands",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "pt": "Português",
}


OURS = frozenset({"newsletter", "offers", "events"})


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """By language, every sentence by its name."""
    said = read_yaml(TABLE.read_text(encoding="utf-8")).plain
    return {str(code): {str(name): str(text) for name, text in rows.items()} for code, rows in said.items()}


def topic_named(purpose: str, language: str) -> str:
    """A purpose as its reader calls it."""
    return sentences()[language][purpose] if purpose in OURS else title_of(purpose)
