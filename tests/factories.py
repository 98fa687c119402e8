"""Users, contacts, standings and companies for tests of pages: as few words as the test needs.

Standings are written as they should be, not folded; a test of what follows from touches records touches.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import day_of
from ripeline.lifecycle.playbook import Playbook
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.heat import NO_HEAT, heat_of
from ripeline.timeline.models import Standing

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)

LADDER = """
key: ladder
title: A short ladder
signals:
  conversion: {kind: form_submitted}
score:
  half_life: 30d
  max: 100
  points: [{signal: conversion, add: 20}]
fit:
  criteria: [{trait: industry, in: [publishing]}]
  grades: {A: 0.8, B: 0.6, C: 0.4, D: 0.2}
personas: [{key: author, title: Author, when: {trait: {role: author}}}]
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: conversion}}
  - {key: mql, title: MQL, enter: {score: {gte: 60}}}
  - {key: customer, title: Customer, enter: {signal: deal_won}}
recycle_to: suspect
rating:
  - {key: hot, when: {score: {gte: 60}}}
  - {key: warm, when: {score: {gte: 20}}}
  - {key: cold}
"""


def make_playbook(text: str = LADDER) -> Playbook:
    """Puts a playbook in force."""
    return activate(text, now=NOW)


def make_user(role: str = "marketing", name: str = "") -> User:
    """A user whose address is made of their name."""
    name = name or f"Some {role}"
    return User.objects.create_user(f"{name.lower().replace(' ', '.')}@ours.example", role=role, name=name)


def sign_in(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def make_contact(name: str = "", **known: Any) -> Contact:
    """A contact; `known` is as in ContactDraft. Without `emails` a named contact gets an address."""
    if "emails" not in known and name:
        known["emails"] = (f"{name.lower().replace(' ', '.')}@theirs.example",)
    return add_contacts([ContactDraft(name=name, **known)], now=NOW)[0]


def make_company(name: str, **known: Any) -> Company:
    """A company."""
    return Company.objects.create(name=name, created_at=NOW, updated_at=NOW, **known)


def stand(
    contact: Contact, stage: str = "lead", *, score: float = 0.0, now: datetime = NOW, **known: Any
) -> Standing:
    """Puts a contact where the test wants them, with `score` shown on the day of `now`."""
    heat = heat_of(score, day_of(to_instant(now)), 30) if score > 0 else NO_HEAT
    defaults = {"stage": stage, "entered_at": NOW, "assessed_at": NOW, "heat": heat, "score": score, **known}
    standing, _ = Standing.objects.update_or_create(contact=contact, defaults=defaults)
    return standing
