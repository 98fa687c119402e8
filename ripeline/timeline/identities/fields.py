"""What a contact says of itself while it is one with others: its own fields, and those of the others where it is blank
or where they were told something newer since.

What was filled is noted with its value, so that it can be told from what somebody wrote since: that stays, and the
field is not filled again while the contact is one with others, unless one of them is told something newer still.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ripeline.kit.instants import to_instant
from ripeline.people.models import Company, Contact, User
from ripeline.people.told import told_at, told_name

NAMES = ("name", "first_name", "last_name")
COLUMNS = (
    *("title", "seniority", "company_id", "country", "language", "time_zone", "source", "owner_id"),
    *NAMES,
)
TOLD = frozenset({"title", "seniority", "company_id", "country", "language", "time_zone", *NAMES})
"""The columns of which the newest word counts."""
SET_ASIDE = ("company_id", "owner_id", "source", "tags")
"""What a list would find somebody by who is in none."""
Way = tuple[str, str, bool]
"""An identity: its kind, its value, and whether it is the primary one of its kind."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Values taken from others, by name: `columns` and `traits`; `tags`; the names of what somebody `edited` since
    ("title", "trait budget", "tag vip"); and what the contact itself says where that is not blank, but older
    (`own`, by the same names)."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    edited: Sequence[str] = ()
    own: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any] | None:
        """As it is kept with the contact; None for nothing."""
        kept = {"columns": dict(self.columns), "traits": dict(self.traits)}
        found = kept | {"tags": list(self.tags), "edited": list(self.edited)}
        if self.own:
            found |= {"own": dict(self.own)}
        return found if any(found.values()) else None


def filled_of(contact: Contact) -> Filled:
    """What of a contact's fields comes from others."""
    return Filled(**(contact.filled or {}))


def own_fields(contact: Contact) -> Sequence[str]:
    """Makes a contact, in memory, what it is by itself; returns the names of what was filled and edited since."""
    if contact.set_aside is not None:
        _bring_back(contact)
        return ()
    filled = filled_of(contact)
    edited = list(filled.edited)
    for name, value in filled.columns.items():
        if getattr(contact, name) == value:
            setattr(contact, name, filled.own.get(name, blank(name)))
        else:
            edited.append(name)
    traits = dict(contact.traits)
    for name, value in filled.traits.items():
        if name in traits and traits[name] == value:
            del traits[name]
            if f"trait {name}" in filled.own:
                traits[name] = filled.own[f"trait {name}"]
        else:
            edited.append(f"trait {name}")
    edited += [f"tag {tag}" for tag in filled.tags if tag not in contact.tags]
    contact.traits = traits
    contact.tags = [tag for tag in contact.tags if tag not in filled.tags]
    edited = list(dict.fromkeys(edited))
    contact.filled = Filled(edited=edited).to_json()
    return edited


def fill(contact: Contact, others: Sequence[Contact]) -> None:
    """Fills what a contact leaves blank from others, in their order; all are as they are by themselves."""
    if not others:
        contact.filled = None
        return
    edited = filled_of(contact).edited
    columns = {name: value for name, value in _first_values(contact, others).items() if name not in edited}
    traits = {name: value for name, value in _first_traits(contact, others) if f"trait {name}" not in edited}
    columns |= _newer_values(contact, others)
    traits |= _newer_traits(contact, others)
    tags = [tag for tag in _more_tags(contact, others) if f"tag {tag}" not in edited]
    own = {name: getattr(contact, name) for name in columns if not is_blank(getattr(contact, name))}
    own |= {f"trait {name}": contact.traits[name] for name in traits if name in contact.traits}
    for name, value in columns.items():
        setattr(contact, name, value)
    contact.traits = contact.traits | traits
    contact.tags = [*contact.tags, *tags]
    contact.filled = Filled(columns, traits, tags, edited, own).to_json()


