"""The pages of a contact and a company in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.people.models import Company, Contact
from ripeline.timeline.definitions.active import activate
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, happen, make_person
from tests.pages.conftest import Browse

pytestmark = pytest.mark.django_db(transaction=True)
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]
DAY = timedelta(days=1)


@pytest.fixture
def eva(transactional_db: None) -> Contact:
    """A prospect with a past: a late call, machine clicks, answers, a company, and more than a page of touches."""
    now = timezone.now()
    activate(PLAYBOOK, now=now - 400 * DAY)
    house = Company.objects.create(
        name="Maison Rivage",
        industry="publishing",
        employees=80,
        country="FR",
        created_at=now,
        updated_at=now,
    )
    eva = make_person("Eva Lind", now=now - 200 * DAY, company=house)
    Contact.objects.filter(pk=eva.pk).update(title="Editor", country="NL", tags=["fair"])
    _past(eva, now)
    catch_up()
    return eva


def _past(eva: Contact, now: datetime) -> None:
    happen(eva, "form_submitted", now - 200 * DAY, subject="newsletter")
    for number in range(55):
        happen(eva, "link_clicked", now - (180 - number) * DAY, subject=f"link-{number:02}")
    for second in range(12):
        happen(eva, "email_clicked", now - 20 * DAY + timedelta(seconds=second), actor="machine")
    happen(eva, "email_sent", now - 20 * DAY, subject="letter")
    happen(eva, "traits_changed", now - 12 * DAY, attrs={"role": "author"})
    happen(eva, "page_viewed", now - 9 * DAY, subject="/pricing")
    happen(eva, "call_held", now - 40 * DAY, heard=now - 8 * DAY, attrs={"text": "Met at the fair."})
    happen(eva, "email_replied", now - 5 * DAY, subject="letter", attrs={"text": "Please call me on Monday."})
    happen(eva, "answered", now - 4 * DAY, subject="budget", attrs={"value": "yes", "by": "Tom"})


def test_the_contact_looks_right_and_reads_well(browse: Browse, look: Look, axe: Axe, eva: Contact) -> None:
    page = browse("marketing", f"/contacts/{eva.key}")
    expect(page.get_by_role("heading", name="Eva Lind")).to_be_visible()
    for reason in page.locator("details.reason").all():
        reason.evaluate("each => { each.open = true }")
    axe(page)
    look(page, "contact")


def test_the_past_looks_right_and_leads_back_to_now(
    browse: Browse, look: Look, axe: Axe, eva: Contact
) -> None:
    past = (timezone.now() - 30 * DAY).date().isoformat()
    page = browse("sales", f"/contacts/{eva.key}?as_of={past}")
    axe(page)
    look(page, "contact-as-of")
    page.get_by_role("link", name="Back to now").click()
    expect(page).to_have_url(f"{page.url.split('/contacts')[0]}/contacts/{eva.key}")


def test_letting_the_handle_go_shows_the_page_as_of_that_day(browse: Browse, eva: Contact) -> None:
    page = browse("marketing", f"/contacts/{eva.key}")
    handle = page.get_by_role("slider", name="Day of their history to show")
    handle.focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("As we knew it on")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_value("0")
    expect(page.get_by_role("slider")).to_be_focused()
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("As we knew it on")).to_have_count(0)


def test_older_touches_come_below_without_leaving_the_page(browse: Browse, eva: Contact) -> None:
    page = browse("marketing", f"/contacts/{eva.key}")
    expect(page.get_by_text("link-00")).to_have_count(0)
    page.get_by_role("link", name="Show older touches").click()
    expect(page.get_by_text("link-00")).to_be_visible()
    expect(page.get_by_text("link-54")).to_be_visible()


def test_without_scripts_a_call_is_logged_and_the_past_is_asked_for(browse: Browse, eva: Contact) -> None:
    page = browse("marketing", f"/contacts/{eva.key}", javascript=False)
    page.locator("summary.btn", has_text="Log").click()
    page.get_by_label("What was said").fill("They will think about it.")
    page.get_by_role("button", name="Log it").click()
    expect(page.locator("blockquote", has_text="They will think about it.")).to_be_visible()
    page.get_by_label("See it as of").fill((timezone.now() - 30 * DAY).date().isoformat())
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("As we knew it on")).to_be_visible()


def test_an_undo_is_offered_and_works(browse: Browse, eva: Contact) -> None:
    page = browse("marketing", f"/contacts/{eva.key}")
    page.locator("summary.btn", has_text="Move").click()
    page.get_by_label("What should happen").select_option("stage_set:customer")
    page.get_by_role("textbox", name="Why").fill("Paid in cash.")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("At the top")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Missing for Customer")).to_be_visible()


def test_the_forms_and_the_company_look_right_and_read_well(
    browse: Browse, look: Look, axe: Axe, eva: Contact
) -> None:
    page = browse("marketing", f"/companies/{eva.company_id}")
    axe(page)
    look(page, "company")
    for path, name in ((f"/contacts/{eva.key}/edit", "contact-edit"), ("/contacts/new", "contact-new")):
        page.goto(path)
        axe(page)
        look(page, name)
