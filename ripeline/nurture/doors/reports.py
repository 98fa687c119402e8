"""What mail providers report of mails, whoever they are: delivered, came back, called spam, opened, followed, left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ripeline.capture.verdicts.judging import Facts
from ripeline.nurture.doors.engaging import note_click, note_open
from ripeline.nurture.doors.leaving import choices_of, leave
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.settling import note_report
from ripeline.people.consent import suppress
from ripeline.people.models import Suppression
from ripeline.timeline.models import Touch

What = Literal["delivered", "bounced", "put_off", "complained", "opened", "clicked", "left"]
SOFT_DAYS, SOFT_SPAN = 5, timedelta(days=14)
"""An address to which mail came back for a while on so many days, over so long, is taken for one that is closed."""
LATEST = timedelta(days=60)
"""A report without the id of its mail is about the latest to that address in so long."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `said_to` is the address that it is about, `message_id` and `noted` (what we gave along) say of which
    mail; `url` is the link that was followed."""

    what: What
    at: datetime
    said_to: str = ""
    message_id: str = ""
    noted: Mapping[str, object] = field(default_factory=dict)
    said: str = ""
    url: str = ""
    agent: str = ""


def take_report(report: Report, *, now: datetime) -> bool:
    """Writes down what follows from a report; false where it is about no mail of ours, or known."""
    delivery = _delivery_of(report, now)
    if delivery is None:
        return False
    at = min(report.at, now)
    match report.what:
        case "delivered" | "bounced" | "complained":
            return note_report(delivery, report.what, at=at, said=report.said, now=now)
        case "put_off":
            is_new = note_report(delivery, "bounced", at=at, said=report.said, is_final=False, now=now)
            if is_new:
                _close_if_lasting(delivery, now)
            return is_new
        case "left":
            return leave(delivery, [delivery.purpose], way="provider", agent=report.agent, now=now)
        case "opened":
            note_open(delivery, choices_of(delivery.contact).opens, Facts(report.agent, "GET"), now=at)
            return True
        case "clicked":
            if report.url not in delivery.version.links:
                return False
            number = delivery.version.links.index(report.url)
            note_click(delivery, number, report.url, Facts(report.agent, "GET"), now=at)
            return True


def _delivery_of(report: Report, now: datetime) -> Delivery | None:
    rows = Delivery.objects.select_related("contact__merged_into", "version__email")
    rows = rows.exclude(handed_at=None).exclude(source_kind=Delivery.Source.TEST)
    bare = report.message_id.strip().strip("<>")
    if bare and (found := rows.filter(message_id=bare).first()):
        return found
    noted = str(report.noted.get("message_id", ""))
    if noted and (found := rows.filter(message_id=noted).first()):
        return found
    if report.what in ("opened", "clicked", "left") or not report.said_to:
        # Of which mail it is cannot be guessed.
        return None
    latest = rows.filter(address__iexact=report.said_to, handed_at__gt=now - LATEST)
    return latest.order_by("-handed_at").first()


def _close_if_lasting(delivery: Delivery, now: datetime) -> None:
    """Closes an address where mail came back on many days over some weeks, and none was delivered in between."""
    root = delivery.contact.merged_into_id or delivery.contact_id
    told = Touch.objects.filter(contact=root, kind__in=("email_bounced", "email_delivered")).order_by("at")
    soft = list[datetime]()
    for kind, at, attrs in told.values_list("kind", "at", "attrs"):
        if kind == "email_delivered":
            soft.clear()
        elif attrs.get("type") == "soft":
            soft.append(at)
    days = {at.date() for at in soft}
    if len(days) >= SOFT_DAYS and soft[-1] - soft[0] >= SOFT_SPAN and delivery.address:
        note = f"Mail came back on {len(days)} days"
        suppress(delivery.address.lower(), Suppression.Why.BOUNCED, now=now, note=note)
