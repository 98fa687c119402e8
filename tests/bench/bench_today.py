"""How long the page Today takes to read: a crowd with a past of three years, each period, everybody's and one's own.

`RIPELINE_BENCH_CONTACTS=1000000 python -m tests.bench.bench_today`: 100,000 contacts where nothing is said. A database
that is filled already is used as it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.bench.database import set_up

CONTACTS = int(os.environ.get("RIPELINE_BENCH_CONTACTS", "100000"))
TURNS = 5
LADDER = ("suspect", "lead", "mql", "sql", "customer")
# What a transition keeps in life: conditions, contributions and touches, about a kilobyte.
EVIDENCE = json.dumps({"from_title": "Lead", "to_title": "MQL", "up": True, "padding": "x" * 1000})


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure) on the database of this process."""
    set_up()
    from django.db import connection

    from ripeline.people.models import Contact
    from ripeline.timeline.models import Transition
    from tests.bench.crowd import NOW

    version = _prepare(NOW)
    if not Transition.objects.exists():
        _give_a_past(version, NOW)
    label = f"Today, {Contact.objects.count():,} contacts ({connection.vendor})"
    owner = _somebody()
    found = []
    for days in (7, 30, 365):
        found.append((f"{label}: {days} days, everybody", _figure(days, None)))
    found.append((f"{label}: 30 days, one's own", _figure(30, owner)))
    return found


def _prepare(now: datetime) -> str:
    from ripeline.installing import migrate
    from ripeline.people.models import Contact
    from ripeline.timeline.models import PlaybookVersion
    from tests.bench.crowd import fill

    migrate()
    if not Contact.objects.exists():
        fill(CONTACTS, CONTACTS)
    return PlaybookVersion.objects.get(is_active=True).version


def _give_a_past(version: str, now: datetime) -> None:
    """Everybody's way up to where they stand, at even steps from some day on; every fifth fell back once."""
    from django.db import connection

    from ripeline.timeline.models import Standing, Transition

    rows = []
    for pk, stage, entered in Standing.objects.values_list("pk", "stage", "entered_at").iterator(20_000):
        for position, move in enumerate(_moves(pk, stage, entered, now)):
            origin, target, at = move
            rows.append(
                Transition(
                    contact_id=pk,
                    position=position,
                    at=at,
                    from_stage=origin,
                    to_stage=target,
                    cause="touch" if LADDER.index(target) > LADDER.index(origin) else "timer",
                    rule=f"{target}.enter",
                    score=40,
                    evidence=json.loads(EVIDENCE),
                    playbook_id=version,
                    known_at=at,
                )
            )
        if len(rows) > 20_000:
            Transition.objects.bulk_create(rows, batch_size=2_000)
            rows.clear()
    Transition.objects.bulk_create(rows, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _moves(pk: int, stage: str, entered: datetime, now: datetime) -> Iterator[tuple[str, str, datetime]]:
    place = LADDER.index(stage)
    path = [LADDER[step] for step in range(place + 1)]
    if pk % 5 == 0 and place >= 1:
        path[1:1] = ["lead", "mql"] if place == 1 else ["mql"]
    steps = len(path) - 1
    # The last move is up to three years old; those before it a few days apart.
    for step in range(steps):
        at = entered - timedelta(days=(steps - 1 - step) * (3 + pk % 20), microseconds=pk % 1000)
        if path[step] != path[step + 1]:
            yield path[step], path[step + 1], min(at, now)


def _somebody() -> int:
    from ripeline.people.models import User

    return User.objects.get(name="Seller 4").pk


def _figure(days: int, owner: int | None) -> str:
    from ripeline.insights.period import read_period
    from ripeline.insights.today import Asked, read_today
    from ripeline.timeline.asof import read_as_of
    from ripeline.timeline.definitions.active import active_playbook
    from tests.bench.crowd import NOW

    zone = NOW.tzinfo
    assert zone is not None
    period, as_of = read_period({"days": str(days)}, now=NOW, zone=zone), read_as_of({}, now=NOW, zone=zone)
    asked = Asked(owner, period, is_all=False, as_of=as_of)
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        read_today(active_playbook(), asked, now=NOW, zone=zone)
        times.append(time.perf_counter() - began)
    return f"{1000 * sorted(times)[TURNS // 2]:.0f} ms"


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what}\t{figure}", flush=True)
