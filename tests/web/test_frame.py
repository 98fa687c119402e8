"""What every page is framed with."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone

from ripeline.people.models import User
from ripeline.web.frame import ROOMS, address, frame
from ripeline.web.views import zone_choices
from ripeline.web.zones import LocalTimeMiddleware


@pytest.fixture
def sales(db: None) -> User:
    return User.objects.create_user("sales@example.org", "three little words", role="sales", name="Sam")


def test_a_page_that_does_not_exist_has_no_address() -> None:
    assert address("no_such_page") == ""


def test_every_room_has_its_own_letter_and_beginning() -> None:
    assert len({room.letter for room in ROOMS}) == len({room.pages for room in ROOMS}) == len(ROOMS)


@pytest.mark.django_db
def test_the_frame_asks_the_database_nothing(django_assert_num_queries: object) -> None:
    request = RequestFactory().get("/settings/")
    request.resolver_match = resolve("/settings/")
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert not any(door.here for door in frame(request)["doors"])  # type: ignore[attr-defined]


def test_own_settings_are_kept_and_times_follow_the_zone(client: Client, sales: User) -> None:
    client.force_login(sales)
    answer = client.post("/settings/", {"name": "Samira", "time_zone": "Asia/Tokyo"}, follow=True)
    assert "Your settings are saved." in answer.content.decode()
    sales.refresh_from_db()
    assert (sales.name, sales.time_zone) == ("Samira", "Asia/Tokyo")
    zones = []
    request = RequestFactory().get("/")
    request.user = sales
    LocalTimeMiddleware(lambda _: zones.append(timezone.get_current_timezone_name()))(request)  # type: ignore[arg-type,func-returns-value]
    assert zones == ["Asia/Tokyo"]


def test_a_zone_that_is_none_is_refused_and_what_was_typed_is_kept(client: Client, sales: User) -> None:
    client.force_login(sales)
    page = client.post("/settings/", {"name": "Samira", "time_zone": "Moon/Base"}).content.decode()
    assert "Moon/Base is not one of the available choices" in page
    assert 'value="Samira"' in page
    sales.refresh_from_db()
    assert sales.time_zone == ""


def test_nobody_can_give_themselves_a_role(client: Client, sales: User) -> None:
    client.force_login(sales)
    client.post("/settings/", {"name": "Sam", "time_zone": "", "role": "admin"})
    sales.refresh_from_db()
    assert sales.role == User.Role.SALES


def test_the_settings_are_for_those_who_are_signed_in(client: Client, sales: User) -> None:
    assert client.get("/settings/").url == "/accounts/login/?next=/settings/"  # type: ignore[attr-defined]


def test_signing_out_takes_a_post(client: Client, sales: User) -> None:
    client.force_login(sales)
    client.get("/accounts/logout/")
    assert client.get("/settings/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/settings/").status_code == 302


def test_no_page_holds_a_script_or_a_handler_of_its_own(client: Client, sales: User) -> None:
    import re

    client.force_login(sales)
    pages = [
        client.get(path).content.decode()
        for path in ("/settings/", "/accounts/2fa/", "/accounts/password/change/")
    ]
    for page in pages:
        assert re.findall(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>", page) == []
        assert re.findall(r"<[^>]+\son[a-z]+=", page) == []
        assert "<style" not in page


def test_every_zone_offered_is_a_zone() -> None:
    from zoneinfo import ZoneInfo

    offered = [name for _, cities in zone_choices()[2:] for name, _ in cities]
    assert len(offered) > 300
    assert all(ZoneInfo(name) for name in offered)
