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

from ripeline.capture.collector.committing import FULL, Committer
from ripeline.capture.collector.door import Collector
from ripeline.capture.collector.exchange import Answer, Asked, Refused
from ripeline.capture.collector.limits import BODY, EVENT
from ripeline.capture.collector.reading import TOO_LARGE
from ripeline.capture.collector.stores import open_store
from ripeline.page_threads import PageThreads

log = logging.getLogger(__name__)

READING = 128 * 1024 * 1024
"""Bytes of large requests that may be on their way in at once: thousands of senders could bring half a megabyte each.
Those no larger than a single event do not count."""
READ_WITHIN = 30.0
SLOW = Refused(408, "too_slow", "The request did not come whole in half a minute; nothing of it was kept.")
OURS = Refused(500, "our_mistake", "Something went wrong here; nothing was kept. It is written to the log.")


class Site:
    """Sends each request where it belongs."""

    def __init__(self) -> None:
        self._pages = PageThreads(pages)
        self._reading = 0
        self._address_of = _reader_of_addresses(settings.CONFIG.base_url)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._committer = Committer(open_store(), waiting_limit=settings.CONFIG.waiting_limit)
        self._collector = Collector(self._committer, clock=timezone.now)
        self._committer.start(loop)
        # Thousands of requests that wait for the disk are no garbage: Python would look through them again and again.
        gc.set_threshold(20_000, 50, 100)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._committer.stop()
        self._pages.stop()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
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
            return TOO_LARGE.answer()
        body = await protocol() if size <= EVENT else await self._read(protocol, size)
        if isinstance(body, Refused):
            return body.answer()
        return await self._collector.answer(
            Asked(scope.method, scope.path, header, self._address_of(scope), body)
        )

    async def _read(self, protocol: HTTPProtocol, size: int) -> bytes | Refused:
        """A large body, where not too many come at once, and if it comes soon. Raises ProtocolClosed."""
        if self._reading + size > READING:
            return FULL
        self._reading += size
        whole = bytearray()
        try:
            async with asyncio.timeout(READ_WITHIN):
                async for piece in protocol:
                    whole += piece
                    if len(whole) > BODY:
                        return TOO_LARGE
        except TimeoutError:
            return SLOW
        finally:
            self._reading -= size
        return bytes(whole)


def _size(header: Callable[[str], str | None]) -> int:
    """Bytes that the body will have; where nobody says, those it may have."""
    length = header("content-length")
    if length is not None and length.isdecimal():
        return int(length)
    return 0 if header("transfer-encoding") is None else BODY


def _reader_of_addresses(base_url: str) -> Callable[[Scope], str]:
    """From a request to whom it came from: behind the proxy that does TLS, whom that says last."""
    behind_proxy = urlsplit(base_url).scheme == "https"

    def read(scope: Scope) -> str:
        said = scope.headers.get("x-forwarded-for") if behind_proxy else None
        return said.rpartition(",")[2].strip() if said else scope.client.rpartition(":")[0]

    return read


site = Site()
