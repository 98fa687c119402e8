"""The companies that rows name: found by domain, else by name, else made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from ripeline.gateway.imports.holding import take_turn
from ripeline.gateway.imports.record import Record
from ripeline.kit.bulk import insert_rows, reserve_ids
from ripeline.kit.folding import fold_words
from ripeline.people.models import Company

BATCH = 500
_FIELDS = [field for field in Company._meta.concrete_fields if not field.generated]
Naming = tuple[str, str]
"""How a row names a company: domain (perhaps empty) and name in small letters."""


# Companies kept in mind between steps; beyond this all are forgotten and looked up again.
MOST_KNOWN = 20_000


class Companies:
    """Companies by how rows name them. Those we know are never changed by an import."""

    def __init__(self) -> None:
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, Company] = {}

    def find(self, records: Iterable[Record]) -> None:
        """Looks up every company these records name."""
        if len(self._by_name) > MOST_KNOWN:
            self._by_domain, self._by_name = {}, {}
        self._look_up(records)

    def _look_up(self, records: Iterable[Record]) -> None:
        domains = {record.fields["domain"] for record in records if "domain" in record.fields}
        names = {record.fields["company"] for record in records if "company" in record.fields}
        names = {name for name in names if name.casefold() not in self._by_name}
        wanted = [Q(domain__in=part) for part in _parts(sorted(domains - self._by_domain.keys()))]
        # By what names are sorted by: the names themselves have no index.
        wanted += [
            Q(sort_name__in=part) for part in _parts(sorted({fold_words(name)[:254] for name in names}))
        ]
        for query in wanted:
            for company in Company.objects.filter(query).order_by("-pk"):
                self._know(company)

    def of(self, record: Record) -> Company | None:
        """The company a record names, if it is known."""
        domain, name = naming(record)
        return (self._by_domain.get(domain) if domain else None) or (
            self._by_name.get(name) if name else None
        )

    def make(self, records: Sequence[Record], now: datetime) -> list[Company]:
        """Makes the companies that `records` name and nobody knows; returns them.

        To be called in the transaction of a step: two imports at once wait for each other here.
        """
        missing = [record for record in records if any(naming(record)) and self.of(record) is None]
        if not missing:
            return []
        # Nothing in the table forbids two of a name.
        if take_turn("companies"):
            self._look_up(missing)
        fresh: dict[Naming, Company] = {}
        for record in missing:
            domain, name = naming(record)
            if self.of(record) is None:
                company = company_of(record, now)
                fresh[domain, name] = company
                self._know(company)
        made = list(fresh.values())
        for company, pk in zip(made, reserve_ids(Company, len(made)), strict=True):
            company.pk = pk
        # `pre_save` is what a field makes of itself before it is written.
        rows = [[field.pre_save(each, add=True) for field in _FIELDS] for each in made]
        insert_rows(Company, [field.attname for field in _FIELDS], rows)
        return made

    def _know(self, company: Company) -> None:
        if company.domain:
            self._by_domain[company.domain] = company
        self._by_name[company.name.casefold()] = company


def naming(record: Record) -> Naming:
    """How a record names its company; two empty texts where it names none."""
    return record.fields.get("domain", ""), record.fields.get("company", "").casefold()


def company_of(record: Record, now: datetime) -> Company:
    """The company a record speaks of, as it would be made; not saved."""
    fields = record.fields
    employees = fields.get("employees")
    return Company(
        name=fields.get("company") or fields["domain"],
        domain=fields.get("domain"),
        industry=fields.get("industry", ""),
        employees=int(employees) if employees else None,
        created_at=now,
        updated_at=now,
    )


def _parts(values: list[str]) -> list[list[str]]:
    return [values[start : start + BATCH] for start in range(0, len(values), BATCH)]
