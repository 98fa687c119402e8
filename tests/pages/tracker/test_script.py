"""The browser script in a browser: on a site of its own, with a strict content security policy, sending to our server.

What was sent is read where the collector put it, and then digested: what is told twice is a touch once.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from ripeline.capture.collector.keys import set_origins
from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.digest.attending import attend_arrivals
from ripeline.capture.tracker import links
from ripeline.people.models import User, Visitor
from ripeline.timeline.models import Touch
from tests.factories import make_contact
from tests.pages.conftest import _session
from tests.pages.tracker.site import CHROME, Site, comes_true, cookie, names, sent, stored, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def look_around(page: Page) -> list[dict[str, Any]]:
    """Somebody looks at this and that, sends a form, stays a while and goes; what was sent of it."""
    # As a framework goes to another page: the address first, the title after it.
    page.evaluate(
        "history.pushState({}, '', '/prices'); document.title = 'Prices'; history.replaceState({}, '', '/prices')"
    )
    wait_for("page /prices")
    page.evaluate("history.back()")
    page.wait_for_url("**/offer?**")
    with page.expect_download():
        page.click("#file")
    page.fill("input[name=q]", "isbn")
    page.click("#find button")
    page.wait_for_url("**/find**")
    page.click("#enquiry button")
    page.wait_for_url("**/thanks")
    page.evaluate("const now = performance.now(); performance.now = () => now + 5000")
    page.click("#out")
    page.wait_for_url("**/elsewhere")
    return wait_for(
        "page /thanks", "File Downloaded", "Form Submitted", "Outbound Link Clicked", "Page Engaged"
    )


def test_a_visit_from_a_mail_is_told_from_its_link_to_its_last_second(
    website: Site, visitor: Callable[..., Page]
) -> None:
    ann = make_contact("Ann Smit")
    token = links.sign(ann, links.MAIL, timezone.now())
    website.early = "window.ripeline = [['track', 'Calculator Shown', {rooms: 3}]]"
    words = "utm_source=letter&utm_medium=email"
    page = visitor(f"{website.address}/offer?{words}&rl={token}&mail=ann%40firm.example#top")
    wait_for("page /offer", "Calculator Shown")
    shown = f"{website.address}/offer?{words}&mail=ann%40firm.example#top"
    assert page.url == shown, "the token has left the address bar"
    events = look_around(page)
    first = next(event for event in events if event["type"] == "page")
    assert len(first["anonymousId"]) == 32
    assert {event["anonymousId"] for event in events} == {first["anonymousId"]}, "one browser, one id"
    assert len({event["properties"]["visit"] for event in events}) == 1
    assert first["context"]["link"] == token
    assert first["context"]["page"]["url"] == f"{website.address}/offer?{words}&mail="
    assert not any("%40" in json.dumps(event) or "unsaid" in json.dumps(event) for event in events)
    pages = {each["context"]["page"]["path"]: each["context"]["page"] for each in events}
    assert pages["/prices"]["title"] == "Prices"
    assert pages["/prices"]["referrer"] == first["context"]["page"]["url"]
    said = {event.get("event"): event["properties"] for event in events}
    assert said["Calculator Shown"]["rooms"] == 3
    assert said["File Downloaded"]["file"] == "price-list.pdf"
    assert said["Outbound Link Clicked"]["url"].endswith("/elsewhere")
    form = {name: value for name, value in said["Form Submitted"].items() if name != "visit"}
    assert form == {"form": "enquiry", "topic": "books"}, "what is marked, and no more"
    assert names().count("Form Submitted") == 1, "a search is none"
    stayed = [event["properties"].get("engaged_seconds", 0) for event in events]
    assert 5 <= sum(stayed) <= 30

    while attend_arrivals(timezone.now()):
        pass
    assert Touch.objects.filter(visitor__isnull=False).count() == len(events), "each once"
    assert Visitor.objects.get(key=first["anonymousId"]).contact == ann
    landed = Touch.objects.get(uid__endswith=first["messageId"])
    assert (landed.actor, landed.contact) == ("human", ann)
    assert (landed.attrs["source"], landed.attrs["source_name"]) == ("mail", "letter")


def test_nothing_is_sent_or_kept_before_consent_and_after_it_is_withdrawn(
    website: Site, visitor: Callable[..., Page]
) -> None:
    website.attributes = 'data-consent="ask"'
    page = visitor(f"{website.address}/asked")
    comes_true(page, "window.ripeline?.state")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    page.click("#out")
    page.go_back()
    comes_true(page, "ripeline.state().why === 'ask'")
    assert (cookie(page), stored(page), asked) == ("", {}, [])
    page.evaluate("ripeline.consent(true)")
    wait_for("page /asked")
    given = cookie(page)
    [kept] = [each for each in page.context.cookies() if each["name"] == "rl_id"]
    assert (kept["sameSite"], kept["path"]) == ("Lax", "/")
    assert 395 < (kept["expires"] - time.time()) / 86400 <= 396
    page.goto(f"{website.address}/again")
    wait_for("page /again")
    assert {event["anonymousId"] for event in sent()} == {given}, "the answer is remembered"
    page.evaluate("ripeline.consent(false)")
    assert (cookie(page), stored(page)) == ("", {"rl_consent": "0"})
    before = Arrival.objects.count()
    asked.clear()
    page.goto(f"{website.address}/refused")
    comes_true(page, "window.ripeline?.state().why === 'refused'")
    page.evaluate("ripeline.track('Nothing')")
    page.goto("about:blank")
    assert (asked, Arrival.objects.count()) == ([], before)


def test_what_the_browser_asks_of_all_sites_is_heeded(website: Site, visitor: Callable[..., Page]) -> None:
    for name, value, why in (("globalPrivacyControl", "true", "gpc"), ("doNotTrack", "'1'", "dnt")):
        page = visitor(
            f"{website.address}/{why}",
            f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})",
        )
        comes_true(page, f"window.ripeline?.state().why === '{why}'")
        assert (cookie(page), stored(page)) == ("", {})
    # Said to this very site, yes is yes.
    page.evaluate("ripeline.consent(true)")
    wait_for("page /dnt")
    assert names() == ["page /dnt"]


def test_googles_consent_mode_is_heeded_and_told(website: Site, visitor: Callable[..., Page]) -> None:
    website.early = """window.dataLayer = []; function gtag() { dataLayer.push(arguments) }
    gtag('consent', 'default', {analytics_storage: 'denied', ad_storage: 'denied'})"""
    page = visitor(f"{website.address}/google")
    comes_true(page, "window.ripeline?.state().why === 'google'")
    assert (cookie(page), stored(page)) == ("", {})
    page.evaluate("gtag('consent', 'update', {analytics_storage: 'granted'})")
    [event] = wait_for("page /google")
    assert event["context"]["consent"] == {"analytics_storage": "granted", "ad_storage": "denied"}
    page.evaluate("gtag('consent', 'update', {analytics_storage: 'denied'})")
    assert (page.evaluate("ripeline.state().why"), cookie(page), stored(page)) == ("google", "", {})
    website.attributes, website.early = 'data-consent="ask"', website.early.replace("denied", "granted")
    page = visitor(f"{website.address}/asked")
    comes_true(page, "window.ripeline?.state().why === 'ask'")
    page.evaluate("gtag('consent', 'update', {analytics_storage: 'granted'})")
    wait_for("page /asked")


def test_what_could_not_be_sent_waits_in_the_browser_and_arrives_once(
    website: Site, visitor: Callable[..., Page]
) -> None:
    page = visitor(f"{website.address}/first")
    wait_for("page /first")
    tries: list[str] = []

    def busy(route: Any) -> None:
        tries.append(route.request.method)
        route.fulfill(status=503, headers={"access-control-allow-origin": "*"})

    page.context.route("**/v1/batch", busy)
    page.goto(f"{website.address}/busy")
    page.evaluate("ripeline.track('While Busy')")
    comes_true(page, "JSON.parse(localStorage.rl_queue || '[]').length >= 2")
    comes_true(page, "ripeline.state().last === 503")
    assert tries
    page.context.unroute("**/v1/batch", busy)
    page.goto(f"{website.address}/well")
    wait_for("page /busy", "While Busy", "page /well")
    comes_true(page, "!localStorage.rl_queue")
    page.context.set_offline(True)
    page.evaluate("ripeline.track('While Away')")
    page.evaluate("ripeline.identify({email: 'ann@firm.example'})")
    comes_true(page, "ripeline.state().last === 0")
    page.context.set_offline(False)
    wait_for("While Away", "identify")
    comes_true(page, "!localStorage.rl_queue")
    while attend_arrivals(timezone.now()):
        pass
    kinds = list(Touch.objects.exclude(kind="page_engaged").order_by("at").values_list("kind", flat=True))
    seen = ["page_viewed", "page_viewed", "while_busy", "page_viewed", "while_away"]
    assert [kind for kind in kinds if kind not in ("identified", "traits_changed")] == seen
    assert kinds.count("identified") == 1
    assert Visitor.objects.get(key=cookie(page)).contact.email == "ann@firm.example"


def test_without_cookies_a_page_is_a_browser_and_nothing_is_kept(
    website: Site, visitor: Callable[..., Page]
) -> None:
    website.attributes = 'data-cookie="none"'
    page = visitor(f"{website.address}/one")
    wait_for("page /one")
    page.evaluate("history.pushState({}, '', '/one/more')")
    wait_for("page /one/more")
    page.goto(f"{website.address}/two")
    wait_for("page /two")
    assert (cookie(page), stored(page)) == ("", {})
    ids = [event["anonymousId"] for event in sent() if event["type"] == "page"]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)


def send_form(page: Page, prepare: str) -> tuple[str, dict[str, list[str]]]:
    """Sends the page's form, made into one of ours; what came to us of it: the address, and the words."""
    posted: list[tuple[str, str]] = []

    def take(route: Any) -> None:
        posted.append((route.request.url, route.request.post_data or ""))
        route.fulfill(status=200, body="Thanks.")

    page.context.route("**/f/**", take)
    page.evaluate(prepare)
    page.click("#enquiry button")
    page.wait_for_url(re.compile("/thanks$|/f/"))
    [(address, body)] = posted
    return address, parse_qs(body)


