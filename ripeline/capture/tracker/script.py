"""`/t.js`: the browser script as it is sent. It is the same for every site; what differs stands in the site's tag."""

from __future__ import annotations

import gzip
from hashlib import blake2b
from pathlib import Path

from ripeline.capture.collector.exchange import Answer, Asked, Headers, Refused

SOURCE = Path(__file__).with_name("tracker.js")
PATH = "/t.js"
LARGEST = 4 * 1024
"""Bytes, packed: a page has to wait for nothing that it notices."""
FRESH_FOR = 3600
"""Seconds that a browser uses it without asking. A release is everywhere after that; a day long it may be used while
it is being asked for anew."""


class Script:
    """Answers requests for the script."""

    def __init__(self, source: str | None = None) -> None:
        self.body = squeeze(SOURCE.read_text(encoding="utf-8") if source is None else source).encode()
        self.packed = gzip.compress(self.body, 9, mtime=0)
        self.etag = f'"{blake2b(self.body, digest_size=12).hexdigest()}"'
        self._headers: Headers = [
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", f"public, max-age={FRESH_FOR}, stale-while-revalidate=86400"),
            ("etag", self.etag),
            ("vary", "accept-encoding"),
            # It is meant for other sites' pages, also for those that take in only what says so.
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
        ]

    def answer(self, asked: Asked) -> Answer:
        """The script, packed where that is understood; 304 to whom has it."""
        if asked.method not in ("GET", "HEAD"):
            refused = Refused(405, "only_get", "The script is fetched by GET.").answer()
            refused.headers = [*refused.headers, ("allow", "GET, HEAD")]
            return refused
        known = (asked.header("if-none-match") or "").replace("W/", "").split(",")
        if self.etag in (each.strip() for each in known):
            return Answer(304, b"", self._headers)
        if "gzip" in (asked.header("accept-encoding") or ""):
            return Answer(200, self.packed, [*self._headers, ("content-encoding", "gzip")])
        return Answer(200, self.body, self._headers)


def squeeze(source: str) -> str:
    """The script without its comments and indents. Comments stand on lines of their own in it."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"
