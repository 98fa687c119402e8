"""What an identify or group call says of a person, as we keep it: fields where we have them, traits for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ripeline.capture.digest.flat import flatten, number, plain
from ripeline.lifecycle.touch import Scalar
from ripeline.people.contacts import LONGEST, MOST_TRAITS
from ripeline.people.phones import read_phone
from ripeline.people.values import read_address, read_country, read_domain, read_language, read_name

NAMED = frozenset(
    "email phone name firstName first_name lastName last_name title seniority country language locale company id"
    " avatar username address password".split()
)
"""Traits that have a place of their own, or none."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of somebody: `fields` by the names of a contact's, `email` normalised, `phone`, other `traits`, and
    the `company` they are at."""

    fields: Mapping[str, str]
    traits: Mapping[str, Scalar]
    email: str | None = None
    phone: str = ""
    company: ToldCompany | None = None


@dataclass(frozen=True, slots=True)
class ToldCompany:
    """A company by what was said of it: a name or a domain, or both."""

    name: str
    domain: str | None
    industry: str = ""
    employees: int | None = None


def read_traits(said: Mapping[str, Any]) -> Told:
    """The traits of an identify call. What cannot be read as what it is called is left out."""
    address = said.get("address")
    where = address if isinstance(address, dict) else {}
    country = plain(said.get("country")) or plain(where.get("country"))
    language = plain(said.get("language")) or plain(said.get("locale"))
    first, last = (_one(said, "firstName", "first_name"), _one(said, "lastName", "last_name"))
    name = _one(said, "name")
    if name and not first and not last:
        first, last = read_name(name)
    fields = {
        "first_name": first,
        "last_name": last,
        "name": name,
        "title": _one(said, "title"),
        "seniority": _one(said, "seniority"),
        "country": (country and read_country(country)) or "",
        "language": (language and read_language(language.replace("_", "-"))) or "",
        "time_zone": _one(said, "timezone", "time_zone"),
    }
    others, _ = flatten(
        {"city": where.get("city")} | {key: value for key, value in said.items() if key not in NAMED},
        most=MOST_TRAITS,
    )
    email, phone = plain(said.get("email"), 320), plain(said.get("phone"), 40)
    return Told(
        {key: value[: LONGEST[key]] for key, value in fields.items() if value},
        {key: value for key, value in others.items() if value not in ("", None)},
        email=read_address(email) if email else None,
        phone=read_phone(phone) if phone else "",
        company=_company_of(said.get("company")),
    )


def read_company(group_id: object, said: Mapping[str, Any]) -> ToldCompany | None:
    """The company of a group call; None where neither a name nor a domain tells which."""
    domain = next(
        (
            read
            for name in ("domain", "website", "url")
            if (word := plain(said.get(name))) and (read := read_domain(word))
        ),
        None,
    )
    called = plain(group_id, 200)
    name = _one(said, "name") or called or domain or ""
    if called and domain is None and " " not in called:
        domain = read_domain(called)
    employees = number(said.get("employees") or said.get("employee_count"))
    if not name:
        return None
    return ToldCompany(
        name[:200],
        domain,
        (plain(said.get("industry"), 80) or ""),
        int(employees) if employees is not None and 0 <= employees < 2**31 else None,
    )


def _company_of(said: object) -> ToldCompany | None:
    if isinstance(said, dict):
        return read_company(None, said)
    name = plain(said, 200)
    return ToldCompany(name, None) if name else None


def _one(said: Mapping[str, Any], *names: str) -> str:
    return next((word for name in names if (word := plain(said.get(name)))), "")
