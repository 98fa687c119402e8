"""Drafts of the playbook in a real browser: forms with and without JavaScript, the text checked while it is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.installing import shipped_playbook
from ripeline.lifecycle.playbook import read_plain
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.saving import start_draft
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import PlaybookVersion
from tests.pages.conftest import Browse

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(people: Callable[[str], object]) -> Draft:
    """A draft of the default playbook with a mistake and a doubt in it."""
    now = timezone.now()
    activate(shipped_playbook("schurq"), now=now)
    activate(shipped_playbook("default"), now=now)
    version = PlaybookVersion.objects.get(is_active=True)
    text = version.text.replace("add: 10, limit: once", "add: ten, limit: once")
    text = text.replace("email_replied, call", "email_replyed, call")
    return start_draft(version, by=people("marketing"), now=now, text=text, title="Spring")  # type: ignore[arg-type]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_rule_is_changed_with_forms_alone(browse: Browse, draft: Draft, javascript: bool) -> None:
    page = browse("marketing", f"/playbook/drafts/{draft.pk}/stages/1/", javascript=javascript)
    page.locator('select[name="new:stages/1/enter/any"]').select_option("score")
    page.locator('button[value="add stages/1/enter/any"]').click()
    score = page.locator('input[name="stages/1/enter/any/4/score:value"]')
    expect(score).to_have_value("30")
    score.fill("12")
    score.press("Enter")
    expect(page.get_by_text("Saved.").first).to_be_visible()
    expect(page.locator('input[name="stages/1/enter/any/4/score:value"]')).to_have_value("12")
    draft.refresh_from_db()
    assert read_plain(draft.text)["stages"][1]["enter"]["any"][4] == {"score": {"gte": 12}}
    page.get_by_role("button", name="Undo the last save").click()
    expect(page.locator('input[name="stages/1/enter/any/4/score:value"]')).to_have_value("30")


def test_the_text_is_checked_while_it_is_written(browse: Browse, draft: Draft) -> None:
    page = browse("marketing", f"/playbook/drafts/{draft.pk}/text/")
    expect(page.locator(".gutter .mistake")).to_have_count(1)
    expect(page.locator(".gutter .doubt")).to_have_count(1)
    text = page.locator("#text")
    text.fill(draft.text.replace("add: ten", "add: 10").replace("half_life: 30d", "half_live: 30d"))
    line = next(at for at, it in enumerate(draft.text.splitlines(), 1) if "half_life: 30d" in it)
    expect(page.locator(f"#L{line}")).to_have_class("mistake")
    expect(page.get_by_text("did you mean 'half_life'?")).to_be_visible()
    page.get_by_role("link", name=f"Line {line}", exact=True).click()
    expect(text).to_be_focused()
    assert text.evaluate("it => it.value.slice(it.selectionStart, it.selectionEnd)") == "  half_live: 30d"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("# indented")
    assert "\n  # indented\n" in text.input_value()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved. 1 mistake left.").first).to_be_visible()
    draft.refresh_from_db()
    assert "half_live: 30d\n  # indented\n" in draft.text


def test_the_second_of_two_writers_sees_both_states(browse: Browse, draft: Draft) -> None:
    mine = browse("marketing", f"/playbook/drafts/{draft.pk}/score/")
    theirs = browse("admin", f"/playbook/drafts/{draft.pk}/score/")
    theirs.locator('input[name="score/max"]').fill("90")
    theirs.get_by_role("button", name="Save", exact=True).last.click()
    expect(theirs.get_by_text("Saved.").first).to_be_visible()
    mine.locator('input[name="score/half_life"]').fill("2 weeks")
    mine.get_by_role("button", name="Save", exact=True).last.click()
    expect(mine.get_by_text("Ada Admin saved this draft")).to_be_visible()
    mine.get_by_role("button", name="Keep mine as a draft of its own").click()
    expect(mine.get_by_role("heading", name="Spring (mine)")).to_be_visible()
    assert "half_life: 2w" in Draft.objects.order_by("-pk")[0].text
    draft.refresh_from_db()
    assert "max: 90" in draft.text


def test_every_page_of_versions_and_drafts_can_be_read_by_everybody_and_looked_at(
    browse: Browse, draft: Draft, axe: Callable[[Page], None], look: Callable[[Page, str], None]
) -> None:
    base = f"/playbook/drafts/{draft.pk}/"
    pages = {
        "versions": "/playbook/versions/", "changes": "/playbook/changes/", "draft": base, "draft-text": f"{base}text/",
        "draft-stages": f"{base}stages/", "draft-stage": f"{base}stages/3/", "draft-score": f"{base}score/",
        "draft-signal": f"{base}signals/9/", "draft-fit": f"{base}fit/", "draft-personas": f"{base}personas/",
        "draft-saves": f"{base}saves/",
    }  # fmt: skip
    page = browse("marketing", pages["versions"])
    for name, address in pages.items():
        page.goto(address)
        axe(page)
        look(page, f"playbook-{name}")
