"""What an admin's pages say of a worker that is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.work.beat import beating
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    make_playbook()
    return sign_in(make_user("admin", "Ada Admin"))


def line(client: Client) -> str:
    answer = client.get("/worker-line")
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_is_said_while_the_worker_lives(client: Client) -> None:
    assert "<p" not in line(client)
    beating()(timezone.now())
    assert "<p" not in line(client)


def test_an_admin_is_told_since_when_and_what_to_do(client: Client) -> None:
    last = timezone.now() - timedelta(seconds=54)
    beating()(last)
    said = line(client)
    assert "The worker has been silent since" in said
    assert f"{timezone.localtime(last):%H:%M}" in said
    assert "<code>ripeline worker</code>" in said


def test_only_the_pages_of_admins_ask(client: Client) -> None:
    assert 'hx-get="/worker-line"' in client.get("/").content.decode()
    other = sign_in(make_user("marketing", "Mia Market"))
    assert "/worker-line" not in other.get("/").content.decode()
    assert other.get("/worker-line").status_code == 403
