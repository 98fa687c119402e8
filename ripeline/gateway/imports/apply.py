"""The import itself: step after step, each one short transaction that also says how far the file is done with.

A killed import stands exactly between two steps. Going on passes over the rows that are done with and reads the
rest; no row counts twice, since a step moves `position` on from where it found it or does nothing at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from ripeline.gateway.imports.decide import Decider, Decision, Step
from ripeline.gateway.imports.facts import OWN_KINDS, draft_of, facts_of
from ripeline.gateway.imports.lease import renewing
from ripeline.gateway.imports.merge import AlreadySaid
from ripeline.gateway.imports.record import Record
from ripeline.gateway.imports.source import Source
from ripeline.gateway.imports.table import Rejected
from ripeline.gateway.models import Import, ImportRejection, ImportStep
from ripeline.lifecycle.touch import Scalar, Touch
from ripeline.people.changed import note_changed
from ripeline.people.contacts import insert_contacts, refresh_search
from ripeline.people.models import Contact, Identity
from ripeline.people.told import told_again, told_changes, told_trait
from ripeline.timeline.changes import rule_traits
from ripeline.timeline.identities.claims import make_known, take_away
from ripeline.timeline.models import Touch as LoggedTouch
from ripeline.timeline.record import record as record_touches
from ripeline.work.claims import LEASE

# Rows of one transaction: enough to be quick, few enough not to hold SQLite's one write lock for long.
ROWS = 2000
BATCH = 500


def run_steps(
    import_of: Import, source: Source, *, clock: Callable[[], datetime], stop: Callable[[], bool]
) -> Iterator[Import]:
    """Applies the rest of the file, one step at a time; yields the import as it stands after each.

    Ends early when `stop()` says so or when another process moved the import on. Raises IntegrityError where
    somebody made one of these contacts between our look and our write: start again from where it stands.
    """
    decider = Decider(source.mapping, AlreadySaid(source.repeats))
    rows, renew = source.read(), renewing(import_of, clock)
    for number, row in enumerate(islice(rows, import_of.position)):
        if isinstance(row, Record):
            decider.pass_over(row)
        if number % ROWS == 0:
            renew(number)
    while not stop() and (batch := list(islice(rows, ROWS))):
        if not _apply(import_of, decider, batch, now=clock()):
            return
        yield import_of


def _apply(import_of: Import, decider: Decider, batch: Sequence[Record | Rejected], *, now: datetime) -> bool:
    with transaction.atomic():
        if not _move_on(import_of, len(batch), now):
            return False
        step = decider.decide(batch, holding=True)
        done = _write(import_of, step, now)
        counts: Counter[str] = Counter(done.counts)
        counts.update(step.counts)
        number = ImportStep.objects.filter(import_of=import_of).count() + 1
        ImportStep.objects.create(
            import_of=import_of, number=number, rows=len(batch), counts=counts, done=done.as_json(), at=now
        )
        total = Counter(import_of.counts)
        total.update(counts)
        Import.objects.filter(pk=import_of.pk).update(counts=dict(total))
    import_of.position += len(batch)
    import_of.counts = dict(total)
    return True


def _move_on(import_of: Import, rows: int, now: datetime) -> bool:
    """Takes the step, unless the import stands elsewhere by now or is another's: two runners never write twice."""
    ours = Import.objects.filter(
        pk=import_of.pk,
        position=import_of.position,
        state=Import.State.RUNNING,
        claimed_by=import_of.claimed_by,
    )
    return ours.update(position=import_of.position + rows, claimed_until=now + LEASE) == 1


