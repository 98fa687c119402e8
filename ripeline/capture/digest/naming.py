"""What an event's name means: the kind of touch that it is, by the table of standard names or by the name itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from ripeline.capture.digest.models import EventName
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.written import read_yaml

TABLE = Path(__file__).with_name("events.yaml")
LONGEST_KIND = 64
MOST_REMEMBERED = 4_096
OWN = "custom_"
"""Stands before the kind of an event that is called like what it may not be."""

FROM_ANYBODY = frozenset(
    "page_viewed form_submitted asset_downloaded subscribed link_clicked video_watched chat_started".split()
)
"""What a website's key may tell: what people do in its pages. It is public, so whoever likes could else make customers
of our contacts, or say that they talked with us."""
OF_OURS_ALONE = frozenset(
    "imported identified traits_changed answered fit_confirmed accepted rejected disqualified recycled reopened"
    " stage_set noted".split()
)
"""What only we ourselves record: moves and notes made by hand carry who made them and why."""

_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The `kind` of touch, its `direction`, what it is about (`about`, or the first of the properties `subject` that
    is there) and the properties of which the first number is its value."""

    kind: str
    direction: str
    subject: Sequence[str] = ()
    about: str | None = None
    value: Sequence[str] = ()


class Names:
    """The table by which events are read: names of one's own before the standard ones. `own` is by bare name."""

    def __init__(self, own: Mapping[str, Meaning]) -> None:
        self.own = own
        self._known: dict[tuple[str, bool], Meaning] = {}

    def meaning_of(self, name: str, *, is_public: bool) -> Meaning:
        """What an event called so is, where it came with a website's key (`is_public`) or with a server's."""
        key = (name, is_public)
        if key not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = _meaning_of(name, self.own.get(bare_name(name)), is_public=is_public)
        return self._known[key]


STANDARD = Names({})
"""The standard names alone."""


def names_in_use() -> Names:
    """The table as it is at present."""
    columns = ("bare", "kind", "direction", "subject", "about", "value")
    rows = EventName.objects.order_by("bare").values_list(*columns)
    return _names_of(
        tuple(
            (bare, Meaning(kind, direction, tuple(subject), about or None, tuple(value)))
            for bare, kind, direction, subject, about, value in rows
        )
    )


@lru_cache(maxsize=4)
def _names_of(rows: tuple[tuple[str, Meaning], ...]) -> Names:
    return Names(dict(rows))


def _meaning_of(name: str, own: Meaning | None, *, is_public: bool) -> Meaning:
    standard = own or standard_names().get(bare_name(name))
    kind = standard.kind if standard else own_kind(name)
    # Browsers tell what people do in them; a server also what it does itself, and what of it that was nobody can say.
    unknown = "in" if is_public else "internal"
    if may_tell(kind, is_public=is_public):
        return standard or Meaning(
            kind, KINDS.get(kind, unknown), ("name", "title", "subject"), None, ("value",)
        )
    called = own_kind(name)
    if called in KINDS or called in OF_OURS_ALONE:
        called = f"{OWN}{called}"[:LONGEST_KIND]
    if standard is None:
        return Meaning(called, unknown)
    return Meaning(called, unknown, standard.subject, standard.about, standard.value)


def may_tell(kind: str, *, is_public: bool) -> bool:
    """Whether such a key may make touches of a kind: of our vocabulary not all, of its own any but what is ours."""
    if kind not in KINDS:
        return kind not in OF_OURS_ALONE
    return kind in FROM_ANYBODY if is_public else kind not in OF_OURS_ALONE


def own_kind(name: str) -> str:
    """A name as a kind: "Pricing PDF opened" is `pricing_pdf_opened`. What has no letter of ours is `event`."""
    plain = _NO_LETTERS.sub("_", _HUMP.sub("_", name).lower()).strip("_")
    return plain[:LONGEST_KIND].strip("_") or "event"


@cache
def standard_names() -> Mapping[str, Meaning]:
    """The shipped table, by bare name."""
    return {bare_name(name): meaning for name, meaning in standard_meanings()}


@cache
def standard_meanings() -> Sequence[tuple[str, Meaning]]:
    """The shipped table, by names as they are written, in its order."""
    rows = read_yaml(TABLE.read_text(encoding="utf-8")).plain
    return [(str(name), _meaning(row)) for name, row in rows.items()]


def _meaning(row: Mapping[str, object]) -> Meaning:
    kind = str(row["kind"])
    about = row.get("about")
    return Meaning(
        kind,
        KINDS.get(kind) or str(row.get("direction", "in")),
        _names(row.get("subject")),
        None if about is None else str(about),
        _names(row.get("value")),
    )


def _names(listed: object) -> tuple[str, ...]:
    return tuple(str(each) for each in listed) if isinstance(listed, list | tuple) else ()


def bare_name(name: str) -> str:
    """By what names are compared: without case, signs and spaces. Of no letter of ours at all, the name itself."""
    return _NO_LETTERS.sub("", name.lower()) or name.strip()
