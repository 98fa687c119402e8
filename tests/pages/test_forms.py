"""Forms in a real browser: written by mouse and keyboard, filled in with and without scripts, shown in a frame."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.capture.collector.keys import make_key
from ripeline.capture.forms import spam
from ripeline.capture.forms.making import draft_of
from ripeline.capture.forms.models import Form, FormCount, Submission
from ripeline.people.models import Contact
from tests.capture.forms.forms import PERSON, make_demo
from tests.factories import make_playbook
from tests.pages.conftest import Browse
from tests.processes import server

pytestmark = [pytest.mark.django_db(transaction=True)]
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test fills in sooner than anybody reads."""
    monkeypatch.setattr(spam, "FASTEST", timedelta(0))


def as_person(page: Page) -> Page:
    """The test's browser says that nobody looks at it, which makes it a machine."""
    page.set_extra_http_headers({"User-Agent": PERSON})
    return page


def test_a_form_is_written_moved_by_mouse_and_keyboard_and_put_into_use(
    browse: Browse, look: Callable[[Page, str], None], axe: Callable[[Page], None]
) -> None:
    make_playbook()
    page = browse("marketing", "/forms/")
    page.get_by_label("Name").fill(f"Demo {XSS}")
    page.get_by_label("Begin with").select_option("demo")
    page.get_by_role("button", name="Write it").click()
    form = Form.objects.get()

    page.get_by_role("button", name="Consent", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Wording").nth(1).fill("Call me. [Terms](https://www.firm.example/terms)")
    page.get_by_label("What for").nth(1).fill("calls")
    look(page, "form-edit")
    axe(page)
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_role("button", name="Move Company up").press("Enter")
    expect(page.locator("[data-item] summary b").nth(1)).to_have_text("Company")
    grip = page.locator("[data-item]").nth(4).locator("[data-grip]")
    grip.hover()
    page.mouse.down()
    top = page.locator("[data-item]").nth(0).bounding_box()
    assert top is not None
    page.mouse.move(top["x"] + 20, top["y"] + 2)
    page.mouse.up()
    expect(page.locator("[data-item] summary b").nth(0)).to_have_text("When would you begin?")
    form.refresh_from_db()
    assert [each.name for each in draft_of(form).fields] == [
        *("timeline", "email", "company", "name", "need", "newsletter", "newsletter_2"),
    ]
    page.get_by_role("button", name="Put into use").click()
    expect(page.get_by_text("in use, version 1")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Share").click()
    look(page, "form-share")
    axe(page)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_text(re.compile("^(Copied|Marked: press Ctrl-C)$"))).to_be_visible()


def test_a_form_is_filled_in_by_keyboard_mistakes_have_the_focus_and_it_is_counted(
    browse: Browse, look: Callable[[Page, str], None], axe: Callable[[Page], None]
) -> None:
    make_playbook()
    texts = {"title": {"en": f"Demo {XSS}"}, "intro": {"en": XSS}, "thanks": {"en": f"Thanks {XSS}"}}
    make_demo("demo", proof_of_work=True, languages=["en"], **texts)
    page = as_person(browse(None, "/f/demo/?utm_campaign=spring"))
    page.get_by_label("Email").fill("ann@")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("One field needs another look.")).to_be_visible()
    expect(page.get_by_label("Email")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value("ann@")
    look(page, "form-public")
    axe(page)
    page.get_by_label("Email").fill("ann@firm.example")
    page.get_by_label("a publisher").check()
    page.get_by_label("Send me the newsletter").check()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thanks")).to_be_visible()
    axe(page)
    kept = Submission.objects.get()
    assert (kept.reasons, kept.outcome, kept.answers["campaign"]) == ([], "accepted", "spring")
    assert Contact.objects.get().traits == {"role": "publisher"}
    counted = dict(FormCount.objects.values_list("what", "count"))
    assert (counted["viewed"], counted["started"], counted["sent"]) == (1, 1, 1)

    make_demo("plain")
    again = as_person(browse(None, "/f/plain/"))
    again.get_by_label("Email").fill("cy@firm.example")
    again.get_by_role("button", name="Send").click()
    again.wait_for_url("**/thanks/**")
    again.go_back()
    expect(again.get_by_label("Email")).to_have_value("cy@firm.example")
    again.get_by_role("button", name="Send").click()
    again.wait_for_url("**/thanks/**")
    assert Submission.objects.filter(form__key="plain").count() == 1, "gone back and sent again: once"

    bare = as_person(browse(None, "/f/demo/", javascript=False, width=390, dark=True))
    bare.get_by_label("Email").fill("bo@firm.example")
    bare.get_by_role("button", name="Send").click()
    expect(bare.get_by_text("Thanks")).to_be_visible()
    assert Submission.objects.latest("pk").reasons == ["no-proof"], "without scripts nobody can work"


EMBEDDED = """<!doctype html><html lang="de"><title>Elsewhere</title><h1>Our site</h1>
<script async src="{ours}/f/demo.js" data-title="Anfrage"></script>"""
ADOPTED = """<!doctype html><html lang="en"><title>Elsewhere</title>
<script async src="{ours}/t.js" data-key="{key}"></script>
<form method="get" action="/thanks" data-ripeline-form="demo"><label>Mail <input name="your-mail"></label>
<label>Password <input type="password" name="secret"></label><button>Send</button></form>"""


@contextmanager
def another_site(ours: str, text: str, **more: str) -> Iterator[str]:
    """The address of another site with a strict policy, all of whose pages are `text`."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            policy = f"default-src 'none'; script-src {ours}; frame-src {ours}; connect-src {ours}; form-action 'self'"
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(text.format(ours=ours, **more).encode())

        def log_message(self, *said: object) -> None:
            """Not into the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_a_form_in_a_page_of_another_site_is_as_high_as_it_needs_and_leads_that_page_on(
    browse: Browse, site: str
) -> None:
    make_playbook()
    with another_site(site, EMBEDDED) as elsewhere:
        make_demo("demo", origins=[elsewhere], redirect=f"{elsewhere}/thanks")
        page = as_person(browse(None, f"{elsewhere}/contact?rl=tok:en&utm_campaign=fair"))
        frame = page.locator("iframe[title=Anfrage]")
        inside = frame.content_frame
        expect(inside.get_by_role("heading", name="Vorführung anfragen")).to_be_visible()
        height = inside.locator("html").evaluate("html => html.scrollHeight")
        expect(frame).to_have_css("height", f"{height}px")
        assert "tok" not in str(frame.get_attribute("src")), "a signed link's token is for the tracker alone"
        inside.get_by_label("E-Mail").fill("ann@")
        inside.get_by_role("button", name="Absenden").click()
        expect(inside.get_by_text("Ein Feld braucht noch einen Blick.")).to_be_visible()
        expect(inside.get_by_label("E-Mail")).to_be_focused()
        inside.get_by_label("E-Mail").fill("ann@firm.example")
        inside.get_by_role("button", name="Absenden").click()
        page.wait_for_url(f"{elsewhere}/thanks")
    kept = Submission.objects.get()
    assert (kept.page, kept.answers["campaign"]) == (f"{elsewhere}/contact?utm_campaign=fair", "fair")
    assert (kept.outcome, kept.language) == ("accepted", "de")


def test_a_form_that_a_site_has_already_comes_here_by_the_tracker_and_goes_on_as_before(
    browse: Browse,
) -> None:
    make_playbook()
    with server(processes=1) as ours:
        key = make_key("Site", "website", now=timezone.now())
        with another_site(ours, ADOPTED, key=key.key) as elsewhere:
            make_demo("demo", origins=[elsewhere])
            Form.objects.update(mapping={"your-mail": "email"})
            page = as_person(browse(None, f"{elsewhere}/contact"))
            page.wait_for_function("window.ripeline && ripeline.state")
            page.get_by_label("Mail").fill("ann@firm.example")
            page.get_by_label("Password").fill("three words")
            page.get_by_role("button", name="Send").click()
            page.wait_for_url(f"{elsewhere}/thanks?**")
            until = time.monotonic() + 20
            while not Submission.objects.exists():
                assert time.monotonic() < until, "nothing came"
                time.sleep(0.05)
            browser_key = page.context.cookies(elsewhere)[0]["value"]
    kept = Submission.objects.select_related("visitor").get()
    assert (kept.outcome, kept.raw) == ("accepted", [["your-mail", "ann@firm.example"]])
    assert kept.visitor is not None
    assert kept.visitor.key == browser_key
