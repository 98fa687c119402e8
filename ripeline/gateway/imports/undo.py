"""Taking an import back, the last step first: what is still as the import left it goes, the rest stays and is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Count
from django.utils.dateparse import parse_datetime

from ripeline.gateway.imports.bequests import Passed, bequeath
from ripeline.gateway.imports.holding import hold_companies, hold_for_undoing, take_turn
from ripeline.gateway.imports.recorded import recorded_of
from ripeline.gateway.imports.shared import SAID, Made, Others, companies_of, hand_over, made_by
from ripeline.gateway.imports.ways import proven, take_ways
from ripeline.gateway.models import Import, ImportStep
from ripeline.people.changed import note_changed
from ripeline.people.contacts import refresh_search
from ripeline.people.models import Company, Contact, User
from ripeline.people.told import told_before, told_name, told_trait
from ripeline.timeline.withdraw import withdraw
from ripeline.work.claims import LEASE

STAYING = {
    "shared": "another import has them too",
    "united": "they were merged with somebody since",
    "recorded": "something was recorded of them since",
    "changed": "they were changed since",
}
"""Why somebody stays whom an import made. The import's counts have their number, under `stay_` and the word."""
MOST_TOLD = 500
BATCH = 500
_ROWS_OF: dict[str, type[models.Model]] = {"company_id": Company, "owner_id": User}


def undo_steps(
    import_of: Import, *, clock: Callable[[], datetime], stop: Callable[[], bool]
) -> Iterator[Import]:
    """Undoes step after step, each in one transaction; yields the import after each. Goes on where it was killed."""
    others = Others(import_of)
    # A first look may take long: not while others wait for us.
    others.look()
    while not stop():
        with transaction.atomic():
            held = Import.objects.filter(
                pk=import_of.pk, state=Import.State.UNDOING, claimed_by=import_of.claimed_by
            )
            now = clock()
            if not held.update(claimed_until=now + LEASE):
                return
            # Others may hand people over to a step: it is read when it is our turn.
            take_turn("undoing")
            steps = ImportStep.objects.filter(import_of=import_of, undone_at=None)
            step = steps.order_by("-number").first()
            if step is None:
                return
            told, tally = _undo(step, others, now)
            left = (import_of.left_in_place + told)[:MOST_TOLD]
            tally.update(import_of.counts)
            Import.objects.filter(pk=import_of.pk).update(left_in_place=left, counts=dict(tally))
            ImportStep.objects.filter(pk=step.pk).update(undone_at=now)
        # Only now: a transaction that failed is tried again from what stood before it.
        import_of.left_in_place, import_of.counts = left, dict(tally)
        yield import_of


def _undo(step: ImportStep, others: Others, now: datetime) -> tuple[list[str], Counter[str]]:
    """Sentences on what stays; and how many people are `taken_back`, how many stay for which reason (see STAYING), and
    how many of the fields of others stay (`fields_stay`).
    """
    done, made = step.done, made_by(step)
    hold_for_undoing(changed=_ids(done, "columns"), recorded=_ids(done, "touches"), made=made)
    others.look()
    passed = bequeath(step, others)
    fields_told = _put_back(step, passed, now)
    touches = {uid for uids in done.get("touches", {}).values() for uid in uids}
    withdraw(sorted(touches - passed.touches), now=now)
    companies = companies_of(step)
    shared = _hand_over(made, companies, others)
    gone, told, tally = _remove_contacts(made, shared)
    tally["taken_back"] += len({*_ids(done, "columns"), *gone})
    lines = [line for pk, said in fields_told.items() if pk not in gone for line in said]
    tally["fields_stay"] += len(lines)
    _remove_companies(companies)
    return lines + told, tally


def _ids(done: dict[str, Any], what: str) -> list[int]:
    return [int(pk) for pk in done.get(what, {})]


