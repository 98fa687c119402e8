"""Brings the simulated company into an empty database, through the same doors as everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F

from ripeline.demo.world import COLLEAGUES, World
from ripeline.demo.world import Company as DemoCompany
from ripeline.demo.world import Contact as DemoContact
from ripeline.kit.instants import to_datetime
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Notification, User
from ripeline.timeline.record import CHUNK, record

# Known to everybody who reads this: the demo is served on this machine only.
PASSWORD = "ripeline-demo"

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
    for part in _parts(world.touches):
        record(part, now=now, heard={touch.id: to_datetime(touch.at) for touch in part})
        tick(len(part))


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
