"""What arrived, as people read it: events with what became of them, and what was turned away at the door."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.page_addresses import kept_address
from ripeline.people.models import Contact
from ripeline.timeline.models import Touch

LOOKED_AT = 20_000
"""The latest arrivals among which something is looked for: all of a week would be millions."""
SHOWN = 100
REFUSED = "refused"
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Arrived:
    """One event as it came: what was done (`name`) where (`where`, the page's address), by whom, and what became of it.
    `pk` is None of what was turned away; `times` is how often that was in a second."""

    at: datetime
    key: str
    name: str
    outcome: str
    reason: str
    pk: int | None = None
    where: str = ""
    title: str = ""
    contact: Contact | None = None
    browser: str = ""
    touch: Touch | None = None
    times: int = 1

    @property
    def said(self) -> str:
        """The outcome in a word."""
        return "turned away" if self.outcome == REFUSED else self.outcome or "waiting"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of them are asked for: of a key (by id) and with an outcome ("" is any, "waiting" those that wait)."""

    key: int | None = None
    outcome: str = ""


def latest_arrived(asked: Asked) -> list[Arrived]:
    """The latest, newest first."""
    found: list[Arrived] = []
    if asked.outcome != REFUSED:
        rows = Arrival.objects.filter(pk__gt=last_arrival() - LOOKED_AT).order_by("-pk")
        if asked.key is not None:
            rows = rows.filter(write_key=asked.key)
        if asked.outcome:
            rows = rows.filter(outcome="" if asked.outcome == "waiting" else asked.outcome)
        found = read_arrived(list(rows[:SHOWN]))
    if asked.outcome in ("", REFUSED):
        turned = Refusal.objects.select_related("write_key").order_by("-at", "-pk")
        if asked.key is not None:
            turned = turned.filter(write_key=asked.key)
        found += [_refused(each) for each in turned[:SHOWN]]
    return sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN]


def read_arrived(rows: Sequence[Arrival]) -> list[Arrived]:
    """These arrivals, with the touches and people that became of them."""
    keys = dict(WriteKey.objects.filter(pk__in={row.write_key_id for row in rows}).values_list("pk", "name"))
    touches = _touches(row.touch_uid for row in rows)
    people = Contact.objects.select_related("merged_into")
    contacts = people.in_bulk({row.contact_id for row in rows if row.contact_id})
    return [_arrived(row, keys, touches, contacts) for row in rows]


def last_arrival() -> int:
    """The id of the latest; 0 where there is none."""
    return Arrival.objects.aggregate(last=Max("pk"))["last"] or 0


def read_event(text: str) -> dict[str, Any]:
    """An event as it was sent; {} where it is none."""
    try:
        event = json.loads(text)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _touches(uids: Iterable[str]) -> dict[str, Touch]:
    wanted = {uid for uid in uids if uid}
    return {each.uid: each for each in Touch.objects.filter(uid__in=wanted)}


def _arrived(
    row: Arrival, keys: dict[int, str], touches: dict[str, Touch], contacts: dict[int, Contact]
) -> Arrived:
    event = read_event(row.event)
    context = _object(event.get("context"))
    page = _object(context.get("page")) | _object(event.get("properties"))
    contact = contacts.get(row.contact_id or 0)
    return Arrived(
        at=row.received_at,
        key=keys.get(row.write_key_id, "no key"),
        name=_word(event.get("event")) or _word(event.get("type")) or "unreadable",
        outcome=row.outcome,
        reason=row.reason,
        pk=row.pk,
        where=kept_address(_word(page.get("url"))) or _word(page.get("path")),
        title=_word(page.get("title")) or _word(event.get("name")),
        contact=contact and (contact.merged_into or contact),
        browser=_word(event.get("anonymousId"))[:6],
        touch=touches.get(row.touch_uid) if row.outcome == Arrival.Outcome.RECORDED else None,
    )


def _refused(row: Refusal) -> Arrived:
    key = row.write_key.name if row.write_key else "no key of ours"
    return Arrived(row.at, key, row.event or "a request", REFUSED, row.reason, times=row.times)


def _object(said: object) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _word(said: object) -> str:
    return str(said)[:LONGEST] if isinstance(said, str | int | float) else ""
