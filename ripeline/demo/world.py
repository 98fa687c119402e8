"""What a simulation returns: values only, nothing that moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ripeline.lifecycle.touch import Touch

COMPANY_NAME = "Quill & Harbour"
OUR_DOMAIN = "quill-and-harbour.example"

Role = Literal["admin", "marketing", "sales"]
TraitValue = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works at the demo company and signs in to it."""

    key: str
    name: str
    email: str
    role: Role
    countries: frozenset[str] = frozenset()  # whose contacts this salesperson looks after


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation some contacts belong to. `domain` always ends in .example (RFC 2606)."""

    key: str
    name: str
    domain: str
    industry: str
    employees: int
    country: str


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on somebody's card."""

    key: str
    first_name: str
    last_name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    title: str | None
    seniority: str | None


@dataclass(frozen=True, slots=True)
class Contact(Card):
    """One person. `traits` is what the touches have told by the end, nothing more."""

    company: str | None
    country: str
    language: str
    time_zone: str
    tags: tuple[str, ...]
    traits: Mapping[str, TraitValue]
    source: str
    owner: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class World:
    """Everything the demo holds; touches in the order they are applied: by (at, id)."""

    companies: tuple[Company, ...]
    contacts: tuple[Contact, ...]
    touches: tuple[Touch, ...]


COLLEAGUES: tuple[Colleague, ...] = (
    Colleague("ottilie", "Ottilie Brandvold", f"ottilie@{OUR_DOMAIN}", "admin"),
    Colleague("jonas", "Jonas Eekhof", f"jonas@{OUR_DOMAIN}", "marketing"),
    Colleague(
        "marit", "Marit Zeelander", f"marit@{OUR_DOMAIN}", "sales", frozenset({"de", "nl", "at", "be", "ch"})
    ),
    Colleague("tiago", "Tiago Valverde", f"tiago@{OUR_DOMAIN}", "sales", frozenset({"fr", "es", "pt", "it"})),
    Colleague(
        "aoife",
        "Aoife Lindqvist",
        f"aoife@{OUR_DOMAIN}",
        "sales",
        frozenset({"gb", "ie", "se", "pl", "dk", "fi"}),
    ),
)


def seller_for(country: str) -> str:
    """The salesperson who looks after a country (ISO code in lower case)."""
    return next(c.key for c in COLLEAGUES if country in c.countries)


def name_of(key: str) -> str:
    """The name of a colleague by their key."""
    return next(colleague.name for colleague in COLLEAGUES if colleague.key == key)