class _Done:
    """What a step wrote, as the step's row keeps it for undoing; `met` are those it left as they were.

    `first` are those of the `identities` that are the primary ones of people who had none of the kind. What it said
    that was so already: `again` by the names of `Decision.again` [names, people of whom], `ways` identities, and
    `heard` touches.
    """

    def __init__(self) -> None:
        self.contacts: dict[int, int] = {}
        self.companies: list[int] = []
        self.columns: dict[int, dict[str, list[Any]]] = {}
        self.traits: dict[int, dict[str, list[Any]]] = {}
        self.tags: dict[int, list[str]] = {}
        self.identities: dict[int, list[int]] = {}
        self.first: list[int] = []
        self.told: dict[int, dict[str, list[int]]] = {}
        self.touches: dict[int, list[str]] = {}
        self.met: list[int] = []
        self.again: list[tuple[tuple[str, ...], list[int]]] = []
        self.ways: list[int] = []
        self.heard: list[str] = []
        self.counts: dict[str, int] = {}

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value and name != "counts"}


def _write(import_of: Import, step: Step, now: datetime) -> _Done:
    done = _Done()
    companies = step.companies.make([each.record for each in step.decisions], now)
    done.companies = [company.pk for company in companies]
    _take_claims(step, now)
    _add([each for each in step.decisions if each.is_new], step, done, now)
    before = {
        each.pk: rule_traits(each.contact) for each in step.decisions if each.contact and not each.is_new
    }
    _change([each for each in step.decisions if not each.is_new], step, done, now)
    facts = [
        fact for each in step.decisions for fact in facts_of(import_of, each, before.get(each.pk, _UNKNOWN))
    ]
    done.met = [each.pk for each in step.decisions if not each.is_new and not each.changes()]
    _note_again(step.decisions, done)
    _record(step.decisions, facts, done, now)
    _keep_rejections(import_of, step.rejected)
    done.counts["companies"] = len(companies)
    return done


def _take_claims(step: Step, now: datetime) -> None:
    """What the rows say of people is known from now on: nobody else only claims it, nor they."""
    for each in step.decisions if step.claims else ():
        ways = [("email", value) for value in each.record.emails]
        ways += [("external", value) for value in each.record.external]
        for kind, value in ways:
            holder = step.claims.pop((kind, value), None)
            if each.contact is not None and holder == each.contact.pk:
                make_known(each.contact, kind, value, now=now)
                each.contact.refresh_from_db(fields=["email"])
            elif holder is not None and value in (*each.emails, *each.external):
                take_away(kind, value, now=now)


_UNKNOWN: dict[str, Scalar] = {}


def _note_again(decisions: Iterable[Decision], done: _Done) -> None:
    """What rows say mostly has the same names: they are kept once for all of whom it was said."""
    people: dict[tuple[str, ...], list[int]] = {}
    for each in decisions:
        done.ways += each.ways
        if each.again:
            people.setdefault(tuple(each.again), []).append(each.pk)
    done.again = list(people.items())


def _add(fresh: list[Decision], step: Step, done: _Done, now: datetime) -> None:
    for each in fresh:
        each.draft = draft_of(each, step.companies.of(each.record), now)
        each.key = each.draft.key
    ids = insert_contacts([each.draft for each in fresh if each.draft], now=now)
    for each, pk in zip(fresh, ids, strict=True):
        each.pk = pk
        done.contacts[pk] = 0


