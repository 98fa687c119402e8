"""When each thing known of a contact was said, so that an older word that comes late does not replace a newer one.

Kept with the contact (`Contact.told`): microseconds by the name of a column ("title", "company_id"; "name" for all
three parts of it) or of a trait ("trait budget"). Under "" stands since when the rest is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ripeline.kit.instants import to_instant

REST = ""
_PARTS_OF_NAME = ("first_name", "last_name")


def told_name(name: str) -> str:
    """Under which name it is kept when a column was told."""
    return "name" if name in _PARTS_OF_NAME else "company_id" if name == "company" else name


def told_at(told: Mapping[str, int] | None, name: str, created_at: datetime | None) -> int:
    """When a column or trait of a contact was told, in microseconds: at the latest when they were added."""
    known = told or {}
    if name in known:
        return known[name]
    return known.get(REST, to_instant(created_at) if created_at else 0)


def told_again(told: Mapping[str, int] | None, names: Iterable[str], at: datetime) -> dict[str, int] | None:
    """The same, where these were told at a moment."""
    fresh = {told_name(name): to_instant(at) for name in names}
    return {**(told or {}), **fresh} or None
