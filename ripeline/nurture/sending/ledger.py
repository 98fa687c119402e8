"""The ledger's writes: taking, handing, settling. Each counts only under the token that the row was claimed with.

A worker that was thought dead and comes back changes nothing that is another's by then. And each of these may be
done twice: whoever does not know whether a commit went through asks again, and finds what is so.
"""
# ruff: noqa: S608 - the only parts are names of columns, and clauses of our own

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from ripeline.nurture.sending.mail import Mail, Never, NotNow
from ripeline.nurture.sending.models import Delivery

LEASE = timedelta(seconds=10)
"""Renewed by whoever is at work: the rows of a worker that died are free again so soon."""
IN_HAND = timedelta(minutes=15)
"""Longer than a mail server may think about a mail that was handed over whole (RFC 5321, 4.5.3.2.6: ten minutes):
what is in somebody's hand after that, nobody will hear of again."""
_WAITING = (Delivery.State.QUEUED, Delivery.State.DEFERRED)


@dataclass(slots=True)
class Held:
    """A delivery that is ours as long as its token counts, and its mail where it is composed."""

    delivery: Delivery
    token: str
    mail: Mail | None = None


class Line(NamedTuple):
    """What a row becomes. `tries` is added to its attempts; `due_at` null: there is nothing more to do."""

    id: int
    token: str
    state: str
    reason: str
    said: str
    due_at: datetime | None
    tries: int
    accepted_at: datetime | None = None


_KINDS = ("bigint", "text", "text", "text", "text", "timestamptz", "integer", "timestamptz")


def claim(now: datetime, *, limit: int, avoiding: Iterable[str] = ()) -> list[Held]:
    """Takes up to `limit` mails that are due, longest due first, and leaves aside those to domains in `avoiding`."""
    due = _due(now).order_by("due_at")
    avoided = sorted(avoiding)
    if avoided:
        due = due.exclude(domain__in=avoided)
    if not due.exists():
        return []
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Whom another worker is just taking is passed over, not waited for.
            due = due.select_for_update(skip_locked=True)
        pks = list(due.values_list("pk", flat=True)[:limit])
        # A token for each claim, not for each worker: one that lost its rows and took them again holds them once.
        token = secrets.token_hex(16)
        Delivery.objects.filter(pk__in=pks).update(claimed_by=token, claimed_until=now + LEASE)
    rows = read_along(Delivery.objects.filter(pk__in=pks, claimed_by=token))
    return [Held(row, token) for row in rows.order_by("due_at", "pk")]


def is_due(now: datetime) -> bool:
    """Whether anything waits that nobody holds."""
    return _due(now).exists()


