"""A segment in a browser: written condition by condition, counted as it is written, kept, and why somebody is in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ripeline.nurture.segments.models import Segment
from ripeline.people.models import Contact
from tests.factories import make_contact, make_playbook, stand
from tests.nurture.segments.test_keeping import work
from tests.pages.conftest import Browse

pytestmark = [pytest.mark.django_db(transaction=True)]
ODD = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]


def test_a_segment_is_written_with_a_live_count_kept_and_explained(
    browse: Browse, look: Look, axe: Axe
) -> None:
    make_playbook()
    for number in range(3):
        stand(make_contact(f"Ann {number}", tags=("vip", ODD) if number else ()), "lead")
    page = browse("marketing", "/segments/")
    expect(page.get_by_text("No segments yet")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Write a segment").first.click()
    page.get_by_label("Title").fill(ODD)
    page.get_by_label("Lead", exact=True).check()
    expect(page.locator("#counted")).to_contain_text("3 contacts at this moment")
    page.get_by_label("A condition").select_option("tag")
    page.get_by_role("button", name="Add a condition").click()
    # What was ticked stays, and the count follows what is typed.
    expect(page.get_by_label("Lead", exact=True)).to_be_checked()
    expect(page.locator("#counted")).to_contain_text("One condition is not complete yet")
    page.get_by_label("Tag", exact=True).fill("vip")
    expect(page.locator("#counted")).to_contain_text("2 contacts at this moment")
    page.get_by_label("A condition").select_option("touch")
    page.get_by_role("button", name="Add a condition").click()
    expect(page.get_by_label("How often")).to_have_value("1")
    axe(page)
    look(page, "segment-edit")
    page.get_by_role("group", name="What they did").get_by_role("button", name="Take out").click()
    expect(page.get_by_label("How often")).to_have_count(0)
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_text("Tagged vip")).to_be_visible()
    segment = Segment.objects.get()
    assert segment.definition == {"all": [{"stage": ["lead"]}, {"tag": ["vip"]}]}

    work(segment.created_at)
    page.reload()
    expect(page.locator(".lead-line")).to_contain_text("2 contacts")
    axe(page)
    look(page, "segment")
    page.get_by_role("link", name="Why Ann 2 is in it").click()
    expect(page.get_by_text("Why they are in it")).to_be_visible()
    axe(page)
    look(page, "segment-person")
    contact = Contact.objects.get(name="Ann 2")
    page.goto(f"{page.url.split('/segments/')[0]}/contacts/{contact.key}")
    expect(page.get_by_role("heading", name="Segments they are in")).to_be_visible()
