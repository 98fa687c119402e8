"""The pages about the website in a browser: they are alive, they read well, and nothing that is sent runs in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.capture.collector.keys import make_key
from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.tracker import links
from tests.capture.digest.arriving import arrive, digested, event
from tests.factories import make_contact, make_playbook
from tests.pages.conftest import Browse

pytestmark = pytest.mark.django_db(transaction=True)
EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'
ROBOT = f"Robot/1.0 {EVIL}"


def test_what_is_sent_is_shown_at_once_and_runs_nowhere(
    browse: Browse, look: Callable[[Page, str], None], axe: Callable[[Page], None]
) -> None:
    make_playbook()
    now = timezone.now()
    key = make_key(f"Site {EVIL}", "website", ["https://www.example.com"], now=now)
    ann = make_contact("Ann Smit")
    url = f"https://www.example.com/p?utm_source={EVIL}&utm_medium={EVIL}&utm_campaign={EVIL}"
    seen = {"url": url, "path": f"/{EVIL}", "title": EVIL, "referrer": f"https://r.example/{EVIL}"}
    token = links.sign(ann, links.MAIL, now)
    digested(
        key,
        event(
            "page",
            anonymousId="a" * 32,
            properties=seen,
            context={"page": seen, "link": token, "locale": EVIL},
        ),
        event("track", event=EVIL, anonymousId="b" * 32, properties={EVIL: EVIL}, context={"page": seen}),
        now=now,
    )
    digested(
        key, event("page", anonymousId="c" * 32, properties=seen), now=now, agent=ROBOT, marks=["webdriver"]
    )
    Refusal.objects.create(
        at=now - timedelta(minutes=1), write_key=key, event=EVIL[:100], reason=f"Not from {EVIL}.", times=1
    )
    page = browse("admin", "/capture/")
    page.on("dialog", lambda dialog: pytest.fail(f"{page.url} ran what was sent: {dialog.message}"))
    expect(page.get_by_role("link", name="Ann Smit")).to_be_visible()
    rooms = ["/capture/", "/capture/sources/", "/capture/sources/?by=medium", "/capture/sources/?by=campaign"]
    events = [f"/capture/live/{pk}/" for pk in Arrival.objects.values_list("pk", flat=True)]
    keys = ["/capture/setup/", f"/capture/setup/keys/{key.pk}/?consent=ask&cookie=none"]
    for path in [*rooms, "/capture/live/?hold=yes", *events, *keys]:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.locator("img[src=x]").count() == 0
    for name, path in (
        ("now", "/capture/"),
        ("sources", "/capture/sources/"),
        ("live", "/capture/live/?hold=yes"),
        ("event", events[0]),
        ("setup", "/capture/setup/"),
        ("key", f"/capture/setup/keys/{key.pk}/"),
    ):
        page.goto(path)
        look(page, f"website-{name}")
        axe(page)
    it_reads_well_by_ear_and_on_a_telephone(page, events[0], axe)


def it_reads_well_by_ear_and_on_a_telephone(page: Page, of_event: str, axe: Callable[[Page], None]) -> None:
    """No region twice; what is wider than the screen is moved by keys."""
    page.goto(of_event)
    expect(page.get_by_role("region", name="As it was sent", exact=True)).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/capture/sources/")
    axe(page)


def test_a_new_key_is_made_and_its_page_says_when_the_first_event_comes(browse: Browse) -> None:
    make_playbook()
    page = browse("admin", "/capture/setup/")
    page.get_by_label("Name").fill("Our site")
    page.get_by_label("Sites").fill("https://www.example.com")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("status").filter(has_text="Waiting")).to_be_visible()
    page.get_by_label("Ask for consent first").check()
    expect(page.locator("#tag")).to_contain_text('data-consent="ask"')
    live = browse("marketing", "/capture/live/")
    expect(live.get_by_text("Nothing arrived of late")).to_be_visible()
    key = page.locator("#tag").inner_text().partition('data-key="')[2][:32]
    sent = event("page", context={"page": {"url": "https://www.example.com/first", "path": "/first"}})
    now = timezone.now()
    arrive(WriteKey.objects.get(key=key), sent, at=now)
    expect(live.get_by_text("https://www.example.com/first")).to_be_visible()
    # Whoever is in the list keeps it as it is, until they leave it.
    live.get_by_role("link", name="page", exact=True).focus()
    asked = []
    live.on("request", lambda request: asked.append(request.url))
    live.evaluate(
        "new Promise(done => document.addEventListener('htmx:beforeRequest', () => done(), { once: true }))"
    )
    arrive(WriteKey.objects.get(key=key), event("track", event="Later"), at=now)
    assert asked == []
    live.get_by_role("heading", level=1).click()
    expect(live.get_by_role("link", name="Later")).to_be_visible()
    expect(page.get_by_text("It works.")).to_be_visible()
    # Without scripts the same is there for whoever looks again.
    plain = browse("sales", "/capture/", javascript=False)
    expect(plain.get_by_text("Nobody is there just now")).to_be_visible()
    expect(plain.get_by_role("link", name="Look again")).to_be_visible()
