"""An import of 100,000 contacts, as the command runs it: looked through, previewed, brought in.

Each row has what an export of a CRM has: a name, an address, a phone, a company (one of 20,000), a title, traits,
tags and a dated touch. `python -m tests.bench.bench_import [CONTACTS]`
"""

from __future__ import annotations

import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench.database import set_up

CONTACTS = 100_000
COMPANIES = 20_000
HEADER = (
    "email",
    "name",
    "phone",
    "company",
    "job title",
    "country",
    "tags",
    "interest",
    "budget",
    "asked on",
)
TITLES = ("Head of Rights", "Editor", "Managing Director", "Bookseller", "Marketing Manager", "")
MAPPING = """\
columns: {asked on: ignore}
touches:
- {kind: form_submitted, at: asked on, subject: /catalogue}
"""


def run(contacts: int) -> list[tuple[str, str]]:
    """Rows of (what, figure) on the database of this process."""
    set_up()
    from django.db import connection

    from ripeline.installing import migrate

    migrate()
    with tempfile.TemporaryDirectory(prefix="ripeline-bench-") as folder:
        path = Path(folder) / "contacts.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_rows(contacts))
        before = _peak()
        look, work = _bring_in(path, contacts)
    label = f"import of {contacts:,} contacts ({connection.vendor})"
    return [
        (f"{label}: preview", _said(look, contacts)),
        (f"{label}: import", _said(work, contacts)),
        (f"{label}: preview and import", f"{contacts / (look.seconds + work.seconds):,.0f} rows/s"),
        (f"{label}: peak memory", f"{_peak():,.0f} MB, of it {_peak() - before:,.0f} MB for the import"),
    ]


class Spent(NamedTuple):
    """How long something took by the clock, and how long this process computed: what other work on the machine
    changes less."""

    seconds: float
    computing: float


def _said(spent: Spent, contacts: int) -> str:
    each = spent.computing / contacts * 100_000
    return f"{contacts / spent.seconds:,.0f} rows/s, {each:.1f} s of computing for 100,000 rows"


def _bring_in(path: Path, contacts: int) -> tuple[Spent, Spent]:
    """What the preview and the import itself take."""
    from django.utils import timezone

    from ripeline.gateway.imports.run import go_on, look_at, start, take_in
    from ripeline.gateway.models import Import
    from ripeline.people.models import Contact

    began = Spent(time.monotonic(), time.process_time())
    with path.open("rb") as file:
        import_of = take_in(
            file, path.name, form=Import.Form.ROWS, mapping=MAPPING, by=None, now=timezone.now()
        )
    source, _ = look_at(import_of)
    looked = Spent(time.monotonic(), time.process_time())
    start(import_of, timezone.now())
    after = go_on(import_of, clock=timezone.now, stop=lambda: False, source=source)
    done = Spent(time.monotonic(), time.process_time())
    made = Contact.objects.count()
    if after.state != Import.State.DONE or made != contacts:
        raise RuntimeError(f"the import is {after.state} with {made:,} contacts: {after.error}")
    return _between(began, looked), _between(looked, done)


def _between(one: Spent, other: Spent) -> Spent:
    return Spent(other.seconds - one.seconds, other.computing - one.computing)


def _rows(contacts: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(1)
    yield HEADER
    for number in range(contacts):
        company = chance.randrange(COMPANIES)
        yield (
            f"person{number}@firm{company}.example",
            f"Anna{number % 977} Berg{number % 7919}",
            f"+49 30 {number:07}",
            f"Firm {company}",
            chance.choice(TITLES),
            chance.choice(("Germany", "FR", "España")),
            chance.choice(("newsletter", "fair; vip", "")),
            chance.choice(("fiction", "cookbooks", "poetry")),
            chance.randrange(100) * 100,
            f"{chance.randrange(1, 29):02}.{chance.randrange(1, 13):02}.2025 10:{number % 60:02}",
        )


def _peak() -> float:
    """The most memory this process held so far, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1_000_000 if sys.platform == "darwin" else 1_000)


if __name__ == "__main__":
    for what, figure in run(int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS):
        print(f"{what}\t{figure}")
