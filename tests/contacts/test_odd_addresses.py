"""Addresses nobody here wrote: answered as what they are, never with a fault of the server."""

from __future__ import annotations

import pytest
from django.test import Client

from ripeline.people.models import Contact
from tests.factories import make_contact, make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db

HUGE = "9" * 30
EXTREMES = (
    "0001-01-01T00:00:00",
    "0001-01-01",
    "9999-12-31T23:59:59",
    "9999-12-31",
    "1969-12-31",
    HUGE,
    "-1",
)


@pytest.fixture
def client() -> Client:
    make_playbook()
    return sign_in(make_user("admin", "Ada Admin"))


@pytest.fixture
def ann() -> Contact:
    return make_contact("Ann")


@pytest.mark.parametrize("key", ["%00", "a%00b", "%0A", "%7F", "x" * 65])
@pytest.mark.parametrize("page", ["/contacts/{}", "/contacts/{}/edit", "/imports/{}/"])
def test_a_key_that_can_be_none_leads_nowhere(client: Client, page: str, key: str) -> None:
    assert client.get(page.format(key)).status_code == 404


@pytest.mark.parametrize("key", ["olist:1f.b_c-9", "Kunde 17", "eva@firm.example", "ключ", "50%25"])
def test_the_key_of_another_system_leads_to_its_contact(client: Client, key: str) -> None:
    make_contact("Eva", key=key.replace("%25", "%"))
    assert client.get(f"/contacts/{key}").status_code == 200


def test_a_slash_too_many_or_too_few_leads_to_the_page(client: Client, ann: Contact) -> None:
    make_contact("Eva", key="Kunde 17")
    for asked, leads in (
        (f"/contacts/{ann.key}/?view=known", f"/contacts/{ann.key}?view=known"),
        ("/contacts/Kunde%2017//", "/contacts/Kunde%2017"),
        ("/contacts/new/", "/contacts/new"),
        ("/contacts", "/contacts/"),
    ):
        answer = client.get(asked)
        assert (answer.status_code, answer.headers.get("Location")) == (301, leads)
    for nothing in (f"/contacts/{ann.key}/nothing/", "/imports/none/"):
        assert client.get(nothing).status_code == 404
    assert client.post(f"/contacts/{ann.key}/").status_code == 404


def test_a_move_with_a_zero_byte_in_its_id_is_none(client: Client, ann: Contact) -> None:
    assert client.post(f"/contacts/{ann.key}/moves/%00/undo").status_code == 404


@pytest.mark.parametrize("name", ["as_of", "before", "touch", "kinds", "view"])
@pytest.mark.parametrize("value", EXTREMES)
def test_a_contacts_page_takes_any_moment_and_cursor(
    client: Client, ann: Contact, name: str, value: str
) -> None:
    assert client.get(f"/contacts/{ann.key}?{name}={value}").status_code == 200


def test_a_moment_before_anything_was_recorded_is_said_to_be_none(client: Client, ann: Contact) -> None:
    page = client.get(f"/contacts/{ann.key}?as_of=0001-01-01T00:00:00").content.decode()
    assert "is before anything was recorded, so this is the present" in page


@pytest.mark.parametrize("sort", ["score", "-name", "heard", "-entered", "created"])
@pytest.mark.parametrize(
    "place",
    [HUGE, f"{HUGE}~1", f"1~{HUGE}", "1~1e999", "1~-62135596800000000", "1~~", "9" * 18 + "~~"],
)
def test_a_list_takes_any_place(client: Client, ann: Contact, sort: str, place: str) -> None:
    for name in ("after", "before"):
        assert client.get(f"/contacts/?sort={sort}&{name}={place}").status_code in (200, 302)
        assert client.get(f"/companies/?{name}={place}").status_code in (200, 302)


@pytest.mark.parametrize(
    "name",
    ["q", "stage", "rating", "grade", "status", "persona", "owner", "source", "tag", "company", "score_from",
     "score_to"],
)  # fmt: skip
@pytest.mark.parametrize("value", [HUGE, "1e308", "-1e308", "9" * 18, "%FF", "none"])
def test_a_list_takes_any_filter(client: Client, ann: Contact, name: str, value: str) -> None:
    for page in ("/contacts/", "/contacts/count", "/companies/", "/palette"):
        assert client.get(f"{page}?{name}={value}").status_code == 200
    b"".join(client.get(f"/contacts/export.csv?{name}={value}").streaming_content)


@pytest.mark.parametrize(
    "page", [f"/companies/{HUGE}", f"/companies/{HUGE}/edit", "/companies/" + "9" * 5000]
)
def test_a_company_beyond_all_numbers_is_none(client: Client, page: str) -> None:
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("what", ["contacts/views/{}/remove", "notifications/unread/{}/"])
@pytest.mark.parametrize("number", [HUGE, "9" * 20, "9" * 5000])
def test_a_number_beyond_all_is_not_found_when_posted(client: Client, what: str, number: str) -> None:
    assert client.post("/" + what.format(number)).status_code == 404


@pytest.mark.parametrize("number", ["0", "9" * 17, "9" * 18])
def test_a_moment_at_which_nothing_was_read_changes_nothing(client: Client, number: str) -> None:
    assert client.post(f"/notifications/unread/{number}/").status_code in (302, 404)
    assert client.post(f"/notifications/{number}/read/").status_code == 302


@pytest.mark.parametrize("before", [HUGE, f"{'9' * 17}-{'9' * 18}", "0-0", "-1--1"])
def test_what_one_was_told_takes_any_cursor(client: Client, before: str) -> None:
    assert client.get(f"/notifications/?before={before}").status_code == 200


@pytest.mark.parametrize("first", EXTREMES)
@pytest.mark.parametrize("last", ["", *EXTREMES])
def test_today_takes_any_period(client: Client, ann: Contact, first: str, last: str) -> None:
    assert client.get(f"/?from={first}&to={last}").status_code == 200


@pytest.mark.parametrize("days", [HUGE, "-1", "1e3"])
def test_today_takes_any_number_of_days(client: Client, ann: Contact, days: str) -> None:
    assert client.get(f"/?days={days}&whose={days}&moved={days}").status_code == 200


def test_odd_text_in_a_bulk_form_is_refused_or_kept_out(client: Client, ann: Contact) -> None:
    for posted, ticked, all_of_them in (
        ({"action": "tag", "tag": "a\x00b"}, 422, 422),
        ({"action": "stage_set", "stage": "mql\x00", "reason_stage_set": "x"}, 422, 422),
        # Done; the list that was asked for with such letters is refused when it is gone back to.
        ({"action": "disqualified", "reason_disqualified": "x\x00y"}, 200, 400),
        ({"action": "owner", "owner": HUGE}, 422, 422),
    ):
        chosen = {**posted, "key": [ann.key, "\x00"]}
        assert client.post("/contacts/bulk", chosen, follow=True).status_code == ticked
        chosen = {**posted, "everything": "1", "after": "0", "token": "a\x00b", "query": "q=%00"}
        assert client.post("/contacts/bulk", chosen, follow=True).status_code == all_of_them
    saved = client.post("/contacts/views", {"name": "a\x00b", "query": "q=%00"})
    assert saved.status_code == 302
