"""From a list to a contact, along the list, and back: by addresses alone."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.people.models import Contact
from tests.factories import make_contact, make_playbook, make_user, sign_in, stand

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    make_playbook()
    return sign_in(make_user("marketing", "Mia Market"))


def crowd(*names: str, stage: str = "lead") -> None:
    """The first is the warmest."""
    for place, name in enumerate(names):
        stand(make_contact(name), stage, score=90 - 10 * place)


def person(client: Client, name: str, query: str = "") -> str:
    """The page of a contact, as opened from the list with this address."""
    page = client.get(f"/contacts/{query}").content.decode()
    return client.get(link_of(page, name)).content.decode()


def link_of(page: str, name: str) -> str:
    return unescape(re.findall(rf'<a class="title" href="([^"]*)">{name}</a>', page)[0])


def turn(page: str, where: str) -> str | None:
    """The address of the one before or after; None at the end of the list."""
    found = re.findall(rf'<a rel="{where}"[^>]*? href="([^"]*)"', page)
    return unescape(found[0]) if found else None


def back(page: str) -> str:
    return unescape(re.findall(r'aria-label="Way back"><a href="([^"]*)"', page)[0])


def heading(page: str) -> str:
    return str(re.findall(r"<h1>(.*?)</h1>", page, re.S)[0]).strip()


def walk(client: Client, page: str, where: str) -> list[str]:
    """Everybody met on the way to that end of the list."""
    met = [heading(page)]
    while (url := turn(page, where)) and len(met) < 20:
        page = client.get(url).content.decode()
        met.append(heading(page))
    return met


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", ["Ann", "Bea", "Cas", "Dee"]),
        ("?sort=-name", ["Dee", "Cas", "Bea", "Ann"]),
        ("?sort=heard", ["Ann", "Bea", "Cas", "Dee"]),
        ("?stage=lead", ["Ann", "Cas", "Dee"]),
        ("?stage=lead&sort=name", ["Ann", "Cas", "Dee"]),
        ("?q=theirs&sort=name", ["Ann", "Bea", "Cas", "Dee"]),
        ("?score_from=1&stage=lead&rating=none", ["Ann", "Cas", "Dee"]),
    ],
)
def test_whoever_steps_through_a_list_meets_everybody_in_its_order(
    client: Client, query: str, order: list[str]
) -> None:
    for place, (name, stage) in enumerate(
        zip("Ann Bea Cas Dee".split(), "lead mql lead lead".split(), strict=True)
    ):
        stand(make_contact(name), stage, score=90 - 10 * place, now=timezone.now())
    assert walk(client, person(client, order[0], query), "next") == order
    assert walk(client, person(client, order[-1], query), "prev") == order[::-1]


def test_the_way_back_leads_to_the_list_as_it_was_filtered_sorted_and_paged(client: Client) -> None:
    crowd("Ann", "Bea", "Cas")
    query = "?stage=lead&sort=name"
    page = person(client, "Bea", query)
    assert back(page) == f"/contacts/{query}"
    assert "Contacts, filtered" in page
    beyond = turn(page, "next")
    assert beyond is not None
    assert back(client.get(beyond).content.decode()) == f"/contacts/{query}"


def test_the_page_of_the_list_is_kept_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ripeline.contacts.lists.asking.SIZE", 1)
    crowd("Ann", "Bea", "Cas")
    first = client.get("/contacts/?sort=name").content.decode()
    second = unescape(re.findall(r'rel="next" href="([^"]*)"', first)[0])
    page = person(client, "Bea", second)
    assert back(page) == f"/contacts/{second}"
    assert link_of(client.get(back(page)).content.decode(), "Bea")


def test_a_contact_that_was_opened_otherwise_leads_back_to_the_whole_list(client: Client) -> None:
    contact = make_contact("Ann")
    page = client.get(f"/contacts/{contact.key}").content.decode()
    assert back(page) == "/contacts/"
    assert turn(page, "next") is None


def test_who_is_moved_on_the_way_is_not_met_twice_and_hides_nobody(client: Client) -> None:
    crowd("Ann", "Bea", "Cas")
    page = person(client, "Bea", "?stage=lead")
    stand(Contact.objects.get(name="Bea"), "mql", score=99)
    place = turn(client.get(turn(page, "prev") or "").content.decode(), "next")
    assert heading(client.get(place or "").content.decode()) == "Cas", "Bea left the list"
    assert heading(client.get(turn(page, "next") or "").content.decode()) == "Cas"


def test_what_is_done_to_a_contact_leaves_them_in_the_list(client: Client) -> None:
    crowd("Ann", "Bea")
    page = person(client, "Ann", "?sort=name")
    action = unescape(re.findall(r'action="(/contacts/[^"]*/touches[^"]*)"', page)[0])
    done = client.post(action, {"log-kind": "noted", "log-words": "Called."}, follow=True)
    shown = done.content.decode()
    assert done.status_code == 200
    assert heading(shown) == "Ann"
    assert back(shown) == "/contacts/?sort=name"
    edit = unescape(re.findall(r'href="([^"]*/edit[^"]*)"', shown)[0])
    assert re.findall(r'href="([^"]*)">Cancel', unescape(client.get(edit).content.decode())) == [
        edit.replace("/edit", "")
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {"list": "https://evil.example/?x", "place": "1~1.0"},
        {"list": "//evil.example", "place": "1~1.0"},
        {"list": "stage=lead", "place": "javascript:1"},
        {"list": "stage=lead", "place": "9~nan"},
        {"list": "&" * 5000, "place": "1~1.0"},
        {"list": "q=%00&after=%00", "place": "1~1.0"},
        {"list": "sort=name", "place": "99999999999999999999~x"},
    ],
)
def test_a_trail_leads_to_our_own_list_or_nowhere(client: Client, asked: dict[str, str]) -> None:
    contact = make_contact("Ann")
    answer = client.get(f"/contacts/{contact.key}", asked)
    assert answer.status_code == 200
    assert back(answer.content.decode()).partition("?")[0] == "/contacts/"
    assert "evil" not in back(answer.content.decode())


@pytest.mark.parametrize("query", ["?sort=name", "?stage=lead", "?q=theirs&stage=lead"])
def test_the_neighbours_cost_no_more_in_a_longer_list_than_in_a_short_one(client: Client, query: str) -> None:
    def cost(name: str) -> int:
        person(client, name, query)
        with CaptureQueriesContext(connection) as asked:
            client.get(link_of(client.get(f"/contacts/{query}").content.decode(), name))
        return len(asked)

    crowd("Ann", "Bea", "Cas")
    short = cost("Bea")
    crowd(*(f"Zoe {chr(97 + number)}" for number in range(9)))
    # PostgreSQL asks even less: where a stretch fills the page, nobody looks for its end.
    assert 0 <= short - cost("Bea") <= 2
