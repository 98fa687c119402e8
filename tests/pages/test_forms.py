"""Forms in a real browser: written by mouse and keyboard, filled in with and without scripts, shown in a frame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from ripeline.capture.forms import spam
from ripeline.capture.forms.making import draft_of
from ripeline.capture.forms.models import Form, FormCount, Submission
from ripeline.people.models import Contact
from tests.capture.forms.forms import PERSON, make_demo
from tests.factories import make_playbook
from tests.pages.conftest import Browse

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

    bare = as_person(browse(None, "/f/demo/", javascript=False, width=390, dark=True))
    bare.get_by_label("Email").fill("bo@firm.example")
    bare.get_by_role("button", name="Send").click()
    expect(bare.get_by_text("Thanks")).to_be_visible()
    assert Submission.objects.latest("pk").reasons == ["no-proof"], "without scripts nobody can work"


PAGE = """<!doctype html><html lang="de"><title>Elsewhere</title><h1>Our site</h1>
<script async src="{ours}/f/demo.js" data-title="Anfrage"></script>"""


@pytest.fixture
def elsewhere(site: str) -> Iterator[str]:
    """Another site with a strict policy, whose page shows the form."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            policy = f"default-src 'none'; script-src {site}; frame-src {site}; form-action 'none'"
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(PAGE.format(ours=site).encode())

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_form_in_a_page_of_another_site_is_as_high_as_it_needs_and_leads_that_page_on(
    browse: Browse, elsewhere: str
) -> None:
    make_playbook()
    make_demo("demo", origins=[elsewhere], redirect=f"{elsewhere}/thanks")
    page = as_person(browse(None, f"{elsewhere}/contact?utm_campaign=fair"))
    frame = page.locator("iframe[title=Anfrage]")
    inside = frame.content_frame
    expect(inside.get_by_role("heading", name="Vorführung anfragen")).to_be_visible()
    height = inside.locator("html").evaluate("html => html.scrollHeight")
    expect(frame).to_have_css("height", f"{height}px")
    inside.get_by_label("E-Mail").fill("ann@firm.example")
    inside.get_by_role("button", name="Absenden").click()
    page.wait_for_url(f"{elsewhere}/thanks")
    kept = Submission.objects.get()
    assert (kept.page, kept.answers["campaign"]) == (f"{elsewhere}/contact?utm_campaign=fair", "fair")
    assert (kept.outcome, kept.language) == ("accepted", "de")
