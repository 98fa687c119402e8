"""The contacts list of a past date: as we knew it then, and as it had happened by then."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ripeline.contacts.person.ladder import climb
from ripeline.contacts.person.picture import take_picture
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.people.models import Contact
from ripeline.timeline.asof import AsOf, View
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.models import Touch
from ripeline.timeline.withdraw import withdraw
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STRICTER = PLAYBOOK.replace("gte: 30", "gte: 45")


@pytest.fixture
def client() -> Client:
    activate(PLAYBOOK, now=START - DAY)
    return signed_in(colleague("admin"))


def happened(contact: Contact, kind: str, day: int, *, heard: int | None = None, **more: str) -> None:
    """Something on a day after the start, heard of on that or a later day; the worker is at once done with it."""
    received = START + (day if heard is None else heard) * DAY
    happen(contact, kind, START + day * DAY, heard=received, **more)  # type: ignore[arg-type]
    catch_up(lambda: received)


def as_of(day: float, view: str = "known", more: str = "") -> str:
    when = (START + day * DAY).isoformat().replace("+00:00", "Z")
    return f"/contacts/?as_of={when}&view={view}{more}"


def stages(client: Client, address: str) -> dict[str, str]:
    """The stage of everybody on the page, by name."""
    page = client.get(address).content.decode()
    rows = re.findall(
        r'<a class="title" href="[^"]*">([^<]*)</a>.*?class="stage[^"]*"[^>]*>(.*?)</td>', page, re.S
    )
    return {unescape(name): read(cell).strip() for name, cell in rows}


def test_what_was_heard_of_late_is_left_out_of_what_we_knew(client: Client) -> None:
    eva = make_person("Eva Lind", now=START)
    happened(eva, "page_viewed", 0, subject="/")
    happened(eva, "form_submitted", 10, heard=30)
    assert stages(client, as_of(20)) == {"Eva Lind": "Suspect"}
    assert stages(client, as_of(20, "was")) == {"Eva Lind": "Lead"}
    assert stages(client, as_of(31)) == {"Eva Lind": "Lead"}


def test_who_was_not_known_yet_is_not_in_the_list(client: Client) -> None:
    happened(make_person("Eva Lind", now=START), "form_submitted", 10, heard=30)
    assert stages(client, as_of(5)) == stages(client, as_of(5, "was")) == {}
    assert stages(client, as_of(20)) == {}
    assert stages(client, as_of(20, "was")) == {"Eva Lind": "Lead"}


def test_what_we_found_to_be_wrong_later_is_as_it_was_to_us(client: Client) -> None:
    eva = make_person("Eva Lind", now=START)
    happened(eva, "form_submitted", 2)
    happened(eva, "page_viewed", 2, subject="/pricing")
    assert stages(client, as_of(3)) == {"Eva Lind": "MQL"}
    happened(eva, "unsubscribed", 1, heard=20)
    assert stages(client, as_of(3)) == {"Eva Lind": "MQL"}, "nobody knew of the farewell"
    assert stages(client, as_of(3, "was")) == {"Eva Lind": "Lead"}


def test_what_we_knew_is_judged_by_the_definition_of_then_and_what_was_by_that_of_today(
    client: Client,
) -> None:
    eva = make_person("Eva Lind", now=START)
    happened(eva, "form_submitted", 2)
    happened(eva, "page_viewed", 2, subject="/pricing")
    activate(STRICTER, now=START + 40 * DAY)
    catch_up(lambda: START + 40 * DAY)
    assert stages(client, as_of(3)) == {"Eva Lind": "MQL"}
    assert stages(client, as_of(3, "was")) == {"Eva Lind": "Lead"}


@pytest.mark.parametrize("seed", range(4))
def test_every_list_of_the_past_says_what_a_fold_of_the_log_of_then_says(client: Client, seed: int) -> None:
    chance, facts = random.Random(seed), []
    kinds = ["form_submitted", "page_viewed", "email_replied", "unsubscribed", "deal_won", "asset_downloaded"]
    people = [make_person(f"Person {chr(97 + number)}", now=START) for number in range(8)]
    for person in people:
        for _ in range(chance.randrange(1, 7)):
            day = chance.randrange(100)
            late = day + chance.choice([0, 0, 0, chance.randrange(40)])
            facts.append((late, day, chance.choice(kinds), person))
    for late, day, kind, person in sorted(facts, key=lambda fact: fact[:3]):
        happened(person, kind, day, heard=late, subject="/pricing")
    playbook = active_playbook()
    titles = {stage.key: stage.title for stage in playbook.stages}
    log = read_touches([person.pk for person in people])
    for when in range(-1, 150, 17):
        moment = START + when * DAY
        for view in ("known", "was"):
            expected = {}
            for person in people:
                counted = [
                    row for row in log.get(person.pk, []) if view == "was" or row.received_at <= moment
                ]
                standing = fold(playbook, map(to_fact, counted), to_instant(moment)).standing
                if standing is not None:
                    expected[person.name] = titles[standing.stage]
            assert stages(client, as_of(when, view)) == expected, (when, view)
            for key, title in titles.items():
                found = stages(client, as_of(when, view, f"&stage={key}"))
                assert found == {name: each for name, each in expected.items() if each == title}


def test_filters_on_people_work_and_those_on_what_is_not_stored_say_that_they_do_not(client: Client) -> None:
    owner = colleague("sales", "Tom Seller")
    happened(make_person("Eva Lind", now=START, owner=owner), "form_submitted", 0)
    happened(make_person("Ann Lind", now=START), "form_submitted", 0)
    assert list(stages(client, as_of(3, more="&q=lind"))) == ["Ann Lind", "Eva Lind"]
    assert list(stages(client, as_of(3, more="&sort=-name"))) == ["Eva Lind", "Ann Lind"]
    assert list(stages(client, as_of(3, more=f"&q=lind&owner={owner.pk}&stage=lead"))) == ["Eva Lind"]
    page = client.get(as_of(3, more="&rating=hot&score_from=3")).content.decode()
    assert "Rating and Score of a past date cannot be filtered by: left out." in page
    assert len(stages(client, as_of(3, more="&rating=hot&score_from=3"))) == 2


def test_the_page_says_which_past_it_shows(client: Client) -> None:
    happened(make_person("Eva Lind", now=START), "form_submitted", 0)
    page = read(client.get("/contacts/?as_of=2026-03-01").content.decode())
    assert "As we knew it on 1 March 2026" in page
    page = read(client.get("/contacts/?as_of=2026-03-01&view=was").content.decode())
    assert "As it had happened by 1 March 2026" in page


def test_moments_of_the_past_are_told_by_their_day(client: Client) -> None:
    happened(make_person("Eva Lind", now=START), "form_submitted", 0)
    page = client.get("/contacts/?as_of=2026-03-01").content.decode()
    assert ">1 January 2026</time>" in page
    assert " ago</time>" not in page


def test_from_the_past_one_comes_to_the_contact_of_then_and_back(client: Client) -> None:
    for name in ("Ann Lind", "Eva Lind"):
        happened(make_person(name, now=START), "form_submitted", 0)
    page = client.get("/contacts/?as_of=2026-03-01").content.decode()
    link = unescape(re.findall(r'<a class="title" href="([^"]*)">Ann', page)[0])
    person = client.get(link).content.decode()
    assert "As we knew it on 1 March 2026" in read(person)
    after = client.get(unescape(re.findall(r'rel="next"[^>]*? href="([^"]*)"', person)[0])).content.decode()
    assert "<h1>Eva Lind</h1>" in after
    assert "As we knew it on 1 March 2026" in read(after)
    assert 'aria-label="Way back"><a href="/contacts/?as_of=2026-03-01&amp;view=known"' in after


def test_nothing_is_done_to_the_past(client: Client) -> None:
    eva = make_person("Eva Lind", now=START)
    happened(eva, "form_submitted", 0)
    page = client.get("/contacts/?as_of=2026-03-01").content.decode()
    assert "data-bulk" not in page
    assert "data-export" not in page
    said = client.get("/contacts/export.csv?as_of=2026-03-01", follow=True).content.decode()
    assert "The list of a past date cannot be exported" in said
    form = {"query": "as_of=2026-03-01", "key": eva.key, "action": "tag", "tag": "old"}
    said = client.post("/contacts/bulk", form, follow=True).content.decode()
    assert "Nothing can be done to the list of a past date" in said
    eva.refresh_from_db()
    assert eva.tags == []


def test_a_page_of_the_past_costs_the_same_for_one_as_for_many(client: Client) -> None:
    def cost() -> int:
        client.get(as_of(3))
        with CaptureQueriesContext(connection) as asked:
            client.get(as_of(3, more="&stage=lead"))
        return len(asked)

    happened(make_person("Eva Lind", now=START), "form_submitted", 0)
    one = cost()
    for number in range(5):
        happened(make_person(f"Ann {chr(97 + number)}", now=START), "form_submitted", 0)
    assert cost() == one


def test_a_part_asked_for_from_another_moment_is_a_whole_new_page(client: Client) -> None:
    asked = {"hx-request": "true", "hx-target": "list", "hx-current-url": "http://testserver/contacts/?q=x"}
    answer = client.get("/contacts/?as_of=2026-03-01", headers=asked)
    assert answer["HX-Redirect"] == "/contacts/?as_of=2026-03-01&view=known"
    asked["hx-current-url"] += "&as_of=2026-03-01"
    assert "HX-Redirect" not in client.get("/contacts/?as_of=2026-03-01", headers=asked)


def test_the_page_of_a_contact_says_what_the_list_says_though_a_touch_was_taken_back_since(
    client: Client,
) -> None:
    eva = make_person("Eva Lind", now=START)
    happened(eva, "page_viewed", 0, subject="/")
    happened(eva, "form_submitted", 10)
    form = Touch.objects.get(kind="form_submitted").uid
    withdraw([form], now=START + 30 * DAY)
    catch_up(lambda: START + 30 * DAY)
    wanted: list[tuple[int, View, str]] = [
        (20, "known", "Lead"),
        (31, "known", "Suspect"),
        (20, "was", "Suspect"),
    ]
    for day, view, stage in wanted:
        assert stages(client, as_of(day, view)) == {"Eva Lind": stage}
        picture = take_picture(eva, AsOf(START + day * DAY, view, "2026"))
        assert picture.standing is not None
        assert [rung.title for rung in climb(picture) if rung.place == "here"] == [stage]
        address = as_of(day, view).replace("/contacts/", f"/contacts/{eva.key}")
        said = read(client.get(address).content.decode())
        assert f"Stage {stage} since" in said
    known = read(client.get(as_of(20).replace("/contacts/", f"/contacts/{eva.key}")).content.decode())
    assert "Stages as they stood in our books" in known


def test_every_contacts_page_agrees_with_the_list_of_any_past_moment(client: Client) -> None:
    """Late, wrong, taken back, and under two definitions: whatever was in our books, both read it alike."""
    chance = random.Random(7)
    people = [make_person(f"Eva {name}", now=START) for name in ("Lind", "Berg", "Dahl", "Holm")]
    kinds = ("form_submitted", "page_viewed", "email_replied", "unsubscribed", "asset_downloaded")
    for day in range(40):
        if day == 25:
            activate(STRICTER, now=START + day * DAY)
            catch_up(lambda: START + 25 * DAY)
        eva, kind = chance.choice(people), chance.choice(kinds)
        happened(eva, kind, max(0, day - chance.choice((0, 0, 0, 8))), heard=day, subject="/pricing")
        if day % 6 == 5:
            gone = chance.choice(list(Touch.objects.order_by("uid").values_list("uid", flat=True)))
            withdraw([gone], now=START + (day + 0.5) * DAY)
            catch_up(lambda day=day: START + (day + 0.5) * DAY)  # type: ignore[misc]
    compared = 0
    for half_day in range(1, 82, 5):
        moment = START + half_day / 2 * DAY
        listed = stages(client, as_of(half_day / 2))
        for eva in people:
            standing = take_picture(eva, AsOf(moment, "known", moment.isoformat())).standing
            if standing is not None and str(eva) in listed:
                titles = {stage.key: stage.title for stage in active_playbook().stages}
                assert titles[standing.stage] == listed[str(eva)], (eva, half_day)
                compared += 1
    assert compared > 40
