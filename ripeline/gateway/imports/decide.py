"""Who the rows of one step are, and what the import would do with each: asked by the preview, done by the import.

The same function decides for both, so that a preview that says 842 updated is followed by 842 updates.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal

from ripeline.gateway.imports.companies import Companies, naming
from ripeline.gateway.imports.holding import hold_contacts
from ripeline.gateway.imports.mapping import Mapping
from ripeline.gateway.imports.merge import AlreadySaid, absorb, merge_alike
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.table import Rejected, Why
from ripeline.lifecycle.touch import Scalar
from ripeline.people.contacts import ContactDraft, display_name, find_by_identity
from ripeline.people.models import Contact, Identity, User
from ripeline.timeline.identities.claims import Way, claimants, ways_by_id
from ripeline.timeline.identities.living import homes_by_key

Outcome = Literal["created", "updated", "unchanged", "merged", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("created", "updated", "unchanged", "merged", "rejected")
_COLUMNS = ("first_name", "last_name", "title", "seniority", "country", "language", "time_zone")


@dataclass(slots=True)
class Decision:
    """What becomes of one person named in a step. Those who `is_new` are made, as `draft` says once it is known who
    their company is. `columns` and `traits` give the new values, by name; `pk` and `key` say who it became. `again`
    names what the row says that was so already, as `shared` reads it, and `ways` the identities it does, by id."""

    record: Record
    outcome: Outcome
    contact: Contact | None = None
    is_new: bool = False
    draft: ContactDraft | None = None
    pk: int = 0
    key: str = ""
    columns: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Scalar] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    ways: list[int] = field(default_factory=list)

    def changes(self) -> bool:
        """Whether the contact's row or identities will change."""
        return bool(self.columns or self.traits or self.tags or self.emails or self.phones or self.external)


@dataclass(slots=True)
class Step:
    """All that one step's rows come to. `claims` are the addresses and keys named in them that somebody (a contact, by
    id) only claims."""

    decisions: list[Decision]
    rejected: list[Rejected]
    companies: Companies
    counts: dict[Outcome, int]
    merged_rows: int
    claims: dict[Way, int]


class Decider:
    """Decides step after step of one import; remembers what earlier rows said about repeated people."""

    def __init__(self, mapping: Mapping, already: AlreadySaid) -> None:
        self._mapping = mapping
        self._already = already
        self._owners: dict[str, User] | None = None
        self._companies = Companies()

    def decide(self, batch: Sequence[Record | Rejected], *, holding: bool = False) -> Step:
        """Decides on the rows of one step, reading the database and writing nothing.

        `holding`, inside the transaction that writes, keeps the contacts as they were read until it ends.
        """
        rejected = [row for row in batch if isinstance(row, Rejected)]
        records = merge_alike([row for row in batch if isinstance(row, Record)])
        who, notes, claims = _who(records)
        while holding and not hold_contacts(who.values()):
            who, notes, claims = _who(records)
        records = _one_each(records, who)
        contacts = _contacts(set(who.values()))
        self._companies.find(records)
        step = Step([], rejected, self._companies, dict.fromkeys(OUTCOMES, 0), 0, claims)
        for record in records:
            self._decide_one(step, record, contacts.get(who.get(id(record), 0)), notes)
        # Those whom nobody here knows come after those that could not be read: a reader looks for them by line.
        step.rejected.sort(key=attrgetter("line"))
        step.counts["rejected"] = len(rejected)
        step.counts["merged"] += step.merged_rows
        return step

    def pass_over(self, record: Record) -> None:
        """Notes a row that an earlier run of this import was done with."""
        self._already.take(record)

    def _decide_one(self, step: Step, record: Record, contact: _Known | None, taken: Dict[str, int]) -> None:
        if contact is None and not self._mapping.create:
            step.rejected += _nobody(record)
            return
        was_seen, before = self._already.take(record)
        self._find_owner(record)
        if contact is None:
            decision = _create(record)
        else:
            decision = _update(record, contact, self._mapping, before, step.companies)
        _claim_keys(decision, contact, taken)
        if was_seen:
            decision.outcome = "merged"
        step.counts[decision.outcome] += 1
        step.merged_rows += len(record.also)
        step.decisions.append(decision)

    def _find_owner(self, record: Record) -> None:
        named = record.fields.pop("owner", "")
        if not named:
            return
        if self._owners is None:
            self._owners = {}
            for user in User.objects.filter(is_active=True).order_by("-pk"):
                self._owners |= {user.email.lower(): user, (user.name or user.email).casefold(): user}
        if found := self._owners.get(named.casefold()):
            record.owner = found.pk
        else:
            record.notes.append(f"owner: nobody here is called '{named[:60]}'")


