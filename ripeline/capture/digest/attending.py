"""The worker's turn at the arrivals: the oldest that wait are digested, a batch in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.digest.happening import Happening
from ripeline.capture.digest.naming import Names, names_in_use
from ripeline.capture.digest.steps import go_through
from ripeline.capture.digest.writing import Done, write_down
from ripeline.capture.verdicts.force import ONE_AT_A_TIME, rules_in_force
from ripeline.capture.verdicts.rules import Rules
from ripeline.timeline.identities.living import MergedMeanwhile

log = logging.getLogger(__name__)

BATCH = 500
KEPT_FOR = timedelta(days=7)
"""How long an arrival that is done can still be looked at. One that waits is never deleted."""
PRUNE_EVERY = timedelta(minutes=10)
PRUNED_AT_ONCE = 5_000
TRIES = 3
LONGEST_REASON = 200
NO_KEY = "it came with a write key that is none"


class _Row(NamedTuple):
    pk: int
    write_key: int
    received_at: datetime
    event: str
    facts: Any


class _Known(NamedTuple):
    """By what a batch is read: which write keys are public, the rules of verdicts, what events' names mean."""

    public: Mapping[int, bool]
    rules: Rules
    names: Names


def attend_arrivals(now: datetime, *, most: int = BATCH) -> int:
    """Digests the oldest arrivals that wait; returns how many it was done with."""
    waiting = Arrival.objects.filter(outcome=Arrival.Outcome.WAITING).order_by("pk")[:most]
    rows = [_Row(*row) for row in waiting.values_list("pk", "write_key_id", "received_at", "event", "facts")]
    if not rows:
        return 0
    public = {
        pk: purpose == WriteKey.Purpose.WEBSITE
        for pk, purpose in WriteKey.objects.values_list("pk", "purpose")
    }
    return _digest(rows, _Known(public, rules_in_force(), names_in_use()), now)


def prune_arrivals(now: datetime, *, kept_for: timedelta = KEPT_FOR) -> int:
    """Deletes what was recorded or dropped that long ago; returns how many. What failed is kept."""
    before, last, pruned = now - kept_for, 0, 0
    Refusal.objects.filter(at__lt=before).delete()
    while True:
        # They came in order of id, or nearly: what lies behind the first that is younger need not be looked at.
        rows = list(
            Arrival.objects.filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", "received_at", "done_at", "outcome")[:PRUNED_AT_ONCE]
        )
        old = [
            pk
            for pk, received_at, done_at, outcome in rows
            if received_at < before and done_at and done_at < before and outcome != Arrival.Outcome.FAILED
        ]
        Arrival.objects.filter(pk__in=old).delete()
        pruned += len(old)
        if len(rows) < PRUNED_AT_ONCE or rows[-1][1] >= before:
            return pruned
        last = rows[-1][0]


class Pruning:
    """A task that now and then prunes; it never keeps the worker from resting."""

    def __init__(self) -> None:
        self._next_at: datetime | None = None

    def __call__(self, now: datetime) -> int:
        if self._next_at is None or now >= self._next_at:
            prune_arrivals(now)
            self._next_at = now + PRUNE_EVERY
        return 0


def _digest(rows: Sequence[_Row], known: _Known, now: datetime, *, is_second: bool = False) -> int:
    """Digests a batch. Where one of it makes trouble, its halves are taken apart until that one is alone: the others
    are not held up, and it is kept as failed."""
    try:
        return _steadily(rows, known, now)
    except (OperationalError, InterfaceError):
        # The database is away or busy: nothing is wrong with the arrivals.
        raise
    except Exception as trouble:
        if len(rows) > 1:
            half = len(rows) // 2
            return _digest(rows[:half], known, now) + _digest(rows[half:], known, now)
        if not is_second and isinstance(trouble, (IntegrityError, KeyError)):
            # Somebody was added or removed meanwhile: now that is seen.
            return _digest(rows, known, now, is_second=True)
        log.exception("Arrival %s could not be digested.", rows[0].pk)
        return _fail(rows[0], trouble, now)


def _steadily(rows: Sequence[_Row], known: _Known, now: datetime) -> int:
    """Does a batch, again where PostgreSQL ended a circle of writers who waited for each other by ending us, or where
    somebody was merged while we looked."""
    for turn in range(TRIES):
        try:
            return _digest_once(rows, known, now)
        except MergedMeanwhile:
            continue
        except OperationalError as trouble:
            if turn + 1 == TRIES or getattr(trouble.__cause__, "sqlstate", "") != "40P01":
                raise
    # They go on merging: at the next turn.
    return 0


def _digest_once(rows: Sequence[_Row], known: _Known, now: datetime) -> int:
    done: dict[int, Done] = {}
    happenings = []
    # Before the transaction: on SQLite nobody else writes during it.
    for row in rows:
        happening = _read(row, known, done)
        if happening is None:
            continue
        if why := go_through(happening, known.rules):
            done[row.pk] = Done(False, why, happening.uid)
        else:
            happenings.append(happening)
    with transaction.atomic():
        if not _my_turn() or rules_in_force().version != known.rules.version:
            return 0
        still = set(_waiting(rows))
        done = {pk: each for pk, each in done.items() if pk in still}
        ours = [each for each in happenings if each.arrival in still]
        done |= write_down(ours, known.rules, now=now)
        _close(done, now)
    return len(done)


def _read(row: _Row, known: _Known, done: dict[int, Done]) -> Happening | None:
    if row.write_key not in known.public:
        done[row.pk] = Done(False, NO_KEY)
        return None
    message = msgspec.json.decode(row.event)
    if not isinstance(message, dict):
        raise ValueError("The event is no object.")
    facts = row.facts if isinstance(row.facts, dict) else {}
    is_public = known.public[row.write_key]
    return Happening(row.pk, row.write_key, is_public, row.received_at, message, facts, names=known.names)


def _my_turn() -> bool:
    """Whether no other worker is at the arrivals; SQLite lets only one write anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        return bool(cursor.fetchone()[0])


def _waiting(rows: Sequence[_Row]) -> Sequence[int]:
    """Which of them still wait: another worker may have been at them since we looked."""
    found = Arrival.objects.filter(pk__in=[row.pk for row in rows], outcome=Arrival.Outcome.WAITING)
    return list(found.values_list("pk", flat=True))


def _close(done: Mapping[int, Done], now: datetime) -> None:
    recorded, dropped = str(Arrival.Outcome.RECORDED), str(Arrival.Outcome.DROPPED)
    at = connection.ops.adapt_datetimefield_value(now)
    values = [
        (
            recorded if each.is_recorded else dropped,
            each.why[:LONGEST_REASON],
            each.uid[:128],
            each.contact,
            each.visitor,
            at,
            pk,
        )
        for pk, each in sorted(done.items())
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE ripeline_arrival SET outcome = %s, reason = %s, touch_uid = %s, contact_id = %s,"
                " visitor_id = %s, done_at = %s WHERE id = %s",
                values,
            )


def _fail(row: _Row, trouble: Exception, now: datetime) -> int:
    why = f"{type(trouble).__name__}: {trouble}"[:LONGEST_REASON].replace("\0", "")
    waiting = Arrival.objects.filter(pk=row.pk, outcome=Arrival.Outcome.WAITING)
    return waiting.update(outcome=Arrival.Outcome.FAILED, reason=why, done_at=now)
