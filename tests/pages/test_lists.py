"""The lists of contacts and companies in a real browser: quick, by keyboard, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.contacts.lists import asking
from ripeline.people.models import Contact, User
from ripeline.timeline.models import Touch
from tests.factories import make_company, make_contact, make_playbook, stand
from tests.pages.conftest import Browse

pytestmark = pytest.mark.django_db(transaction=True)
Look = Callable[[Page, str], None]
Axe = Callable[[Page], None]
People = Callable[[str], User]

NAMES = (
    "Ann Smit,Bram de Vries,Clara Weiß,Daan Koster,Eva Lind,Filip Novák,Greta Berg,Hugo Marin,Ines Prado,Jan Bakker,"
    "Karin Holm,Lotte Visser,Marta Kowalska,Nils Dahl,Olga Ruiz,Piet Mulder,Quinn O'Hara,Rosa Conti,Sven Lund,Tess Maas"
).split(",")


@pytest.fixture
def crowd(people: People) -> list[Contact]:
    """Twenty people of four houses at every stage, the first of them the warmest."""
    make_playbook()
    now, owners = timezone.now(), (people("sales"), people("marketing"), None)
    titles = (
        "Maison Rivage",
        "Boekhuis Amsterdam",
        "Verlag am Rhein",
        "A house with quite a long name indeed",
    )
    houses = [
        make_company(title, domain=f"h{n}.example", industry="publishing", employees=40 * n)
        for n, title in enumerate(titles, 1)
    ]
    found = []
    for number, name in enumerate(NAMES):
        contact = make_contact(
            name,
            title="Editor" if number % 5 == 1 else "",
            company=houses[number % 4],
            owner=owners[number % 3],
            source=("webinar", "ads", "")[number % 3],
            country="NL",
            created_at=now - timedelta(days=number),
        )
        if number < 18:
            stand(
                contact,
                ("customer", "mql", "lead", "suspect")[number % 4],
                score=95 - 5 * number,
                now=now,
                rating=("hot", "warm", "cold")[number // 7],
                grade=("A", "B", "D", None)[number % 4],
                status="disqualified" if number == 6 else "active",
                last_inbound_at=now - timedelta(hours=7 * number) if number % 6 else None,
                entered_at=now - timedelta(days=3 * number),
            )
        found.append(contact)
    return found


def first_names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tbody .title").all_inner_texts()]


def test_the_contacts_look_right_and_read_well(
    browse: Browse, look: Look, axe: Axe, crowd: list[Contact]
) -> None:
    page = browse("marketing", "/contacts/")
    expect(page.get_by_text("20 contacts")).to_be_visible()
    look(page, "contacts")
    axe(page)
    page = browse("marketing", "/contacts/?stage=mql&stage=lead&source=ads&score_from=10")
    look(page, "contacts-filtered")
    axe(page)


def test_the_usual_columns_fit_a_screen_of_1280_pixels(browse: Browse, crowd: list[Contact]) -> None:
    page = browse("marketing", "/contacts/")
    assert page.get_by_role("columnheader").all_inner_texts()[-1].strip() == "Last heard"
    scrolls = "document.documentElement.scrollHeight > innerHeight"
    assert not page.evaluate(scrolls), "the list scrolls, the page beside it does not"
    right = "(cells) => Math.max(...cells.map((cell) => cell.getBoundingClientRect().right))"
    edge = page.locator("#list table").evaluate(
        "(table) => table.parentElement.getBoundingClientRect().right"
    )
    assert page.locator("#list th").evaluate_all(right) <= edge <= 1280


def test_nobody_yet_looks_inviting(browse: Browse, look: Look, axe: Axe) -> None:
    make_playbook()
    page = browse("marketing", "/contacts/")
    look(page, "contacts-empty")
    axe(page)


def test_filters_apply_at_once_and_stay_in_the_address(browse: Browse, crowd: list[Contact]) -> None:
    page = browse("marketing", "/contacts/")
    page.locator("summary", has_text="Stage").click()
    page.get_by_label("MQL").check()
    expect(page.locator(".chip")).to_contain_text("MQL")
    expect(page.locator("tbody tr")).to_have_count(5)
    assert page.url.endswith("?stage=mql")
    expect(page.locator("summary", has_text="Stage")).to_contain_text("MQL")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Name", exact=True).press("Enter")
    expect(page.locator('[data-order="up"]')).to_contain_text("Name")
    expect(page.locator('[data-order="up"]')).to_be_focused()
    assert page.url.endswith("?stage=mql&sort=name")
    page.get_by_placeholder("Search name").fill("greta")
    expect(page.get_by_text("Nobody matches")).to_be_visible()
    assert "sort=name" in page.url, "the order stays when a filter is added"
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.locator(".chip").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(20)
    expect(page.locator("#list table")).to_be_focused()


def test_the_list_is_turned_walked_ticked_and_opened_by_keyboard(
    browse: Browse, crowd: list[Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SIZE", 12)
    page = browse("marketing", "/contacts/?sort=name")
    page.get_by_role("link", name="Next").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(8)
    expect(page.locator("#list table")).to_be_focused()
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Country").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Country")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(8)
    page.keyboard.press("[")
    expect(page.locator("tbody tr")).to_have_count(12)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("1")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("2")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/contacts/{crowd[0].key}\\?"))


def test_the_ticked_are_moved_with_a_reason_and_it_can_be_undone(
    browse: Browse, look: Look, axe: Axe, crowd: list[Contact]
) -> None:
    page = browse("marketing", "/contacts/?sort=name")
    page.get_by_label("Ann Smit").check()
    page.get_by_label("Daan Koster").click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("4")
    page.locator(".bulk summary", has_text="Move").click()
    page.get_by_label("To the stage").select_option("customer")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("Say why: the reason")).to_be_visible()
    expect(page.locator("[data-picked]")).to_have_text("4")
    expect(page.get_by_label("To the stage")).to_have_value("customer")
    expect(page.get_by_label("Why")).to_be_focused()
    look(page, "contacts-bulk")
    axe(page)
    page.get_by_label("Why").fill("bought at the fair")
    page.get_by_label("Why").press("Enter")
    expect(page.get_by_text("Moved 4 contacts.")).to_be_visible()
    assert Touch.objects.filter(kind="stage_set", subject="customer").count() == 4
    assert page.url.endswith("?sort=name")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone for 4 contacts.")).to_be_visible()
    assert page.url.endswith("?sort=name")


def test_all_that_match_are_done_part_by_part_by_itself(
    browse: Browse, crowd: list[Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ripeline.contacts.lists import bulk

    monkeypatch.setattr(bulk, "CHUNK", 6)
    monkeypatch.setattr(asking, "SIZE", 10)
    page = browse("admin", "/contacts/?sort=name")
    page.get_by_label("Select everybody on this page").check()
    page.get_by_label("and all others that match").check()
    page.locator(".bulk summary", has_text="Tag").click()
    page.locator("#bulk-tag").fill("fair")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Add the tag to them").click()
    expect(page.get_by_text("Tag added to 20 contacts.")).to_be_visible()
    assert all(contact.tags == ["fair"] for contact in Contact.objects.all())


def test_columns_and_views_are_kept(browse: Browse, crowd: list[Contact]) -> None:
    page = browse("sales", "/contacts/?rating=hot")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Country").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Country")).to_be_visible()
    assert page.url.endswith("?rating=hot")
    page.locator("summary", has_text="Save view").click()
    page.get_by_label("Save these filters").fill("Hot ones")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator('.view [aria-current="page"]')).to_have_text("Hot ones")
    page.get_by_role("button", name="Remove this view").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".view", has_text="Hot ones")).to_be_visible()


def test_the_palette_leads_to_a_person(browse: Browse, crowd: list[Contact]) -> None:
    page = browse("marketing", "/companies/")
    page.keyboard.press("Control+k")
    page.keyboard.type("weiß")
    expect(page.get_by_role("option", name="Clara Weiß")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/contacts/{crowd[2].key}"))


def test_without_scripts_everything_still_works(
    browse: Browse, crowd: list[Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SIZE", 8)
    page = browse("marketing", "/contacts/", javascript=False)
    page.locator("summary", has_text="Owner").first.click()
    page.get_by_label("Nobody", exact=True).first.check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(6)
    page.get_by_role("link", name="Name", exact=True).click()
    assert first_names(page) == sorted(first_names(page))
    page.get_by_label("Clara Weiß").check()
    page.locator(".bulk summary", has_text="Tag").click()
    page.locator("#bulk-tag").fill("vip")
    page.get_by_role("button", name="Add", exact=True).click()
    assert Contact.objects.get(name="Clara Weiß").tags == ["vip"]
    page.goto("/contacts/")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(8)
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("tbody tr")).to_have_count(8)


def test_the_companies_look_right_and_read_well(
    browse: Browse, look: Look, axe: Axe, crowd: list[Contact]
) -> None:
    page = browse("sales", "/companies/")
    expect(page.locator("tbody tr")).to_have_count(4)
    look(page, "companies")
    axe(page)
    page.get_by_placeholder("Name or domain").fill("rhein")
    expect(page.locator("tbody tr")).to_have_count(1)
