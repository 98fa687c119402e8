"""What is counted of a day's mails, and when sending stops by itself.

Mailbox providers ask for fewer than 0.1 % complaints and shut out who comes to 0.3 %; a tenth of mails that come back
says that a list is not what it seems. With fewer than 500 mails one complaint would decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import Sum

from ripeline.kit.bulk import insert_rows
from ripeline.nurture.sending.models import SendingCount, SendingSettings
from ripeline.nurture.sending.ours import ROW, our_settings

FEWEST = 500
OVER = timedelta(days=7)
COMPLAINTS_STOP, COMPLAINTS_WARN = 0.003, 0.001
BOUNCES_STOP, BOUNCES_WARN = 0.10, 0.05
_ADD = """
ON CONFLICT (day, stretch) DO UPDATE SET
    accepted = ripeline_sendingcount.accepted + excluded.accepted,
    bounced = ripeline_sendingcount.bounced + excluded.bounced,
    complained = ripeline_sendingcount.complained + excluded.complained
"""


class Alarm(Enum):
    """How things stand with what comes back."""

    NONE = "none"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many mails were taken, came back for good, and were called spam."""

    accepted: int = 0
    bounced: int = 0
    complained: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.accepted + other.accepted,
            self.bounced + other.bounced,
            self.complained + other.complained,
        )

    @property
    def tried(self) -> int:
        """What shares are taken of: what was refused at once was tried too."""
        return max(self.accepted + self.bounced, 1)


def judge(tally: Tally) -> tuple[Alarm, str]:
    """What a tally means, with a sentence. Pure."""
    if tally.accepted + tally.bounced < FEWEST:
        return Alarm.NONE, ""
    complaints, bounces = tally.complained / tally.tried, tally.bounced / tally.tried
    said = (
        f"{tally.complained} of {tally.tried:,} mails of the last {OVER.days} days were called spam ({complaints:.2%}),"
        f" and {tally.bounced:,} came back ({bounces:.1%})."
    )
    if complaints >= COMPLAINTS_STOP or bounces >= BOUNCES_STOP:
        return Alarm.STOP, said
    if complaints >= COMPLAINTS_WARN or bounces >= BOUNCES_WARN:
        return Alarm.WARN, said
    return Alarm.NONE, said


def count(tally: Tally, now: datetime) -> None:
    """Adds to the day's counts, in the caller's transaction, and stops sending where it is time to."""
    stretch = our_settings().stretch
    row = (now.date(), stretch, tally.accepted, tally.bounced, tally.complained)
    insert_rows(
        SendingCount, ("day", "stretch", "accepted", "bounced", "complained"), [row], on_conflict=_ADD
    )
    if tally.bounced or tally.complained:
        alarm, said = judge(lately(now, stretch))
        if alarm is Alarm.STOP:
            pause(said, now)


def lately(now: datetime, stretch: int) -> Tally:
    """What became of the mails of the last days, since sending was last let go on."""
    rows = SendingCount.objects.filter(day__gt=(now - OVER).date(), stretch=stretch)
    sums = rows.aggregate(Sum("accepted"), Sum("bounced"), Sum("complained"))
    return Tally(*(sums[f"{name}__sum"] or 0 for name in ("accepted", "bounced", "complained")))


def of_the_day(now: datetime) -> int:
    """How many mails were taken today (UTC)."""
    return SendingCount.objects.filter(day=now.date()).aggregate(Sum("accepted"))["accepted__sum"] or 0


def pause(why: str, now: datetime) -> bool:
    """Stops sending; false where it is stopped already."""
    SendingSettings.objects.get_or_create(pk=ROW)
    going = SendingSettings.objects.filter(pk=ROW, paused_at=None)
    return bool(going.update(paused_at=now, paused_why=why[:1000]))


def go_on() -> None:
    """Lets sending go on; what went wrong so far is not held against what follows."""
    row, _ = SendingSettings.objects.get_or_create(pk=ROW)
    row.paused_at, row.paused_why, row.stretch = None, "", row.stretch + 1
    row.save(update_fields=["paused_at", "paused_why", "stretch"])
