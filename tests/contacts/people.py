"""One person, a playbook that judges in every way there is, and colleagues who are signed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape

from django.conf import settings
from django.test import Client

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, User
from ripeline.timeline.record import record

PLAYBOOK = """
key: talk
title: Talk makes a prospect
signals:
  conversion: {kind: [form_submitted, asset_downloaded]}
  pricing: {kind: page_viewed, subject: "/pricing*"}
  reply: {kind: [email_replied, call_held, meeting_held]}
  leaving: {kind: unsubscribed}
score:
  half_life: 30d
  max: 50
  points:
    - {signal: conversion, add: 20}
    - {signal: pricing, add: 10, limit: {times: 3, per: 1d}}
    - {signal: leaving, add: -30}
fit:
  criteria:
    - {trait: role, in: [author, publisher], weight: 3}
    - {trait: employees, gte: 50}
personas:
  - {key: writer, title: Writer, when: {trait: {role: author}}}
  - {key: house, title: Publishing house, when: {trait: {role: publisher}}}
answers:
  budget: {valid_for: 90d}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {any: [{signal: identified}, {signal: conversion}]}}
  - {key: mql, title: MQL, enter: {all: [{score: {gte: 30}}, {signal: conversion}]}}
  - key: prospect
    title: Prospect
    enter: {all: [{signal: reply, within: 90d}, {fit: B}]}
    exit: [{when: {idle: 60d}, to: lead, reason: went quiet}]
  - {key: customer, title: Customer, enter: {signal: deal_won}}
recycle_to: lead
rating:
  - {key: hot, when: {any: [{signal: reply, within: 14d}, {answer: {budget: "yes"}}]}}
  - {key: cold}
"""


def make_person(
    name: str = "Eva Lind", *, now: datetime, owner: User | None = None, company: Company | None = None
) -> Contact:
    """A contact with an address of their own, and nothing in the log."""
    first, _, last = name.partition(" ")
    address = f"{first}.{last}@reader.example".lower().replace(" ", ".")
    draft = ContactDraft(first_name=first, last_name=last, emails=(address,), owner=owner, company=company)
    return add_contacts([draft], now=now)[0]


def happen(
    contact: Contact,
    kind: str,
    at: datetime,
    *,
    subject: str | None = None,
    attrs: Mapping[str, str | float | bool | None] | None = None,
    actor: str = "human",
    heard: datetime | None = None,
    value: float | None = None,
) -> str:
    """Records one touch; returns its uid. `heard`: when we learned of it, where not at once."""
    fact = Fact(
        id=f"{contact.key}-{kind}-{at.isoformat()}-{subject}-{actor}",
        person=contact.key,
        at=to_instant(at),
        kind=kind,
        direction=KINDS.get(kind, "internal"),
        actor=actor,
        subject=subject,
        value=value,
        attrs=dict(attrs or {}),
    )
    record([fact], now=heard or at)
    return fact.id


def colleague(role: str = "marketing", name: str = "") -> User:
    """Somebody who works here."""
    name = name or f"{role.capitalize()} Mensch"
    return User.objects.create_user(
        f"{name.lower().replace(' ', '.')}@example.org", "x", role=role, name=name
    )


def signed_in(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def read(html: str) -> str:
    """The words of a page as one line, for asking whether it says something."""
    text = re.sub(r"<(script|template|style).*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
