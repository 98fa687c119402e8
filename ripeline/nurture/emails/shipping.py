"""Emails that come along, to begin with: data files beside this module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ripeline.lifecycle.written import read_yaml
from ripeline.nurture.emails.content import Content

FOLDER = Path(__file__).with_name("shipped")


@dataclass(frozen=True, slots=True)
class Shipped:
    """One of them: its key and title, what people must have agreed to, what it says, and what it is for."""

    key: str
    title: str
    purpose: str
    note: str
    content: Content


@lru_cache(maxsize=1)
def shipped_emails() -> Sequence[Shipped]:
    """All of them, in order of their files' names."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.yaml")))


def shipped_email(key: str) -> Shipped | None:
    """The one with this key."""
    return next((each for each in shipped_emails() if each.key == key), None)


def _read(path: Path) -> Shipped:
    said = read_yaml(path.read_text(encoding="utf-8")).plain
    content = Content.model_validate({name: said[name] for name in Content.model_fields if name in said})
    return Shipped(path.stem.partition("-")[2], said["title"], said["purpose"], said.get("note", ""), content)
