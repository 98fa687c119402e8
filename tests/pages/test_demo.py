"""The demo company in a real browser: what a newcomer sees after `make demo`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from rich.console import Console

from ripeline.demo.commands import load
from ripeline.installing import migrate
from ripeline.people.models import Contact
from ripeline.timeline.models import Reassessment, Standing
from tests.pages.conftest import PICTURES, Browse

Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]


@pytest.mark.django_db(transaction=True)
def test_the_demo_is_a_living_company_and_every_page_of_it_reads_well(
    browse: Browse, look: Look, axe: Axe
) -> None:
    migrate()
    load(Console(quiet=True))
    assert Contact.objects.count() == 2000
    assert not Standing.objects.filter(stage="").exists()
    assert not Reassessment.objects.exclude(error="").exists()
    page = browse("marketing", "/")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(page.locator(".plot-canvas svg").first).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.screenshot(path=str(PICTURES / "readme.png"))
    for name, path in rooms():
        page.goto(path)
        look(page, f"demo-{name}")
        axe(page)


def rooms() -> list[tuple[str, str]]:
    hottest = Standing.objects.filter(stage="sql").order_by("-heat").select_related("contact")[0].contact
    assert Contact.objects.filter(company__isnull=False).exists()
    company = Contact.objects.exclude(company=None).order_by("pk")[0].company_id
    return [
        ("today", "/"),
        ("contacts", "/contacts/"),
        ("contact", f"/contacts/{hottest.key}"),
        ("companies", "/companies/"),
        ("company", f"/companies/{company}"),
        ("sources", "/capture/sources/"),
        ("arrivals", "/capture/live/?hold=yes"),
        ("playbook", "/playbook/"),
        ("imports", "/imports/"),
        ("notifications", "/notifications/"),
        ("settings", "/settings/"),
    ]