ADOPT = """
    const form = document.getElementById("enquiry")
    form.setAttribute("data-ripeline-form", "enquiry")
    form.insertAdjacentHTML("beforeend", "<input type=password name=p value=secret>"
        + "<input name=card autocomplete=cc-number value=4111><input name=wish>")
    form.wish.value = "w".repeat(70000)
"""


def test_a_form_of_ours_on_the_site_is_sent_to_it_without_secrets(
    website: Site, visitor: Callable[..., Page]
) -> None:
    page = visitor(f"{website.address}/newsletter?utm_source=letter")
    wait_for("page /newsletter")
    address, said = send_form(page, ADOPT)
    assert address == f"{website.ours}/f/enquiry/"
    assert said.pop("wish") == ["w" * 5001], "a beacon has no room for all of it"
    assert said == {
        "name": ["Ann"],
        "topic": ["books"],
        "other": ["unsaid"],
        "ripeline_page": [f"{website.address}/newsletter?utm_source=letter"],
        "ripeline_visitor": [cookie(page)],
    }
    assert "Form Submitted" not in names(), "it is told there"
    assert website.forms, "the site has it too"


def test_a_form_of_ours_is_sent_where_the_tracker_tells_no_pages_and_before_consent_without_its_facts(
    website: Site, visitor: Callable[..., Page]
) -> None:
    website.attributes = 'data-pages="off"'
    page = visitor(f"{website.address}/quiet?a=1&rl=tok:en&b=2")
    comes_true(page, "window.ripeline?.state")
    # A framework that read the address before the script did writes it anew.
    page.evaluate("history.replaceState({}, '', '/quiet?a=1&rl=tok:en&b=2')")
    _, said = send_form(page, f"navigator.sendBeacon = () => false; {ADOPT}")
    assert said["ripeline_page"] == [f"{website.address}/quiet?a=1&b=2"]
    assert said["ripeline_visitor"] == [cookie(page)]

    website.attributes = 'data-consent="ask"'
    page = visitor(f"{website.address}/asked?utm_source=letter&rl=tok:en")
    comes_true(page, "window.ripeline?.state().why === 'ask'")
    _, said = send_form(page, ADOPT)
    assert (said["name"], said["ripeline_page"]) == (["Ann"], [f"{website.address}/asked"])
    assert said["ripeline_visitor"] == ["-"]
    assert (cookie(page), stored(page), names()) == ("", {}, [])


