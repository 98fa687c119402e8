"""What a request may bring."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from ripeline.people.models import User

pytestmark = pytest.mark.django_db

TOO_MUCH = b"x" * (6 * 1024 * 1024)


@pytest.mark.parametrize("path", ["/imports/", "/accounts/login/", "/contacts/new"])
def test_a_stranger_cannot_fill_the_disk(client: Client, path: str) -> None:
    answer = client.post(path, TOO_MUCH, content_type="application/octet-stream")
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


def test_who_is_signed_in_may_bring_a_file_to_the_import_page_alone(client: Client) -> None:
    client.force_login(
        User.objects.create_user("mia@firm.example", "a-long-password", role="marketing"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    assert client.post("/imports/", TOO_MUCH, content_type="application/octet-stream").status_code != 413
    assert client.post("/contacts/new", TOO_MUCH, content_type="application/octet-stream").status_code == 413


@pytest.mark.parametrize("length", ["many", "²", "9" * 5000, "-1"])
def test_a_length_that_is_no_number_is_refused(client: Client, length: str) -> None:
    assert client.post("/accounts/login/", {}, CONTENT_LENGTH=length).status_code == 413
