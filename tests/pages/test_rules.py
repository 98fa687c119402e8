"""Rules of verdicts and names of events in a real browser: tried, kept, the past judged again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.capture.verdicts.again import attend_judging
from tests.capture.digest.arriving import digested, page, server, track, website
from tests.capture.verdicts.test_again import CLIENT, MONITOR, OURS
from tests.factories import make_playbook
from tests.pages.conftest import Browse

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_administrator_writes_rules_and_names(
    browse: Browse, look: Callable[[Page, str], None], axe: Callable[[Page], None]
) -> None:
    make_playbook()
    key, now = website(), timezone.now()
    digested(key, *(page(f"/{number}", anonymousId=f"{number}") for number in range(9)), now=now)
    digested(
        key, page("/a"), track("Quote asked for", {"quote": "Desk", "total": 12.5}), agent=MONITOR, now=now
    )
    digested(key, page("/b"), agent=CLIENT, now=now)
    digested(server(), track("Order Completed", {"revenue": 3}, userId="7"), now=now)
    shown = browse("admin", "/capture/rules/")
    axe(shown)
    shown.get_by_label("Rules", exact=True).fill(OURS)
    shown.get_by_role("button", name="Try them on what came of late").click()
    expect(shown.get_by_text("3 would be judged otherwise")).to_be_visible()
    axe(shown)
    look(shown, "rules_tried")
    shown.locator("[name=note]").fill("Our own monitor")
    shown.get_by_role("button", name="Keep, and judge by them").click()
    expect(shown.get_by_text("From now on the rules")).to_be_visible()
    shown.get_by_role("button", name="Judge the past again").click()
    expect(shown.get_by_text("0 of 12 looked at")).to_be_visible()
    while attend_judging(timezone.now()):
        pass
    expect(shown.get_by_text("12 looked at, 3 judged otherwise")).to_be_visible()
    look(shown, "rules_kept")
    shown.get_by_role("link", name="Events", exact=True).click()
    axe(shown)
    shown.get_by_role("link", name="Quote asked for").click()
    shown.get_by_label("Becomes").fill("form_submitted")
    shown.locator("[name=subject]").fill("quote")
    shown.locator("[name=value]").fill("total")
    shown.get_by_role("button", name="Try it").click()
    expect(shown.get_by_role("cell", name="Desk")).to_be_visible()
    axe(shown)
    look(shown, "names_tried")
    shown.get_by_role("button", name="Keep it").click()
    expect(shown.get_by_role("heading", name="Your names")).to_be_visible()
    shown.get_by_role("button", name="Remove Quote asked for").click()
    expect(shown.get_by_text("read by the standard names again")).to_be_visible()