def _change(decisions: list[Decision], step: Step, done: _Done, now: datetime) -> None:
    changed = [each for each in decisions if each.changes()]
    names: set[str] = set()
    for each in changed:
        names |= _change_one(each, step, done, now)
    contacts = [each.contact for each in changed if each.contact]
    if names:
        Contact.objects.bulk_update(contacts, sorted(names), batch_size=BATCH // 4)
        note_changed([contact.pk for contact in contacts], now=now)
    _add_identities(changed, done, now)
    searched = {"name", "company"}
    refresh = [each for each in changed if each.emails or each.phones or searched & set(each.columns)]
    refresh_search([each.contact.pk for each in refresh if each.contact])


def _change_one(decision: Decision, step: Step, done: _Done, now: datetime) -> set[str]:
    """Changes a contact in memory and notes old and new; returns which columns to write."""
    contact = decision.contact
    assert contact is not None
    noted: dict[str, list[Any]] = {"updated_at": [contact.updated_at.isoformat(), now.isoformat()]}
    for name, value in decision.columns.items():
        if name == "company":
            company = step.companies.of(decision.record)
            noted["company_id"] = [contact.company_id, company.pk if company else None]
            contact.company = company
            continue
        noted[name] = [getattr(contact, name), value]
        setattr(contact, name, value)
    contact.updated_at = now
    told = told_again(contact.told, [*decision.columns, *map(told_trait, decision.traits)], now)
    done.told[contact.pk] = told_changes(contact.told, told)
    contact.told = told
    done.columns[contact.pk] = noted
    if decision.traits:
        done.traits[contact.pk] = {
            name: [contact.traits[name], value] if name in contact.traits else [value]
            for name, value in decision.traits.items()
        }
        contact.traits = contact.traits | decision.traits
    if decision.tags:
        done.tags[contact.pk] = decision.tags
        contact.tags = [*contact.tags, *decision.tags]
    written = {name.removesuffix("_id") for name in noted} | {"told"}
    return written | ({"traits"} if decision.traits else set()) | ({"tags"} if decision.tags else set())


def _add_identities(decisions: list[Decision], done: _Done, now: datetime) -> None:
    fresh = []
    for each in decisions:
        contact = each.contact
        assert contact is not None
        kinds = (
            (Identity.Kind.EMAIL, each.emails, not contact.email),
            (Identity.Kind.PHONE, each.phones, not contact.phone),
            (Identity.Kind.EXTERNAL, each.external, False),
        )
        for kind, values, is_first in kinds:
            fresh += [
                Identity(
                    contact=contact,
                    kind=kind,
                    value=value,
                    is_primary=is_first and not number,
                    created_at=now,
                )
                for number, value in enumerate(values)
            ]
    for identity in Identity.objects.bulk_create(fresh, batch_size=BATCH):
        done.identities.setdefault(identity.contact_id, []).append(identity.pk)
        if identity.is_primary:
            done.first.append(identity.pk)


def _record(decisions: list[Decision], facts: list[Touch], done: _Done, now: datetime) -> None:
    """Puts what the rows say happened, and that they were imported, through the one door."""
    people = {each.key: each.pk for each in decisions}
    in_file = {touch.id for each in decisions for touch in each.record.touches}
    added = set(record_touches(facts, now=now, contacts=people).added)
    fresh = len(added)
    own: Counter[str] = Counter()
    for fact in facts:
        if fact.id not in added:
            if fact.id in in_file:
                done.heard.append(fact.id)
            continue
        # The first that says it is the one that was recorded.
        added.remove(fact.id)
        own[fact.kind] += fact.id not in in_file
        pk = people[fact.person]
        if pk in done.contacts:
            done.contacts[pk] += 1
        else:
            done.touches.setdefault(pk, []).append(fact.id)
    done.counts |= {kind: own[kind] for kind in OWN_KINDS}
    done.counts["touches"] = fresh
    done.counts["touches_known"] = len(facts) - fresh


def known_uids(uids: Sequence[str]) -> set[str]:
    """Which of these touch ids the log has already."""
    known: set[str] = set()
    for start in range(0, len(uids), BATCH):
        part = uids[start : start + BATCH]
        known.update(LoggedTouch.objects.filter(uid__in=part).values_list("uid", flat=True))
    return known


def _keep_rejections(import_of: Import, rejected: Iterable[Rejected]) -> None:
    ImportRejection.objects.bulk_create(
        [
            ImportRejection(
                import_of=import_of,
                line=row.line,
                why=row.why.value,
                reason=row.reason[:400],
                raw=row.raw,
                cells=list(row.cells) if row.cells else None,
            )
            for row in rejected
        ],
        batch_size=BATCH,
    )
