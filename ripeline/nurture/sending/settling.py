"""What follows from what became of a mail: its row in the ledger, the touch, the closed address, the counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, transaction

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS, Scalar
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.nurture.sending.answers import Blame, blame, wait_after
from ripeline.nurture.sending.guard import Tally, count, pause
from ripeline.nurture.sending.keys import message_hash
from ripeline.nurture.sending.ledger import Held, Line, read_along, write
from ripeline.nurture.sending.mail import Accepted, Fate, Refused, Unsure, Verb
from ripeline.nurture.sending.models import Delivery
from ripeline.people.consent import suppress
from ripeline.people.models import Suppression
from ripeline.timeline.record import record

State = Delivery.State
Reported = Literal["delivered", "bounced", "complained"]
_KIND: dict[Reported, str] = {
    "delivered": "email_delivered",
    "bounced": "email_bounced",
    "complained": "complained",
}


@dataclass(frozen=True, slots=True)
class Finished:
    """A mail that was handed over, or was not, and when that was known. `pauses` says, where it is told that we are
    not wanted, why nothing more should be sent."""

    held: Held
    fate: Fate
    at: datetime
    pauses: str = ""


def settle(finished: Sequence[Finished], now: datetime) -> Tally:
    """Writes down what became of mails, in the caller's transaction; what counts no more has no consequence. Returns
    what is to be counted of it."""
    lines = [line_of(each) for each in finished]
    ours = write(lines, states=(State.HANDING, State.UNCERTAIN))
    counted = [(each, line) for each, line in zip(finished, lines, strict=True) if line.id in ours]
    tally = _consequences(counted, now)
    why = next((each.pauses for each in finished if each.pauses), "")
    if why:
        pause(why, now)
    return tally


def line_of(finished: Finished) -> Line:
    """What a row becomes by what was said of its mail."""
    held, fate, at = finished.held, finished.fate, finished.at
    ours = held.delivery.pk, held.token
    match fate:
        case Accepted(said):
            return Line(*ours, State.ACCEPTED.value, "", said[:500], None, 0, at)
        case Unsure(why):
            return Line(*ours, State.UNCERTAIN.value, "no_answer", why[:500], None, 0)
        case Refused(code, said):
            return _refused(fate, ours, held.delivery.attempts + 1, f"{code or ''} {said}".strip()[:500], at)


def was_taken(delivery: Delivery, now: datetime) -> bool:
    """Somebody says that an uncertain mail arrived: it counts as taken when it was handed over. False: it is not
    uncertain any more."""
    with transaction.atomic():
        row = _uncertain(delivery)
        if row is None:
            return False
        at = row.handed_at or now
        row.state, row.reason, row.accepted_at, row.claimed_by = State.ACCEPTED, "", at, ""
        row.save(update_fields=["state", "reason", "accepted_at", "claimed_by"])
        if row.source_kind != Delivery.Source.TEST:
            record([_sent(row, at)], now=now)
            count(Tally(accepted=1), now)
        return True


def send_again(delivery: Delivery, now: datetime) -> bool:
    """Somebody wants an uncertain mail sent once more, under the same Message-ID. False: it is uncertain no more."""
    with transaction.atomic():
        row = _uncertain(delivery)
        if row is None:
            return False
        # Without its token an answer that comes yet counts no more.
        row.state, row.reason, row.said, row.claimed_by, row.due_at = State.QUEUED, "", "", "", now
        row.save(update_fields=["state", "reason", "said", "claimed_by", "due_at"])
        return True


def note_report(
    delivery: Delivery, what: Reported, *, at: datetime, said: str = "", is_final: bool = True, now: datetime
) -> bool:
    """What a provider, or a mail that came back, says of a mail that was handed over; false where it was known.

    A bounce that `is_final` and a complaint close the address. A mail that nobody knew to be taken was taken.
    """
    with transaction.atomic():
        row = read_along(Delivery.objects.select_for_update(of=("self",))).get(pk=delivery.pk)
        if row.state == State.UNCERTAIN:
            was_taken(row, now)
        if row.source_kind == Delivery.Source.TEST:
            return False
        attrs: dict[str, Scalar] = {"said": said[:200]} if said else {}
        if what == "bounced":
            attrs["type"] = "hard" if is_final else "soft"
        fact = _fact(row, _KIND[what], f"{what}:{'hard' if is_final else 'soft'}", at, attrs)
        if not record([fact], now=now).new:
            return False
        if what != "delivered" and is_final:
            _close(
                row.address,
                Suppression.Why.BOUNCED if what == "bounced" else Suppression.Why.COMPLAINED,
                said,
                at,
            )
            count(Tally(bounced=int(what == "bounced"), complained=int(what == "complained")), now)
        return True


def _refused(refused: Refused, ours: tuple[int, str], tries: int, said: str, at: datetime) -> Line:
    fault = blame(refused)
    if fault not in (Blame.TIME, Blame.SENDER):
        return Line(*ours, State.FAILED.value, fault.value, said, None, 1)
    wait = wait_after(tries)
    if wait is None:
        return Line(*ours, State.FAILED.value, "gave_up", said, None, 1)
    if refused.verb is Verb.CONNECT:
        # Nothing was said about this mail.
        return Line(*ours, State.QUEUED.value, "", said, at, 0)
    return Line(*ours, State.DEFERRED.value, fault.value, said, at + _spread(wait, ours[0]), 1)


def _spread(wait: timedelta, pk: int) -> timedelta:
    """Up to a tenth longer: what was refused together need not all come again together."""
    return wait * (1 + pk % 10 / 100)


def _consequences(counted: Sequence[tuple[Finished, Line]], now: datetime) -> Tally:
    facts, taken, bounced = list[Fact](), 0, 0
    for finished, line in counted:
        row = finished.held.delivery
        if row.source_kind == Delivery.Source.TEST:
            # The contact of a test got nothing, and a colleague is none.
            continue
        if line.state == State.ACCEPTED:
            facts.append(_sent(row, finished.at))
            taken += 1
        elif line.state == State.FAILED and line.reason == Blame.PERSON.value:
            attrs: dict[str, Scalar] = {"type": "hard", "said": line.said[:200]}
            facts.append(_fact(row, "email_bounced", "bounced:hard", finished.at, attrs))
            if finished.held.mail:
                _close(finished.held.mail.to, Suppression.Why.BOUNCED, line.said, finished.at)
            bounced += 1
    if facts:
        record(facts, now=now, contacts=_known([finished.held.delivery for finished, _ in counted]))
    return Tally(accepted=taken, bounced=bounced)


def _known(rows: Sequence[Delivery]) -> Mapping[str, int] | None:
    """The ids of people by key, where the log asks again whether they are who they were (as it does on PostgreSQL)."""
    if connection.vendor != "postgresql" or any(row.contact.merged_into_id for row in rows):
        return None
    return {row.contact.key: row.contact_id for row in rows}


def _sent(row: Delivery, at: datetime) -> Fact:
    return _fact(row, "email_sent", "sent", at, {})


def _fact(row: Delivery, kind: str, what: str, at: datetime, attrs: dict[str, Scalar]) -> Fact:
    about: dict[str, Scalar] = {
        "delivery": row.pk,
        # Not "source": that is by which a person came to us.
        "sent_by": row.source_kind,
        "sent_by_id": row.source,
        "step": row.step,
        "version": row.version_id,
        "message_id": row.message_id,
    }
    return Fact(
        id=f"mail:{message_hash(row.send_key)}:{what}",
        person=row.contact.key,
        at=to_instant(at),
        kind=kind,
        direction=KINDS[kind],
        actor="unknown",
        subject=row.version.email.key,
        value=None,
        attrs=about | attrs,
    )


def _close(address: str, why: Suppression.Why, said: str, at: datetime) -> None:
    if address:
        suppress(address.lower(), why, now=at, note=said[:200])


def _uncertain(delivery: Delivery) -> Delivery | None:
    rows = read_along(Delivery.objects.select_for_update(of=("self",)))
    return rows.filter(pk=delivery.pk, state=State.UNCERTAIN).first()
