"""The contract's own playbook, and touches in one line, for tests that read like stories."""

from typing import Any, Final

from ripeline.lifecycle.instant import parse_instant
from ripeline.lifecycle.touch import Touch, parse_touch

PLAYBOOK = """\
key: two-way
title: Two-way communication makes a prospect
actors: [human, unknown]          # touches by other actors match no signal and reset no idle clock
signals:
  conversion:    {kind: [form_submitted, asset_downloaded, subscribed]}
  pricing_visit: {kind: page_viewed, subject: "/pricing*"}
  reply:         {kind: [email_replied, call_held, meeting_held, chat_held]}
  big_order:     {kind: purchased, value: {gte: 250}}
score:
  half_life: 30d
  max: 100
  points:
    - {signal: pricing_visit, add: 10, limit: {times: 3, per: 7d}}
    - {signal: conversion, add: 20}
    - {signal: unsubscribed, add: -20, limit: once}
fit:
  criteria:
    - {trait: industry, in: [publishing, media], weight: 3}
    - {trait: seniority, in: [owner, director, c_level], weight: 2}
    - {trait: employees, gte: 50}
  grades: {A: 0.8, B: 0.6, C: 0.4, D: 0.2}
personas:
  - {key: self_publisher, title: Self-published author, when: {trait: {role: {in: [author, writer]}}}}
answers:
  authority: {valid_for: 180d}
stages:
  - {key: suspect, title: Suspect}
  - {key: lead, title: Lead, enter: {any: [{signal: identified}, {signal: conversion}]}}
  - {key: mql,  title: MQL,  enter: {all: [{score: {gte: 30}}, {signal: conversion}]}}
  - key: prospect
    title: Prospect
    enter: {all: [{signal: reply, within: 90d}, {fit: B}, {answer: {authority: "yes"}}]}
    exit: [{when: {idle: 60d}, to: lead, reason: went quiet}]
  - {key: customer, title: Customer, enter: {any: [{signal: purchased}, {signal: deal_won}]}}
recycle_to: lead
rating:
  - {key: hot,  when: {signal: reply, within: 14d}}
  - {key: warm, when: {score: {gte: 20}}}
  - {key: cold}
"""


def ladder(rules: str, **more: str) -> str:
    """A small playbook: the stages given, and other sections as YAML."""
    sections = "".join(f"{name}: {text}\n" for name, text in more.items())
    return f"key: small\n{sections}stages:\n{rules}"


def instant(text: str) -> int:
    """`03-01 10:00` in 2026."""
    day, _, time = text.partition(" ")
    return parse_instant(f"2026-{day}T{time or '00:00'}:00Z")


def touch(when: str, kind: str, **more: Any) -> Touch:
    """A touch of one person at `03-01 10:00` in 2026; its id is its time and kind unless given."""
    fields = {"id": f"{when} {kind}", "person": "anna", "at": instant(when), "kind": kind}
    return parse_touch({**fields, **more})


LIFE: Final = [
    touch("02-20 10:00", "page_viewed", subject="/blog"),
    touch("02-21 10:00", "identified"),
    touch("03-03 08:00", "page_viewed", subject="/pricing"),
    touch("03-03 09:00", "page_viewed", subject="/pricing/teams"),
    touch("03-03 10:00", "form_submitted", subject="white paper"),
    touch("03-05 10:00", "traits_changed", attrs={"industry": "media", "employees": 60, "role": "author"}),
    touch("03-06 10:00", "answered", subject="authority", attrs={"value": "yes"}),
    touch("03-07 10:00", "email_replied"),
    touch("06-07 10:00", "stage_set", subject="prospect", attrs={"by": "Eva", "reason": "met at the fair"}),
    touch("06-08 10:00", "stage_set", subject="winner"),
    touch("06-09 10:00", "rejected", attrs={"by": "Tom", "text": "no budget"}),
    touch("06-10 10:00", "disqualified", attrs={"by": "Tom"}),
    touch("06-11 10:00", "reopened"),
    touch("06-12 10:00", "page_viewed", subject="/pricing"),
]
"""A suspect who becomes a prospect, goes quiet and is moved about by hand."""
