"""People whom a definition moves without end: every page that folds them says so and shows the rest."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.people.models import Contact
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import keep_version
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

pytestmark = pytest.mark.django_db

CIRCLE = """
key: circle
title: Circle
stages:
  - {key: low}
  - {key: high, enter: {signal: page_viewed}, exit: [{when: {in_stage: 1h}, to: low}]}
"""
SAID = "By this definition they would move more than 10,000 times. Probably an exit by time leads down to a stage"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def client() -> Client:
    return signed_in(colleague("admin"))


@pytest.fixture
def eva(now: datetime) -> Contact:
    """Somebody who came once, so long ago that going in circles since adds up."""
    activate(PLAYBOOK, now=now - timedelta(days=1000))
    eva = make_person("Eva Lind", now=now - timedelta(days=900))
    happen(eva, "page_viewed", now - timedelta(days=900), subject="/endless-page")
    catch_up()
    return eva


@pytest.mark.parametrize("query", ["", "?as_of={day}&view=was"])
def test_the_page_of_a_contact_says_so_and_shows_the_journey(
    client: Client, eva: Contact, now: datetime, query: str
) -> None:
    activate(CIRCLE, now=now)
    answer = client.get(f"/contacts/{eva.key}{query.format(day=(now - timedelta(days=2)).date())}")
    said = read(answer.content.decode())
    assert answer.status_code == 200
    assert "Where they stand cannot be said" in said
    assert SAID in said
    assert "/endless-page" in said


def test_more_of_their_journey_can_be_asked_for(client: Client, eva: Contact, now: datetime) -> None:
    activate(CIRCLE, now=now)
    answer = client.get(f"/contacts/{eva.key}", headers={"HX-Request": "true", "HX-Target": "journey-more"})
    assert answer.status_code == 200


def test_they_can_be_moved_by_hand(client: Client, eva: Contact, now: datetime) -> None:
    activate(CIRCLE, now=now)
    sent = {"move-move": "disqualified", "move-reason": "Enough of it"}
    assert client.post(f"/contacts/{eva.key}/moves", sent).status_code == 302


def test_a_camp_that_moves_them_without_end_has_no_opinion_of_them(
    client: Client, eva: Contact, now: datetime
) -> None:
    start_camp("Circles", keep_version(CIRCLE, now=now).version, by=None, note="", now=now)
    answer = client.get(f"/contacts/{eva.key}")
    assert answer.status_code == 200
    assert SAID not in answer.content.decode()


def test_the_list_of_a_past_date_names_them_and_has_everybody_else(
    client: Client, eva: Contact, now: datetime
) -> None:
    activate(CIRCLE, now=now)
    make_person("Jan Vos", now=now - timedelta(days=3))
    happen(Contact.objects.get(name="Jan Vos"), "page_viewed", now - timedelta(days=3))
    catch_up()
    day = (now - timedelta(days=1)).date()
    answer = client.get(f"/contacts/?as_of={day}&view=was")
    said = read(answer.content.decode())
    assert answer.status_code == 200
    assert f"Eva Lind: score, fit and rating cannot be told. {SAID}" in said
    assert "Jan Vos" in said
