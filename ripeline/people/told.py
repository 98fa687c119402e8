"""When each thing known of a contact was said, so that an older word that comes late does not replace a newer one.

Kept with the contact (`Contact.told`): microseconds by the name of a column ("title", "company_id"; "name" for all
three parts of it) or of a trait ("trait budget"). Under "" stands since when the rest is known.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from ripeline.kit.instants import to_instant

REST = ""
_PARTS_OF_NAME = ("first_name", "last_name")


def told_name(name: str) -> str:
    """Under which name it is kept when a column was told."""
    return "name" if name in _PARTS_OF_NAME else "company_id" if name == "company" else name


def told_trait(name: str) -> str:
    """Under which name it is kept when a trait was told."""
    return f"trait {name}"


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


def told_changes(before: Mapping[str, int] | None, after: Mapping[str, int] | None) -> dict[str, list[int]]:
    """What changed, by name, as [before, after], or [after] where nothing was kept before."""
    was = before or {}
    return {
        name: [was[name], at] if name in was else [at]
        for name, at in (after or {}).items()
        if was.get(name) != at
    }


def told_before(
    told: Mapping[str, int] | None, changes: Mapping[str, list[int]], *, but: Container[str]
) -> dict[str, int] | None:
    """The same without these changes, where nothing was told anew since; those named in `but` stay."""
    found = dict(told or {})
    for name, moments in changes.items():
        if name in but or found.get(name) != moments[-1]:
            continue
        if len(moments) > 1:
            found[name] = moments[0]
        else:
            del found[name]
    return found or None
