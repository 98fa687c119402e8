"""The history parts made from the database, brought up to date, and loaded; on the database of this process.

How fast a whole history is loaded and replayed is in `bench_bulk`.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.bench.database import set_up

TOUCHES = 500_000
PEOPLE = 10_000
NEW = 100
"""Touches that came since, of as many people."""


def main() -> None:
    """Prints a line a figure."""
    set_up()
    from django.db import connection
    from django.utils import timezone

    from ripeline.installing import migrate
    from ripeline.replay.parts.loading import load
    from ripeline.timeline.history.opening import OpenHistory, open_history, update_history
    from ripeline.timeline.models import Touch
    from tests.bench.crowd import fill

    migrate()
    fill(PEOPLE, TOUCHES)
    where = f"({connection.vendor})"
    parts, seconds, busy = _timed(lambda: update_history(clock=timezone.now))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = f"{seconds:.1f} s, {parts.touches / busy:,.0f} touches/s of one core"
    size = f"{parts.bytes / parts.touches:.0f} bytes a touch, {peak:,.0f} MB"
    print(f"history parts of {parts.touches:,} touches made {where}\t{rate}, {size}")
    _add_touches()
    found, seconds, _ = _timed(lambda: open_history(timezone.now()))
    assert isinstance(found, OpenHistory)
    assert found.is_fresh
    print(f"- opened after {NEW} new touches {where}\t{1000 * seconds:.0f} ms")
    Touch.objects.filter(contact_id=Touch.objects.values_list("contact_id").first()[0]).delete()
    _, seconds, _ = _timed(lambda: open_history(timezone.now()))
    print(f"- opened after somebody's touches were deleted {where}\t{1000 * seconds:.0f} ms")
    found, seconds, _ = _timed(lambda: open_history(timezone.now()))
    print(f"- opened when nothing is new {where}\t{1000 * seconds:.1f} ms")
    _, _, busy = _timed(lambda: [load(part) for part in found.parts.buckets])
    print(
        f"- loaded with every column {where}\t{found.parts.touches / busy / 1e6:.1f} M touches/s of one core"
    )


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What came out, the seconds it took, and those of the processor."""
    began, busy = time.perf_counter(), time.process_time()
    done = work()
    return done, time.perf_counter() - began, time.process_time() - busy


def _add_touches() -> None:
    from django.utils import timezone

    from ripeline.people.models import Contact
    from ripeline.timeline.record import record
    from tests.timeline.people import fact

    now = timezone.now()
    contacts = Contact.objects.order_by("pk")[:NEW]
    record([fact(each, "page_viewed", now - timedelta(days=3)) for each in contacts], now=now)


if __name__ == "__main__":
    main()
