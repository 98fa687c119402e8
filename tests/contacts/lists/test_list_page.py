"""The contacts list as people see it: filters in the address, columns, views, and what a page costs."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from ripeline.contacts.lists import asking
from ripeline.contacts.models import ColumnChoice, SavedView
from ripeline.people.models import Contact
from tests.factories import make_company, make_contact, make_playbook, make_user, sign_in, stand

pytestmark = pytest.mark.django_db

# Session, user, playbook, page, count, columns, rows, owners, sources, segments, views, bell; for one or many.
QUERIES = 12


@pytest.fixture
def client() -> Client:
    make_playbook()
    return sign_in(make_user("marketing", "Mia Market"))


def names(client: Client, query: str = "") -> list[str]:
    """The names on the page, in order."""
    page = client.get(f"/contacts/{query}", follow=True).content.decode()
    return [unescape(name) for name in re.findall(r'<a class="title" href="[^"]*">([^<]*)</a>', page)]


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_asks_the_database_the_same_for_one_contact_as_for_three(
    client: Client, number: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for each in range(number):
        company = make_company(f"House {each}")
        stand(make_contact(f"Ann {each}", company=company, owner=make_user(name=f"Owner {each}")), score=10)
    client.get("/contacts/")
    with django_assert_num_queries(QUERIES):  # type: ignore[operator]
        assert len(names(client)) == number


def test_the_warmest_come_first_and_a_head_turns_the_order(client: Client) -> None:
    for name, score in (("Ann", 10), ("Bea", 90), ("Cas", 0)):
        stand(make_contact(name), score=score)
    assert names(client) == ["Bea", "Ann", "Cas"]
    assert names(client, "?sort=score") == ["Cas", "Ann", "Bea"]
    assert names(client, "?sort=name") == ["Ann", "Bea", "Cas"]
    page = client.get("/contacts/?sort=name&stage=lead").content.decode()
    assert 'href="?stage=lead&amp;sort=-name" data-order="up"' in page
    assert 'aria-sort="ascending"' in page


def test_accented_names_stand_where_readers_look_for_them(client: Client) -> None:
    for name in ("Zoë", "Éva", "eva b", "Öz", "Oz a", "Šimon", "Sim"):
        make_contact(name)
    assert names(client, "?sort=name") == ["Éva", "eva b", "Öz", "Oz a", "Sim", "Šimon", "Zoë"]


def test_a_score_is_that_of_today(client: Client) -> None:
    contact = make_contact("Ann")
    stand(contact, score=80)
    page = client.get("/contacts/").content.decode()
    shown = float(re.findall(r'<span class="score"><b>([\d.]+)</b>', page)[0])
    assert shown < 80, "the standing is of the third of March; half is gone after thirty days"


def test_the_filters_of_an_address_are_shown_as_chips_that_take_them_out(client: Client) -> None:
    stand(make_contact("Ann", source="ads", tags=("vip",)), "mql", score=70, rating="hot")
    stand(make_contact("Bea"), "lead")
    assert names(client, "?stage=mql&rating=hot&source=ads&tag=vip&q=ann&owner=none") == ["Ann"]
    page = unescape(client.get("/contacts/?stage=mql&q=ann").content.decode())
    assert '<a class="chip" href="/contacts/?q=ann">' in page
    assert '<a class="chip" href="/contacts/?stage=mql">' in page


def test_what_an_address_says_wrongly_is_said_and_left_out(client: Client) -> None:
    make_contact("Ann")
    page = client.get(
        "/contacts/?owner=he&score_from=many&company=x&sort=shoe&after=17~x&before=~"
    ).content.decode()
    assert "“he” is no owner" in page
    assert "“many” is no score" in page
    assert "“x” is no company" in page
    assert names(client, "?owner=he&score_from=many&sort=shoe") == ["Ann"]


@pytest.mark.parametrize(
    "place",
    ["1~nan", "1~inf", "x~1", "1", "~", "1~~", "99999999999999999999~1", "1~1e999", "-1~2", "1~" + "9" * 500],
)
def test_a_place_that_is_none_means_the_first_page(client: Client, place: str) -> None:
    make_contact("Ann")
    for sort in ("score", "name", "-heard", "created"):
        response = client.get("/contacts/", {"after": place, "sort": sort}, follow=True)
        assert response.status_code == 200
        assert "Ann" in response.content.decode()


def test_paging_goes_on_and_comes_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SIZE", 2)
    for name in ("Ann", "Bea", "Cas", "Dee", "Eva"):
        make_contact(name)
    first = client.get("/contacts/?sort=name").content.decode()
    older = unescape(re.findall(r'rel="next" href="([^"]*)"', first)[0])
    assert names(client, older) == ["Cas", "Dee"]
    second = client.get(f"/contacts/{older}").content.decode()
    newer = unescape(re.findall(r'rel="prev" href="([^"]*)"', second)[0])
    assert names(client, newer) == ["Ann", "Bea"]
    assert 'rel="prev"' not in client.get(f"/contacts/{newer}").content.decode()


def test_a_place_past_everybody_leads_to_the_first_page(client: Client) -> None:
    make_contact("Ann")
    response = client.get("/contacts/?sort=name&after=9~zzz")
    assert (response.status_code, response["Location"]) == (302, "/contacts/?sort=name")


def test_htmx_gets_the_part_that_changes(client: Client) -> None:
    make_contact("Ann")
    part = client.get(
        "/contacts/?q=ann", headers={"HX-Request": "true", "HX-Target": "list"}
    ).content.decode()
    assert part.lstrip().startswith('<div id="list"')
    assert "<html" not in part


def test_what_a_stranger_wrote_is_shown_as_text(client: Client) -> None:
    bad = '<script>alert("1")</script>'
    company = make_company(bad)
    stand(
        make_contact(bad, emails=(), source=bad, tags=(bad,), company=company, title=bad),
        rating="<b>",
        grade="<i>",
    )
    keys = ["company", "source", "email", "rating", "grade"]
    client.post("/contacts/columns", {"column": keys})
    page = client.get("/contacts/", {"tag": bad, "q": "script", "source": bad}).content.decode()
    assert "alert(" in page
    assert "<script>alert" not in page
    assert "<b>" not in page.split("<tbody>")[1].replace("<b>0", "")


def test_nobody_yet_says_what_to_do_next(client: Client) -> None:
    assert "No contacts yet" in client.get("/contacts/").content.decode()
    assert "Nobody matches" in client.get("/contacts/?stage=mql").content.decode()


def test_columns_are_kept_for_each_reader(client: Client) -> None:
    make_contact("Ann", country="NL")
    assert "Country</th>" not in client.get("/contacts/").content.decode()
    answer = client.post("/contacts/columns", {"column": ["country", "score", "shoe size"], "query": "q=ann"})
    assert answer["Location"] == "/contacts/?q=ann"
    answer = client.post(
        "/contacts/columns", {"column": ["country", "score"], "query": "", "page": "after=7~4.5"}
    )
    assert answer["Location"] == "/contacts/?after=7~4.5", "who turned the page stays on it"
    page = client.get("/contacts/").content.decode()
    assert "Country</th>" in page
    assert "Company</th>" not in page
    assert ColumnChoice.objects.get().columns == ["score", "country"]
    assert "Company</th>" in sign_in(make_user(name="Else")).get("/contacts/").content.decode()
    client.post("/contacts/columns", {"usual": "1"})
    assert "Company</th>" in client.get("/contacts/").content.decode()


def test_a_view_is_kept_shown_shared_and_removed_with_a_way_back(client: Client) -> None:
    sales = sign_in(make_user("sales", "Sam Sales"))
    client.post("/contacts/views", {"name": "Hot ones", "query": "?rating=hot&after=1~2&sort=name"})
    assert SavedView.objects.get().query == "rating=hot&sort=name"
    assert "Hot ones" not in sales.get("/contacts/").content.decode()
    client.post("/contacts/views", {"name": "Hot ones", "query": "rating=hot", "shared": "on"})
    view = SavedView.objects.get()
    assert (view.query, view.is_shared) == ("rating=hot", True)
    assert "/contacts/?rating=hot" in sales.get("/contacts/").content.decode()
    sales.post(f"/contacts/views/{view.pk}/remove")
    assert SavedView.objects.count() == 1, "another's view is not theirs to remove"
    page = client.post(f"/contacts/views/{view.pk}/remove", follow=True).content.decode()
    assert not SavedView.objects.exists()
    undo = re.findall(r"/contacts/views/[^/]+/restore", page)[0]
    sales.post(undo)
    assert not SavedView.objects.exists(), "the way back is the owner's"
    client.post(undo)
    assert SavedView.objects.get().name == "Hot ones"
    client.post("/contacts/views/forged/restore")


def test_a_view_needs_a_name(client: Client) -> None:
    client.post("/contacts/views", {"name": "  ", "query": "q=x"})
    assert not SavedView.objects.exists()


def test_the_count_is_told_exactly_and_on_request(client: Client) -> None:
    for name in ("Ann", "Bea"):
        stand(make_contact(name), "mql")
    assert "2 contacts" in client.get("/contacts/?stage=mql").content.decode()
    assert "2 contacts" in client.get("/contacts/count?stage=mql&owner=none").content.decode()


def test_the_palette_offers_who_begins_with_the_words_first(client: Client) -> None:
    company = make_company("Annabel Books", industry="publishing")
    stand(make_contact("Joann Smit", company=company), "mql", score=90)
    stand(make_contact("Ann Ost"), "lead", score=5)
    results = client.get("/palette?q=ann").json()["results"]
    assert [(each["title"], each["kind"]) for each in results] == [
        ("Ann Ost", "person"),
        ("Annabel Books", "company"),
        ("Joann Smit", "person"),
    ]
    assert results[2]["detail"] == "MQL · Annabel Books"
    assert results[0]["url"] == reverse("contact", args=[Contact.objects.get(name="Ann Ost").key])
    assert client.get("/palette?q=%20").json() == {"results": []}


def test_companies_tell_how_many_they_are_and_how_far_the_furthest_is(client: Client) -> None:
    empty, two = make_company("Empty"), make_company("Two", domain="two.example")
    stand(make_contact("Ann", company=two), "mql")
    stand(make_contact("Bea", company=two), "lead")
    page = client.get("/companies/").content.decode()
    lines = page.split("<tr data-row>")[1:]
    assert [line.count("MQL") > 0 for line in lines] == [False, True]
    assert f'href="/contacts/?company={two.pk}"' in lines[1]
    assert reverse("company", args=[empty.pk]) in lines[0]
    assert names(client, f"?company={two.pk}&sort=name") == ["Ann", "Bea"]
    assert "Two" in client.get("/companies/?q=two.ex").content.decode()
    assert "No company matches" in client.get("/companies/?q=three").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_companies_cost_the_same_for_one_as_for_three(
    client: Client, number: int, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for each in range(number):
        stand(make_contact(f"Ann {each}", company=make_company(f"House {each}")), "mql")
    client.get("/companies/")
    # Session, user, page, count, playbook, companies, their contacts by stage, bell.
    with django_assert_num_queries(8):  # type: ignore[operator]
        client.get("/companies/")


def test_a_stranger_is_sent_to_the_door() -> None:
    for path in ("/contacts/", "/contacts/count", "/contacts/export.csv", "/companies/", "/palette?q=x"):
        assert Client().get(path)["Location"].startswith("/accounts/login/")
    for path in ("/contacts/columns", "/contacts/views", "/contacts/bulk", "/contacts/bulk/undo"):
        assert Client().post(path)["Location"].startswith("/accounts/login/")


def test_nothing_changes_by_looking(client: Client) -> None:
    for path in (
        "/contacts/columns",
        "/contacts/views",
        "/contacts/bulk",
        "/contacts/bulk/undo",
        "/contacts/views/1/remove",
    ):
        assert client.get(path).status_code == 405
