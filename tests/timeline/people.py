"""Contacts and touches for the tests of the log."""

from __future__ import annotations

from datetime import datetime

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact, User

PLAYBOOK = """
key: plain
title: Leads convert, prospects answer
signals:
  conversion: {kind: [form_submitted, asset_downloaded]}
  pricing: {kind: page_viewed, subject: "/pricing*"}
score:
  half_life: 30d
  points:
    - {signal: conversion, add: 20}
    - {signal: pricing, add: 10}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {signal: conversion}}
  - {key: mql, title: MQL, enter: {all: [{score: {gte: 30}}, {signal: conversion}]}}
  - key: prospect
    title: Prospect
    enter: {signal: email_replied, within: 90d}
    exit: [{when: {idle: 60d}, to: lead, reason: went quiet}]
recycle_to: lead
rating:
  - {key: hot, when: {signal: email_replied, within: 14d}}
  - {key: cold}
"""


def make_contact(name: str, *, now: datetime, owner: User | None = None) -> Contact:
    """One contact with an address of their own."""
    address = f"{name.lower().replace(' ', '.')}@reader.example"
    return add_contacts([ContactDraft(name=name, emails=(address,), owner=owner)], now=now)[0]


def fact(contact: Contact, kind: str, at: datetime, *, uid: str = "", subject: str | None = None) -> Fact:
    """One touch of a contact."""
    return Fact(
        id=uid or f"{contact.key}:{kind}:{at.isoformat()}",
        person=contact.key,
        at=to_instant(at),
        kind=kind,
        direction=KINDS.get(kind, "internal"),
        actor="human",
        subject=subject,
        value=None,
        attrs={},
    )
