"""The frame in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Browse

pytestmark = [pytest.mark.urls("tests.pages.gallery"), pytest.mark.django_db(transaction=True)]
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]


def test_every_part_looks_right_and_reads_well(browse: Browse, look: Look, axe: Axe) -> None:
    page = browse("marketing", "/gallery/?say=1")
    expect(page.locator(".plot-canvas svg")).to_have_count(2)
    axe(page)
    look(page, "gallery")


def test_the_help_lists_the_keys_and_reads_well(browse: Browse, look: Look, axe: Axe) -> None:
    page = browse("marketing", "/gallery/contacts/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    axe(page)
    look(page, "keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_palette_finds_people_pages_and_actions(browse: Browse, look: Look, axe: Axe) -> None:
    page = browse("marketing", "/gallery/")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Go to")
    expect(box).to_be_focused()
    box.fill("an")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("Ann Smit")
    axe(page)
    look(page, "palette")
    box.fill("imports")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery/imports/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to").fill("dark")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_list_is_walked_and_opened_by_keys_alone(browse: Browse) -> None:
    page = browse("sales", "/gallery/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_contain_text("Jörg Weiß")
    page.keyboard.press("x")
    expect(page.get_by_label("Select Jörg Weiß")).to_be_checked()
    page.keyboard.press("k")
    expect(page.locator("tr.is-current")).to_contain_text("Ann Smit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery/?opened=Ann%20Smit")


def test_g_and_a_letter_go_and_slash_searches(browse: Browse) -> None:
    page = browse("marketing", "/gallery/")
    for letter, room in (
        ("c", "contacts"),
        ("o", "companies"),
        ("p", "playbook"),
        ("i", "imports"),
        ("t", "today"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(f"**/gallery/{room}/")
        expect(page.locator("nav a[aria-current=page]")).to_have_text(room.capitalize())
    page.keyboard.press("/")
    page.keyboard.type("gc?")
    expect(page.get_by_label("Search contacts")).to_have_value("gc?")


def test_a_salesperson_is_not_led_to_a_page_that_is_not_theirs(browse: Browse) -> None:
    page = browse("sales", "/gallery/")
    expect(page.locator("nav").get_by_role("link", name="Contacts").first).to_be_visible()
    expect(page.locator("nav").get_by_role("link", name="Imports")).to_have_count(0)


def test_a_phones_bar_has_room_for_what_it_shows_and_leads_to_the_rest(browse: Browse) -> None:
    page = browse("marketing", "/gallery/", width=390)
    bar = page.get_by_role("navigation", name="Main")
    assert bar.locator("ul").evaluate("list => list.scrollWidth <= list.clientWidth")
    expect(bar.get_by_role("link")).to_have_count(5)
    bar.get_by_text("More").click()
    bar.get_by_role("link", name="Imports").click()
    page.wait_for_url("**/gallery/imports/")
    expect(bar.locator("summary")).to_have_class("is-here")


def test_filters_apply_themselves_and_stay_in_the_address(browse: Browse) -> None:
    page = browse("marketing", "/gallery/")
    page.get_by_label("Stage", exact=True).first.select_option("mql")
    page.wait_for_url("**/gallery/?stage=mql")
    page.get_by_label("Search contacts").fill("ann")
    page.wait_for_url("**/gallery/?q=ann&stage=mql")
    expect(page.locator("[data-row]")).to_have_count(1)


def test_what_was_done_can_be_undone_from_its_toast(browse: Browse) -> None:
    page = browse("marketing", "/gallery/")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("status")).to_contain_text("Moved to MQL")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone by POST.")).to_be_visible()


@pytest.mark.parametrize(
    ("tone", "sign"),
    [("error", "Error"), ("danger", "Error"), ("warning", "Warning"), ("info", "Note"), ("", "Done")],
)
def test_a_toast_bears_the_sign_of_its_tone(tone: str, sign: str, browse: Browse) -> None:
    page = browse("marketing", "/gallery/")
    page.evaluate("([text, tone]) => window.say({text, tone})", ["It happened.", tone])
    toast = page.locator("#toasts [data-toast]")
    expect(toast).to_contain_text("It happened.")
    expect(toast.get_by_role("img")).to_have_count(2)  # its sign, and the cross that closes it
    expect(toast.get_by_role("img", name=sign)).to_be_visible()


def test_toasts_of_a_page_bear_the_signs_of_their_tones(browse: Browse, look: Look) -> None:
    page = browse("marketing", "/gallery/?say=1")
    expect(page.locator(".tone-error").get_by_role("img", name="Error")).to_be_visible()
    expect(page.locator(".tone-success").get_by_role("img", name="Done")).to_be_visible()
    page.evaluate("window.say({text: 'Nothing to do.', tone: 'info'})")
    look(page, "toasts")


def test_a_chosen_theme_is_remembered_and_set_before_the_first_paint(browse: Browse, look: Look) -> None:
    page = browse("marketing", "/gallery/", dark=True)
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.get_by_label("Your menu").click()
    look(page, "menu")
    page.emulate_media(color_scheme="dark")
    page.get_by_role("button", name="Light").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.reload(wait_until="commit")
    # Read while the body is still being parsed: the attribute is there before anything can be painted.
    page.wait_for_selector("body", state="attached")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"


def test_without_javascript_everything_can_still_be_read_and_reached(browse: Browse, look: Look) -> None:
    page = browse("marketing", "/gallery/?say=1", javascript=False)
    expect(page.get_by_role("cell", name="1,240")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_label("Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_javascript_the_page_is_dark_where_the_device_is(browse: Browse) -> None:
    page = browse("marketing", "/gallery/", javascript=False, dark=True)
    assert (
        page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(20, 25, 29)"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_stays_still_while_it_loads(browse: Browse, theme: str) -> None:
    page = browse("marketing", "/gallery/", dark=theme == "dark")
    moved = page.evaluate(
        """() => new Promise((done) => {
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value)))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(sum), 500);
        })"""
    )
    assert moved < 0.1  # what is called a good page: https://web.dev/articles/cls
