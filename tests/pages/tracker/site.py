"""A small website on a port of its own, with a strict content security policy; and what was sent from it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from playwright.sync_api import Page

from ripeline.capture.collector.models import Arrival

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
BODY = """<!doctype html><html lang="en"><head><title>{path}</title><script src="/early.js"></script>
<script async src="{ours}/t.js" data-key="{key}" {attributes}></script></head><body><p>Words.</p>
<a id="file" href="/files/price-list.pdf">Prices</a> <a id="out" href="http://127.0.0.1:{port}/elsewhere">Friends</a>
<form id="enquiry" method="post" action="/thanks"><input name="name" value="Ann"><input name="topic" data-ripeline
value="books"><input type="file" name="cv" data-ripeline><input name="other" value="unsaid"><button>Send</button></form>
<form id="find" action="/find"><input type="search" name="q"><button>Find</button></form></body></html>"""


@dataclass
class Site:
    """A small website on a port of its own; `attributes` of the script's tag and `early`, a script before it."""

    ours: str
    key: str = ""
    attributes: str = ""
    early: str = ""
    port: int = 0
    forms: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        script = path == "/early.js"
        text = self.early if script else BODY.format(path=path, **self.__dict__)
        if path == "/elsewhere":
            text = "Another site."
        handler.send_response(200)
        handler.send_header("content-type", "text/javascript" if script else "text/html; charset=utf-8")
        ours = self.ours
        policy = (
            f"default-src 'none'; script-src 'self' {ours}; connect-src {ours}; form-action 'self' {ours}"
        )
        handler.send_header("content-security-policy", policy)
        if path.endswith(".pdf"):
            handler.send_header("content-disposition", "attachment")
        handler.end_headers()
        handler.wfile.write(text.encode())


def sent() -> list[dict[str, Any]]:
    """The events that came, each once, in order of when they happened."""
    found = {}
    for text in Arrival.objects.order_by("pk").values_list("event", flat=True):
        event = json.loads(text)
        found[event["messageId"]] = event
    return sorted(found.values(), key=lambda event: str(event["timestamp"]))


def names() -> list[str]:
    """What was sent, in words."""
    return [
        f"page {event['context']['page']['path']}"
        if event["type"] == "page"
        else event.get("event", event["type"])
        for event in sent()
    ]


def wait_for(*wanted: str) -> list[dict[str, Any]]:
    """Waits until all of this was sent; what was."""
    until = time.monotonic() + 20
    while not set(wanted) <= set(names()):
        assert time.monotonic() < until, f"{wanted}: {names()}"
        time.sleep(0.05)
    return sent()


def comes_true(page: Page, expression: str) -> None:
    """Waits until it is so in the page, whose policy does not let Playwright wait there."""
    until = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < until, expression
        time.sleep(0.02)


def cookie(page: Page) -> str:
    found = [each["value"] for each in page.context.cookies() if each["name"] == "rl_id"]
    return found[0] if found else ""


def stored(page: Page) -> dict[str, str]:
    return dict(page.evaluate("({...localStorage})"))
