"""Two versions of an email sent by turns: who gets which, and which does better.

What decides is people who click, each once, within some days of getting it. Opens count for nothing here: mail
programs and filters open by themselves. A machine's click is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from ripeline.kit.deciding import Decision, decide, is_uneven, people_needed, wrong_rates
from ripeline.kit.ids import new_key
from ripeline.nurture.emails.mistakes import Mistake, Mistakes
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.sending.models import Delivery
from ripeline.people.models import User
from ripeline.timeline.models import Touch

WINDOW = timedelta(days=3)
"""So long after they got it somebody has to click; who got it later than that ago is not judged yet."""
CLICKED = "email_clicked"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: people who got it and are judged, and how many of them clicked."""

    version: EmailVersion
    people: int
    clicked: int

    @property
    def rate(self) -> float | None:
        """Clicked of people; None where nobody is judged yet."""
        return self.clicked / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class SplitState:
    """A comparison as it stands: both sides, the decision, and how many got theirs too lately to be judged."""

    split: EmailSplit
    one: Side
    other: Side
    decision: Decision
    waiting: int
    is_uneven: bool

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.one, self.other

    @property
    def days(self) -> int:
        """So many days people have to click."""
        return WINDOW.days

    @property
    def better(self) -> Side | None:
        """The side that was found to do better; None where that is not decided."""
        if self.decision.is_other is None:
            return None
        return self.other if self.decision.is_other else self.one

    @property
    def is_over_plan(self) -> bool:
        """Whether as many people were judged as were planned."""
        return self.one.people + self.other.people >= self.split.planned


def takes_other(salt: str, contact_key: str) -> bool:
    """Which of two a person gets: by a hash, so that it is the same whenever it is asked."""
    return bool(blake2b(f"{salt}\0{contact_key}".encode(), digest_size=1).digest()[0] & 1)


def start_split(
    email: Email, other: EmailVersion, *, base: float, wished: float, by: User | None, now: datetime
) -> EmailSplit | Mistakes:
    """Begins to send the version in use and another by turns, with what is looked for said beforehand."""
    if wrong := wrong_rates(base, wished):
        return _no(wrong)
    with transaction.atomic():
        held = Email.objects.select_for_update(no_key=True).get(pk=email.pk)
        if held.version_id is None:
            return _no("Publish the email first: one of the two is what is sent now.")
        if EmailSplit.objects.filter(email=held, ended_at=None).exists():
            return _no("Two versions are being compared already.")
        if other.email_id != held.pk or other.pk == held.version_id:
            return _no("Choose another version than the one that is sent.")
        return EmailSplit.objects.create(
            email=held,
            one_id=held.version_id,
            other=other,
            salt=new_key(),
            base=base,
            wished=wished,
            planned=people_needed(base, wished),
            started_at=now,
            started_by=by,
        )


def end_split(split: EmailSplit, winner: EmailVersion | None, *, by: User | None, now: datetime) -> bool:
    """Ends it; the `winner` is sent from then on (None: what was sent before). False where it was over."""
    if winner is not None and winner.pk not in (split.one_id, split.other_id):
        return False
    with transaction.atomic():
        Email.objects.select_for_update(no_key=True).get(pk=split.email_id)
        ended = EmailSplit.objects.filter(pk=split.pk, ended_at=None)
        if not ended.update(ended_at=now, ended_by=by, winner=winner):
            return False
        if winner is not None:
            Email.objects.filter(pk=split.email_id).update(version=winner)
    return True


def state_of(split: EmailSplit, *, now: datetime) -> SplitState:
    """How a comparison stands."""
    until = split.ended_at or now
    sent = Delivery.objects.filter(
        version__in=(split.one_id, split.other_id),
        state=Delivery.State.ACCEPTED,
        accepted_at__gte=split.started_at,
        accepted_at__lte=until,
    ).exclude(source_kind=Delivery.Source.TEST)
    rows = list(sent.order_by("accepted_at", "pk").values_list("pk", "contact", "version", "accepted_at"))
    clicked = _clicked(split, sent.values("contact"), {pk for pk, *_ in rows})
    outcomes: dict[bool, list[bool]] = {False: [], True: []}
    judged: set[int] = set()
    waiting = 0
    for pk, contact, version, accepted_at in rows:
        # One outcome a person: the first mail of the two that they got.
        if contact in judged or accepted_at is None:
            continue
        judged.add(contact)
        if accepted_at + WINDOW > now:
            waiting += 1
            continue
        at = clicked.get(pk)
        outcomes[version == split.other_id].append(at is not None and at <= accepted_at + WINDOW)
    sides = [
        Side(split.one, len(outcomes[False]), sum(outcomes[False])),
        Side(split.other, len(outcomes[True]), sum(outcomes[True])),
    ]
    decision = decide(outcomes[False], outcomes[True])
    return SplitState(
        split, sides[0], sides[1], decision, waiting, is_uneven(*(each.people for each in sides))
    )


def _clicked(
    split: EmailSplit, contacts: QuerySet[Delivery, Any], deliveries: set[int]
) -> Mapping[int, datetime]:
    """When a person first clicked in each of these mails."""
    clicks = Touch.objects.filter(
        Q(contact__in=contacts) | Q(home__in=contacts), at__gte=split.started_at, kind=CLICKED, actor="human"
    )
    rows = clicks.filter(subject=split.email.key).values_list("attrs__delivery", "at")
    found: dict[int, datetime] = {}
    for delivery, at in rows:
        if isinstance(delivery, int) and delivery in deliveries:
            found[delivery] = min(at, found.get(delivery, at))
    return found


def _no(said: str) -> Mistakes:
    return Mistakes((Mistake("Comparison", 0, said),))