def read_along(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """With what whoever sends, or says what became of it, asks of each; without what its version says at length."""
    whole = rows.select_related("contact__merged_into", "version__email")
    return whole.defer("version__content", "version__html", "version__text", "version__email__draft")


def renew(held: Iterable[Held], now: datetime) -> None:
    """Keeps what waits in our hands from being taken for a dead worker's."""
    for token, pks in _by_token(held).items():
        ours = Delivery.objects.filter(pk__in=pks, claimed_by=token, state__in=_WAITING)
        ours.update(claimed_until=now + LEASE)


def give_back(held: Iterable[Held]) -> None:
    """Lets go of what waits in our hands: it is as due as before."""
    for token, pks in _by_token(held).items():
        ours = Delivery.objects.filter(pk__in=pks, claimed_by=token, state__in=_WAITING)
        ours.update(claimed_by="", claimed_until=None)


def set_aside(judged: Mapping[int, NotNow | Never], held: Iterable[Held]) -> None:
    """Writes down of those who may not be written to why, and until when."""
    tokens = {each.delivery.pk: each.token for each in held}
    lines = []
    for pk, verdict in judged.items():
        if isinstance(verdict, NotNow):
            state, until, said = Delivery.State.QUEUED, verdict.until, ""
        else:
            state, until, said = Delivery.State.SUPPRESSED, None, verdict.said
        lines.append(Line(pk, tokens[pk], state.value, verdict.reason, said, until, 0))
    write(lines, states=_WAITING)


def take_in_hand(picks: Sequence[Held], now: datetime, *, transport: str) -> set[int]:
    """Marks mails as being handed over, which they are once this is on disk; the ids of those that are ours still, and
    none where sending was stopped."""
    until = _stored(now + IN_HAND)
    rows = [
        {
            "id": each.delivery.pk,
            "token": each.token,
            "address": each.mail.to,
            "domain": _domain(each.mail.to),
        }
        for each in picks
        if each.mail
    ]
    if not rows:
        return set()
    given = _given(("id", "token", "address", "domain"), ("bigint", "text", "text", "text"))
    # Those in hand already are of a time when we did not hear whether it was on disk.
    statement = f"""
    UPDATE ripeline_delivery SET
        state = 'handing', reason = '', handed_at = %s, due_at = %s, claimed_until = %s,
        transport = %s, address = given.address, domain = given.domain
    FROM {given}
    WHERE ripeline_delivery.id = given.id AND ripeline_delivery.claimed_by = given.token
        AND ripeline_delivery.state IN ('queued', 'deferred', 'handing')
        AND NOT EXISTS (SELECT 1 FROM ripeline_sendingsettings WHERE paused_at IS NOT NULL)
    RETURNING ripeline_delivery.id
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [_stored(now), until, until, transport, json.dumps(rows)])
        return {int(pk) for (pk,) in cursor.fetchall()}


def write(lines: Sequence[Line], *, states: Iterable[str]) -> set[int]:
    """Writes what became of rows that are ours still and in one of `states`; returns their ids.

    What is uncertain keeps the token: if an answer comes after all, whoever waited for it may write it down.
    """
    if not lines:
        return set()
    given = _given(Line._fields, _KINDS)
    wanted = ", ".join(f"'{Delivery.State(state).value}'" for state in states)
    statement = f"""
    UPDATE ripeline_delivery SET
        state = given.state, reason = given.reason, said = given.said, due_at = given.due_at,
        attempts = ripeline_delivery.attempts + given.tries, accepted_at = given.accepted_at, claimed_until = NULL,
        claimed_by = CASE WHEN given.state = 'uncertain' THEN ripeline_delivery.claimed_by ELSE '' END
    FROM {given}
    WHERE ripeline_delivery.id = given.id AND ripeline_delivery.claimed_by = given.token
        AND ripeline_delivery.state IN ({wanted})
    RETURNING ripeline_delivery.id
    """
    rows = [
        line._replace(due_at=_stored(line.due_at), accepted_at=_stored(line.accepted_at))._asdict()
        for line in lines
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(rows)])
        return {int(pk) for (pk,) in cursor.fetchall()}


def name_uncertain(now: datetime) -> int:
    """Names as uncertain what was in the hands of workers that are not heard of any more; how many these were."""
    left = Delivery.objects.filter(state=Delivery.State.HANDING, due_at__lte=now)
    if not left.exists():
        return 0
    return left.update(
        state=Delivery.State.UNCERTAIN, reason="crashed", due_at=None, claimed_until=None, said=""
    )


def _due(now: datetime) -> QuerySet[Delivery]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    return Delivery.objects.filter(free, due_at__lte=now, state__in=_WAITING)


def _by_token(held: Iterable[Held]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for each in sorted(held, key=lambda each: each.delivery.pk):
        found.setdefault(each.token, []).append(each.delivery.pk)
    return found


def _given(names: Sequence[str], kinds: Sequence[str]) -> str:
    """A table made of a JSON list, the only parameter: one statement for all rows, whatever they become."""
    if connection.vendor == "postgresql":
        shape = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
        return f"json_to_recordset(%s::json) AS given({shape})"
    columns = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in names)
    return f"(SELECT {columns} FROM json_each(%s)) AS given"


def _stored(moment: datetime | None) -> Any:
    """A moment as the column keeps it, as text."""
    return None if moment is None else str(connection.ops.adapt_datetimefield_value(moment))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