@dataclass(slots=True)
class _Known:
    contact: Contact
    phones: dict[str, int]
    keys: dict[str, int]


def _who(records: Sequence[Record]) -> tuple[dict[int, int], dict[str, int], dict[Way, int]]:
    """The contact each record (by its `id()`) is, address before outside key; every known key's contact; and who only
    claims what is said."""
    emails = find_by_identity(Identity.Kind.EMAIL, [each for record in records for each in record.emails])
    external = find_by_identity(
        Identity.Kind.EXTERNAL, [each for record in records for each in record.external]
    )
    own = {record.person for record in records if record.person}
    keys: dict[str, int] = {}
    if own:
        keys = {key: home.contact for key, home in homes_by_key(own).items()}
    taken = {f"email {value}": pk for value, pk in emails.items()}
    taken |= {f"external {value}": pk for value, pk in external.items()}
    claims = _leave_out_claims(records, taken)
    who: dict[int, int] = {}
    for record in records:
        found = keys.get(record.person) or next((taken[key] for key in record.keys if key in taken), None)
        if found:
            who[id(record)] = found
    return who, taken, claims


def _leave_out_claims(records: Sequence[Record], taken: dict[str, int]) -> dict[Way, int]:
    """Whoever only claims what a row says of somebody else does not have it; returns who claims what is said."""
    claims: dict[Way, int] = {}
    ways = ways_by_id(claimants(taken.values()))
    for record in records if ways else ():
        told = {(str(Identity.Kind.EMAIL), each) for each in record.emails}
        for way in (*told, *((str(Identity.Kind.EXTERNAL), each) for each in record.external)):
            name = " ".join(way)
            theirs = ways.get(taken.get(name, 0))
            if theirs is None or way not in theirs.claims:
                continue
            claims[way] = taken[name]
            elsewhere = any(taken.get(" ".join(each), taken[name]) != taken[name] for each in told)
            if not theirs.leads(way, told, elsewhere=elsewhere):
                del taken[name]
    return claims


def _one_each(records: list[Record], who: dict[int, int]) -> list[Record]:
    """Records that turn out to be one contact, by keys of theirs that only the database joins, made one."""
    first: dict[int, Record] = {}
    kept: list[Record] = []
    for record in records:
        pk = who.get(id(record))
        if pk and pk in first:
            absorb(first[pk], record)
            continue
        if pk:
            first[pk] = record
        kept.append(record)
    return kept


def _contacts(pks: set[int]) -> dict[int, _Known]:
    found: dict[int, _Known] = {}
    ordered = sorted(pks)
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        for contact in Contact.objects.filter(pk__in=part).select_related("company"):
            found[contact.pk] = _Known(contact, {}, {})
        ways = Identity.objects.filter(contact__in=part)
        for way, pk, kind, value in ways.values_list("pk", "contact", "kind", "value"):
            if kind == Identity.Kind.PHONE:
                found[pk].phones[value] = way
            else:
                found[pk].keys[f"{kind} {value}"] = way
    return found


def _create(record: Record) -> Decision:
    decision = Decision(record, "created", is_new=True)
    if "company" not in record.fields and "domain" not in record.fields:
        _company_facts_to_traits(record)
    decision.emails, decision.phones = list(record.emails), list(record.phones)
    decision.external = list(record.external)
    decision.tags = list(record.tags)
    return decision


def _update(
    record: Record, known: _Known, mapping: Mapping, before: frozenset[str], companies: Companies
) -> Decision:
    contact = known.contact
    decision = Decision(record, "unchanged", contact, pk=contact.pk, key=contact.key)
    if mapping.existing != "leave":
        if "company" not in record.fields and "domain" not in record.fields:
            _company_facts_to_traits(record)
        _new_columns(decision, contact, before, fill=mapping.existing == "fill")
        _new_traits(decision, contact, before, fill=mapping.existing == "fill")
        _new_company(decision, contact, before, companies, fill=mapping.existing == "fill")
        for tag in record.tags:
            if tag in contact.tags:
                decision.again.append(f"tag {tag}")
            else:
                decision.tags.append(tag)
        decision.emails = _new_ways(decision, record.emails, known.keys, "email ")
        decision.external = _new_ways(decision, record.external, known.keys, "external ")
        decision.phones = _new_ways(decision, record.phones, known.phones, "")
    if decision.changes():
        decision.outcome = "updated"
    return decision


