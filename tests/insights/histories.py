"""People with a past, through the real log and the real writer, and counts made the long way round."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact, User
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Standing, Transition
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
STAGES = ("suspect", "lead", "mql", "prospect")
KINDS = ("page_viewed", "page_viewed", "form_submitted", "email_replied", "email_sent", "stage_set")


def do_something(draw: random.Random, contact: Contact, at: datetime, *, uid: str) -> Fact:
    """Something a contact does; now and then somebody here puts them into a stage, however far up or down."""
    kind = draw.choice(KINDS)
    return fact(
        contact, kind, at, uid=uid, subject=draw.choice(STAGES) if kind == "stage_set" else "/pricing"
    )


def settle(now: datetime) -> None:
    """The worker, until nothing is due."""
    while reassess_due(now, react=react):
        pass


def make_crowd(count: int, *, now: datetime = NOW, seed: int = 1, owner: User | None = None) -> list[Contact]:
    """People with a few touches each over the last half year, every other one owned by `owner`."""
    activate(PLAYBOOK, now=now - 400 * DAY)
    draw = random.Random(seed)
    contacts = []
    for number in range(count):
        contact = make_contact(f"Person {seed} {number}", now=now, owner=owner if number % 2 else None)
        contacts.append(contact)
        touches = [
            do_something(
                draw,
                contact,
                now - timedelta(minutes=draw.randrange(1, 180 * 24 * 60)),
                uid=f"{seed}-{number}-{each}",
            )
            for each in range(draw.randrange(0, 9))
        ]
        if touches:
            record(touches, now=now)
    settle(now)
    return contacts


def hear_late(count: int, *, owner: User, now: datetime = NOW) -> None:
    """People of whom some of what they did was heard of only weeks later, the worker at once done with each."""
    activate(PLAYBOOK, now=now - 400 * DAY)
    draw, facts = random.Random(7), []
    for number in range(count):
        contact = make_contact(f"Late {number}", now=now, owner=owner if number % 2 else None)
        for each in range(draw.randrange(1, 6)):
            at = now - timedelta(minutes=draw.randrange(1, 180 * 24 * 60))
            heard = min(now, at + draw.choice([0, 0, 1]) * timedelta(hours=draw.randrange(1, 1500)))
            what = do_something(draw, contact, at, uid=f"late-{number}-{each}")
            facts.append((heard, what.id, what))
    for heard, _, what in sorted(facts, key=lambda fact: fact[:2]):
        settle(heard)
        record([what], now=heard)
        settle(heard)
    settle(now)


def stood(at: datetime, *, owner: User | None = None) -> Counter[str]:
    """How many stood where just before `at`, counted person by person."""
    counts: Counter[str] = Counter()
    for standing in Standing.objects.exclude(stage="").select_related("contact"):
        if owner is not None and standing.contact.owner_id != owner.pk:
            continue
        if standing.first_touch_at is None or standing.first_touch_at >= at:
            continue
        past = Transition.objects.filter(contact=standing.contact_id, superseded_at=None, at__lt=at)
        last = past.order_by("position").last()
        counts[last.to_stage if last else "suspect"] += 1
    return counts


def stayed(
    since: datetime, until: datetime, *, stages: Sequence[str], owner: User | None = None
) -> list[tuple[int, int]]:
    """For each stage how many stays in it there were within [since, until), and how many of them ended in it by a move
    up: each person's life followed from stage to stage."""
    found = [(0, 0)] * len(stages)
    for standing in Standing.objects.exclude(stage="").select_related("contact"):
        if owner is not None and standing.contact.owner_id != owner.pk:
            continue
        past = Transition.objects.filter(contact=standing.contact_id, superseded_at=None).order_by("position")
        begins = [(standing.first_touch_at, stages[0]), *((row.at, row.to_stage) for row in past)]
        for (begin, stage), (end, following) in zip(begins, [*begins[1:], (None, stages[0])], strict=True):
            assert begin is not None
            if begin < until and (end is None or end >= since):
                place = stages.index(stage)
                is_risen = end is not None and end < until and stages.index(following) > place
                found[place] = found[place][0] + 1, found[place][1] + is_risen
    return found


def moved(since: datetime, until: datetime, *, owner: User | None = None) -> Counter[tuple[str, str]]:
    """Who went from where to where within [since, until), counted one by one."""
    rows = Transition.objects.filter(superseded_at=None).select_related("contact")
    return Counter(
        (row.from_stage, row.to_stage)
        for row in rows
        if since <= row.at < until and (owner is None or row.contact.owner_id == owner.pk)
    )
