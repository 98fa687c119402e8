"""Lists of the past, the way along a list by keyboard, and the pages that say sorry, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.people.models import Company, Contact
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.history.opening import OpenHistory, open_history
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, happen, make_person
from tests.factories import make_company
from tests.pages.conftest import Browse

pytestmark = pytest.mark.django_db(transaction=True)
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]
DAY = timedelta(days=1)


@pytest.fixture
def leads(transactional_db: None) -> None:
    """Three people who were suspects a month ago and are leads now."""
    now = timezone.now()
    activate(PLAYBOOK, now=now - 100 * DAY)
    for name in ("Ann Lind", "Bea Lind", "Cas Lind"):
        person = make_person(name, now=now - 50 * DAY)
        happen(person, "page_viewed", now - 50 * DAY, subject="/")
        happen(person, "form_submitted", now - 10 * DAY)
    catch_up()


@pytest.mark.usefixtures("leads")
def test_brackets_and_letters_step_along_the_list_and_the_crumb_leads_back(browse: Browse) -> None:
    page = browse("marketing", "/contacts/?stage=lead&sort=name")
    page.get_by_role("link", name="Ann Lind").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Ann Lind")
    for key, name in (("]", "Bea Lind"), ("j", "Cas Lind"), ("[", "Bea Lind"), ("k", "Ann Lind")):
        page.wait_for_load_state()
        page.keyboard.press(key)
        expect(heading).to_have_text(name)
    page.get_by_role("link", name="Contacts, filtered").click()
    expect(page).to_have_url(re.compile(r"/contacts/\?stage=lead&sort=name$"))


@pytest.mark.usefixtures("leads")
def test_along_a_list_and_back_without_scripts(browse: Browse) -> None:
    page = browse("marketing", "/contacts/?sort=name", javascript=False)
    page.get_by_role("link", name="Ann Lind").click()
    page.locator("a[rel=next]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bea Lind")
    page.locator(".crumbs a").click()
    expect(page).to_have_url(re.compile(r"/contacts/\?sort=name$"))


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_list_of_the_past_looks_right_and_reads_well(
    browse: Browse, look: Look, axe: Axe, width: int, dark: bool
) -> None:
    day = (timezone.localdate() - 30 * DAY).isoformat()
    page = browse("marketing", f"/contacts/?as_of={day}", width=width, dark=dark)
    expect(page.get_by_text("As we knew it on")).to_be_visible()
    expect(page.locator("tbody").get_by_text("Suspect")).to_have_count(3)
    look(page, f"contacts-past-{width}")
    axe(page)


@pytest.mark.usefixtures("leads")
def test_a_date_chosen_in_the_list_shows_the_past_and_one_click_the_present(browse: Browse) -> None:
    page = browse("marketing", "/contacts/?stage=lead")
    day = (timezone.localdate() - 30 * DAY).isoformat()
    menu = page.locator("details", has=page.locator("#filter-as-of"))
    menu.locator("summary").click()
    page.locator("#filter-as-of").fill(day)
    menu.get_by_role("button", name="Show").click()
    expect(page.get_by_text("As we knew it on")).to_be_visible()
    expect(page.get_by_text("Nobody was known like this")).to_be_visible()
    page.get_by_role("link", name="Back to now").click()
    expect(page).to_have_url(re.compile(r"/contacts/\?stage=lead$"))
    expect(page.locator("tbody").get_by_text("Lead")).to_have_count(3)


@pytest.fixture
def house(leads: None) -> Company:
    """Where Ann works; and a second definition, by which a form makes nobody a lead."""
    company = make_company("Maison Rivage")
    Contact.objects.filter(name="Ann Lind").update(company=company)
    now = timezone.now()
    slow = PLAYBOOK.replace("key: lead, title: Lead,", "key: lead, title: Lead (slow),", 1)
    start_camp("Sales", keep_version(slow, now=now).version, by=None, note="", now=now)
    catch_up()
    assert isinstance(open_history(now), OpenHistory)
    return company


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("address", ["/companies/", "/playbook/camps/"])
def test_a_past_day_is_chosen_in_the_menu_and_left_again(
    browse: Browse, address: str, javascript: bool
) -> None:
    page = browse("marketing", address, javascript=javascript)
    page.locator("summary", has_text="As of").click()
    page.get_by_label("In which sense").select_option("was")
    page.get_by_label("as of the end of").fill(f"{timezone.now() - 20 * DAY:%Y-%m-%d}")
    page.get_by_role("button", name="Show", exact=True).click()
    banner = page.locator(".as-of-banner")
    expect(banner).to_contain_text("As it had happened by")
    banner.get_by_role("link", name="Back to now").click()
    expect(banner).to_have_count(0)


@pytest.mark.usefixtures("house")
def test_companies_and_camps_of_a_past_day_look_right_and_read_well(
    browse: Browse, look: Look, axe: Axe
) -> None:
    page = browse("marketing", "/")
    for name, address in (("companies", "/companies/"), ("camps", "/playbook/camps/")):
        for view in ("known", "was"):
            page.goto(f"{address}?as_of={timezone.now() - 20 * DAY:%Y-%m-%d}&view={view}")
            expect(page.locator(".as-of-banner")).to_be_visible()
            page.locator("summary", has_text="As of").click()
            axe(page)
            look(page, f"{name}-{view}")
