"""What a segment of three conditions costs, one of them a count of touches: found, beside the best SQL that one would
write by hand for it; worked out and written; and how long after a touch somebody is in it.

`RIPELINE_BENCH_CONTACTS=1000000 python -m tests.bench segments`: 100,000 contacts where nothing is said, twenty touches
each. A database that is filled already is used as it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.bench.database import set_up

CONTACTS = int(os.environ.get("RIPELINE_BENCH_CONTACTS", "100000"))
TURNS = 3
ASKED: dict[str, Any] = {
    "all": [
        {"stage": ["lead", "mql", "sql"]},
        {"grade": ["A", "B", "C"]},
        {"touch": {"kind": ["page_viewed", "form_submitted"], "count": 3, "within": "365d"}},
    ]
}
# The join that counts only what those touched did who pass the rest; and the same with the count first.
BY_HAND = {
    "joined": """
        SELECT t.contact_id FROM ripeline_touch t
        JOIN ripeline_standing s ON s.contact_id = t.contact_id
        JOIN ripeline_contact c ON c.id = s.contact_id AND c.merged_into_id IS NULL
        WHERE s.stage IN ('lead', 'mql', 'sql') AND s.grade IN ('A', 'B', 'C')
        AND t.kind IN ('page_viewed', 'form_submitted') AND t.actor IN ('human', 'unknown')
        AND t.at > %s AND t.at <= %s GROUP BY t.contact_id HAVING COUNT(*) >= 3""",
    "counted first": """
        SELECT f.contact_id FROM (
        SELECT contact_id FROM ripeline_touch WHERE kind IN ('page_viewed', 'form_submitted')
        AND actor IN ('human', 'unknown') AND at > %s AND at <= %s GROUP BY contact_id HAVING COUNT(*) >= 3) f
        JOIN ripeline_standing s ON s.contact_id = f.contact_id
        JOIN ripeline_contact c ON c.id = f.contact_id AND c.merged_into_id IS NULL
        WHERE s.stage IN ('lead', 'mql', 'sql') AND s.grade IN ('A', 'B', 'C')""",
}


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure) on the database of this process."""
    set_up()
    from django.db import connection

    from ripeline.people.models import Contact
    from tests.bench.crowd import NOW

    _prepare()
    where = f"{Contact.objects.count():,} contacts, {connection.vendor}"
    found = [(f"load average before the segments ({where})", f"{os.getloadavg()[0]:.1f}")]
    found += [(f"segment, {what} ({where})", figure) for what, figure in _find(NOW)]
    found += [(f"segment, {what} ({where})", figure) for what, figure in _keep(NOW)]
    return found


def _prepare() -> None:
    from ripeline.installing import migrate
    from ripeline.people.models import ChangedContact, Contact
    from tests.bench.crowd import fill

    migrate()
    if not Contact.objects.exists():
        fill(CONTACTS, 20 * CONTACTS)
    ChangedContact.objects.all().delete()


def _find(now: datetime) -> list[tuple[str, str]]:
    """The statement beside those by hand, each putting the ids into a table, in turns."""
    from ripeline.kit.sql import Sql
    from ripeline.nurture.segments.asking import find
    from ripeline.nurture.segments.reading import read_definition
    from ripeline.nurture.segments.terms import read_terms

    since = now - timedelta(days=365)
    ways = {"found": find(read_definition(ASKED), read_terms(now))}
    ways |= {f"by hand, {name}": Sql(text, (since, now)) for name, text in BY_HAND.items()}
    best = dict.fromkeys(ways, float("inf"))
    counts = set()
    for _ in range(TURNS):
        for name, statement in ways.items():
            took, count = _into_table(statement)
            best[name] = min(best[name], took)
            counts.add(count)
    assert len(counts) == 1, f"they do not find the same: {counts}"
    by_hand = min(value for name, value in best.items() if name != "found")
    rows = [(name, f"{value:,.2f} s") for name, value in best.items()]
    return [
        *rows,
        ("people in it", f"{counts.pop():,}"),
        ("found, of the best by hand", f"{best['found'] / by_hand:.2f}"),
    ]


def _into_table(statement: Any) -> tuple[float, int]:
    from django.db import connection

    from ripeline.kit.sql import stored

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_found")
        began = time.perf_counter()
        cursor.execute(
            f"CREATE TEMPORARY TABLE bench_found AS {statement.text}",
            [stored(each) for each in statement.params],
        )
        took = time.perf_counter() - began
        cursor.execute("SELECT COUNT(*) FROM bench_found")
        return took, int(cursor.fetchone()[0])


def _keep(now: datetime) -> list[tuple[str, str]]:
    """Worked out with everybody written, again with nobody, and one person after a touch."""
    from ripeline.nurture.segments.keeping import add_segment
    from ripeline.nurture.segments.models import Segment
    from ripeline.nurture.segments.refreshing import refresh_now

    Segment.objects.all().delete()
    segment = add_segment("Three conditions", ASKED, by=None, now=now)
    first = _timed(lambda: refresh_now(segment, clock=lambda: now))
    again = _timed(lambda: refresh_now(segment, clock=lambda: now))
    for number in range(20):
        add_segment(f"Another {number}", ASKED, by=None, now=now)
    return [
        ("worked out, all members written", f"{first:,.2f} s"),
        ("worked out again, nobody moved", f"{again:,.2f} s"),
        ("from a touch to 21 segments, the worker's part", f"{_touched(now) * 1000:,.0f} ms"),
    ]


def _touched(now: datetime) -> float:
    from ripeline.nurture.segments.following import attend_changed
    from ripeline.people.changed import note_changed

    def follow() -> None:
        note_changed([7], now=now)
        attend_changed(now)

    follow()
    return min(_timed(follow) for _ in range(TURNS))


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what}\t{figure}", flush=True)
