"""How much may go out: so many a minute, and while an address is new, more every day."""

from __future__ import annotations

from datetime import date, datetime

from ripeline.nurture.sending.guard import of_the_day
from ripeline.nurture.sending.models import SendingSettings

GROWS = 1.5
DAYS = 21
"""After so many days an address is known well enough, or the plan would end beyond what anybody sends."""
NO_LIMIT = 1_000_000_000


def day_limit(ours: SendingSettings, today: date) -> int | None:
    """How many mails the warm-up plan allows on a day; None: as many as there are."""
    if ours.warm_up_from is None:
        return None
    days = (today - ours.warm_up_from).days
    if days < 0 or days >= DAYS:
        return None if days >= DAYS else 0
    return int(ours.warm_up_first * GROWS**days)


def left_today(ours: SendingSettings, now: datetime) -> int:
    """How many more may be taken in hand today (UTC)."""
    limit = day_limit(ours, now.date())
    return NO_LIMIT if limit is None else max(0, limit - of_the_day(now))


class Pace:
    """So many a minute, and no burst of more than a second's worth; moments are seconds of the engine's own clock."""

    def __init__(self, per_minute: int) -> None:
        self.per_second = per_minute / 60
        self.most = max(1.0, self.per_second)
        self.saved, self.at = self.most, 0.0

    def allows(self, now: float) -> int:
        """How many may go just now."""
        if not self.per_second:
            return NO_LIMIT
        self.saved = min(self.most, self.saved + (now - self.at) * self.per_second) if self.at else self.most
        self.at = now
        return int(self.saved)

    def spend(self, number: int) -> None:
        """So many went."""
        self.saved -= number if self.per_second else 0
