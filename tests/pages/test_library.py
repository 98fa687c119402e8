"""The library and a landing page in a browser: from an empty cell of the grid to who took what is behind a form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from ripeline.capture.forms import spam
from ripeline.capture.forms.models import Submission
from ripeline.capture.landing.models import LandingPage, PageCount, SplitVisit
from ripeline.capture.library.models import Asset
from ripeline.people.models import Contact
from ripeline.timeline.models import Touch
from tests.capture.forms.forms import make_demo
from tests.capture.library.assets import PDF, PERSON
from tests.factories import make_playbook
from tests.pages.conftest import Browse

pytestmark = [pytest.mark.django_db(transaction=True)]
ODD = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]


@pytest.fixture(autouse=True)
def folder_of_its_own(settings: Any, tmp_path: Path, site: str) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"data_dir": tmp_path, "base_url": site})


def test_a_missing_asset_is_added_and_taken_through_a_landing_page_and_its_form(
    browser: Browser,
    browse: Browse,
    site: str,
    look: Look,
    axe: Axe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nobody fills in a form as quickly as a test.
    monkeypatch.setattr(spam, "FASTEST", timedelta(0))
    make_playbook()
    make_demo("guide", redirect=f"{site}/a/launch-guide/", now=timezone.now())
    page = browse("marketing", "/library/coverage/")
    add_what_is_missing(page, tmp_path / "guide.pdf", axe)
    write_a_page(page, look, axe)
    guest = browser.new_page(base_url=site, user_agent=PERSON, locale="en-GB")
    guest.goto("/p/launch-in-twelve-weeks/?rl=tok:en&utm_campaign=spring")
    frame = guest.frame_locator("iframe")
    expect(frame.get_by_label("Email")).to_be_visible()
    # The frame is as high as the form.
    expect(guest.locator("iframe")).to_have_attribute("style", re.compile(r"height: \d+px"))
    axe(guest)
    look(guest, "landing-public")
    frame.get_by_label("Email").fill("ann@theirs.example")
    # What the form stands before comes by itself.
    with guest.expect_download() as download:
        frame.get_by_role("button").click()
    expect(frame.get_by_role("link", name="Open “Launch guide”")).to_be_visible()
    assert Path(download.value.path()).read_bytes() == PDF
    assert download.value.suggested_filename == "guide.pdf"

    ann = Contact.objects.get()
    kinds = set(Touch.objects.filter(contact=ann).values_list("kind", flat=True))
    assert {"form_submitted", "asset_downloaded"} <= kinds
    assert "utm_campaign=spring" in Submission.objects.get().page
    assert "tok" not in str(guest.locator("iframe").get_attribute("src"))
    # A driven browser says to scripts what it is.
    assert set(PageCount.objects.values_list("actor", flat=True)) == {"machine"}
    guest.close()
    who_took_it_is_told(page, look, axe)


def who_took_it_is_told(page: Page, look: Look, axe: Axe) -> None:
    """On the asset's page, also on a telephone."""
    for path in ("/library/", "/library/pages/"):
        page.goto(path)
        axe(page)
    look(page, "landing-pages")
    page.goto("/library/assets/launch-guide/")
    expect(page.get_by_role("link", name="ann@theirs.example")).to_be_visible()
    axe(page)
    look(page, "library-asset")
    page.set_viewport_size({"width": 390, "height": 844})
    axe(page)


def add_what_is_missing(page: Page, file: Path, axe: Axe) -> None:
    """From the grid to an asset behind a form."""
    file.write_bytes(PDF)
    axe(page)
    page.get_by_role("link", name="Add something for Author at evaluation").click()
    expect(page.get_by_label("Content stage")).to_have_value("evaluation")
    page.get_by_label("Title").fill(f"Launch guide {ODD}")
    page.locator("[name=key]").fill("launch-guide")
    page.get_by_label("In a few words").fill(ODD)
    page.get_by_label("Given to").select_option("guide")
    page.locator("[name=file]").set_input_files(str(file))
    axe(page)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Launch guide {ODD}")
    Asset.objects.update(title="Launch guide")


def write_a_page(page: Page, look: Look, axe: Axe) -> None:
    """Blocks, by mouse and keyboard."""
    page.goto("/library/pages/")
    page.get_by_label("Title").fill("Launch in twelve weeks")
    page.get_by_role("button", name="Write it").click()
    page.locator("[name='0-text']").fill(f"Week by **week**. {ODD} [bad](javascript:alert(3))")
    page.get_by_role("button", name="Heading", exact=True).click()
    expect(page.locator("[name='1-text']")).to_be_focused()
    page.locator("[name='1-text']").fill(ODD)
    page.get_by_role("button", name="Move heading 2 up").press("Enter")
    expect(page.locator("[name='0-text']")).to_have_value(ODD)
    page.get_by_role("button", name="Form", exact=True).click()
    page.locator("[name='2-to']").select_option("guide")
    axe(page)
    look(page, "landing-edit")
    page.get_by_role("button", name="Keep and close").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is served")).to_be_visible()
    axe(page)


def test_without_scripts_all_of_it_works_too_and_two_versions_are_shown_in_turn(
    browse: Browse, site: str, look: Look, axe: Axe
) -> None:
    make_playbook()
    make_demo("guide", now=timezone.now())
    page = browse("marketing", "/library/pages/", javascript=False)
    page.get_by_label("Title").fill("Spring")
    page.get_by_role("button", name="Write it").click()
    page.locator("[name='0-text']").fill("The one")
    page.get_by_role("button", name="Form", exact=True).click()
    page.locator("[name='1-to']").select_option("guide")
    page.get_by_role("button", name="Keep and close").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="Edit").click()
    page.locator("[name='0-text']").fill("The other")
    page.get_by_role("button", name="Keep and close").click()
    page.get_by_role("button", name="Publish the changes").click()
    page.get_by_label("Of 100 people, so many reach the aim now").fill("10")
    page.get_by_label("So many would make the change worthwhile").fill("20")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Not decided yet.")).to_be_visible()

    guest = browse(None, "/p/spring/", javascript=False)
    expect(guest.frame_locator("iframe").get_by_label("Email")).to_be_visible()
    told = browse(None, "/p/spring/")
    told.wait_for_selector("iframe")
    visit = SplitVisit.objects.get()
    source = told.locator("iframe").get_attribute("src") or ""
    assert f"visit%3D{visit.who}" in source
    assert visit.actor == "machine"
    seen = told.locator("main").inner_text()
    assert ("The one" in seen) is visit.is_other
    landing = LandingPage.objects.get()
    assert landing.split
    assert re.search("The (one|other)", seen)

    state = browse("sales", "/library/pages/spring/")
    axe(state)
    look(state, "landing-page")
    expect(state.get_by_role("button", name=re.compile("End it"))).to_have_count(0)
