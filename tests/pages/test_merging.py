"""Duplicates, their comparison, the merge and its undo in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact
from ripeline.timeline.definitions.active import activate
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, happen
from tests.pages.conftest import Browse

pytestmark = pytest.mark.django_db(transaction=True)
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]
DAY = timedelta(days=1)


@pytest.fixture
def evas(transactional_db: None) -> list[Contact]:
    """The same person twice: at one company, with a form each, and fields that differ."""
    now = timezone.now()
    cache.clear()
    activate(PLAYBOOK, now=now - 400 * DAY)
    house = Company.objects.create(name="Maison Rivage", created_at=now, updated_at=now)
    drafts = [
        ContactDraft(
            name="Eva Lind", emails=("eva@rivage.example",), company=house, country="FR", tags=("fair",)
        ),
        ContactDraft(
            name="Eva Lind", emails=("e.lind@rivage.example",), company=house, title="Editor", country="NL"
        ),
    ]
    found = add_contacts(drafts, now=now)
    for days, each in enumerate(found, 2):
        happen(each, "form_submitted", now - days * DAY, subject="newsletter")
    catch_up()
    return found


@pytest.mark.parametrize("javascript", [True, False])
def test_two_that_are_one_are_merged_and_apart_again(
    browse: Browse, evas: list[Contact], javascript: bool
) -> None:
    page = browse("marketing", "/contacts/merges", javascript=javascript)
    expect(page.get_by_text("Both are called Eva Lind and work at Maison Rivage.")).to_be_visible()
    page.get_by_role("link", name="Compare Eva Lind and Eva Lind").click()
    page.get_by_label("Why are they one?").fill("Same desk")
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("This is also Eva Lind")).to_be_visible()
    expect(page.get_by_text("e.lind@rivage.example")).to_be_visible()
    page.get_by_role("button", name="Undo the merge with Eva Lind").click()
    expect(page.get_by_text("are two contacts again")).to_be_visible()
    expect(page.get_by_text("This is also Eva Lind")).to_have_count(0)


def test_the_pages_look_right_and_read_well(
    browse: Browse, look: Look, axe: Axe, evas: list[Contact]
) -> None:
    kept, gone = evas
    pages = (
        ("/contacts/merges", "merges"),
        (f"/contacts/{kept.key}/merge", "merge-choose"),
        (f"/contacts/{kept.key}/merge/{gone.key}", "merge-compare"),
    )
    page = browse("marketing")
    for path, name in pages:
        page.goto(path)
        axe(page)
        look(page, name)
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("This is also Eva Lind")).to_be_visible()
    axe(page)
    look(page, "contact-merged")
