"""What events say of contacts that are one: it goes back with whom it was said of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ripeline.people.models import Contact, Identity
from ripeline.timeline.changes import change_contact, draft_of, rule_traits
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import digested, event, identify, page, server, track, website
from tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ONE, OTHER = "11111111-6c6f-4d8a-9f9e-0c5b8f1f7f10", "22222222-6c6f-4d8a-9f9e-0c5b8f1f7f10"


def by_id(user: str) -> Contact:
    """Who has the id, by itself; as it was merged."""
    way = Identity.objects.select_related("home", "contact").get(kind="external", value=user)
    return Contact.objects.get(pk=(way.home or way.contact).pk)


def merged(kept: str, gone: str) -> Merge:
    """The merge of two, an hour after they came."""
    done = merge(by_id(kept), by_id(gone), by=None, why="", now=NOW + HOUR)
    assert isinstance(done, Merged)
    return done.merge


def log_says(contact: Contact) -> dict[str, object]:
    """What the log says of a contact that lives: the newest word of each thing."""
    said: dict[str, object] = {}
    for attrs in (
        Touch.objects.filter(contact=contact, kind="traits_changed")
        .order_by("at", "uid")
        .values_list("attrs", flat=True)
    ):
        said |= attrs
    return {name: value for name, value in said.items() if value not in (None, "")}


def page_and_log_agree() -> None:
    """The contact's page says what rules read in the log."""
    for contact in Contact.objects.filter(merged_into=None).select_related("company"):
        assert log_says(contact) == rule_traits(contact), contact


def test_what_is_said_of_a_merged_contact_goes_back_with_it() -> None:
    key = server()
    digested(key, identify("7", {"title": "Publisher"}), identify("8", {"title": "Reader"}, anonymousId=ONE))
    made = merged("7", "8")
    told = {"title": "Editor", "plan": "pro", "phone": "+31201234567", "company": "Quill", "firstName": "Eva"}
    told |= {"email": "eva@quill-and-harbour.example"}
    digested(key, identify("8", told, anonymousId=ONE), now=NOW + 2 * HOUR)
    seven = by_id("7")
    assert (seven.title, seven.traits, seven.name) == ("Editor", {"plan": "pro"}, "Eva"), "the newest word"
    assert seven.company is not None
    assert seven.phone == "+31201234567"
    page_and_log_agree()
    undo(made, by=None, now=NOW + 3 * HOUR)
    seven, eight = by_id("7"), by_id("8")
    assert (seven.title, seven.traits, seven.name, seven.company, seven.phone) == (
        "Publisher",
        {},
        "",
        None,
        "",
    )
    assert (eight.title, eight.traits, eight.name, eight.phone) == (
        "Editor",
        {"plan": "pro"},
        "Eva",
        "+31201234567",
    )
    assert eight.company is not None
    assert eight.email == "eva@quill-and-harbour.example"
    assert Merge.objects.get(pk=made.pk).told == [], "nobody wrote over anything"
    page_and_log_agree()


def test_a_website_fills_what_is_blank_in_both_and_that_goes_back_too() -> None:
    digested(server(), identify("7", {"title": "Publisher"}), identify("8", anonymousId=ONE))
    made = merged("7", "8")
    digested(website(), identify("8", {"title": "Queen", "plan": "pro"}, anonymousId=ONE), now=NOW + 2 * HOUR)
    assert (by_id("7").title, by_id("7").traits) == ("Publisher", {"plan": "pro"})
    page_and_log_agree()
    undo(made, by=None, now=NOW + 3 * HOUR)
    assert (by_id("7").title, by_id("7").traits) == ("Publisher", {})
    assert (by_id("8").title, by_id("8").traits) == ("", {"plan": "pro"})
    page_and_log_agree()


def test_a_browser_that_says_nothing_of_its_user_speaks_of_whom_it_is() -> None:
    digested(server(), identify("7"), identify("8", anonymousId=ONE))
    made = merged("7", "8")
    digested(website(), identify(None, {"plan": "pro"}, anonymousId=ONE), now=NOW + 2 * HOUR)
    assert by_id("7").traits == {"plan": "pro"}
    undo(made, by=None, now=NOW + 3 * HOUR)
    assert (by_id("7").traits, by_id("8").traits) == ({}, {"plan": "pro"})


def test_what_a_colleague_wrote_stays_until_a_newer_word_and_comes_back() -> None:
    key = server()
    digested(key, identify("7"), identify("8", anonymousId=ONE))
    made = merged("7", "8")
    digested(key, identify("8", {"title": "Reader"}, anonymousId=ONE), now=NOW + 2 * HOUR)
    seven = by_id("7")
    change_contact(seven, replace(draft_of(seven), title="Boss"), now=NOW + 3 * HOUR)
    late = identify("8", {"title": "Late"}, anonymousId=ONE, timestamp=(NOW + 2.5 * HOUR).isoformat())
    digested(key, late, now=NOW + 4 * HOUR)
    assert by_id("7").title == "Boss"
    page_and_log_agree()
    digested(key, identify("8", {"title": "Editor"}, anonymousId=ONE), now=NOW + 5 * HOUR)
    assert by_id("7").title == "Editor"
    page_and_log_agree()
    undo(made, by=None, now=NOW + 6 * HOUR)
    assert (by_id("7").title, by_id("8").title) == ("Boss", "Editor")
    page_and_log_agree()


def test_how_a_merged_contact_came_is_its_own() -> None:
    key = website()
    digested(key, identify("7"), identify("8", anonymousId=ONE), identify("9", anonymousId=OTHER))
    made = merged("7", "8")
    came = {"url": "https://www.example.com/?utm_source=news&utm_medium=email"}
    digested(key, event("page", properties=came, anonymousId=ONE), now=NOW + 2 * HOUR)
    assert by_id("7").source == "mail", "by a browser alone"
    undo(made, by=None, now=NOW + 3 * HOUR)
    assert (by_id("7").source, by_id("8").source) == ("", "mail")
    again = merged("7", "9")
    searched = {"url": "https://www.example.com/", "referrer": "https://duckduckgo.com/"}
    digested(key, event("page", properties=searched, userId="9"), now=NOW + 4 * HOUR)
    assert by_id("7").source == "search", "by an id"
    undo(again, by=None, now=NOW + 5 * HOUR)
    assert (by_id("7").source, by_id("9").source) == ("", "search")
    digested(key, event("page", properties=came, userId="7"), now=NOW + 6 * HOUR)
    assert by_id("7").source == "mail"


def test_an_id_that_comes_with_a_merged_contacts_goes_back_with_it() -> None:
    key = server()
    digested(key, identify("7", {"email": "ann@firm.example"}), identify("8", anonymousId=ONE))
    made = merged("7", "8")
    digested(key, event("alias", previousId="old 8", userId="8"), now=NOW + 2 * HOUR)
    digested(key, track("Signed In", userId="old 8"), page(userId="old 8"), now=NOW + 2 * HOUR)
    undo(made, by=None, now=NOW + 3 * HOUR)
    assert by_id("old 8") == by_id("8")
    assert Touch.objects.get(kind="signed_in").contact == by_id("8")