def set_aside(contact: Contact, ways: Sequence[Way]) -> None:
    """Takes from a contact, in memory, what lists would find it by, and keeps it; `ways` are its own identities."""
    contact.set_aside = {name: getattr(contact, name) for name in SET_ASIDE} | {"ways": list(ways)}
    contact.filled = None
    contact.search_text = ""
    for name in SET_ASIDE:
        setattr(contact, name, blank(name))


def kept_ways(contact: Contact) -> Sequence[Way] | None:
    """The identities that a merged contact had by itself; None for one that lives."""
    return None if contact.set_aside is None else [(*each,) for each in contact.set_aside["ways"]]


def blank(name: str) -> Any:
    """What a column holds where nothing is known."""
    return [] if name == "tags" else None if name.endswith("_id") else ""


def is_blank(value: Any) -> bool:
    """Whether this says nothing."""
    return value in ("", None)


def _bring_back(contact: Contact) -> None:
    kept = contact.set_aside or {}
    for name in SET_ASIDE:
        setattr(contact, name, kept.get(name, blank(name)))
    # Companies and users are deleted; of those nothing can be brought back.
    if contact.company_id and not Company.objects.filter(pk=contact.company_id).exists():
        contact.company_id = None
    if contact.owner_id and not User.objects.filter(pk=contact.owner_id).exists():
        contact.owner_id = None
    contact.set_aside = None


def _first_values(contact: Contact, others: Sequence[Contact]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    named = _named([contact, *others])
    for name in COLUMNS:
        # Names are not put together from two people's.
        sources = ([] if named is contact else [named]) if name in NAMES else others
        values = (
            getattr(other, name)
            for other in sources
            if other and not _took_out(contact, told_name(name), other)
        )
        value = next((each for each in values if not is_blank(each)), None)
        if value is not None and is_blank(getattr(contact, name)):
            found[name] = value
    return found


def _took_out(contact: Contact, name: str, other: Contact) -> bool:
    """Whether it was taken out of the contact since they are one, after the other was told it."""
    at = (contact.told or {}).get(name)
    if at is None or other.merged_at is None:
        return False
    return bool(at > max(to_instant(other.merged_at), (other.told or {}).get(name, 0)))


def _newer_values(contact: Contact, others: Sequence[Contact]) -> dict[str, Any]:
    """What others were told since they became one with the contact, and after it was told the same thing itself."""
    found: dict[str, Any] = {}
    for name in sorted(TOLD):
        teller = _newest(contact, others, told_name(name))
        if teller is None or getattr(teller, name) == getattr(contact, name):
            continue
        if name in NAMES or not is_blank(getattr(teller, name)):
            found[name] = getattr(teller, name)
    return found


def _newer_traits(contact: Contact, others: Sequence[Contact]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted({name for other in others for name in other.traits}):
        teller = _newest(contact, others, f"trait {name}")
        value = teller.traits.get(name) if teller else None
        if not is_blank(value) and value != contact.traits.get(name):
            found[name] = value
    return found


def _newest(contact: Contact, others: Sequence[Contact], name: str) -> Contact | None:
    """Who of the others was told this last, since they became one with the contact and after it was told it itself."""
    at = told_at(contact.told, name, contact.created_at)
    found: Contact | None = None
    for other in others:
        said = (other.told or {}).get(name)
        if said is not None and said > at and other.merged_at and said > to_instant(other.merged_at):
            found, at = other, said
    return found


def _named(people: Sequence[Contact]) -> Contact | None:
    return next((each for each in people if any(getattr(each, name) for name in NAMES)), None)


def _first_traits(contact: Contact, others: Sequence[Contact]) -> Sequence[tuple[str, Any]]:
    found: dict[str, Any] = {}
    for other in others:
        for name, value in other.traits.items():
            if is_blank(value) or _took_out(contact, f"trait {name}", other):
                continue
            if is_blank(contact.traits.get(name)):
                found.setdefault(name, value)
    return list(found.items())


def _more_tags(contact: Contact, others: Sequence[Contact]) -> Sequence[str]:
    return [
        tag for tag in dict.fromkeys(tag for other in others for tag in other.tags) if tag not in contact.tags
    ]
