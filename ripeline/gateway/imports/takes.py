"""What each kind of column does with a cell: puts what it says into the record, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from ripeline.gateway.imports.cells import is_empty
from ripeline.gateway.imports.columns import trait_name
from ripeline.gateway.imports.dates import DateColumn, Order, read_date, why_no_date
from ripeline.gateway.imports.figures import NumberColumn
from ripeline.gateway.imports.hosts import shared_host
from ripeline.gateway.imports.mapping import ColumnRule, Mapping
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.seniority import seniority_of
from ripeline.kit.folding import plain
from ripeline.lifecycle.touch import Scalar
from ripeline.people import values
from ripeline.people.contacts import LONGEST
from ripeline.people.phones import read_phone

_LONGEST_TRAIT = 2_000
Take = Callable[[Record, str], str | None]
"""Puts a cell's text into a record; returns a note where it cannot be used."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How each date and number column of this file is written, by column name."""

    dates: dict[str, DateColumn]
    numbers: dict[str, NumberColumn]

    mapping: Mapping
    _dated: dict[tuple[str, Order | None, str | None], DateColumn] = field(default_factory=dict)

    def dated(self, name: str, order: Order | None, pattern: str | None) -> DateColumn:
        """How a column writes dates: as the mapping says, else as was found out."""
        asked = (name, order, pattern)
        if asked not in self._dated:
            column = self.dates.get(name, DateColumn())
            zone = ZoneInfo(self.mapping.time_zone)
            self._dated[asked] = replace(column, order=order or column.order, zone=zone, pattern=pattern)
        return self._dated[asked]

    def numbered(self, name: str, decimal: str | None = None) -> NumberColumn:
        """How a column writes numbers."""
        if decimal:
            return NumberColumn("," if decimal == "," else ".")
        return self.numbers.get(name, NumberColumn())

    def key(self, text: str) -> str:
        """An outside key as we keep it, with the name of its system before it."""
        prefix = self.mapping.key_prefix
        return f"{prefix}:{text}"[:254] if prefix else text[:254]


def taker(settled: Settled, name: str, rule: ColumnRule) -> Take:
    """What to do with the cells of the column called `name`."""
    country = settled.mapping.country.upper() if settled.mapping.country else None
    if rule.field == "trait":
        return _take_trait(settled, name, rule)
    if rule.field == "created_at":
        return _take_created(settled, name, rule)
    if rule.field == "phone":
        return lambda record, text: _take_phone(record, text, record.fields.get("country") or country)
    if rule.field == "external_id":
        return lambda record, text: record.external.append(settled.key(text))
    if rule.field in _TAKES:
        return _TAKES[rule.field]
    longest = LONGEST.get(rule.field, 254)
    return lambda record, text: _set(record, rule.field, text, longest)


def _set(record: Record, name: str, text: str, longest: int) -> str | None:
    record.fields.setdefault(name, " ".join(text.split())[:longest])
    return f"shortened to {longest} letters" if len(text) > longest else None


def _take_email(record: Record, text: str) -> str | None:
    found = values.read_addresses(text)
    record.emails += [each for each in found.good if each not in record.emails]
    if found.name and "@" not in found.name:
        first, last = values.read_name(found.name)
        record.fields.setdefault("first_name", first[: LONGEST["first_name"]])
        record.fields.setdefault("last_name", last[: LONGEST["last_name"]])
    return f"'{found.bad[0][:80]}' is no email address" if found.bad else None


def _take_full_name(record: Record, text: str) -> str | None:
    first, last = values.read_name(text)
    turned = "," in text and last
    return _set(record, "name", f"{first} {last}" if turned else text, 200)


def _take_phone(record: Record, text: str, region: str | None) -> str | None:
    if not any(letter.isdigit() for letter in text):
        return f"'{text[:40]}' is no phone number"
    for part in text.replace(":::", ";").replace("|", ";").split(";"):
        number = read_phone(part.strip(), region) if part.strip() else ""
        if number and number not in record.phones:
            record.phones.append(number)
    return None


def _take_code(name: str, read: Callable[[str], str | None]) -> Take:
    """What a cell names by word or code, kept as its code."""

    def take(record: Record, text: str) -> str | None:
        code = read(text)
        if code is None:
            return f"'{text[:40]}' is no {name} we know"
        record.fields.setdefault(name, code)
        return None

    return take


def _take_domain(record: Record, text: str) -> str | None:
    domain = values.read_domain(text)
    if domain is None:
        return f"'{text[:80]}' is no web address"
    if shared := shared_host(domain):
        return f"{shared} is a host many share, no company's website"
    record.fields.setdefault("domain", domain)
    return None


def _take_tags(record: Record, text: str) -> str | None:
    record.tags += [tag for tag in values.read_tags(text) if tag not in record.tags and not is_empty(tag)]
    return None


def _take_seniority(record: Record, text: str) -> str | None:
    return _set(record, "seniority", seniority_of(text) or plain(text).replace(" ", "_"), 40)


def _take_employees(record: Record, text: str) -> str | None:
    low = text.replace("–", "-").split("-")[0].split(" to ")[0].rstrip("+ ")
    number = values.read_number(low)
    if number is None or not 0 <= number < 2**31:
        return f"'{text[:40]}' is no head count"
    record.fields.setdefault("employees", str(int(number)))
    return None


def _take_created(settled: Settled, name: str, rule: ColumnRule) -> Take:
    column = settled.dated(name, rule.order, rule.format)

    def take(record: Record, text: str) -> str | None:
        moment = read_date(text, column)
        if moment is None:
            return why_no_date(text, column)
        record.created_at = record.created_at or moment
        return None

    return take


def _take_trait(settled: Settled, name: str, rule: ColumnRule) -> Take:
    trait = rule.trait or trait_name(name)
    numbers = settled.numbered(name, rule.decimal)
    dates = settled.dated(name, rule.order, rule.format)

    def value_of(text: str) -> Scalar:
        if rule.reads == "number":
            number = values.read_number(text, numbers.decimal)
            return int(number) if number is not None and number == int(number) else number
        if rule.reads == "yes_no":
            return values.read_yes_no(text)
        if rule.reads == "date":
            moment = read_date(text, dates)
            return moment.isoformat().replace("+00:00", "Z") if moment else None
        return text[:_LONGEST_TRAIT]

    def take(record: Record, text: str) -> str | None:
        value = value_of(text)
        if value is None and rule.reads == "date":
            return why_no_date(text, dates)
        if value is None:
            return f"'{text[:40]}' is no {_WHAT[rule.reads]}"
        record.traits.setdefault(trait, value)
        return None

    return take


_WHAT = {"number": "number", "yes_no": "yes or no", "text": "text"}
_TAKES: dict[str, Take] = {
    "email": _take_email,
    "full_name": _take_full_name,
    "country": _take_code("country", values.read_country),
    "language": _take_code("language", values.read_language),
    "domain": _take_domain,
    "tags": _take_tags,
    "seniority": _take_seniority,
    "employees": _take_employees,
}
