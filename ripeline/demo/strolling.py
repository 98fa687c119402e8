"""While the demo is served, people go on passing by its website: each page view is sent to the collector as by the
browser script, so that the pages about the website are alive."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

from ripeline.demo.website import SITE, Sent, visit

EVERY = (3.0, 9.0)
"""Seconds between two page views."""
COMES = 0.35
"""How likely the next one is somebody new on the site; else whoever is there goes on."""
IS_KNOWN = 0.3
AT_ONCE = 12


def stroll(address: str, key: str, known: Sequence[str], stop: threading.Event) -> None:
    """Sends page views until `stop` is set: of strangers, machines, and now and then of the `known` browsers."""
    rng = Random()
    present: list[list[Sent]] = []
    while not stop.wait(rng.uniform(*EVERY)):
        if not present or (len(present) < AT_ONCE and rng.random() < COMES):
            visitor = rng.choice(known) if known and rng.random() < IS_KNOWN else ""
            present.append(list(visit(rng, datetime.now(UTC), visitor)))
        walk = rng.choice(present)
        _send(address, key, walk.pop(0))
        present = [each for each in present if each]


def _send(address: str, key: str, sent: Sent) -> None:
    now = datetime.now(UTC).isoformat()
    event = {**sent.event, "timestamp": now}
    event["context"] = {**event["context"], "marks": list(sent.marks)}
    body = json.dumps({"writeKey": key, "sentAt": now, "batch": [event]}).encode()
    headers = {"User-Agent": sent.agent, "Origin": SITE, "Accept-Language": "en-GB"}
    asked = urllib.request.Request(f"{address}/v1/batch", body, headers)  # noqa: S310
    # The server may not be there yet, or not any more.
    with suppress(OSError):
        urllib.request.urlopen(asked, timeout=5).close()  # noqa: S310
