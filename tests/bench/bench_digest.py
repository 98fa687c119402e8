"""The digest: events a second, from arrivals to touches, by one worker that does nothing else.

`python -m tests.bench.bench_digest [EVENTS]`. A tenth of them is of people who are known by an id; every visitor makes
some ten page views; one event in fifty is an identify call.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.bench.database import set_up

USUAL = 50_000
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(count: int = USUAL) -> Iterator[tuple[str, str]]:
    """What was measured, with its figure."""
    from ripeline.capture.collector.keys import make_key
    from ripeline.capture.collector.models import Arrival
    from ripeline.capture.digest.attending import attend_arrivals
    from ripeline.installing import migrate
    from ripeline.kit.bulk import insert_rows
    from ripeline.timeline.models import Touch

    migrate()
    key = make_key("bench", "website", now=NOW)
    columns = ("write_key_id", "received_at", "event", "facts")
    for start in range(0, count, 5_000):
        rows = [
            (key.pk, NOW, json.dumps(_event(number)), _facts(number))
            for number in range(start, start + 5_000)
        ]
        insert_rows(Arrival, columns, rows)
    took = []
    begun, computed = time.perf_counter(), time.process_time()
    while True:
        started = time.perf_counter()
        if not attend_arrivals(NOW):
            break
        took.append(time.perf_counter() - started)
    seconds, computed = time.perf_counter() - begun, time.process_time() - computed
    assert Touch.objects.exclude(kind="traits_changed").count() == count
    assert not Arrival.objects.exclude(outcome="recorded").exists()
    yield "digest: events a second", f"{count / seconds:,.0f}"
    yield "digest: computing an event", f"{computed / count * 1e6:,.0f} µs"
    yield "digest: longest batch", f"{max(took) * 1000:,.0f} ms"


def _event(number: int) -> dict[str, object]:
    person = number // 10
    said: dict[str, object] = {
        "type": "identify" if number % 50 == 49 else "page",
        "messageId": f"m-{number}-6605df9c-8717-4115",
        "anonymousId": str(UUID(int=(person * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128)),
        "timestamp": (NOW - timedelta(seconds=2)).isoformat(),
        "sentAt": NOW.isoformat(),
        "context": {"locale": "en-GB"},
        "properties": {
            "url": f"https://www.example.com/p/{number % 400}?utm_source=news&utm_medium=email",
            "path": f"/p/{number % 400}",
            "title": "A page",
            "referrer": "https://www.google.com/",
        },
    }
    if number % 50 == 49:
        said |= {
            "userId": f"u{person}",
            "traits": {"email": f"u{person}@firm{person % 900}.example", "plan": "pro"},
        }
        del said["properties"]
    return said


def _facts(number: int) -> dict[str, object]:
    return {"agent": AGENT.format(100 + number % 40), "method": "POST", "marks": [], "network": ""}


if __name__ == "__main__":
    set_up()
    for what, figure in run(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL):
        print(f"{what}\t{figure}")
