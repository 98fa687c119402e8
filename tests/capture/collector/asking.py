"""A collector on the test's own database, asked without a server between; and what it kept."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ripeline.capture.collector import committing
from ripeline.capture.collector.committing import Committer
from ripeline.capture.collector.door import Collector
from ripeline.capture.collector.exchange import Answer, Asked
from ripeline.capture.collector.facts import Network, no_network
from ripeline.capture.collector.keys import make_key
from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.collector.stores import open_store
from tests.factories import NOW

ADDRESS = "203.0.113.7"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Asking:
    """Asks one collector."""

    collector: Collector
    committer: Committer
    loop: asyncio.AbstractEventLoop

    def post(
        self, path: str, body: object, key: WriteKey | None = None, address: str = ADDRESS, **headers: str
    ) -> Answer:
        """The answer to a POST; what is no bytes is sent as JSON. `content_encoding` is a header's name here."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, sent, key, address=address, **headers)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        key: WriteKey | None = None,
        *,
        address: str = ADDRESS,
        **headers: str,
    ) -> Answer:
        """The answer to any request."""
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        lines.setdefault("user-agent", AGENT)
        if key is not None:
            lines["authorization"] = basic(key.key)
        asked = Asked(method, path, lines.get, address, body)
        return asyncio.run_coroutine_threadsafe(self.collector.answer(asked), self.loop).result(60)


@contextmanager
def collecting(
    *,
    waiting_limit: int = 1_000_000,
    network: Network = no_network,
    clock: Callable[[], datetime] = lambda: NOW,
    is_well: bool = True,
) -> Iterator[Asking]:
    """A collector that writes to the test's database, and has looked at it where that `is_well`; stopped at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    patch = pytest.MonkeyPatch()
    # Nearly every test makes its key only now, and none wants to wait half a second until it is looked for.
    patch.setattr(committing, "KEYS_AT_MOST_EVERY", 0.01)
    committer = Committer(open_store(), waiting_limit=waiting_limit)
    committer.start(loop)
    until(lambda: committer.keys is not None or not is_well)
    try:
        yield Asking(Collector(committer, clock=clock, network=network), committer, loop)
    finally:
        committer.stop()
        patch.undo()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def a_key(purpose: str = "server", *origins: str) -> WriteKey:
    """A write key."""
    return make_key("Test", purpose, origins, now=datetime.now(UTC))


def basic(key: str) -> str:
    """A key as SDKs show it: as the user name, without a password."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def events() -> list[dict[str, Any]]:
    """What was kept, in order."""
    return [json.loads(text) for text in Arrival.objects.order_by("id").values_list("event", flat=True)]


def said(answer: Answer) -> dict[str, Any]:
    """The JSON of an answer."""
    found: dict[str, Any] = json.loads(answer.body)
    return found


def header(answer: Answer, name: str) -> str | None:
    """A header of an answer."""
    return dict(answer.headers).get(name)


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits until something is so; fails where it never is."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never became so"
        time.sleep(0.05)
