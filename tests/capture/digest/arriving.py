"""Arrivals for the tests of the digest, as the collector leaves them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from ripeline.capture.collector.keys import make_key
from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.digest.attending import attend_arrivals
from tests.factories import NOW

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ANONYMOUS = "2b0d6a3c-6c6f-4d8a-9f9e-0c5b8f1f7f10"
VISITOR = ANONYMOUS.replace("-", "")
_numbers = count(1)


def website() -> WriteKey:
    """A key that stands in pages."""
    return make_key("Our site", WriteKey.Purpose.WEBSITE, now=NOW)


def server() -> WriteKey:
    """A key that is a secret."""
    return make_key("The shop", WriteKey.Purpose.SERVER, now=NOW)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """An event of a browser, unless a `userId` alone is given; with a messageId of its own."""
    said = {"type": kind, "messageId": f"m{next(_numbers)}", **fields}
    if "userId" not in said:
        said.setdefault("anonymousId", ANONYMOUS)
    return said


def page(path: str = "/pricing", **fields: Any) -> dict[str, Any]:
    """A page view."""
    return event("page", properties={"url": f"https://www.example.com{path}", "path": path}, **fields)


def track(name: str, properties: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Something that was done."""
    return event("track", event=name, properties=dict(properties or {}), **fields)


def identify(
    user: str | None = None, traits: Mapping[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    """Who somebody is, told of a browser."""
    named = {} if user is None else {"userId": user}
    return event("identify", **{"anonymousId": ANONYMOUS, **named, "traits": dict(traits or {}), **fields})


def arrive(
    key: WriteKey,
    *events: Mapping[str, Any],
    at: datetime = NOW,
    agent: str = BROWSER,
    marks: Iterable[str] = (),
) -> list[int]:
    """Puts events where the collector puts them; returns the ids of the arrivals."""
    facts = {"agent": agent, "method": "POST", "marks": list(marks), "network": ""}
    rows = [Arrival(write_key=key, received_at=at, event=json.dumps(each), facts=facts) for each in events]
    for row in rows:
        row.save()
    return [row.pk for row in rows]


def digested(
    key: WriteKey,
    *events: Mapping[str, Any],
    now: datetime = NOW,
    agent: str = BROWSER,
    marks: Iterable[str] = (),
) -> list[Arrival]:
    """These events, arrived and digested; their arrivals in order."""
    pks = arrive(key, *events, at=now, agent=agent, marks=marks)
    while attend_arrivals(now):
        pass
    return list(Arrival.objects.filter(pk__in=pks).order_by("pk"))
