"""Claiming due rows by conditional UPDATE, so that each is attended to once however many workers there are.

A claim is a lease: a worker that dies keeps its rows only until `claimed_until`, then another takes them. Every
write that follows from a claim goes through `finish`, which counts only while the claim and the mark still stand.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from ripeline.work.models import DueRow

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Claim:
    """One row taken: its primary key, the mark it had, and the token that proves the claim."""

    pk: int
    mark: int
    attempts: int
    token: str


def claim_due(model: type[DueRow], now: datetime, *, limit: int) -> list[Claim]:
    """Takes up to `limit` rows due at `now` that nobody holds, longest due first.

    On PostgreSQL, rows another worker is claiming are skipped rather than waited for; on SQLite the write lock
    taken at BEGIN keeps claimers apart.
    """
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    due = model._default_manager.filter(free, due_at__lte=now).order_by("due_at")
    # Mostly there is nothing to claim, and only writers must wait for SQLite's write lock.
    if not due.exists():
        return []
    with transaction.atomic():
        if connection.vendor == "postgresql":
            due = due.select_for_update(skip_locked=True)
        return _take(model, [row.pk for row in due.only("pk")[:limit]], now)


def claim_these(model: type[DueRow], pks: Sequence[int], now: datetime) -> list[Claim]:
    """Takes exactly these rows, even from a worker that holds them: its `finish` will then not count."""
    with transaction.atomic():
        rows = model._default_manager.filter(pk__in=list(pks)).order_by("pk").select_for_update()
        return _take(model, [row.pk for row in rows.only("pk")], now)


def finish(model: type[DueRow], claim: Claim, next_due: datetime | None, **fields: object) -> bool:
    """Gives the row back, due again at `next_due`, with `fields` of its own kind of row set.

    False: the claim no longer stands and nothing may be written.

    To be called first in the transaction that writes what the work found, so that either both count or neither.
    """
    held = model._default_manager.filter(pk=claim.pk, claimed_by=claim.token, mark=claim.mark)
    done = held.update(due_at=next_due, claimed_by="", claimed_until=None, attempts=0, error="", **fields)
    if not done:
        give_back(model, claim)
    return bool(done)


def give_back(model: type[DueRow], claim: Claim) -> None:
    """Lets the row go as it is: still due, only no longer ours."""
    held = model._default_manager.filter(pk=claim.pk, claimed_by=claim.token)
    held.update(claimed_by="", claimed_until=None)


def fail(model: type[DueRow], claim: Claim, *, error: str, now: datetime) -> None:
    """Puts the row back for a later try, each wait twice the last, and keeps what went wrong.

    Where something happened meanwhile that makes it due, it is not put off: that may be what mends it.
    """
    wait = min(FIRST_RETRY * 2 ** min(claim.attempts, 20), LONGEST_RETRY)
    held = model._default_manager.filter(pk=claim.pk, claimed_by=claim.token, mark=claim.mark)
    if not held.update(
        due_at=now + wait, claimed_by="", claimed_until=None, attempts=F("attempts") + 1, error=error[:2000]
    ):
        give_back(model, claim)


def _take(model: type[DueRow], pks: list[int], now: datetime) -> list[Claim]:
    token = secrets.token_hex(16)
    rows: Any = model._default_manager.filter(pk__in=sorted(pks))
    rows.update(claimed_by=token, claimed_until=now + LEASE)
    return [
        Claim(pk, mark, attempts, token) for pk, mark, attempts in rows.values_list("pk", "mark", "attempts")
    ]
