"""Brings the simulated company into an empty database, through the same doors as everybody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F

from ripeline.capture.collector.keys import make_key
from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.digest.attending import attend_arrivals
from ripeline.demo.website import DAYS, SITE, Sent, browser_of, in_browsers, passers
from ripeline.demo.world import COLLEAGUES, World
from ripeline.demo.world import Company as DemoCompany
from ripeline.demo.world import Contact as DemoContact
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, Notification, User
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.identities.web import WebTouch, record_web
from ripeline.timeline.record import CHUNK, record

# Known to everybody who reads this: the demo is served on this machine only.
PASSWORD = "ripeline-demo"
WEBSITE = "Website"
VIEWED = "page_viewed"
KNOWN_FOR = timedelta(days=7)

Row = TypeVar("Row")
Tick = Callable[[int], None]
"""Told how many more are done; draws the progress bar."""


def load_colleagues() -> dict[str, User]:
    """The demo's users, by their key in the simulation, made where they are missing; they cannot sign in yet."""
    users = {}
    for person in COLLEAGUES:
        user = User.objects.filter(email=person.email).first()
        users[person.key] = user or User.objects.create_user(
            person.email, PASSWORD, name=person.name, role=person.role, is_active=False
        )
    return users


def open_the_door(users: Mapping[str, User]) -> None:
    """Lets the colleagues sign in: the last step of loading."""
    User.objects.filter(pk__in=[user.pk for user in users.values()]).update(is_active=True)


def read_old_news(now: datetime) -> None:
    """A year of notifications: the colleagues have read all but those of the last two days."""
    old = Notification.objects.filter(read_at=None, created_at__lt=now - timedelta(days=2))
    old.update(read_at=F("created_at"))


def load_people(world: World, users: Mapping[str, User], *, now: datetime, tick: Tick) -> None:
    """Companies and contacts of the simulation, in one transaction: a killed demo is whole or not begun."""
    with transaction.atomic():
        companies = {company.key: _company(company, now) for company in world.companies}
        Company.objects.bulk_create(companies.values())
        for part in _parts(world.contacts):
            add_contacts([_draft(contact, companies, users) for contact in part], now=now)
            tick(len(part))


def load_touches(world: World, *, now: datetime, tick: Tick) -> None:
    """The year of touches, each heard of when it happened. Given again, nothing is doubled."""
    views = {each.id: each for each in in_browsers(t for t in world.touches if t.kind == VIEWED)}
    for part in _parts(world.touches):
        heard = {touch.id: to_datetime(touch.at) for touch in part}
        record([touch for touch in part if touch.kind != VIEWED], now=now, heard=heard)
        seen = [WebTouch(views[each.id], browser_of(each.person)) for each in part if each.kind == VIEWED]
        record_web(seen, now=now, heard=heard)
        tick(len(part))


def load_browsers(world: World, *, now: datetime) -> None:
    """Whose browsers are those of people who were on the website of late."""
    since = to_instant(now - KNOWN_FOR)
    late = {
        each.person: each.at for each in reversed(world.touches) if each.kind == VIEWED and each.at > since
    }
    contacts = Contact.objects.in_bulk(late, field_name="key")
    for person, at in late.items():
        browser = visitor_for(browser_of(person), now=now)
        join(browser, contacts[person], how=Identification.How.FORM, at=to_datetime(at), now=now)


def load_website(seed: int, *, now: datetime, tick: Tick) -> None:
    """A month of strangers and machines on the website, by the way that all events go; some that were turned away."""
    with transaction.atomic():
        if not WriteKey.objects.exists():
            key = make_key(WEBSITE, WriteKey.Purpose.WEBSITE, [SITE], now=now - timedelta(days=DAYS))
            make_key("The shop", WriteKey.Purpose.SERVER, now=now - timedelta(days=DAYS))
            sent = passers(seed, now)
            # An event that is sent again because no answer was heard.
            again = [replace(each, at=each.at + timedelta(seconds=9)) for each in sent[::97]]
            Arrival.objects.bulk_create([_arrival(each, key) for each in sorted([*sent, *again], key=_when)])
            why = "Pages of https://staging.quill-and-harbour.example may not send with this write key."
            ago = (3, 4, 190)
            Refusal.objects.bulk_create(
                [
                    Refusal(at=now - timedelta(minutes=each), write_key=key, reason=why, times=1)
                    for each in ago
                ]
            )
    while done := attend_arrivals(now):
        tick(done)


def _arrival(sent: Sent, key: WriteKey) -> Arrival:
    facts = {"agent": sent.agent, "method": "POST", "marks": list(sent.marks), "network": ""}
    return Arrival(write_key=key, received_at=sent.at, event=json.dumps(sent.event), facts=facts)


def _when(sent: Sent) -> datetime:
    return sent.at


def _company(one: DemoCompany, now: datetime) -> Company:
    return Company(
        name=one.name,
        domain=one.domain,
        industry=one.industry,
        employees=one.employees,
        country=one.country.upper(),
        created_at=now,
        updated_at=now,
    )


def _draft(contact: DemoContact, companies: Mapping[str, Company], users: Mapping[str, User]) -> ContactDraft:
    return ContactDraft(
        key=contact.key,
        first_name=contact.first_name,
        last_name=contact.last_name,
        emails=contact.emails,
        phones=contact.phones,
        title=contact.title or "",
        seniority=contact.seniority or "",
        company=companies[contact.company] if contact.company else None,
        country=contact.country.upper(),
        language=contact.language,
        time_zone=contact.time_zone,
        source=contact.source,
        owner=users[contact.owner] if contact.owner else None,
        tags=contact.tags,
        traits=dict(contact.traits),
        created_at=contact.created_at,
    )


def _parts(rows: tuple[Row, ...]) -> Iterator[tuple[Row, ...]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
