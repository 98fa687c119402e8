"""What a contact is by a word about them: of each thing the newest word counts, whenever we hear of it.

A website's word fills what is blank, a server's replaces what is older. Of an older word than the one that counts
nothing is seen but in the log, which keeps both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ripeline.capture.digest.traits import Told
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Scalar
from ripeline.people.contacts import MOST_TRAITS, ContactDraft, display_name
from ripeline.people.models import Company
from ripeline.people.told import told_at
from ripeline.timeline.changes import changed_traits, rule_traits

ONE_MOMENT = 1_000
"""Microseconds: clocks of senders tell no more. Of two words of one moment the one that comes later counts."""
MOST_CLAIMED = MOST_TRAITS // 2
MOST_KNOWN = MOST_TRAITS + MOST_CLAIMED
"""Traits that a contact may have when a website, or a server, adds one: whatever websites say, servers have room."""
COLUMNS = ("title", "seniority", "country", "language", "time_zone")
NAMES = ("name", "first_name", "last_name")
Line = tuple[int, Mapping[str, Scalar]]
"""What rules may look at of a contact, as it was said at an instant."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A contact after a word, and what the log is to say of it."""

    draft: ContactDraft
    lines: Sequence[Line] = ()


@dataclass(slots=True)
class _Weighed:
    """A contact's columns and traits, by the names of `Contact.told`, on their way from old to new."""

    draft: ContactDraft
    at: int
    overwrite: bool
    taken: dict[str, Any] = field(default_factory=dict)
    older: dict[str, Any] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)

    def offer(self, name: str, known: Any, said: Any) -> None:
        """Weighs a word about one thing against what is known of it."""
        at = 0
        if name in (self.draft.told or {}) or not _is_blank(known):
            at = told_at(self.draft.told, name, self.draft.created_at)
        self.before[name] = at
        is_later = self.at + ONE_MOMENT >= at
        if known == said:
            if self.overwrite and self.at > at:
                self.taken[name] = said
        elif is_later and (self.overwrite or _is_blank(known)):
            self.taken[name] = said
        elif self.overwrite:
            self.older[name] = said

    def moment(self) -> int:
        """When what is taken counts as said: after whatever it replaces."""
        return max([self.at, *(self.before[name] + 1 for name in self.taken if self.before[name] >= self.at)])


def heed(
    draft: ContactDraft,
    told: Told,
    company: Company | None,
    *,
    at: datetime,
    overwrite: bool,
    is_said_again: bool = False,
) -> Heard:
    """A contact after they were told something at a moment. Numbers are only added.

    With `is_said_again` the log is also to say what was known of them already and is confirmed.
    """
    weighed = _Weighed(draft, to_instant(at), overwrite)
    if any(name in told.fields for name in NAMES):
        weighed.offer("name", _name_of(draft), _name_by(draft, told))
    for name in COLUMNS:
        if name in told.fields:
            weighed.offer(name, getattr(draft, name), told.fields[name])
    if company is not None:
        weighed.offer("company_id", draft.company, company)
    room = (MOST_KNOWN if overwrite else MOST_CLAIMED) - len(draft.traits)
    for name, value in told.traits.items():
        room -= name not in draft.traits
        if room >= 0 or name in draft.traits:
            weighed.offer(f"trait {name}", draft.traits.get(name), value)
    after = _with(draft, weighed.taken)
    if weighed.taken:
        moment = weighed.moment()
        after = replace(after, told={**(draft.told or {}), **dict.fromkeys(weighed.taken, moment)})
    lines = _lines(_with(draft, _blanks(weighed.taken)) if is_said_again else draft, after, weighed)
    if told.phone and told.phone not in draft.phones and (overwrite or not draft.phones):
        after = replace(after, phones=(*draft.phones, told.phone))
    return Heard(after, lines)


def _lines(draft: ContactDraft, after: ContactDraft, weighed: _Weighed) -> list[Line]:
    shown = rule_traits(after)
    found: dict[int, dict[str, Scalar]] = {}
    if fresh := changed_traits(rule_traits(draft), shown):
        found[weighed.moment()] = fresh
    if weighed.older:
        # Said before what counts; and what counts is said again, since the log does not repeat what was known.
        lost = changed_traits(shown, rule_traits(_with(after, weighed.older)))
        found.setdefault(weighed.at, {}).update(lost)
        for name in weighed.older:
            at = told_at(after.told, name, after.created_at)
            apart = changed_traits(rule_traits(_with(after, {name: weighed.older[name]})), shown)
            found.setdefault(at, {}).update(apart)
    return sorted((at, said) for at, said in found.items() if said)


def _with(draft: ContactDraft, values: Mapping[str, Any]) -> ContactDraft:
    columns = {name: value for name, value in values.items() if name in COLUMNS}
    traits = {name.removeprefix("trait "): values[name] for name in values if name.startswith("trait ")}
    if "name" in values:
        columns |= dict(zip(NAMES, values["name"], strict=True))
    if "company_id" in values:
        columns["company"] = values["company_id"]
    return replace(draft, **columns, traits={**draft.traits, **traits})


def _blanks(names: Iterable[str]) -> dict[str, Any]:
    odd = {"name": ("", "", ""), "company_id": None}
    return {name: odd.get(name, "") for name in names}


def _name_of(draft: ContactDraft) -> tuple[str, str, str] | None:
    parts = (draft.name, draft.first_name, draft.last_name)
    return parts if any(parts) else None


def _name_by(draft: ContactDraft, told: Told) -> tuple[str, str, str]:
    """The name that was told; of a part alone the rest stays, and what is shown follows."""
    first, last = (told.fields.get(name, getattr(draft, name)) for name in NAMES[1:])
    is_put_together = draft.name == display_name(draft.first_name, draft.last_name)
    name = told.fields.get("name", "" if is_put_together else draft.name)
    return (name or display_name(first, last), first, last)


def _is_blank(value: Any) -> bool:
    return value in ("", None)
