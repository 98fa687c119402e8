"""What a change of definition does to somebody's page, and what a second definition says there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.people.models import Contact
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

DAY = timedelta(days=1)
EASIER = PLAYBOOK.replace(
    "enter: {all: [{score: {gte: 30}}, {signal: conversion}]}", "enter: {signal: conversion}"
)
NO_LEADS = PLAYBOOK.replace(
    "{key: lead, title: Lead, enter: {any: [{signal: identified}, {signal: conversion}]}}",
    "{key: lead, title: Lead}",
)
GLYPH = "By the definition, not by what they did:"

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - 900 * DAY)
    return timezone.now()


@pytest.fixture
def eva(now: datetime) -> Contact:
    """A lead by one form."""
    eva = make_person(now=now - 40 * DAY)
    happen(eva, "form_submitted", now - 10 * DAY, subject="newsletter")
    catch_up()
    return eva


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing"))


def put_in_force(text: str, note: str = "") -> Publication:
    now = timezone.now()
    done = publish(keep_version(text, now=now).version, by=None, note=note, now=now)
    assert isinstance(done, Publication)
    catch_up()
    return done


def page(client: Client, contact: Contact, query: str = "") -> str:
    return read(client.get(f"/contacts/{contact.key}{query}").content.decode())


def test_a_stage_that_the_definition_gave_says_so_wherever_it_is_told(client: Client, eva: Contact) -> None:
    put_in_force(EASIER, "a form is <b>enough</b>")
    html = client.get(f"/contacts/{eva.key}").content.decode()
    said = read(html)
    assert "because the definition changed on" in said
    assert "a form is &lt;b&gt;enough&lt;/b&gt;" in html
    assert html.count(GLYPH) == 3, "on the ladder, in the reasons and in the journey"


def test_a_stage_that_the_person_reached_bears_no_such_sign(client: Client, eva: Contact) -> None:
    assert GLYPH not in client.get(f"/contacts/{eva.key}").content.decode()


def test_before_the_definition_changed_the_page_knew_nothing_of_it(
    client: Client, eva: Contact, now: datetime
) -> None:
    put_in_force(EASIER)
    yesterday = (now - DAY).date()
    assert "definition changed" not in page(client, eva, f"?as_of={yesterday}&view=known")
    assert "definition changed" in page(client, eva, f"?as_of={yesterday}&view=was")


def test_whom_the_definition_took_down_is_told_where_they_stood_and_why(client: Client, eva: Contact) -> None:
    put_in_force(NO_LEADS, "nobody is a lead by a form")
    said = page(client, eva)
    assert "they stood at Lead: then the definition changed (nobody is a lead by a form)" in said
    assert "the definition changed on" in said, "among what was thought before"
    happen(eva, "call_held", timezone.now(), subject="newsletter")
    assert "they stood at Lead" in page(client, eva)
    put_in_force(PLAYBOOK)
    assert "they stood at" not in page(client, eva)


def test_both_standings_are_shown_while_a_second_definition_runs(client: Client, eva: Contact) -> None:
    assert "Two definitions" not in page(client, eva)
    version = keep_version(EASIER, now=timezone.now()).version
    start_camp("Sales <i>", version, by=None, note="", now=timezone.now())
    html = client.get(f"/contacts/{eva.key}").content.decode()
    assert "Two definitions, two answers" in html
    assert "Sales &lt;i&gt;" in html
    assert html.count('class="ladder"') == 2
    assert GLYPH not in html
    assert "Two definitions" not in page(client, eva, f"?as_of={(timezone.now() - DAY).date()}")


def test_where_both_agree_the_page_says_so(client: Client, eva: Contact) -> None:
    text = PLAYBOOK.replace("{idle: 60d}", "{idle: 30d}")
    start_camp("Sales", keep_version(text, now=timezone.now()).version, by=None, note="", now=timezone.now())
    assert "Both definitions say Lead" in page(client, eva)
    assert active_playbook().title == "Talk makes a prospect"
