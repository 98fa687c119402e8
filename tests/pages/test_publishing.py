"""Publishing and two camps in a real browser: with and without JavaScript, by keyboard, looked at in four ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ripeline.people.models import User
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.saving import start_draft
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import PlaybookVersion, Publication
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.pages.conftest import Browse
from tests.timeline.people import PLAYBOOK, fact, make_contact

pytestmark = [pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20").replace("within: 90d", "within: 60d")
SALES = PLAYBOOK.replace("enter: {signal: email_replied, within: 90d}", "enter: {signal: call_held}")
STORIES = (
    ("Eva Lind", ("form_submitted", "email_replied", "rejected")),
    ("Jan Vos", ("form_submitted", "call_held", "accepted", "deal_won")),
    ("Ida Berg", ("form_submitted", "call_held", "email_replied", "accepted")),
    ("Bram de Wit", ("form_submitted",)),
    ("Ada Lindqvist-van den Oudenrijn", ("form_submitted", "call_held")),
)


@pytest.fixture
def draft(people: Callable[[str], User]) -> Draft:
    """A few people, and a draft that would move them."""
    now = timezone.now()
    activate(PLAYBOOK, now=now - 90 * DAY)
    for name, kinds in STORIES:
        contact = make_contact(name, now=now - 30 * DAY, owner=people("sales"))
        record([fact(contact, kind, now - (9 - at) * DAY) for at, kind in enumerate(kinds)], now=now)
    catch_up()
    version = PlaybookVersion.objects.get(is_active=True)
    return start_draft(version, by=people("marketing"), now=now, text=EASIER, title="A form is enough")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_draft_is_published_by_keyboard_and_taken_back(
    browse: Browse, draft: Draft, javascript: bool
) -> None:
    page = browse("marketing", f"/playbook/drafts/{draft.pk}/publish/", javascript=javascript)
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_text("Say why")).to_be_visible()
    note = page.get_by_label("Why", exact=True)
    if javascript:
        expect(note).to_be_focused()
        page.get_by_label("Tell the owner").check()
        expect(page.get_by_label("What is ticked here follows")).to_be_checked()
        page.get_by_label("Nothing follows").check()
        expect(page.get_by_label("Tell the owner")).not_to_be_checked()
    note.focus()
    page.keyboard.type("a form is enough")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Nothing follows")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("Tell the owner")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Everybody is being assessed anew by this definition.")).to_be_visible()
    publication = Publication.objects.get(is_in_force=True)
    assert (publication.note, publication.reactions, publication.reach) == (
        "a form is enough",
        ["tell_the_owner"],
        "all",
    )
    if javascript:
        catch_up()
        expect(page.get_by_text("has been assessed by this definition")).to_be_visible()
    page.goto("/playbook/versions/")
    page.get_by_role("button", name="Back to this version").click()
    expect(page.get_by_text("Everybody is being assessed anew by this definition.")).to_be_visible()
    assert Publication.objects.get(is_in_force=True).version_id == publication.previous_id


def test_a_second_definition_is_begun_and_its_people_are_reached(browse: Browse, draft: Draft) -> None:
    start_draft(draft.based_on, by=draft.author, now=timezone.now(), text=SALES, title="Sales' own")  # type: ignore[arg-type]
    page = browse("marketing", "/playbook/camps/")
    page.get_by_label("The definition").select_option(label="Sales' own")
    page.get_by_role("button", name="Keep it running").click()
    expect(page.get_by_role("heading", name="Two camps: in force, and Sales")).to_be_visible()
    catch_up()
    expect(page.get_by_text("has been assessed by both")).to_be_visible()
    page.get_by_role("link", name="Show the numbers").click()
    page.locator(".matrix td.differs a").first.click()
    expect(page.locator(".camp-people tbody tr").first).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="End it").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Two camps: in force, and Sales")).to_be_visible()


def test_every_page_of_publishing_can_be_read_by_everybody_and_looked_at(
    browse: Browse, draft: Draft, axe: Callable[[Page], None], look: Callable[[Page, str], None]
) -> None:
    page = browse("marketing", "/playbook/camps/")
    shown = {"camps-start": "/playbook/camps/", "publish": f"/playbook/drafts/{draft.pk}/publish/"}
    visit(page, shown, axe, look)
    page.get_by_role("button", name="Put it in force").click()
    axe(page)
    look(page, "publish-wrong")
    now = timezone.now()
    published = publish(
        keep_version(EASIER, now=now).version, by=draft.author, note="a form is enough", now=now
    )
    assert isinstance(published, Publication)
    page.goto("/playbook/")
    axe(page)
    look(page, "publish-progress")
    catch_up()
    start_camp("Sales", keep_version(SALES, now=now).version, by=draft.author, note="a call counts", now=now)
    catch_up()
    eva = make_contact("Eline Smit", now=now - 9 * DAY, owner=draft.author)
    record([fact(eva, "call_held", now - DAY)], now=now)
    catch_up()
    visit(
        page,
        {
            "publish-versions": "/playbook/versions/",
            "publications": "/playbook/publications/",
            "publication": f"/playbook/publications/{published.pk}/",
            "camps": "/playbook/camps/",
            "camps-people": "/playbook/camps/people/?ours=mql&theirs=prospect",
            "publish-today": "/",
            "camps-contact": f"/contacts/{eva.key}",
        },
        axe,
        look,
    )


def visit(
    page: Page, shown: dict[str, str], axe: Callable[[Page], None], look: Callable[[Page, str], None]
) -> None:
    for name, address in shown.items():
        page.goto(address)
        axe(page)
        look(page, name)
