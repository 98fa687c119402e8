"""Addresses, numbers and keys that an import added to people who were here: those that nothing came of since go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from ripeline.capture.forms.models import Confirmation, Submission
from ripeline.gateway.imports.shared import SAID
from ripeline.gateway.models import ImportStep
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Contact, Identity
from ripeline.timeline.identities.models import Identification

_BY_SITE = (Identification.How.IDENTIFY, Identification.How.ALIAS)


def take_ways(step: ImportStep, passed: Collection[int]) -> dict[int, list[str]]:
    """Takes the identities of a step away again, but for those `passed` on, proved, made the primary one or used since;
    says by contact of the step what stays."""
    whose = {way: int(pk) for pk, ways in step.done.get("identities", {}).items() for way in ways}
    rows = list(Identity.objects.filter(pk__in=whose).order_by("pk"))
    used = _Used(rows, step.at) if rows else None
    first, told = set(step.done.get("first", ())), dict[int, list[str]]()
    going = []
    names = {each.pk: str(each) for each in Contact.objects.filter(pk__in={whose[row.pk] for row in rows})}
    for row in rows:
        why = ""
        if row.pk in passed:
            why = SAID.format(row.value)
        elif row.verified_at:
            why = f"{row.value} was proved since, and stays."
        elif row.is_primary and row.pk not in first:
            why = f"{row.value} was made the first one since, and stays."
        elif used and used.has(row):
            why = f"{row.value} was used since, and stays."
        else:
            going.append(row.pk)
        if why:
            told.setdefault(whose[row.pk], []).append(f"{names[whose[row.pk]]}: {why}")
    Identity.objects.filter(pk__in=going).delete()
    return told


def proven(contacts: Collection[int]) -> set[int]:
    """Those of these contacts who proved an address of theirs."""
    rows = Identity.objects.filter(contact__in=contacts, verified_at__isnull=False)
    return set(rows.values_list("contact", flat=True))


class _Used:
    """What was written to, sent or named since a moment of those whose identities these are."""

    def __init__(self, rows: Iterable[Identity], since: datetime) -> None:
        people = {row.contact_id for row in rows} | {row.home_id for row in rows if row.home_id}
        letters = Confirmation.objects.filter(contact__in=people, asked_at__gte=since)
        mails = Delivery.objects.filter(contact__in=people, handed_at__gte=since)
        self._said = {
            each.lower() for model in (letters, mails) for each in model.values_list("address", flat=True)
        }
        answers = Submission.objects.filter(contact__in=people, received_at__gte=since)
        for given in answers.values_list("answers", flat=True):
            self._said.update(str(value).strip().lower() for value in given.values())
        named = Identification.objects.filter(contact__in=people, known_at__gte=since, how__in=_BY_SITE)
        self._named = set(named.values_list("contact", flat=True))

    def has(self, row: Identity) -> bool:
        if row.value.lower() in self._said:
            return True
        # A website names people by an address or a key; which of theirs it was is kept nowhere.
        by_site = row.kind != Identity.Kind.PHONE
        return by_site and bool(self._named & {row.contact_id, row.home_id})
