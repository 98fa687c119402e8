"""What a page says when something is wrong: what happened, what to do, and a number that the log knows."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.decorators.http import require_POST

from ripeline.urls import handler400, handler403, handler404, handler500
from ripeline.urls import urlpatterns as real_patterns
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("a secret figure")


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("Ann belongs to Tom.")


@require_POST
def form_only(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns = [
    path("broken", broken),
    path("refused", refused),
    path("form-only", form_only),
    *real_patterns,
]


@pytest.fixture
def client() -> Iterator[Client]:
    make_playbook()
    client = sign_in(make_user("sales", "Sal Seller"))
    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=__name__):
        yield client


@pytest.fixture
def stranger(client: Client) -> Client:
    stranger = Client()
    stranger.raise_request_exception = False
    return stranger


def no_database(execute: Callable[..., Any], *args: Any) -> Any:
    raise OperationalError("connection refused")


def heading(answer: Any) -> str:
    return str(re.findall(r"<h1>(.*?)</h1>", answer.content.decode(), re.S)[0]).strip()


def is_framed(answer: Any) -> bool:
    return '<header class="rail">' in answer.content.decode()


def test_the_number_on_the_page_of_a_fault_stands_in_the_log_beside_it(
    client: Client, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.get("/broken")
    page = answer.content.decode()
    assert (answer.status_code, heading(answer)) == (500, "Something went wrong here")
    assert "a secret figure" not in page
    number = re.findall(r"<code>([0-9a-f]{8})</code>", page)[0]
    assert answer["X-Error"] == number
    record = next(each for each in caplog.records if each.name == "django.request")
    assert record.exc_info
    line = logging.getLogger().handlers
    formatted = [
        handler.format(record)
        for handler in line
        if isinstance(handler, logging.StreamHandler) and handler.filter(record) and handler.formatter
    ]
    assert any(f"/broken (error {number})" in each for each in formatted)


def test_two_faults_have_two_numbers(client: Client) -> None:
    assert client.get("/broken")["X-Error"] != client.get("/broken")["X-Error"]


def test_a_fault_is_told_in_the_frame_to_those_inside_and_at_the_door_to_others(
    client: Client, stranger: Client
) -> None:
    assert is_framed(client.get("/broken"))
    assert "Today" in client.get("/broken").content.decode()
    stranger.get("/broken")
    answer = stranger.get("/accounts/login/", HTTP_HOST="no.such.host")
    assert (answer.status_code, is_framed(answer)) == (400, False)
    assert heading(answer) == "That could not be understood"


@pytest.mark.parametrize("address", ["/", "/contacts/", "/settings/", "/no/such/page", "/broken"])
def test_a_page_says_so_where_the_database_is_down(client: Client, address: str) -> None:
    with connection.execute_wrapper(no_database):
        answer = client.get(address)
    assert (answer.status_code, heading(answer)) == (503, "The database does not answer")
    assert is_framed(answer)
    assert answer["Retry-After"]
    assert re.search(r"Error <code>[0-9a-f]{8}</code>", answer.content.decode())


def test_the_door_says_so_too_where_the_database_is_down(stranger: Client) -> None:
    with connection.execute_wrapper(no_database):
        answer = stranger.get("/accounts/login/")
    assert (answer.status_code, is_framed(answer)) == (503, False)


def test_a_program_is_told_in_words(client: Client) -> None:
    answer = client.get("/broken", headers={"accept": "application/json"})
    assert answer["Content-Type"] == "text/plain"
    assert f"(error {answer['X-Error']})" in answer.content.decode()


def test_where_there_is_nothing_one_can_search(client: Client, stranger: Client) -> None:
    answer = client.get("/no/such/page")
    assert (answer.status_code, heading(answer)) == (404, "There is nothing at this address")
    assert is_framed(answer)
    assert 'class="sorry-search"' in answer.content.decode()
    outside = stranger.get("/no/such/page")
    assert (outside.status_code, is_framed(outside)) == (404, False)


def test_a_refusal_says_why(client: Client) -> None:
    answer = client.get("/refused")
    assert (answer.status_code, is_framed(answer)) == (403, True)
    assert "Ann belongs to Tom." in answer.content.decode()


def test_a_form_without_its_token_is_told_to_be_sent_again(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    answer = strict.post("/settings/", {"name": "X"})
    assert (answer.status_code, heading(answer)) == (403, "That form was too old to send")
    assert is_framed(answer)


def test_an_address_for_forms_says_so_to_those_who_open_it(client: Client) -> None:
    answer = client.get("/form-only")
    assert (answer.status_code, heading(answer)) == (405, "There is no page at this address")
    assert answer["Allow"] == "POST"
    assert client.post("/form-only").content == b"done"


def test_too_much_is_told_in_the_frame(client: Client) -> None:
    answer = client.post("/settings/", b"x" * (6 * 1024 * 1024), content_type="application/octet-stream")
    assert (answer.status_code, heading(answer)) == (413, "This is more than this page takes")
    assert is_framed(answer)


def test_a_name_that_is_not_ours_is_a_line_in_the_log_that_says_which_setting_to_mend(
    stranger: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert stranger.get("/accounts/login/", HTTP_HOST="no.such.host").status_code == 400
    [line] = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert line.getMessage() == (
        "Somebody asked for a site called 'no.such.host'. If that is this one, set RIPELINE_BASE_URL, or add the name"
        " to RIPELINE_ALLOWED_HOSTS."
    )
    assert (line.levelname, line.exc_info) == ("WARNING", None)


def test_who_may_not_is_a_line_in_the_log_without_a_trace(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert client.get("/imports/").status_code == 403
    [line] = [record for record in caplog.records if record.name == "django.request"]
    assert line.getMessage() == "Forbidden (Permission denied): /imports/"
    assert (line.levelname, line.exc_info) == ("WARNING", None)
