"""Why somebody did not get a mail: one answer for a person and a mail, in words, with until when; and for all that one
source sent, how many for each reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from ripeline.nurture.emails.models import Email
from ripeline.nurture.rules.facts import Asked, asked_of, people_of, situations
from ripeline.nurture.rules.force import rules_in_force
from ripeline.nurture.rules.judging import Go, Never, Situation, Verdict, Wait, judge
from ripeline.nurture.rules.reasons import HEADINGS, Reason
from ripeline.nurture.sending.answers import words_of
from ripeline.nurture.sending.ledger import read_along
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.ours import our_settings
from ripeline.people.consent import title_of
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import NoPlaybook, active_playbook

State = Delivery.State
_RULED = frozenset(Reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """In words; `until` when it is asked again (None: no more), and the row of the ledger, where there is one."""

    said: str
    until: datetime | None = None
    delivery: Delivery | None = None
    is_sent: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """So many mails of a source that did not go, or not yet, for one reason, and between when they are asked again."""

    state: str
    reason: str
    title: str
    number: int
    first: datetime | None
    last: datetime | None


def why_not(contact: Contact, email: Email, now: datetime) -> Answer:
    """The answer for a person and an email: of the latest of its mails to whomever they are; if there is none, what
    would hold if it were sent to them now."""
    people = people_of([contact.pk])
    rows = read_along(Delivery.objects.filter(contact__in=people.everybody, version__email=email))
    latest = rows.exclude(source_kind=Delivery.Source.TEST).order_by("-pk").first()
    if latest is not None:
        return why(latest, now)
    asked = Asked(
        contact.pk, email.purpose, Delivery.Source.BROADCAST.value, is_archived=email.archived_at is not None
    )
    said, until = _judged(asked, now)
    begins = "Nothing sent it to them. "
    return Answer(
        begins + (f"If something did now: {_small(said)}" if said else "It would go out now."), until
    )


def why(delivery: Delivery, now: datetime) -> Answer:
    """The answer for a mail of the ledger, read along."""
    if delivery.state == State.ACCEPTED:
        return Answer("The mail server took it.", None, delivery, is_sent=True)
    if delivery.state == State.HANDING:
        return Answer("It is being handed over at this moment.", delivery.due_at, delivery)
    if delivery.state == State.UNCERTAIN:
        ends = "It is not sent again by itself: two of one mail are worse than none."
        return Answer(f"Perhaps they did. {words_of(delivery.reason)}. {ends}", None, delivery)
    if delivery.state in (State.FAILED, State.SUPPRESSED):
        more = f" {delivery.said}" if delivery.said else ""
        return Answer(f"{words_of(delivery.reason)}.{more}", None, delivery)
    ours = our_settings()
    if ours.paused_at:
        return Answer(f"Sending is paused. {ours.paused_why}".strip(), None, delivery)
    said, until = _judged(asked_of(delivery), now)
    if said:
        return Answer(said, until, delivery)
    if delivery.due_at and delivery.due_at > now:
        waits = (
            words_of(delivery.reason)
            if delivery.reason and delivery.reason not in _RULED
            else "It is not due yet"
        )
        return Answer(f"{waits}.", delivery.due_at, delivery)
    return Answer("It is due, and goes out as soon as its turn comes.", delivery.due_at, delivery)


def held_of(contact: Contact, now: datetime, most: int = 20) -> list[Answer]:
    """The latest mails that somebody did not get, or not yet, with why."""
    people = people_of([contact.pk])
    rows = read_along(Delivery.objects.filter(contact__in=people.everybody).exclude(state=State.ACCEPTED))
    latest = rows.exclude(source_kind=Delivery.Source.TEST).order_by("-pk")[:most]
    return [why(each, now) for each in latest]


def groups_of(source_kind: str, source: int) -> list[Group]:
    """All mails of a source that did not go, by reason, the most first; what waits without a reason is among them."""
    rows = Delivery.objects.filter(source_kind=source_kind, source=source).exclude(state=State.ACCEPTED)
    counted = rows.values("state", "reason").annotate(
        number=Count("pk"), first=Min("due_at"), last=Max("due_at")
    )
    groups = [
        Group(
            each["state"],
            each["reason"],
            words_of(each["reason"]) if each["reason"] else State(each["state"]).label,
            each["number"],
            each["first"],
            each["last"],
        )
        for each in counted
    ]
    return sorted(groups, key=lambda each: (-each.number, each.title))


def sentence(verdict: Verdict, situation: Situation, stages: dict[str, str]) -> str:
    """A verdict as it is read; "" where it may go."""
    if isinstance(verdict, Go):
        return ""
    stage = stages.get(situation.stage, situation.stage) or "not assessed yet"
    purpose = title_of(situation.purpose).lower()
    match verdict:
        case Wait(Reason.CAP, _, (number, days, most)):
            return f"They got {_mails(number)} in the last {days} days; at their stage ({stage}) {most} are the most."
        case Wait(Reason.OWN_CAP, _, (number, _, most)):
            return f"They got {_mails(number)} in the last 30 days, and chose to get {most} at most."
        case Wait(Reason.TALKING, _, (days,)):
            return f"Both sides spoke lately; for {days} days after that only people write."
        case Wait(Reason.QUIET):
            return f"It is night where they are ({situation.zone})."
        case Never(Reason.WITHDRAWN):
            return f"They do not want this any more: {purpose}."
        case Never(Reason.NO_CONSENT):
            return f"They never agreed to this: {purpose}."
        case Never(Reason.NOT_CONFIRMED):
            return f"They were asked, and have not confirmed it: {purpose}."
        case Never(Reason.STAGE):
            return f"At their stage ({stage}) a person writes to them."
        case Never(Reason.OTHERS_ONLY):
            return f"It is for other stages than theirs ({stage})."
    return f"{HEADINGS[verdict.reason]}."


def _judged(asked: Asked, now: datetime) -> tuple[str, datetime | None]:
    rules = rules_in_force()
    (situation,) = situations([asked], rules, now)
    if situation is None:
        return "They are not there any more.", None
    verdict = judge(situation, rules, now)
    return sentence(verdict, situation, _stages()), verdict.until if isinstance(verdict, Wait) else None


def _stages() -> dict[str, str]:
    try:
        return {each.key: each.title for each in active_playbook().stages}
    except NoPlaybook:
        return {}


def _mails(number: int) -> str:
    return "1 mail" if number == 1 else f"{number} mails"


def _small(said: str) -> str:
    return said[:1].lower() + said[1:]


def emails_to_ask_about() -> Sequence[Email]:
    """Emails that were published, by title."""
    return list(Email.objects.exclude(version=None).order_by("title"))