def _new_ways(decision: Decision, values: Sequence[str], known: Dict[str, int], kind: str) -> list[str]:
    """Those that are not theirs yet; of the others the decision notes that they were said again."""
    found = []
    for value in values:
        if way := known.get(kind + value):
            decision.ways.append(way)
        else:
            found.append(value)
    return found


def _new_columns(decision: Decision, contact: Contact, before: frozenset[str], *, fill: bool) -> None:
    record = decision.record
    for name in _COLUMNS:
        value, held = record.fields.get(name, ""), getattr(contact, name)
        if value and value == held and name not in before:
            decision.again.append(name)
        if not value or value == held or (held and (fill or name in before)):
            continue
        decision.columns[name] = value
    source = record.fields.get("source")
    if source and not contact.source:
        # Where somebody first came from stays, whatever a later file says.
        decision.columns["source"] = source
    elif source == contact.source:
        decision.again.append("source")
    if record.owner and record.owner == contact.owner_id:
        decision.again.append("owner_id")
    elif record.owner and not (contact.owner_id and fill):
        decision.columns["owner_id"] = record.owner
    _new_name(decision, contact, before, fill=fill)


def _new_name(decision: Decision, contact: Contact, before: frozenset[str], *, fill: bool) -> None:
    record = decision.record
    first = decision.columns.get("first_name", contact.first_name)
    last = decision.columns.get("last_name", contact.last_name)
    named = record.fields.get("name", "") or display_name(first, last)
    is_said = any(name in record.fields for name in ("name", "first_name", "last_name"))
    if is_said and named and named == contact.name and "name" not in before:
        decision.again.append("name")
    is_new = "name" in record.fields or "first_name" in decision.columns or "last_name" in decision.columns
    if is_new and named and named != contact.name and not (contact.name and (fill or "name" in before)):
        decision.columns["name"] = named


def _new_traits(decision: Decision, contact: Contact, before: frozenset[str], *, fill: bool) -> None:
    for name, value in decision.record.traits.items():
        held = contact.traits.get(name)
        if value == held and f"trait {name}" not in before:
            decision.again.append(f"trait {name}")
        if value == held or (held not in (None, "") and (fill or f"trait {name}" in before)):
            continue
        decision.traits[name] = value


def _new_company(
    decision: Decision, contact: Contact, before: frozenset[str], companies: Companies, *, fill: bool
) -> None:
    domain, name = naming(decision.record)
    was_named = "company" in before or "domain" in before
    if not (domain or name) or (contact.company and was_named):
        return
    known = companies.of(decision.record)
    if known is not None and known.pk and known.pk == contact.company_id:
        decision.again.append("company_id")
        return
    if contact.company and fill:
        return
    decision.columns["company"] = decision.record.fields.get("company") or domain


def _company_facts_to_traits(record: Record) -> None:
    """Industry and head count of a row that names no company are kept with the person."""
    if industry := record.fields.pop("industry", None):
        record.traits.setdefault("industry", industry)
    if employees := record.fields.pop("employees", None):
        record.traits.setdefault("employees", int(employees))


def _claim_keys(decision: Decision, known: _Known | None, taken: Dict[str, int]) -> None:
    """Leaves out keys that lead to somebody else, and says so."""
    ours = known.contact.pk if known else 0
    for kind, values in (("email", decision.emails), ("external", decision.external)):
        for value in list(values):
            if taken.get(f"{kind} {value}", ours) != ours:
                values.remove(value)
                what = "address" if kind == "email" else "key"
                decision.record.notes.append(f"{what} {value} belongs to another contact and stays there")
    if decision.outcome == "updated" and not decision.changes():
        decision.outcome = "unchanged"


def _nobody(record: Record) -> list[Rejected]:
    key = record.keys[0].partition(" ")[2]
    said = f"Nobody here is known as '{key[:120]}', and this import makes no contacts. Bring in the contact first."
    return [
        Rejected(each.line, each.raw, said, Why.NOBODY, tuple(each.cells)) for each in (record, *record.also)
    ]
