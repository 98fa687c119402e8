"""What a request may bring."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory

from ripeline.people.models import User
from ripeline.web.limits import MEGABYTE, largest_body
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db

TOO_MUCH = b"x" * (6 * 1024 * 1024)


@pytest.mark.parametrize("path", ["/imports/", "/library/assets/new", "/accounts/login/", "/contacts/new"])
def test_a_stranger_cannot_fill_the_disk(client: Client, path: str) -> None:
    answer = client.post(path, b"x" * (64 * 1024 + 1), content_type="application/octet-stream")
    assert answer.status_code == 413
    assert "more than this page takes" in answer.content.decode()


@pytest.mark.parametrize("path", ["/imports/", "/accounts/login/"])
def test_a_cookie_of_nobody_opens_nothing(client: Client, path: str) -> None:
    client.cookies["sessionid"] = "anything"
    assert client.post(path, TOO_MUCH, content_type="application/octet-stream").status_code == 413
    session = SessionStore()
    session["seen"] = "the sign-in page"
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    assert client.post(path, TOO_MUCH, content_type="application/octet-stream").status_code == 413


def test_how_much_a_page_takes_depends_on_who_sends_it() -> None:
    signed_in = sign_in(make_user("viewer", "Vic Viewer"))
    cookie = f"sessionid={signed_in.cookies['sessionid'].value}"

    def asked(path: str, cookie: str) -> int:
        return largest_body(RequestFactory(headers={"cookie": cookie}).post(path))

    paths = ("/imports/", "/contacts/new", "/f/demo/")
    assert [asked(path, "sessionid=anything") for path in paths] == [64 * 1024] * 3
    assert [asked(path, cookie) for path in paths] == [505 * MEGABYTE, 5 * MEGABYTE, 5 * MEGABYTE]


def test_who_is_signed_in_may_bring_a_file_to_imports_and_the_library_alone(client: Client) -> None:
    client.force_login(
        User.objects.create_user("mia@firm.example", "a-long-password", role="marketing"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    for path in ("/imports/", "/library/assets/new"):
        assert client.post(path, TOO_MUCH, content_type="application/octet-stream").status_code != 413
    assert client.post("/contacts/new", TOO_MUCH, content_type="application/octet-stream").status_code == 413
    form = TOO_MUCH[: 5 * MEGABYTE]
    assert client.post("/contacts/new", form, content_type="application/octet-stream").status_code != 413


@pytest.mark.parametrize("length", ["many", "²", "9" * 5000, "-1"])
def test_a_length_that_is_no_number_is_refused(client: Client, length: str) -> None:
    assert client.post("/accounts/login/", {}, CONTENT_LENGTH=length).status_code == 413


@pytest.mark.parametrize(
    "address",
    [
        "/?from=%00",
        "/contacts/?q=a%00b",
        "/contacts/?q=%1B",
        "/contacts/export.csv?stage=%00",
        "/companies/?after=%0b",
        "/palette?q=%7f",
        "/notifications/?before=%00",
        "/playbook/changes/?from=abcdefgh%00",
        "/playbook/previews/?one=version%20%00",
        "/playbook/previews/?other=version%20%00",
        "/playbook/camps/people/?ours=%00a&theirs=b",
        "/playbook/publications/?before=%00",
        "/accounts/login/?next=%00",
        "/nowhere/?%00",
    ],
)
def test_a_control_character_in_what_is_asked_is_refused_on_every_page(address: str) -> None:
    make_playbook()
    client = sign_in(make_user("admin", "Ada Admin"))
    answer = client.get(address)
    assert answer.status_code == 400
    assert "could not be understood" in answer.content.decode()
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/contacts/%00", "/playbook/previews/%00/", "/a%1Fb", "/%7F"])
def test_an_address_with_a_control_character_leads_nowhere(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "</html>" in answer.content.decode()


@pytest.mark.parametrize("query", ["q=a%09b", "q=a%0D%0Ab", "q=50%2500", "q=%E2%82%AC", "q=%FF"])
def test_what_may_be_pasted_into_a_search_is_asked(query: str) -> None:
    make_playbook()
    client = sign_in(make_user("admin", "Ada Admin"))
    assert client.get(f"/contacts/?{query}").status_code == 200
