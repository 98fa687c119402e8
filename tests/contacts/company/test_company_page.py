"""The page of one company."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.people.models import Company, Contact
from ripeline.timeline.definitions.active import activate
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

DAY = timedelta(days=1)
HOSTILE = '"><script>alert(1)</script>'

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - 900 * DAY)
    return timezone.now()


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing"))


@pytest.fixture
def house(now: datetime) -> Company:
    return Company.objects.create(
        name="Maison Rivage", industry="publishing", employees=8, country="FR", created_at=now, updated_at=now
    )


def test_it_shows_its_people_their_stages_and_who_answered(
    client: Client, house: Company, now: datetime
) -> None:
    eva = make_person("Eva Lind", now=now, company=house)
    otto = make_person("Otto Andere", now=now, company=house)
    happen(eva, "form_submitted", now - 3 * DAY, subject="contact")
    happen(eva, "call_held", now - 2 * DAY, attrs={"text": "Wants a quote."})
    happen(otto, "imported", now - 3 * DAY)
    catch_up()
    said = read(client.get(f"/companies/{house.pk}").content.decode())
    for words in (
        "Maison Rivage",
        "Publishing, 8 employees, France",
        "Wants a quote.",
        "Lead 1",
        "Suspect 1",
    ):
        assert words in said
    assert "Who answered Eva Lind" in said


def test_its_scores_are_todays_not_those_of_the_last_assessment(
    client: Client, house: Company, now: datetime
) -> None:
    eva = make_person("Eva Lind", now=now, company=house)
    at = now - 60 * DAY
    happen(eva, "form_submitted", at, subject="contact", heard=at)
    catch_up(lambda: at)
    said = read(client.get(f"/companies/{house.pk}").content.decode())
    assert "Lead Cold 5 " in said  # 20 points, faded by half twice


def test_one_way_touches_are_no_talk(client: Client, house: Company, now: datetime) -> None:
    eva = make_person("Eva Lind", now=now, company=house)
    happen(eva, "email_sent", now - DAY, subject="letter")
    happen(eva, "page_viewed", now - DAY, subject="/pricing")
    assert "Nobody here has talked with us yet." in read(
        client.get(f"/companies/{house.pk}").content.decode()
    )


def test_an_empty_company_says_how_people_come_to_it(client: Client, house: Company) -> None:
    assert "Nobody here yet" in read(client.get(f"/companies/{house.pk}").content.decode())


def test_text_of_strangers_stays_text(client: Client, house: Company, now: datetime) -> None:
    Company.objects.filter(pk=house.pk).update(name=HOSTILE, industry=HOSTILE, domain=HOSTILE)
    eva = make_person("Eva Lind", now=now, company=house)
    Contact.objects.filter(pk=eva.pk).update(name=HOSTILE, title=HOSTILE)
    happen(eva, "call_held", now - DAY, subject=HOSTILE, attrs={"text": HOSTILE, "by": HOSTILE})
    assert "<script>alert" not in client.get(f"/companies/{house.pk}").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_it_asks_the_database_as_often_for_one_contact_as_for_three(
    client: Client, house: Company, now: datetime, count: int
) -> None:
    for number in range(count):
        eva = make_person(
            f"Eva {number}", now=now, company=house, owner=colleague("sales", f"Sales {number}")
        )
        happen(eva, "call_held", now - DAY)
    catch_up()
    client.get(f"/companies/{house.pk}")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/companies/{house.pk}")
    frame = ("django_session", 'ripeline_user" WHERE', "ripeline_notification", "PRAGMA")
    mine = [each["sql"] for each in queries if not any(table in each["sql"] for table in frame)]
    assert len(mine) == 6, mine  # company, playbook, contacts, talks, and twice who may change it


def test_an_unknown_company_is_not_found_and_a_stranger_signs_in(client: Client, house: Company) -> None:
    assert client.get("/companies/999999").status_code == 404
    assert client.post(f"/companies/{house.pk}").status_code == 405
    assert Client().get(f"/companies/{house.pk}").status_code == 302