def test_a_form_that_the_site_sends_to_us_itself_is_told_once_and_says_whose_browser_it_is(
    website: Site, visitor: Callable[..., Page]
) -> None:
    page = visitor(f"{website.address}/contact?utm_source=letter")
    wait_for("page /contact")
    address, said = send_form(page, f"document.getElementById('enquiry').action = '{website.ours}/f/demo/'")
    assert address == f"{website.ours}/f/demo/"
    assert said["ripeline_page"] == [f"{website.address}/contact?utm_source=letter"]
    assert said["ripeline_visitor"] == [event["anonymousId"] for event in sent()][:1]
    page.go_back()
    comes_true(page, "window.ripeline?.state && !localStorage.rl_queue")
    assert "Form Submitted" not in names()


def test_a_browser_that_is_driven_says_so_and_forgets_when_told(website: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{website.address}/driven")
    wait_for("page /driven")
    facts = Arrival.objects.order_by("pk")[0].facts
    assert "webdriver" in facts["marks"]
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<a href=\"#\" data-ripeline-trap>Not for you</a>')"
    )
    page.evaluate("for (let n = 0; n < 6; n++) document.querySelector('[data-ripeline-trap]').click()")
    page.evaluate("ripeline.track('After That')")
    wait_for("After That")
    marks = Arrival.objects.order_by("-pk")[0].facts["marks"]
    assert {"webdriver", "honeypot", "all-links"} <= set(marks)
    known = cookie(page)
    comes_true(page, "!localStorage.rl_queue")
    page.evaluate("ripeline.forget()")
    assert (cookie(page), stored(page)) == ("", {})
    page.goto(f"{website.address}/stranger")
    wait_for("page /stranger")
    assert cookie(page) not in ("", known)
    context.close()


