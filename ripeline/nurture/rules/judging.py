"""Whether a mail may go to a person at a moment: of plain facts and rules alone.

The engine asks it in the transaction in which a mail is taken in hand, the pages that say why ask it too, and so does
whoever only wants to know what would happen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ripeline.nurture.rules.definition import Cap, Rules
from ripeline.nurture.rules.hours import is_quiet, next_open
from ripeline.nurture.rules.reasons import Reason

MONTH = timedelta(days=30)
"""By which people choose for themselves how much they get."""
Said = Literal["given", "withdrawn", "asked", "nothing"]


class Sent(NamedTuple):
    """A mail that somebody got, or perhaps got: when it was handed over, and for what."""

    at: datetime
    purpose: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one mail and its person.

    `is_personal`: a colleague sends it to this one person. `consent` is what holds of the purpose, `closed` why nothing
    is sent to the address. `sent` are mails to all who are one with them, `talked_at` when both sides last spoke.
    `had_it`: it went to whom they were merged with. `own_most` and `pause_until` are their own choices.
    """

    purpose: str
    address: str
    is_personal: bool = False
    consent: Said = "nothing"
    closed: Reason | None = None
    stage: str = ""
    zone: str = "UTC"
    sent: tuple[Sent, ...] = ()
    talked_at: datetime | None = None
    had_it: bool = False
    is_archived: bool = False
    expires_at: datetime | None = None
    own_most: int | None = None
    pause_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """It may go."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: it is asked again `until`. `figures` are for the sentence."""

    reason: Reason
    until: datetime
    figures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Never:
    """Not at all."""

    reason: Reason


Verdict = Go | Wait | Never


def judge(situation: Situation, rules: Rules, now: datetime) -> Verdict:
    """What holds at a moment. Of several holds it is that which lasts longest, and `until` is a moment at which none of
    those known now holds."""
    if reason := _forbidden(situation, rules, now):
        return Never(reason)
    if situation.is_personal:
        return Go()
    holds = [*_holds(situation, rules, now)]
    if not holds:
        return Go()
    longest = max(holds, key=lambda each: each.until)
    until = _awake(situation, rules, longest.until)
    if situation.expires_at:
        # When its time is over it is looked at once more, and written down as over.
        until = min(until, situation.expires_at)
    return Wait(longest.reason, until, longest.figures)


def _forbidden(situation: Situation, rules: Rules, now: datetime) -> Reason | None:
    purpose = rules.of(situation.purpose)
    if not situation.address:
        return Reason.NO_ADDRESS
    if situation.closed:
        return situation.closed
    if situation.consent == "withdrawn":
        return Reason.WITHDRAWN
    if situation.expires_at and situation.expires_at <= now:
        return Reason.EXPIRED
    if situation.had_it:
        return Reason.TWICE
    if situation.is_personal:
        return None
    if situation.is_archived:
        return Reason.NOT_OFFERED
    if purpose.basis == "consent" and situation.consent != "given":
        return Reason.NOT_CONFIRMED if situation.consent == "asked" else Reason.NO_CONSENT
    if purpose.stages and situation.stage not in purpose.stages:
        return Reason.OTHERS_ONLY
    if situation.stage in rules.templates_stop_at and not purpose.goes_on:
        return Reason.STAGE
    return None


def _holds(situation: Situation, rules: Rules, now: datetime) -> Iterable[Wait]:
    if situation.pause_until and situation.pause_until > now:
        yield Wait(Reason.THEIR_PAUSE, situation.pause_until)
    if situation.own_most is not None:
        own = Cap(most=situation.own_most, days=MONTH.days)
        yield from _over(own, situation, now, Reason.OWN_CAP)
    for cap in rules.caps:
        if cap.is_for(situation.purpose, situation.stage):
            yield from _over(cap, situation, now, Reason.CAP)
    if situation.talked_at and rules.talk_days:
        until = situation.talked_at + timedelta(days=rules.talk_days)
        if until > now:
            yield Wait(Reason.TALKING, until, (rules.talk_days,))
    if rules.quiet and is_quiet(now, situation.zone, rules.quiet):
        yield Wait(Reason.QUIET, next_open(now, situation.zone, rules.quiet))


def _over(cap: Cap, situation: Situation, now: datetime, reason: Reason) -> Iterable[Wait]:
    window = timedelta(days=cap.days)
    counted = sorted(each.at for each in situation.sent if each.at > now - window and cap.is_of(each.purpose))
    if len(counted) < cap.most:
        return
    # One more is allowed as soon as all but one less than the most are older than the window.
    until = counted[len(counted) - cap.most] + window
    yield Wait(reason, until, (len(counted), cap.days, cap.most))


def _awake(situation: Situation, rules: Rules, at: datetime) -> datetime:
    if rules.quiet and is_quiet(at, situation.zone, rules.quiet):
        return next_open(at, situation.zone, rules.quiet)
    return at