def _hand_over(made: Mapping[int, Made], companies: dict[int, datetime], others: Others) -> set[int]:
    """Hands people whom other imports have over to those, returns who they are; and so the companies for which people
    work whom other imports have.

    What is handed over is taken out of `companies`.
    """
    shared: set[int] = set()
    for heir, people in others.heirs(made).items():
        theirs = set(Contact.objects.filter(pk__in=people).values_list("company", flat=True))
        named = {pk: companies.pop(pk) for pk in companies.keys() & theirs}
        hand_over(heir, {pk: made[pk] for pk in people}, named)
        shared.update(people)
    staff = Contact.objects.filter(company__in=companies).exclude(pk__in=made)
    employers = dict(staff.values_list("pk", "company")) if companies else {}
    for heir, people in others.heirs(employers).items():
        theirs = {employers[pk] for pk in people}
        hand_over(heir, {}, {pk: companies.pop(pk) for pk in companies.keys() & theirs})
    return shared


def _put_back(step: ImportStep, passed: Passed, now: datetime) -> dict[int, list[str]]:
    """Puts columns and traits (and when they were told), tags and identities of contacts back where they are still as
    the import left them, and not `passed` on to another; says of each what stays.
    """
    done: dict[str, Any] = step.done
    columns, told = _by_contact(done.get("columns", {})), dict[int, list[str]]()
    gone_rows = _gone(columns.values())
    contacts = list(Contact.objects.filter(pk__in=columns))
    written: set[str] = set()
    for contact in contacts:
        traits, moments = (done.get(part, {}).get(str(contact.pk), {}) for part in ("traits", "told"))
        # Told by the name they have now, before it is put back too.
        who, theirs = str(contact), passed.names_of(contact.pk)
        # A trait is passed on under the name by which it is told.
        again = _told_since(contact, moments) - {told_name(name) for name in theirs}
        kept = _put_columns_back(
            contact, columns[contact.pk], theirs, again, gone_rows=gone_rows, written=written, now=now
        )
        kept |= _put_traits_back(contact, traits, theirs, again)
        contact.told = told_before(contact.told, moments, but=kept)
        told[contact.pk] = [f"{who}: {line}" for lines in kept.values() for line in lines]
        gone = set(done.get("tags", {}).get(str(contact.pk), []))
        shared = {tag for tag in gone if f"tag {tag}" in theirs}
        told[contact.pk] += [f"{who}: {SAID.format(f'tag {tag}')}" for tag in contact.tags if tag in shared]
        contact.tags = [tag for tag in contact.tags if tag not in gone - shared]
    if contacts:
        names = sorted(written | {"traits", "tags", "told"})
        Contact.objects.bulk_update(contacts, names, batch_size=BATCH // 4)
        note_changed([contact.merged_into_id or contact.pk for contact in contacts], now=now)
    for pk, lines in take_ways(step, passed.ways).items():
        told.setdefault(pk, []).extend(lines)
    # Who was merged is in no list: what leads to them leads to the contact they live on as.
    refresh_search([contact.merged_into_id or contact.pk for contact in contacts])
    return told


def _told_since(contact: Contact, moments: Mapping[str, list[int]]) -> set[str]:
    """What somebody said since, perhaps the same again, by the names of `Contact.told`."""
    told = contact.told or {}
    return {name for name, at in moments.items() if told.get(name) != at[-1]}


def _put_columns_back(
    contact: Contact,
    changed: dict[str, list[Any]],
    passed: Container[str],
    again: Container[str],
    *,
    gone_rows: set[tuple[str, int]],
    written: set[str],
    now: datetime,
) -> dict[str, list[str]]:
    """What is said of the columns that stay, by the names of `Contact.told`."""
    told: dict[str, list[str]] = {}
    was, left = (parse_datetime(each) for each in changed["updated_at"])
    if "updated_at" not in passed:
        contact.updated_at = was if contact.updated_at == left and was else now
        written.add("updated_at")
    for column, (old, new) in changed.items():
        if column == "updated_at":
            continue
        what, held = column.removesuffix("_id"), getattr(contact, column)
        called = what.replace("_", " ")
        if held != new:
            why = f"{called} was changed since, to '{getattr(contact, what)}', and stays."
        elif column in passed:
            why = SAID.format(f"{called} '{getattr(contact, what)}'")
        elif (column, old) in gone_rows:
            why = f"the {called} of before exists no longer; '{getattr(contact, what)}' stays."
        elif told_name(column) in again:
            why = f"{called} '{getattr(contact, what)}' was said again since, and stays."
        else:
            setattr(contact, column, old)
            written.add(what)
            continue
        told.setdefault(told_name(column), []).append(why)
    return told


def _gone(changes: Iterable[dict[str, list[Any]]]) -> set[tuple[str, int]]:
    """Which rows that contacts belonged to before exist no longer, as (column, key): imports are undone in any
    order, and companies and users are deleted.
    """
    before = {
        (column, change[column][0])
        for change in changes
        for column in _ROWS_OF
        if column in change and change[column][0] is not None
    }
    gone = set(before)
    for column, model in _ROWS_OF.items():
        pks = [pk for name, pk in before if name == column]
        gone -= {
            (column, pk) for pk in model._default_manager.filter(pk__in=pks).values_list("pk", flat=True)
        }
    return gone


def _put_traits_back(
    contact: Contact, changed: dict[str, list[Any]], passed: Container[str], again: Container[str]
) -> dict[str, list[str]]:
    told, traits = dict[str, list[str]](), dict(contact.traits)
    for name, values in changed.items():
        word = told_trait(name)
        if name not in traits or traits[name] != values[-1]:
            told[word] = [f"{name} was changed since, to '{traits.get(name)}', and stays."]
        elif word in passed:
            told[word] = [SAID.format(f"{name} '{traits[name]}'")]
        elif word in again:
            told[word] = [f"{name} '{traits[name]}' was said again since, and stays."]
        elif len(values) > 1:
            traits[name] = values[0]
        else:
            del traits[name]
    contact.traits = traits
    return told


def _remove_contacts(
    made: Mapping[int, Made], shared: Container[int]
) -> tuple[set[int], list[str], Counter[str]]:
    """Removes the people of a step, unless another import has them or something happened to them since; says who
    went, who stays and why."""
    found = Contact.objects.filter(pk__in=made).annotate(now_touches=Count("touches")).order_by("pk")
    united = set(Contact.objects.filter(merged_into__in=made).values_list("merged_into", flat=True))
    recorded = recorded_of(made.keys()) | proven(made.keys())
    gone, told, tally = set[int](), [], Counter[str]()
    for contact in found:
        if contact.pk in shared:
            why = "shared"
        elif contact.merged_into_id or contact.pk in united:
            why = "united"
        elif contact.now_touches != made[contact.pk].touches or contact.pk in recorded:
            why = "recorded"
        elif contact.updated_at != made[contact.pk].at:
            why = "changed"
        else:
            gone.add(contact.pk)
            continue
        told.append(f"{contact} stays: {STAYING[why]}.")
        tally[f"stay_{why}"] += 1
    Contact.objects.filter(pk__in=gone).delete()
    return gone, told, tally


def _remove_companies(made: Mapping[int, datetime]) -> None:
    hold_companies(made)
    # Whoever is merged has their own company back when the merge is undone.
    merged = Contact.objects.filter(merged_into__isnull=False, set_aside__company_id__in=list(made))
    awaited = set(merged.values_list("set_aside__company_id", flat=True))
    alone = Company.objects.filter(pk__in=made.keys() - awaited, contacts=None)
    unchanged = [pk for pk, at in alone.values_list("pk", "updated_at") if at == made[pk]]
    Company.objects.filter(pk__in=unchanged).delete()


def _by_contact(changed: dict[str, Any]) -> dict[int, dict[str, list[Any]]]:
    return {int(pk): columns for pk, columns in changed.items()}
