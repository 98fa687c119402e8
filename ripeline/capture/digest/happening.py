"""One arrival on its way to a touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ripeline.capture.digest.naming import STANDARD, Names
from ripeline.capture.digest.products import Bought
from ripeline.capture.tracker.links import Link
from ripeline.capture.verdicts.judging import Facts, Verdict
from ripeline.lifecycle.touch import Scalar


@dataclass(slots=True)
class Happening:
    """An event, and what the steps make of it.

    `is_public` says that it came with a website's key, which proves nothing. `visitor` is the key of the browser (""
    for none), `user` the sender's id of the person, `link` what the signed link says that was followed; `more` is what
    was bought beside `subject`, each a touch of its own; `notes` are sentences about what was left out or otherwise
    read.
    """

    arrival: int
    write_key: int
    is_public: bool
    received_at: datetime
    message: dict[str, Any]
    kept_facts: dict[str, Any] = field(default_factory=dict)
    names: Names = STANDARD
    uid: str = ""
    at: datetime = field(default_factory=lambda: datetime.min)
    visitor: str = ""
    user: str = ""
    link: Link | None = None
    kind: str = ""
    direction: str = "in"
    subject: str | None = None
    value: float | None = None
    attrs: dict[str, Scalar] = field(default_factory=dict)
    more: list[Bought] = field(default_factory=list)
    source: str = ""
    facts: Facts | None = None
    verdict: Verdict | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        """track, page, screen, identify, group or alias."""
        return str(self.message["type"])

    def uid_of(self, number: int) -> str:
        """The id of the touch of one of `more`. No event has such an id: those begin with the number of a key."""
        return f"item:{number}:{self.uid}"

    def said(self, name: str) -> dict[str, Any]:
        """An object of the event (properties, traits, context); {} where it has none."""
        found = self.message.get(name)
        return found if isinstance(found, dict) else {}
