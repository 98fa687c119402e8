"""A real browser on a real server.

`browse()` opens a page as somebody; a page whose console shows an error, whose script throws or that breaks the
content security policy fails its test. `look()` keeps pictures of it, `axe()` reads it as a screen reader's
examiner would. Debian's chromium, or the one named by RIPELINE_CHROMIUM, or Playwright's own. Of Debian's the one
without a window where it is there: it opens a page for a quarter of the work.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from ripeline.people.models import User

PICTURES = Path(__file__).parents[2] / "screenshots"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = ((1280, 800), (390, 844))
PASSWORD = "three little words"
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DRAWN = """
async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise((done) => requestAnimationFrame(done));
}
"""
FOUND = """
async (options) => (await axe.run(options)).violations.filter(({impact}) => ["serious", "critical"].includes(impact))
"""
IN_COLOURS = ["color-contrast", "link-in-text-block"]
expect.set_options(timeout=15_000)
Browse = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file of tests. Playwright keeps an event loop running in this thread meanwhile, hence the
    flag; it ends with the file, since other tests need a thread without one."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(live_server: Any) -> str:
    """The address of the running site."""
    return str(live_server.url)


@pytest.fixture
def people(transactional_db: None) -> Callable[[str], User]:
    """Somebody with a role, made when first asked for; everybody's password is PASSWORD."""
    names = {"admin": "Ada Admin", "marketing": "Mia Market", "sales": "Sam Sales"}

    def somebody(role: str) -> User:
        email = f"{role}@example.org"
        found = User.objects.filter(email=email).first()
        return found or User.objects.create_user(email, PASSWORD, role=role, name=names[role])

    return somebody


@pytest.fixture
def browse(browser: Browser, site: str, people: Callable[[str], User]) -> Iterator[Browse]:
    """Opens pages: `browse(role, path="/", width=1280, dark=False, javascript=True)`; role None: not signed in."""
    complaints: list[str] = []
    contexts = []

    def open_page(
        role: str | None = "marketing",
        path: str = "/",
        *,
        width: int = 1280,
        dark: bool = False,
        javascript: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": dict(SIZES).get(width, 800)},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Europe/Amsterdam",
        )
        contexts.append(context)
        if role:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": _session(people(role)), "url": site}]
            )
        page = context.new_page()
        page.set_default_timeout(30_000)  # two busy cores are slow
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == [], "the browser complained"


@pytest.fixture
def look() -> Callable[[Page, str], None]:
    """Fails on a page that is wider than its window, wide or narrow. Where RIPELINE_PICTURES is set, keeps pictures of
    it, light and dark, as screenshots/<name>-<width>-<theme>.png: to look at, and half of a page's work."""
    PICTURES.mkdir(exist_ok=True)

    def take(page: Page, name: str) -> None:
        before = page.viewport_size
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(DRAWN)
            assert _overflow(page) <= 0, f"{name} is wider than {width} pixels"
            for theme in ("light", "dark") if os.environ.get("RIPELINE_PICTURES") else ():
                _wear(page, theme)
                page.evaluate(DRAWN)
                page.screenshot(path=str(PICTURES / f"{name}-{width}-{theme}.png"), full_page=True)
            _wear(page, "light")
        page.set_viewport_size(before or {"width": SIZES[0][0], "height": SIZES[0][1]})

    return take


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails on what axe-core calls serious or critical; and on its colours in the dark, where nothing else differs."""

    def examine(page: Page) -> None:
        page.evaluate(AXE_SCRIPT)
        for theme, rules in (("light", {}), ("dark", {"runOnly": IN_COLOURS})):
            _wear(page, theme)
            found = page.evaluate(FOUND, {"resultTypes": ["violations"], **rules})
            assert [_finding(each) for each in found] == [], f"{page.url}, {theme}"
        _wear(page, "light")

    return examine


def _wear(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]


def _chromium() -> str | None:
    """None lets Playwright use a browser of its own."""
    named = os.environ.get("RIPELINE_CHROMIUM")
    return named or next((found for program in PROGRAMS if (found := shutil.which(program))), None)


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _complaint(message: ConsoleMessage) -> list[str]:
    # A page that is asked for and refused is said by the browser too; tests of error pages look at the answer.
    refused = "Failed to load resource: the server responded with a status of"
    # In a frame of another site the script of the form's page does what autofocus may not.
    if message.type != "error" or message.text.startswith("Blocked autofocusing"):
        return []
    if refused in message.text and _is_page(message):
        return []
    return [f"console: {message.text} ({message.location.get('url')})"]


def _is_page(message: ConsoleMessage) -> bool:
    # Forms stand in pages as frames.
    return bool(message.page and message.location.get("url") in {each.url for each in message.page.frames})


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _finding(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target']}: {node['failureSummary']}" for node in violation["nodes"][:4])
    return f"{violation['id']} ({violation['impact']}): {places}"
