"""Coming in, going out and what is said when something is wrong, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ripeline.people.models import User
from tests.pages.conftest import PASSWORD, Browse

pytestmark = [pytest.mark.urls("tests.pages.gallery"), pytest.mark.django_db(transaction=True)]
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]
People = Callable[[str], User]


def test_somebody_signs_in_and_out_with_the_keyboard_alone(
    browse: Browse, people: People, look: Look, axe: Axe
) -> None:
    people("sales")
    page = browse(None, "/settings/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    axe(page)
    look(page, "sign-in")
    page.get_by_label("Email").focus()
    page.keyboard.type("sales@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your settings")).to_be_visible()
    page.get_by_label("Your menu").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_keeps_the_address_and_says_so(browse: Browse, people: People, axe: Axe) -> None:
    people("sales")
    page = browse(None, "/accounts/login/")
    page.get_by_label("Email").fill("sales@example.org")
    page.get_by_label("Password").fill("not the right one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page.get_by_label("Email")).to_have_value("sales@example.org")
    axe(page)


def test_the_first_to_come_is_welcomed_and_becomes_administrator(
    browse: Browse, look: Look, axe: Axe
) -> None:
    page = browse(None, "/settings/")
    expect(page.get_by_role("heading", name="Welcome to Ripeline")).to_be_visible()
    axe(page)
    look(page, "welcome")
    page.get_by_label("Email").fill("first@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, again").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.goto("/settings/")
    expect(page.locator("main")).to_contain_text("first@example.org · Administrator")


def test_after_the_first_sign_up_is_closed_and_says_whom_to_ask(
    browse: Browse, people: People, look: Look, axe: Axe
) -> None:
    people("admin")
    page = browse(None, "/accounts/signup/")
    expect(page.get_by_role("heading", name="Sign-up is closed")).to_be_visible()
    axe(page)
    look(page, "sign-up-closed")


@pytest.mark.parametrize(
    ("address", "heading", "name"),
    [
        ("/settings/", "Your settings", "settings"),
        ("/accounts/password/change/", "Change your password", "password-change"),
        ("/gallery/forbidden/", "This is not yours to open", "forbidden"),
        ("/not/a/page/", "There is nothing at this address", "not-found"),
    ],
)
def test_the_small_pages_look_right_and_read_well(
    browse: Browse, look: Look, axe: Axe, address: str, heading: str, name: str
) -> None:
    page = browse("sales", address)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    axe(page)
    look(page, name)


@pytest.mark.parametrize(
    ("address", "heading", "name"),
    [
        ("/accounts/password/reset/", "Forgot your password?", "password-forgotten"),
        ("/accounts/password/reset/done/", "Look in your mail", "password-mail"),
        ("/accounts/password/reset/key/1-none/", "This link no longer works", "password-link-old"),
    ],
)
def test_a_forgotten_password_is_helped_with(
    browse: Browse, people: People, look: Look, axe: Axe, address: str, heading: str, name: str
) -> None:
    people("sales")
    page = browse(None, address)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    axe(page)
    look(page, name)


def test_a_second_factor_is_set_up_from_the_settings(
    browse: Browse, people: People, look: Look, axe: Axe
) -> None:
    people("sales")
    page = browse(None, "/accounts/login/?next=/settings/")
    page.get_by_label("Email").fill("sales@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Turn on").click()
    axe(page)
    look(page, "second-factor")
    page.get_by_role("link", name="Activate").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    axe(page)
    look(page, "is-it-you")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Authenticator secret")).to_be_visible()
    axe(page)
    look(page, "second-factor-activate")


def test_a_page_that_breaks_says_so_without_frightening(
    browse: Browse, look: Look, axe: Axe, settings: object
) -> None:
    page = browse("sales", "/gallery/broken/")
    expect(page.get_by_role("heading", name="Something went wrong here")).to_be_visible()
    axe(page)
    look(page, "broken")
