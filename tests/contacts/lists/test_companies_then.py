"""The companies of a past day: as we knew it then, and as it had happened by then, as the list of contacts has it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from ripeline.people.models import Company, Contact
from ripeline.timeline.definitions.active import activate
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in
from tests.factories import make_company

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def client() -> Client:
    activate(PLAYBOOK, now=START - DAY)
    return signed_in(colleague("admin"))


@pytest.fixture
def house(client: Client) -> Company:
    """A house where Ann was seen on the first day. What she did on the tenth was heard of on the thirtieth; Bea came
    on the fortieth. At another house there is nobody."""
    make_company("Empty House")
    house = make_company("Full House")
    ann, bea = (make_person(name, now=START, company=house) for name in ("Ann Ost", "Bea West"))
    happened(ann, "page_viewed", 0, subject="/")
    happened(ann, "form_submitted", 10, heard=30)
    happened(bea, "page_viewed", 40, subject="/")
    return house


def happened(contact: Contact, kind: str, day: int, *, heard: int | None = None, **more: str) -> None:
    received = START + (day if heard is None else heard) * DAY
    happen(contact, kind, START + day * DAY, heard=received, **more)  # type: ignore[arg-type]
    catch_up(lambda: received)


def companies(client: Client, query: str = "") -> dict[str, tuple[str, str]]:
    """How many contacts each company on the page has, and how far the furthest is."""
    page = client.get(f"/companies/{query}").content.decode()
    found = {}
    for row in page.split("<tr data-row>")[1:]:
        cells = [read(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        found[unescape(cells[0])] = (cells[4], cells[5])
    return found


def as_of(day: int, view: str = "known") -> str:
    return f"?as_of={START + day * DAY:%Y-%m-%d}&view={view}"


@pytest.mark.usefixtures("house")
def test_what_was_heard_of_late_is_left_out_of_what_we_knew(client: Client) -> None:
    assert companies(client, as_of(20)) == {"Full House": ("1", "Suspect")}
    assert companies(client, as_of(20, "was")) == {"Full House": ("1", "Lead")}
    assert companies(client, as_of(31)) == {"Full House": ("1", "Lead")}
    assert companies(client, as_of(41)) == {"Full House": ("2", "Lead")}
    assert set(companies(client)) == {"Empty House", "Full House"}


@pytest.mark.usefixtures("house")
def test_a_company_of_whose_people_nobody_was_known_is_not_in_the_list(client: Client) -> None:
    assert companies(client, as_of(-5)) == companies(client, as_of(-5, "was")) == {}
    page = client.get(f"/companies/{as_of(-5)}").content.decode()
    assert "Nobody was known yet" in page


def test_the_page_says_which_reading_it_shows_and_leads_to_the_same_contacts(
    client: Client, house: Company
) -> None:
    known, was = (client.get(f"/companies/{as_of(20, view)}").content.decode() for view in ("known", "was"))
    assert "As we knew it on" in known
    assert "what we heard of later is left out" in known
    assert "As it had happened by" in was
    assert "by today’s definition" in was
    assert 'value="2026-01-21"' in known
    link = re.search(rf'href="(/contacts/\?company={house.pk}&amp;[^"]*)"', was)
    assert link is not None
    contacts = client.get(unescape(link[1])).content.decode()
    assert "As it had happened by" in contacts
    assert "Ann Ost" in contacts
    assert "Bea West" not in contacts


@pytest.mark.usefixtures("house")
def test_search_and_order_and_pages_keep_the_day(client: Client) -> None:
    for number in range(60):
        company = make_company(f"House {number:02}")
        happened(make_person(f"Worker {number:02}", now=START, company=company), "page_viewed", 1)
    page = client.get(f"/companies/{as_of(20)}&q=house&sort=-name").content.decode()
    assert "House 59" in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    second = client.get("/companies/" + unescape(older[1]).removeprefix("/companies/")).content.decode()
    assert "As we knew it on" in second
    assert "Full House" in second
    assert "sort=-name" in second
    assert '<a class="btn btn-primary" href="/companies/?q=house&amp;sort=-name"' in second


@pytest.mark.usefixtures("house")
def test_a_day_to_come_or_no_day_shows_the_present_and_says_so(client: Client) -> None:
    for day, said in (("2999-01-01", "is still to come"), ("soon", "is no date")):
        page = client.get(f"/companies/?as_of={day}").content.decode()
        assert said in page
        assert "Empty House" in page


@pytest.mark.parametrize("number", [1, 5])
def test_a_past_day_costs_the_same_for_one_as_for_five(
    client: Client, number: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for each in range(number):
        company = make_company(f"House {each}")
        happened(make_person(f"Worker {each}", now=START, company=company), "page_viewed", 1)
    client.get(f"/companies/{as_of(20)}")
    with django_assert_num_queries(9):  # type: ignore[operator]
        client.get(f"/companies/{as_of(20)}")
