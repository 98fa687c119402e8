"""What a row says of one person, before the database is asked who that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ripeline.lifecycle.touch import Scalar, Touch


@dataclass(slots=True)
class Record:
    """What one row, or several about the same person, says. `fields` holds text by field name (`name` is
    the whole name, `owner` as written); `touches` name no person yet; `notes` say which cells were left out;
    `also` are later rows about the same person, already united with this one. `raw` and `person` are the line
    and the key of a file of touches.
    """

    line: int
    cells: list[str]
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    traits: dict[str, Scalar] = field(default_factory=dict)
    created_at: datetime | None = None
    traits_at: int | None = None
    touches: list[Touch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    also: list[Record] = field(default_factory=list)
    person: str = ""
    raw: str = ""
    owner: int | None = None

    @property
    def keys(self) -> list[str]:
        """By what the person is recognised, surest first: addresses, then keys of another system."""
        return [*(f"email {each}" for each in self.emails), *(f"external {each}" for each in self.external)]

    @property
    def first_key(self) -> str:
        """The surest of the keys."""
        return f"email {self.emails[0]}" if self.emails else f"external {self.external[0]}"

    def filled(self) -> frozenset[str]:
        """The names of what this record fills, for `first non-empty wins`."""
        return frozenset((*self.fields, *(f"trait {name}" for name in self.traits)))
