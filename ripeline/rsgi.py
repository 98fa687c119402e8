"""The application our own server runs: the collector and the pages, side by side in each process.

RSGI is granian's own interface, asynchronous like ASGI at about half the cost of each request.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

# First of ours: it sets Django up, without which there are no tables to import.
from ripeline.wsgi import application as pages

# isort: split
from django.conf import settings
from django.utils import timezone
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]

from ripeline.bodies import Bodies
from ripeline.capture.collector.committing import FULL, STOPPING, Committer
from ripeline.capture.collector.door import Collector
from ripeline.capture.collector.exchange import Answer, Asked, Refused
from ripeline.capture.collector.keys import key_of_header
from ripeline.capture.collector.limits import BODY, EVENT
from ripeline.capture.collector.networks import load_networks
from ripeline.capture.collector.reading import TOO_LARGE
from ripeline.capture.collector.refusals import Turned, moment
from ripeline.capture.collector.stores import open_store
from ripeline.capture.tracker import script
from ripeline.kit.senders import bare_address
from ripeline.page_threads import PageThreads
from ripeline.slow_senders import SlowSenders, Stopping, TooSlow, hear_stop
from ripeline.web.limits import most_bytes

log = logging.getLogger(__name__)

READING = 128 * 1024 * 1024
"""Bytes of large requests that may be on their way in at once: thousands of senders could bring half a megabyte each.
Those no larger than a single event do not count."""
SLOW = Refused(408, "too_slow", "The request did not come in half a minute; nothing of it was kept.")
OURS = Refused(500, "our_mistake", "Something went wrong here; nothing was kept. It is written to the log.")


class Site:
    """Sends each request where it belongs."""

    def __init__(self) -> None:
        self._senders = SlowSenders()
        bodies = Bodies(self._senders, folder=settings.CONFIG.data_dir)
        self._address_of = reader_of_addresses(settings.CONFIG.base_url)
        self._pages = PageThreads(pages, bodies, may_have=most_bytes, address_of=self._address_of)
        self._reading = 0
        self._collector: Collector | None = None
        self._opening: asyncio.Future[Collector] | None = None
        self._script = script.Script()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._committer = Committer(open_store(), waiting_limit=settings.CONFIG.waiting_limit)
        self._committer.start(loop)
        hear_stop(loop, self._senders.stop)
        # Thousands of requests that wait for the disk are no garbage: Python would look through them again and again.
        gc.set_threshold(20_000, 50, 100)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._committer.stop()
        self._pages.stop()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        if scope.path == script.PATH:
            answer = self._script.answer(Asked(scope.method, scope.path, scope.headers.get, ""))
            protocol.response_bytes(answer.status, answer.headers, answer.body)
            return
        if not scope.path.startswith("/v1/"):
            await self._pages.answer(scope, protocol)
            return
        try:
            answer = await self._collect(scope, protocol)
        except ProtocolClosed:
            return
        except Exception:
            log.exception("An event could not be taken in.")
            answer = OURS.answer()
        protocol.response_bytes(answer.status, answer.headers, answer.body)

    async def _collect(self, scope: Scope, protocol: HTTPProtocol) -> Answer:
        header = scope.headers.get
        size = _size(header)
        if size > BODY:
            return self._turn_away(TOO_LARGE, header)
        try:
            body = await self._read(protocol, size)
        except TooSlow:
            return self._turn_away(SLOW, header)
        except Stopping:
            return STOPPING.answer()
        if isinstance(body, Refused):
            return self._turn_away(body, header)
        collector = self._collector or await self._open()
        return await collector.answer(Asked(scope.method, scope.path, header, self._address_of(scope), body))

    def _turn_away(self, refused: Refused, header: Callable[[str], str | None]) -> Answer:
        """Of what is refused before it was read, whoever looks why sees as much as the head of the request shows."""
        key = (self._committer.keys or {}).get(key_of_header(header("authorization") or ""))
        self._committer.note(Turned(moment(timezone.now()), key.pk if key else None, "", refused.why))
        return refused.answer()

    async def _open(self) -> Collector:
        """The collector, made for the first event: a site without any need not wait until the networks are read."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._make())
        # Whoever asked first may go, and the others wait on.
        self._collector = await asyncio.shield(self._opening)
        return self._collector

    async def _make(self) -> Collector:
        loop = asyncio.get_running_loop()
        network = await loop.run_in_executor(None, load_networks, settings.CONFIG.networks)
        return Collector(self._committer, clock=timezone.now, network=network)

    async def _read(self, protocol: HTTPProtocol, size: int) -> bytes | Refused:
        """The body, where not too many large ones come at once. Raises ProtocolClosed, TooSlow and Stopping."""
        if size <= EVENT:
            with self._senders.waited_for():
                return await protocol()
        if self._reading + size > READING:
            return FULL
        self._reading += size
        whole = bytearray()
        try:
            with self._senders.waited_for():
                async for piece in protocol:
                    whole += piece
                    if len(whole) > BODY:
                        return TOO_LARGE
        finally:
            self._reading -= size
        return bytes(whole)


def _size(header: Callable[[str], str | None]) -> int:
    """Bytes that the body will have; where nobody says, those it may have."""
    length = header("content-length")
    if length is not None and length.isdecimal():
        return int(length)
    return 0 if header("transfer-encoding") is None else BODY


def reader_of_addresses(base_url: str) -> Callable[[Scope], str]:
    """From a request to whom it came from: behind the proxy that does TLS, whom that says last."""
    behind_proxy = urlsplit(base_url).scheme == "https"

    def read(scope: Scope) -> str:
        # Each proxy may add a line of its own.
        lines = scope.headers.get_all("x-forwarded-for") if behind_proxy else ()  # type: ignore[attr-defined]
        said = lines[-1].rpartition(",")[2].strip() if lines else ""
        return bare_address(said or scope.client)

    return read


site = Site()
