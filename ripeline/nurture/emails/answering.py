"""Whether the pages that an email links to are there: asked of them, where somebody wants to know."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ripeline.kit.outbound import NotAllowed, connect

MOST = 30
SECONDS = 5.0
TURNS = 4
"""An address and three it leads on to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address said: whether a page is there, and a sentence."""

    address: str
    is_there: bool
    said: str


def ask_all(addresses: Sequence[str]) -> Sequence[Answer]:
    """Asks these addresses, several at a time; those that have a field in them only up to it."""
    with ThreadPoolExecutor(max_workers=6, thread_name_prefix="links") as pool:
        return list(pool.map(ask, addresses[:MOST]))


def ask(address: str) -> Answer:
    """Whether a page is at an address, and at what it leads on to. Never raises."""
    at = address.partition("{{")[0]
    for _ in range(TURNS):
        try:
            status, leads_to = _head(at)
        except NotAllowed as odd:
            return Answer(address, False, str(odd))
        except (OSError, http.client.HTTPException, ValueError) as odd:
            return Answer(address, False, f"Nothing answers: {_words(odd)}.")
        if not leads_to or status not in (301, 302, 303, 307, 308):
            break
        at = urljoin(at, leads_to)
    else:
        return Answer(address, False, "It leads on and on.")
    # Some sites answer no to who is no browser; that says nothing of the page.
    if status < 400 or status in (401, 403, 405, 429):
        return Answer(address, True, f"It answers ({status}).")
    return Answer(address, False, f"There is no page: it answers {status}.")


def _head(address: str) -> tuple[int, str]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{address[:100]} is no address of a page")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname, parts.port, timeout=SECONDS)
    # The standard library would resolve the name itself: here the connection goes to an address that was looked at.
    line._create_connection = lambda to, timeout, _: connect(to[0], to[1], timeout=timeout)  # type: ignore[attr-defined]
    try:
        path = parts.path or "/"
        line.request(
            "HEAD", f"{path}?{parts.query}" if parts.query else path, headers={"User-Agent": "Ripeline"}
        )
        answer = line.getresponse()
        return answer.status, answer.getheader("Location", "")
    finally:
        line.close()


def _words(odd: BaseException) -> str:
    return str(odd).rstrip(".") or type(odd).__name__
