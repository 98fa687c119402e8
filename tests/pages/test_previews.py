"""Previews in a real browser: pictures, keys, without scripts, and what a screen reader's examiner says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.people.models import User
from ripeline.playbooks.preview.asking import Refused, start_preview
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.running import attend_previews
from ripeline.timeline.record import record
from tests.factories import make_contact, make_playbook
from tests.pages.conftest import Browse
from tests.timeline.people import fact

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run(people: Callable[[str], User]) -> PreviewRun:
    """A preview of a shipped playbook beside the one in force, asked for and waiting."""
    now = timezone.now()
    make_playbook()
    for number in range(36):
        contact = make_contact(f"Person {number:02}", title="Writer" if number % 2 else "")
        facts = [fact(contact, "page_viewed", now - timedelta(days=40))]
        kinds = ("form_submitted", "call_held", "deal_won", "stage_set")[: number % 5]
        facts += [
            fact(
                contact,
                kind,
                now - timedelta(days=20 - 4 * at),
                subject="nowhere" if kind == "stage_set" else None,
            )
            for at, kind in enumerate(kinds)
        ]
        record(facts, now=now)
    asked = start_preview(
        "in force", "shipped schurq", outcome="deal_won", as_of=now, by=people("marketing"), now=now
    )
    assert not isinstance(asked, Refused)
    return asked


def work(run: PreviewRun) -> None:
    assert attend_previews(timezone.now(), clock=timezone.now, stop=lambda: False) == 1
    run.refresh_from_db()
    assert run.state == "done", run.note or run.error


def test_a_finished_preview_in_pictures(
    run: PreviewRun, browse: Browse, look: Callable[[Page, str], None], axe: Callable[[Page], None]
) -> None:
    work(run)
    page = browse("marketing", f"/playbook/previews/{run.key}/")
    expect(page.locator("#flow-title")).to_be_visible()
    expect(page.locator("[data-chart] svg")).to_have_count(7)
    look(page, "preview")
    axe(page)
    page.goto(f"/playbook/previews/{run.key}/people/")
    look(page, "preview-people")
    axe(page)
    page.goto("/playbook/previews/")
    look(page, "previews")
    axe(page)


def test_the_page_follows_a_preview_to_its_end_by_itself(run: PreviewRun, browse: Browse) -> None:
    page = browse("marketing", f"/playbook/previews/{run.key}/")
    expect(page.get_by_text("Waiting for the worker")).to_be_visible()
    work(run)
    expect(page.locator("#funnels-title")).to_be_visible()
    expect(page.locator("[data-chart] svg").first).to_be_visible()


def test_it_is_cancelled_and_filtered_with_the_keyboard_alone(run: PreviewRun, browse: Browse) -> None:
    page = browse("marketing", f"/playbook/previews/{run.key}/")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled by Mia Market.")).to_be_visible()
    page.get_by_role("button", name="Preview again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for the worker")).to_be_visible()
    newest = PreviewRun.objects.latest("pk")
    work(newest)
    page.goto(f"/playbook/previews/{newest.key}/people/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/**")


def test_without_scripts_the_page_looks_again_by_itself_and_has_a_link(
    run: PreviewRun, browse: Browse
) -> None:
    page = browse("marketing", f"/playbook/previews/{run.key}/", javascript=False, width=390)
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    work(run)
    expect(page.locator("#funnels-title")).to_be_visible()  # the page refreshes itself
    table: Any = page.locator("table.preview-found")
    expect(table).to_be_visible()


def test_sales_see_what_was_found_and_no_buttons(run: PreviewRun, browse: Browse) -> None:
    work(run)
    page = browse("sales", f"/playbook/previews/{run.key}/")
    expect(page.locator("#funnels-title")).to_be_visible()
    expect(page.get_by_role("button", name="Preview again")).to_have_count(0)
