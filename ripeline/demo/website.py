"""Who passes by the demo company's website: people nobody knows yet, machines, and those we know in their browsers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any
from urllib.parse import urlencode

from ripeline.capture.digest.sources import campaign_of, source_of
from ripeline.demo import catalogue
from ripeline.demo.rhythm import date_of
from ripeline.demo.world import OUR_DOMAIN
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.instant import DAY, MINUTE
from ripeline.lifecycle.touch import Touch

SITE = f"https://www.{OUR_DOMAIN}"
DAYS = 30
A_DAY = 45
"""Visits of strangers on a working day."""
NEW_VISIT = 30 * MINUTE
MOBILE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"  # fmt: skip  # noqa: E501
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"  # fmt: skip  # noqa: E501
FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0"
BROWSERS = (MOBILE, CHROME, CHROME, FIREFOX)
ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
)
# How strangers come: the page before, the medium and source that their address tells, and how often.
WAYS: tuple[tuple[str, dict[str, str], float], ...] = (
    ("https://www.google.com/", {}, 34),
    ("", {}, 24),
    ("https://www.bing.com/", {}, 5),
    ("https://www.linkedin.com/", {}, 7),
    ("https://l.instagram.com/", {}, 6),
    ("", {"utm_source": "newsletter", "utm_medium": "email"}, 6),
    ("https://writers-guild.example/links", {}, 5),
    ("", {"utm_source": "", "utm_medium": "", "utm_campaign": ""}, 13),  # what is advertised that day
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event on its way to the collector: when it came, what it is, the browser's name and what was noticed."""

    at: datetime
    event: dict[str, Any]
    agent: str
    marks: tuple[str, ...] = ()


def passers(seed: int, now: datetime) -> list[Sent]:
    """The events of a month of strangers and machines, in order; the same for the same two."""
    rng = Random(f"{seed} website")
    found: list[Sent] = []
    for back in range(DAYS, -1, -1):
        day = now - timedelta(days=back)
        share = 0.45 if day.weekday() > 4 else 1.0
        for _ in range(int(A_DAY * share * (0.8 + 0.4 * rng.random()) * (1.25 - 0.25 * back / DAYS))):
            begins = day - timedelta(minutes=rng.triangular(0, 23 * 60, 9 * 60))
            found += [each for each in visit(rng, begins) if each.at < now]
    return sorted(found, key=lambda each: each.at)


def visit(rng: Random, begins: datetime, visitor: str = "") -> Iterator[Sent]:
    """One visit: pages, and now and then a file, a link to elsewhere, or a form that says nothing of who it was."""
    # Somebody we know, or a stranger, or a machine.
    is_machine = not visitor and rng.random() < 0.16
    agent = rng.choice(ROBOTS if is_machine else BROWSERS)
    marks = ("webdriver",) if agent == ROBOTS[2] else ()
    key, visit_key = visitor or f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}"
    referrer, query = ("", {}) if is_machine else draw_way(rng, begins)
    at = begins
    for number in range(1 + min(6, int(rng.expovariate(0.7)))):
        path = draw_page(rng)
        url = f"{SITE}{path}" + (f"?{urlencode(query)}" if query and not number else "")
        page = {"url": url, "path": path, "title": title_of(path), "referrer": referrer}
        yield Sent(at, page_event(rng, at, key, visit_key, page), agent, marks)
        referrer = url
        at += timedelta(seconds=8 + int(rng.lognormvariate(3.5, 0.9)))
    if not is_machine and rng.random() < 0.12:
        others: list[tuple[str, dict[str, Any]]] = [
            ("File Downloaded", {"file": "programme.pdf", "url": f"{SITE}/files/programme.pdf"}),
            ("Outbound Link Clicked", {"url": "https://isbn-office.example/apply"}),
            ("Calculator shown", {"pages": rng.choice((120, 240, 380))}),
        ]
        name, properties = rng.choice(others)
        event = page_event(rng, at, key, visit_key, page) | {"type": "track", "event": name}
        yield Sent(at, event | {"properties": {"visit": visit_key, **properties}}, agent, marks)


def page_event(
    rng: Random, at: datetime, visitor: str, visit_key: str, page: dict[str, str]
) -> dict[str, Any]:
    """A page view as the browser script sends it."""
    return {
        "type": "page",
        "messageId": f"{rng.getrandbits(128):032x}",
        "anonymousId": visitor,
        "timestamp": at.isoformat(),
        "properties": {"visit": visit_key},
        "context": {"page": page, "locale": rng.choice(("nl-NL", "en-GB", "en-US", "de-DE"))},
    }


def draw_way(rng: Random, at: datetime) -> tuple[str, dict[str, str]]:
    """The page before and the words of the address."""
    referrer, words, _ = rng.choices(WAYS, [weight for *_, weight in WAYS])[0]
    if "utm_campaign" not in words:
        return referrer, words
    today = date_of(to_instant(at) // DAY)
    running = [c for c in catalogue.CAMPAIGNS if c.begins <= (today.month, today.day) <= c.ends]
    campaign = rng.choices(running, [c.weight for c in running])[0]
    said = {"utm_source": campaign.source, "utm_medium": campaign.medium, "utm_campaign": campaign.key}
    return "", said


def draw_page(rng: Random) -> str:
    """Mostly what is read for pleasure, seldom what costs money."""
    pools = (catalogue.PLAIN, catalogue.DISCOVERY, catalogue.BOOK_PAGES, catalogue.EVALUATION, ("/pricing",))
    return rng.choice(rng.choices(pools, (30, 40, 12, 14, 4))[0])


def title_of(path: str) -> str:
    """A page's title, as its path has it."""
    words = path.rstrip("/").rpartition("/")[2].replace("-", " ") or "Quill & Harbour"
    return words[:1].upper() + words[1:]


def browser_of(person: str) -> str:
    """The key of somebody's browser."""
    return blake2b(person.encode(), digest_size=16).hexdigest()


def in_browsers(touches: Iterator[Touch]) -> Iterator[Touch]:
    """Page views with what a browser tells besides: the page's address and title, and at the first of a visit how they
    came. In order of time."""
    last: dict[str, int] = {}
    for touch in touches:
        path = touch.subject or "/"
        attrs = {**touch.attrs, "url": f"{SITE}{path}", "title": title_of(path)}
        if touch.at - last.get(touch.person, 0) > NEW_VISIT or "utm_source" in attrs:
            attrs |= came_by(touch)
        last[touch.person] = touch.at
        yield replace(touch, attrs=attrs)


def came_by(touch: Touch) -> dict[str, str]:
    """How somebody came: as their address says; else directly, or by a search."""
    words = {name: str(value) for name, value in touch.attrs.items() if name.startswith("utm_")}
    url = f"{SITE}/?{urlencode(words)}"
    referrer = "" if words or browser_of(touch.id) > "6" else "https://www.google.com/"
    source = source_of(url, referrer, campaign_of(url, {}))
    if source is None:
        return {}
    return {"source": source.kind, **({"source_name": source.name} if source.name else {})}
