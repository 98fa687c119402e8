"""Our server, a small website that sends to it, and whoever visits that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import DjangoDbBlocker

from ripeline.capture.collector.keys import make_key
from ripeline.capture.collector.models import WriteKey
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from tests.pages.tracker.site import CHROME, Site
from tests.processes import server


@pytest.fixture(scope="module")
def ours(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """One server for all. It does not begin without a playbook; each test leaves the database empty."""
    with django_db_blocker.unblock():
        activate(shipped_playbook("default"), now=timezone.now())
    with server(processes=1) as address:
        yield address


@pytest.fixture
def website(ours: str) -> Iterator[Site]:
    """The site, whose key lets in its pages alone."""
    site = Site(ours)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.answer(self)

        def do_POST(self) -> None:
            site.forms.append(self.rfile.read(int(self.headers["content-length"])).decode())
            site.answer(self)

        def log_message(self, *said: object) -> None:
            """Not into the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        site.port = serving.server_port
        key = make_key("Site", WriteKey.Purpose.WEBSITE, [site.address], now=timezone.now())
        site.key = key.key
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield site
        serving.shutdown()
        thread.join()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody whose browser nobody drives; whatever it complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def come(url: str, script: str = "") -> Page:
        context = browser.new_context(user_agent=CHROME, locale="en-GB")
        contexts.append(context)
        context.add_init_script("Object.defineProperty(navigator, 'webdriver', {get: () => false});" + script)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield come
    for context in contexts:
        context.close()
    said = [each for each in complaints if "Failed to load resource" not in each and "favicon" not in each]
    assert said == []
