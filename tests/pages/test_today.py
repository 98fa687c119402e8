"""Today, notifications and the playbook in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.installing import shipped_playbook
from ripeline.people.models import Contact, Notification, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.record import record
from tests.insights.histories import DAY, make_crowd, settle
from tests.pages.conftest import Browse
from tests.timeline.people import fact, make_contact

pytestmark = pytest.mark.django_db(transaction=True)
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]


@pytest.fixture
def sam(people: Callable[[str], User]) -> User:
    """A salesperson with forty of eighty contacts, of whom three moved up within the hour."""
    now = timezone.now()
    sam = people("sales")
    make_crowd(80, now=now, owner=sam)
    for number, name in enumerate(("Eva Lind", "Jan Vos", "Ida Holm")):
        contact = make_contact(name, now=now, owner=sam)
        record([fact(contact, "email_replied", now - timedelta(minutes=10 + number))], now=now)
    for name in ("Quiet One", "Quiet Two"):
        contact = make_contact(name, now=now, owner=sam)
        record([fact(contact, "email_replied", now - 40 * DAY)], now=now)
    settle(now)
    return sam


def test_today_looks_right_and_reads_well(browse: Browse, look: Look, axe: Axe, sam: User) -> None:
    page = browse("marketing", "/")
    expect(page.get_by_role("heading", name="Where people stand")).to_be_visible()
    expect(page.locator(".plot-canvas svg").first).to_be_visible()
    axe(page)
    look(page, "today")


def test_period_and_whose_are_in_the_address_and_stay_together(browse: Browse, sam: User) -> None:
    page = browse("sales", "/")
    expect(page.get_by_role("link", name="Mine", exact=True)).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="90 days").click()
    page.get_by_role("link", name="Everybody").click()
    expect(page).to_have_url(re.compile(r"days=90"))
    expect(page).to_have_url(re.compile(r"whose=all"))
    page.get_by_text("Choose two dates").locator("..").click()
    page.get_by_label("First day").fill((timezone.now() - 40 * DAY).date().isoformat())
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"whose=all&from="))


def test_without_scripts_the_numbers_are_there_as_tables(browse: Browse, sam: User) -> None:
    page = browse("sales", "/", javascript=False)
    expect(page.get_by_role("columnheader", name="Prospect").first).to_be_visible()
    expect(page.get_by_text("Eva Lind").first).to_be_visible()


def test_the_keyboard_walks_the_people(browse: Browse, sam: User) -> None:
    page = browse("sales", "/")
    page.keyboard.press("j")
    expect(page.locator("[data-row].is-current")).to_contain_text("Eva Lind")
    page.keyboard.press("j")
    expect(page.locator("[data-row].is-current")).to_contain_text("Jan Vos")


def test_the_beginning_looks_right(browse: Browse, look: Look, axe: Axe, transactional_db: None) -> None:
    activate(shipped_playbook("default"), now=timezone.now())
    page = browse("admin", "/")
    expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
    axe(page)
    look(page, "today-beginning")


def test_the_bell_leads_to_what_was_told_and_reading_can_be_undone(
    browse: Browse, look: Look, axe: Axe, sam: User
) -> None:
    Notification.objects.filter(contact__in=Contact.objects.filter(name__startswith="Person")).delete()
    page = browse("sales", "/")
    page.get_by_role("link", name="Notifications 3 unread").click()
    expect(page.get_by_text("3 unread").last).to_be_visible()
    axe(page)
    look(page, "notifications")
    page.get_by_role("button", name="Mark as read").first.click()
    expect(page.get_by_text("2 unread").last).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 unread").last).to_be_visible()


def test_the_playbook_looks_right_and_a_rule_leads_to_its_line(
    browse: Browse, look: Look, axe: Axe, transactional_db: None
) -> None:
    activate(shipped_playbook("default"), now=timezone.now())
    page = browse("sales", "/playbook/")
    axe(page)
    look(page, "playbook")
    link = page.locator("#stage-sql .at-line").first
    target = link.get_attribute("href")
    link.click()
    line = page.locator(str(target))
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text("key: sql")
