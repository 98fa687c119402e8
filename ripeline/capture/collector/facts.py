"""What verdicts want to know of a request, as it is kept with each of its events."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

from ripeline.capture.collector.exchange import Asked

LONGEST_AGENT = 512
NO_LANGUAGE, NO_ORIGIN, PREFETCHED = ("no-language",), ("no-origin",), ("prefetch",)
Network = Callable[[str], str]
"""From an address to what sort of network it is of, such as "datacentre:aws"; "" where nothing is known."""


def no_network(address: str) -> str:  # noqa: ARG001
    """Where nobody asks: nothing is known of any address."""
    return ""


def marks_of(asked: Asked) -> tuple[str, ...]:
    """What a request shows that people's browsers do not: no language, no page it came from, fetched in advance."""
    header = asked.header
    return (
        *(() if header("accept-language") else NO_LANGUAGE),
        *(() if header("origin") or header("referer") else NO_ORIGIN),
        *(PREFETCHED if "prefetch" in (header("sec-purpose") or header("purpose") or "") else ()),
    )


@lru_cache(maxsize=4096)
def facts_text(agent: str, method: str, marks: tuple[str, ...], network: str) -> str:
    """The JSON of an arrival's facts. The same few are asked for again and again."""
    facts = {"agent": agent[:LONGEST_AGENT], "method": method, "marks": marks, "network": network}
    return msgspec.json.encode(facts).decode()
