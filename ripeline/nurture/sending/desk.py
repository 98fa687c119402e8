"""What the engine has the database do, each in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import DatabaseError, connection, transaction

from ripeline.nurture.sending.guard import Tally, count, pause
from ripeline.nurture.sending.ledger import (
    LEASE,
    Held,
    claim,
    give_back,
    is_due,
    name_uncertain,
    renew,
    set_aside,
    take_in_hand,
)
from ripeline.nurture.sending.mail import Composer, Judge, Mail, Never, NotNow
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.ours import our_settings
from ripeline.nurture.sending.pace import left_today
from ripeline.nurture.sending.settling import Finished, settle

log = logging.getLogger(__name__)
Said = TypeVar("Said")
SECOND = timedelta(seconds=1)
NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Prepared:
    """`ready` are new and composed, of `claimed` that were taken; what was `lost` is ours no more. `more` is due, but
    to domains that are avoided."""

    ready: Sequence[Held] = ()
    claimed: int = 0
    lost: frozenset[int] = frozenset()
    more: bool = False


class Desk:
    """Where one engine's papers are kept, under the settings of one `revision`; once they are others, `is_outdated`."""

    def __init__(self, composer: Composer, judge: Judge, *, transport: str, revision: int = 0) -> None:
        self.composer, self.judge, self.transport, self.revision = composer, judge, transport, revision
        self.renewed_at: datetime | None = None
        self.tally, self.counted_at = NOTHING, datetime.min.replace(tzinfo=UTC)
        self.is_outdated = False

    def asking(self, ask: Callable[[], Said]) -> Said:
        """Asks the database; where that fails, the next time is on a new connection."""
        try:
            return ask()
        except BaseException:
            connection.close()
            raise

    def is_to_renew(self, now: datetime) -> bool:
        """Whether it is time to see to the leases of what is held."""
        return self.renewed_at is None or not timedelta() <= now - self.renewed_at < LEASE / 3

    def prepare(
        self, held: Sequence[Held], back: Sequence[Held], *, wants: int, now: datetime, avoiding: set[str]
    ) -> Prepared:
        """Keeps what is held, lets go of what is to go `back`, and takes and composes up to `wants` more; all goes back
        where sending is paused."""
        if self.is_to_renew(now):
            name_uncertain(now)
            renew(held, now)
            self.renewed_at = now
        give_back(back)
        ours = our_settings()
        self.is_outdated = self.is_outdated or ours.revision != self.revision
        if ours.paused_at or self.is_outdated:
            give_back(held)
            return Prepared(lost=frozenset(each.delivery.pk for each in held))
        wants = min(wants, left_today(ours, now) - len(held))
        claimed = claim(now, limit=wants, avoiding=avoiding) if wants > 0 else []
        more = bool(avoiding) and not claimed and wants > 0 and is_due(now)
        return Prepared(self._compose(claimed, now), len(claimed), more=more)

    def go_round(self, finished: Sequence[Finished], picks: Sequence[Held], now: datetime) -> list[Held]:
        """Writes down what is over and marks what goes next, in one transaction; those of `picks` that may go."""
        with transaction.atomic():
            tally = self._count(settle(finished, now), now)
            going = self._take(picks, now) if picks else []
        self.tally = tally
        return going

    def count(self, now: datetime) -> None:
        """Writes down what was counted and is not written down yet."""
        if self.tally != NOTHING:
            count(self.tally, now)
            self.tally = NOTHING

    def _count(self, tally: Tally, now: datetime) -> Tally:
        """Adds to what was counted; returns what of it is not written down yet.

        It is every second, not every round: a row that all rounds write is dear, and what a crash forgets is a second's
        worth of figures that no mail depends on. What came back is judged at once.
        """
        whole = self.tally.plus(tally)
        if whole == NOTHING or not (tally.bounced or abs(now - self.counted_at) >= SECOND):
            return whole
        count(whole, now)
        self.counted_at = now
        return NOTHING

    def _take(self, picks: Sequence[Held], now: datetime) -> list[Held]:
        judged = self.judge([each.delivery for each in picks], now)
        if judged:
            set_aside(judged, picks)
        going = [each for each in picks if each.delivery.pk not in judged]
        taken = take_in_hand(going, now, transport=self.transport)
        return [each for each in going if each.delivery.pk in taken]

    def give_back(self, held: Iterable[Held]) -> None:
        """Lets go of what waits in our hands."""
        give_back(held)

    def hang_up(self) -> None:
        """Ends the database connection of the thread that this is called in."""
        connection.close()

    def stop_sending(self, why: str, now: datetime) -> None:
        """Nothing goes out until somebody has looked."""
        if pause(why, now):
            log.warning("Sending is paused: %s", why)

    def _compose(self, claimed: Sequence[Held], now: datetime) -> list[Held]:
        if not claimed:
            return []
        late = {
            each.delivery.pk: Never("expired")
            for each in claimed
            if each.delivery.expires_at and each.delivery.expires_at <= now
        }
        rows = [each.delivery for each in claimed if each.delivery.pk not in late]
        composed: dict[int, Mail | NotNow | Never] = {**late, **self._written(rows, now)}
        not_sent: dict[int, NotNow | Never] = {}
        ready = []
        for each in claimed:
            made = composed.get(each.delivery.pk, Never("not_composed"))
            if isinstance(made, Mail):
                each.mail = made
                ready.append(each)
            else:
                not_sent[each.delivery.pk] = made
        set_aside(not_sent, claimed)
        return ready

    def _written(self, rows: Sequence[Delivery], now: datetime) -> Mapping[int, Mail | NotNow | Never]:
        try:
            return self.composer.compose(rows, now)
        except DatabaseError:
            raise
        except Exception:
            if len(rows) > 1:
                # One that cannot be written must not keep the others waiting.
                return {pk: made for each in rows for pk, made in self._written([each], now).items()}
            log.exception("Delivery %s cannot be composed, and is tried again in an hour.", rows[0].pk)
            return {rows[0].pk: NotNow("not_composed", now + timedelta(hours=1))}
