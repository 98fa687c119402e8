"""Posting mails: rows of the ledger, made in the transaction that wants them sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ripeline.kit.bulk import insert_rows
from ripeline.nurture.sending.keys import message_id, send_key
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import Contact

AHEAD = timedelta(days=1)
"""What somebody waits for at their screen is due before all that is sent to many."""
_AT_ONCE = frozenset({Delivery.Source.TEST, Delivery.Source.BY_HAND})
_COLUMNS = (
    *("send_key", "contact_id", "version_id", "purpose", "source_kind", "source", "step", "state", "reason"),
    *("said", "address", "domain", "message_id", "transport", "created_at", "expires_at", "due_at", "mark"),
    *("claimed_by", "attempts", "error"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One mail that somebody is to get: for what it is sent (`source_kind`, `source`, `step`), not before `due_at`,
    and not after `expires_at`. A test goes to `address`, written as this contact would get it."""

    contact_id: int
    contact_key: str
    version_id: int
    purpose: str
    source_kind: str
    source: int
    step: str
    due_at: datetime
    expires_at: datetime | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """How many were `new`, and how many were `known` by their key: those stay as they are."""

    new: int
    known: int


def post(wanted: Sequence[Wanted], *, now: datetime) -> Posted:
    """Posts mails in the caller's transaction: without it there are none, with it there is one of each key.

    Where it goes to is asked when it is sent: until then an address may change.
    """
    domains = _domains({each.contact_id for each in wanted})
    new = insert_rows(
        Delivery,
        _COLUMNS,
        (_row(each, domains.get(each.contact_id, ""), now) for each in wanted),
        skip_known=True,
        returning="id",
    )
    return Posted(len(new), len(wanted) - len(new))


def _row(each: Wanted, domain: str, now: datetime) -> tuple[object, ...]:
    domain = domain_of(each.address) if each.address else domain
    key = send_key(each.source_kind, each.source, each.step, each.contact_key)
    due = each.due_at - AHEAD if each.source_kind in _AT_ONCE and each.due_at <= now else each.due_at
    return (
        *(key, each.contact_id, each.version_id, each.purpose, each.source_kind, each.source, each.step),
        *(
            Delivery.State.QUEUED.value,
            "",
            "",
            each.address,
            domain,
            message_id(key),
            "",
            now,
            each.expires_at,
            due,
        ),
        *(0, "", 0, ""),
    )


def _domains(contact_ids: set[int]) -> dict[int, str]:
    """The domain of each contact's address as it is by now, or of whom they are: by it the queue is shared out."""
    rows = Contact.objects.filter(pk__in=contact_ids).values_list("pk", "email", "merged_into__email")
    return {pk: domain_of(merged or email) for pk, email, merged in rows}


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()
