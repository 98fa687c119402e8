"""Emails in a browser: written as a letter, moved about as blocks, looked at, published; without JavaScript too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from ripeline.nurture.emails.content import read_content
from ripeline.nurture.emails.models import Email
from ripeline.nurture.sending.models import Delivery
from tests.factories import make_contact, make_playbook
from tests.pages.conftest import Browse

pytestmark = [pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]


def body_of(key: str) -> str:
    return read_content(Email.objects.get(key=key).draft).body


def test_an_email_is_written_looked_at_and_published_in_blocks_and_as_a_letter(
    browse: Browse, look: Look, axe: Axe
) -> None:
    make_playbook()
    make_contact("Ann Reed", first_name="Ann", emails=("ann@reed.example",))
    page = browse("marketing", "/emails/")
    page.get_by_label("Begin with").select_option("newsletter")
    page.get_by_role("button", name="Write it").click()
    axe(page)
    move_blocks(page)
    write_a_letter(page, look)
    look_at_it(page, look, axe)
    page.goto("/emails/spring-letter/")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("sent now")).to_be_visible()
    axe(page)
    look(page, "email")
    page.goto("/emails/")
    axe(page)
    look(page, "emails")


def move_blocks(page: Page) -> None:
    """Nothing is lost by going there and back, and what is changed there is kept."""
    before = body_of("newsletter")
    page.get_by_role("button", name="Keep and move blocks about").click()
    page.wait_for_selector("#blocks[data-ready]")
    frame = page.frame_locator("#blocks iframe").first
    expect(frame.get_by_text("What sold quietly")).to_be_visible()
    page.get_by_role("button", name="Keep and close").click()
    expect(page.get_by_role("heading", name="Newsletter", exact=True)).to_be_visible()
    there_and_back = body_of("newsletter")
    assert there_and_back.split("<mj-body")[0] == before.split("<mj-body")[0]
    for said in ('when="persona is not publishing_house"', '{{ now | date: "%B %Y" }}', "{{ preferences }}"):
        assert there_and_back.count(said) == before.count(said)
    page.goto("/emails/newsletter/blocks")
    page.wait_for_selector("#blocks[data-ready]")
    frame.get_by_text("What sold quietly").click()
    page.locator("#blocks [title='Settings']").click()
    page.locator("#blocks input[placeholder='persona is reader']").fill("stage is lead")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Keep", exact=True).last.click()
    page.wait_for_selector("#blocks[data-ready]")
    assert 'when="stage is lead"' in body_of("newsletter")


def write_a_letter(page: Page, look: Look) -> None:
    """A letter with a part for some people, and a mistake that is told."""
    page.goto("/emails/")
    page.get_by_label("Title").fill("Spring letter")
    page.get_by_role("button", name="Write it").click()
    page.get_by_label("Subject", exact=True).fill("Spring, {{ contact.frist_name }}")
    page.get_by_role("button", name="Keep", exact=True).last.click()
    expect(page.get_by_text("Did you mean contact.first_name?")).to_be_visible()
    page.get_by_label("Subject", exact=True).fill("Spring, {{ contact.first_name }}")
    page.get_by_text("Add a part for some people").click()
    page.get_by_label("is one of").fill("lead")
    page.get_by_label("If their").select_option("stage")
    page.get_by_label("they read").fill("Only leads read this.")
    page.get_by_role("button", name="Add it at the end").click()
    shown = page.frame_locator("iframe.mail-frame")
    expect(shown.get_by_text("Hello Robin,")).to_be_visible()
    expect(shown.get_by_text("Only leads read this.")).to_be_visible()
    look(page, "email-edit")


def look_at_it(page: Page, look: Look, axe: Axe) -> None:
    """As one person gets it, on a phone at night; and sent to oneself."""
    page.get_by_role("link", name="Choose for whom").click()
    page.get_by_placeholder("Name or address").fill("reed")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Ann Reed").click()
    page.get_by_label("a phone").check()
    page.get_by_label("dark").check()
    page.get_by_role("button", name="Look", exact=True).click()
    shown = page.frame_locator("iframe.mail-frame")
    expect(shown.get_by_text("Hello Ann,")).to_be_visible()
    dark = shown.locator("body").evaluate("it => getComputedStyle(it).backgroundColor")
    assert dark == "rgb(22, 25, 29)"
    axe(page)
    look(page, "email-preview")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.get_by_text("is on its way to marketing@example.org")).to_be_visible()
    test = Delivery.objects.get()
    assert (test.source_kind, test.address, test.contact.email) == (
        "test",
        "marketing@example.org",
        "ann@reed.example",
    )


def test_an_email_is_written_without_javascript(browse: Browse) -> None:
    make_playbook()
    page = browse("marketing", "/emails/", javascript=False)
    page.get_by_label("Begin with").select_option("mjml")
    page.get_by_label("Title").fill("Source")
    page.get_by_role("button", name="Write it").click()
    page.get_by_label("Subject", exact=True).fill("Of blocks")
    page.get_by_label("MJML").fill(body_of("source").replace("Hello", "Good day"))
    page.get_by_role("button", name="Keep", exact=True).last.click()
    expect(page.frame_locator("iframe.mail-frame").get_by_text("Good day Robin,")).to_be_visible()
    page.get_by_role("button", name="Keep and close").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("sent now")).to_be_visible()
    page.goto("/emails/source/blocks")
    expect(page.get_by_role("link", name="Write the source")).to_be_visible()