def test_whoever_sets_it_up_hears_from_the_site_what_is_wrong(
    website: Site, browser: Browser, people: Callable[[str], User]
) -> None:
    key = WriteKey.objects.get()
    set_origins(key, ["https://www.example.com"])
    website.attributes = 'data-consent="ask"'
    context = browser.new_context(user_agent=CHROME, locale="en-GB", base_url=website.ours)
    session = {"name": settings.SESSION_COOKIE_NAME, "value": _session(people("admin")), "url": website.ours}
    context.add_cookies([session])
    page = context.new_page()
    page.goto(f"/capture/setup/keys/{key.pk}/")
    page.get_by_label("Ask the site itself").fill(f"{website.address}/set-up?a=1")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open it and listen").click()
    expect(page.get_by_text("you have not agreed there yet")).to_be_visible()
    site = opened.value
    assert site.url == f"{website.address}/set-up?a=1&rl_check=1"
    site.evaluate("ripeline.consent(true)")
    expect(page.get_by_text("its events do not get through")).to_be_visible()
    page.get_by_role("button", name=f"Let pages of {website.address} in").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_label("Ask the site itself").fill(website.address)
        page.get_by_role("button", name="Open it and listen").click()
    until = time.monotonic() + 20
    # The collector looks for keys that changed every two seconds.
    while "page /set-up" not in names():
        assert time.monotonic() < until
        opened.value.evaluate("window.ripeline && dispatchEvent(new Event('online'))")
        time.sleep(0.2)
    expect(page.get_by_text("It works.")).to_be_visible()
    expect(page.get_by_text("The script runs and sends.")).to_be_visible()
    context.close()
