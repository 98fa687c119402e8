"""What a request may bring."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

TOO_MUCH = b"x" * (6 * 1024 * 1024)


@pytest.mark.parametrize("path", ["/imports/", "/accounts/login/", "/contacts/new"])
def test_a_stranger_cannot_fill_the_disk(client: Client, path: str) -> None:
    answer = client.post(path, TOO_MUCH, content_type="application/octet-stream")
    assert answer.status_code == 413
    assert "more than this page takes" in answer.content.decode()


def test_a_cookie_opens_the_import_page_alone(client: Client) -> None:
    client.cookies["sessionid"] = "anything"
    assert client.post("/imports/", TOO_MUCH, content_type="application/octet-stream").status_code != 413
    assert (
        client.post("/accounts/login/", TOO_MUCH, content_type="application/octet-stream").status_code == 413
    )


def test_a_length_that_is_no_number_is_refused(client: Client) -> None:
    assert client.post("/accounts/login/", {}, CONTENT_LENGTH="many").status_code == 413
