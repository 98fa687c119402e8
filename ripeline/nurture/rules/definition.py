"""The rules by which mails are held or not sent: plain data, checked, with every mistake named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time
from hashlib import sha256
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ripeline.lifecycle.written import NotYaml, read_yaml

LONGEST = 50_000
"""Letters of a document."""
Key = Annotated[str, Field(min_length=1, max_length=64)]
Basis = Literal["consent", "unless_withdrawn"]


class BadRules(ValueError):
    """Rules that cannot be used: a sentence for each mistake, with its path."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Cap(_Part):
    """At most so many mails in so many days, of these purposes and at these stages (none named: of any, at any)."""

    most: int = Field(ge=1, le=1000)
    days: int = Field(ge=1, le=366)
    purposes: tuple[Key, ...] = ()
    stages: tuple[Key, ...] = ()
    but_not_at: tuple[Key, ...] = ()

    def is_for(self, purpose: str, stage: str) -> bool:
        """Whether it counts mails of this purpose for somebody at this stage."""
        return (
            self.is_of(purpose) and (not self.stages or stage in self.stages) and stage not in self.but_not_at
        )

    def is_of(self, purpose: str) -> bool:
        """Whether mails of this purpose are counted."""
        return not self.purposes or purpose in self.purposes


class Purpose(_Part):
    """What one purpose needs: a consent, or (`unless_withdrawn`) none that was withdrawn, where the law allows it; for
    people at `stages` alone (none named: at any). `goes_on` at stages where templates stop."""

    basis: Basis = "consent"
    stages: tuple[Key, ...] = ()
    goes_on: bool = False


class Quiet(_Part):
    """From when until when, by the clock where the reader is, nothing is sent. `zone` is of those whose we do not know
    ("": the installation's)."""

    begins: time = Field(time(20), alias="from")
    ends: time = Field(time(8), alias="to")
    zone: str = ""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            raise ValueError(f"{zone!r} is no time zone; they are named like Europe/Amsterdam")
        return zone

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.begins == self.ends:
            raise ValueError("they begin and end at the same time; without quiet hours, leave 'quiet' null")
        if self.begins.tzinfo or self.ends.tzinfo:
            raise ValueError("times are of the reader's clock, and have no zone")
        return self


class Rules(_Part):
    """All of them. `templates_stop_at` are the stages at which a person writes, `talk_days` how long after both sides
    last spoke nothing is sent to many."""

    caps: tuple[Cap, ...] = ()
    purposes: dict[Key, Purpose] = Field(default_factory=dict)
    others: Purpose = Purpose()
    templates_stop_at: tuple[Key, ...] = ()
    quiet: Quiet | None = None
    talk_days: int = Field(0, ge=0, le=366)

    @property
    def version(self) -> str:
        """The hash of what they say."""
        said = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return sha256(said.encode()).hexdigest()

    @property
    def longest(self) -> int:
        """The days that the longest cap looks back; what people chose for themselves is a month."""
        return max([30, *(cap.days for cap in self.caps)])

    def of(self, purpose: str) -> Purpose:
        """What a purpose needs."""
        return self.purposes.get(purpose, self.others)


SHIPPED = """\
# When mails to many are held, and when they are not sent at all. What people withdrew, addresses that were closed and
# people's own choices count before these rules, always.

# Three letters a month are enough while somebody is no customer yet, whatever they are sent by.
caps:
  - {most: 3, days: 30, but_not_at: [customer]}
  - {most: 6, days: 30}

# Each purpose needs a consent. Customers get the newsletter unless they do not want it, and only they get it.
purposes:
  newsletter: {basis: unless_withdrawn, stages: [customer], goes_on: true}

# From here on a person writes.
templates_stop_at: [prospect, sql, customer]

# By the clock where the reader is.
quiet: {from: "20:00", to: "08:00"}

# So many days after both sides spoke, only people write.
talk_days: 14
"""


def read_rules(text: str) -> Rules:
    """The rules of a YAML document. Raises BadRules."""
    if len(text) > LONGEST:
        raise BadRules(f"The document has more than {LONGEST:,} letters.")
    try:
        said = read_yaml(text).plain
    except NotYaml as odd:
        raise BadRules(f"Line {odd.line}: {odd.message}.") from None
    if not isinstance(said, dict):
        raise BadRules("The document needs names such as 'caps' and 'quiet'.")
    try:
        return Rules.model_validate(said)
    except ValidationError as odd:
        raise BadRules("\n".join(_sentences(odd))) from None


def shipped_rules() -> Rules:
    """The rules that come along."""
    return read_rules(SHIPPED)


def zone_named(name: str, otherwise: str) -> ZoneInfo:
    """A zone by its name; `otherwise` where that is none."""
    try:
        return ZoneInfo(name or otherwise)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(otherwise)


def _sentences(odd: ValidationError) -> Iterator[str]:
    for each in odd.errors():
        path = ".".join(str(part) for part in each["loc"]) or "the document"
        yield f"{path}: {each['msg'].removeprefix('Value error, ')}."
