"""The page behind a mail's links, as mail programs and people use it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from ripeline.nurture.doors.links import links_for
from ripeline.nurture.doors.tokens import Door, Token, make_token, read_token
from ripeline.nurture.doors.words import NAMES, sentences
from ripeline.nurture.rules.facts import asked_of, situations
from ripeline.nurture.rules.force import rules_in_force
from ripeline.nurture.rules.judging import Never, Verdict, judge
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.rules.reasons import Reason
from ripeline.nurture.sending.models import Delivery
from ripeline.people.consent import suppressed_of
from ripeline.people.models import Consent, Contact
from ripeline.timeline.identities.merging import merge
from ripeline.timeline.models import Touch
from tests.nurture.rules.people import hand, make_reader, make_version, post_to

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def delivery() -> Delivery:
    now = timezone.now()
    row = post_to(make_reader("Jo", now), make_version(now, links=("https://ours.example/price",)), now)
    hand(row, now)
    return row


def test_a_mail_program_leaves_for_its_reader_as_the_standard_says(delivery: Delivery) -> None:
    where = door(delivery)
    # Without cookies, from wherever, as a form or in parts, and as often as it likes.
    by_parts = Client().post(where, ONE_CLICK, headers={"Origin": "https://mail.example"})
    by_form = Client().post(
        where, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    for answer in (by_parts, by_form):
        assert (answer.status_code, "Location" in answer.headers, dict(answer.cookies)) == (200, False, {})
    said = Consent.objects.get(state="withdrawn")
    assert (said.purpose, said.how, said.place["email"], said.place["way"]) == (
        "offers",
        "unsubscribed",
        "hello",
        "one-click",
    )
    assert Touch.objects.filter(kind="unsubscribed").count() == 1
    assert suppressed_of([delivery.contact.email], "offers") == {delivery.contact.email}
    assert suppressed_of([delivery.contact.email], "newsletter") == set()
    assert verdict_on(delivery.contact) == Never(Reason.WITHDRAWN)


def test_looking_changes_nothing_and_sets_no_cookie(delivery: Delivery) -> None:
    before = (Consent.objects.count(), Touch.objects.count())
    where = door(delivery)
    seen = Client().get(where)
    assert (seen.status_code, dict(seen.cookies)) == (200, {})
    assert [getattr(Client(), verb)(where).status_code for verb in ("head", "options", "put", "delete")] == [
        *(200, 405, 405, 405)
    ]
    assert (Consent.objects.count(), Touch.objects.count()) == before
    assert Client().post(where, {"do": "anything"}).status_code == 400


def test_a_token_that_was_changed_or_is_for_another_door_opens_nothing(delivery: Delivery) -> None:
    good = make_token(Door.LEAVE, delivery.pk)
    others = [
        f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        f"9{good}",
        make_token(Door.VIEW, delivery.pk),
        "x",
    ]
    for each in others:
        assert Client().post(f"/u/{each}/", ONE_CLICK).status_code == 404
    assert not Consent.objects.filter(state="withdrawn").exists()


def test_a_token_of_a_key_that_was_replaced_still_counts(settings: LazySettings) -> None:
    token = make_token(Door.LEAVE, 7, 3)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
    assert read_token(Door.LEAVE, token) == Token(7, 3)
    settings.SECRET_KEY_FALLBACKS = []
    assert read_token(Door.LEAVE, token) is None


def test_somebody_who_was_merged_leaves_as_whom_they_are_and_for_all_their_addresses(
    delivery: Delivery,
) -> None:
    now = timezone.now()
    other = make_reader("Joanna", now)
    merge(other, delivery.contact, by=None, why="", now=now)
    Client().post(door(delivery), ONE_CLICK)
    assert suppressed_of(["jo@reader.example", "joanna@reader.example"], "offers") == {
        "jo@reader.example",
        "joanna@reader.example",
    }
    assert verdict_on(other) == Never(Reason.WITHDRAWN)


def test_a_test_mail_ends_nothing(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(source_kind="test", address="colleague@ours.example")
    assert Client().post(door(delivery), ONE_CLICK).status_code == 200
    assert not Consent.objects.filter(state="withdrawn").exists()


def test_people_choose_what_they_get_and_how_often(delivery: Delivery) -> None:
    now, where = timezone.now(), door(delivery)
    make_version(now, key="events", purpose="events")
    # Nothing is ticked that they do not get: the newsletter goes to customers.
    make_version(now, key="news", purpose="newsletter")
    pause = (now + timedelta(days=40)).date().isoformat()
    page = Client().get(where).content.decode()
    assert re.findall(r'name="topic" id="topic-(\w+)" value="\w+"( checked)?', page) == [
        ("events", ""),
        ("newsletter", ""),
        ("offers", " checked"),
    ]
    said = {"do": "keep", "shown": ["events", "offers"], "topic": ["events"], "most": "2", "pause": pause}
    answer = Client().post(where, said | {"language": "nl", "opens": "day", "said_in": "en"})
    assert (answer.status_code, sentences()["nl"]["kept"] in answer.content.decode()) == (200, True)
    latest = {each.purpose: each for each in Consent.objects.order_by("pk")}
    assert {name: (each.state, each.how) for name, each in latest.items()} == {
        "offers": ("withdrawn", "unsubscribed"),
        "events": ("given", "chosen"),
    }
    wording = latest["events"].wording
    assert wording is not None
    assert wording.text.startswith(sentences()["en"]["wording"])
    chosen = Preference.objects.get()
    assert (chosen.most_a_month, chosen.language, chosen.opens) == (2, "nl", "day")
    assert chosen.paused_until is not None
    assert chosen.paused_until > now + timedelta(days=38)
    assert Contact.objects.get(pk=delivery.contact_id).language == "nl"
    assert links_for([delivery])[delivery.pk].pixel.endswith(".gif")
    # They want it back, and leave it all again.
    Client().post(where, {"do": "keep", "shown": ["events", "offers"], "topic": ["events", "offers"]})
    assert suppressed_of([delivery.contact.email], "offers") == set()
    Client().post(where, {"do": "leave_all"})
    assert suppressed_of([delivery.contact.email], "offers") == {delivery.contact.email}
    assert suppressed_of([delivery.contact.email], "events") == {delivery.contact.email}


def test_a_mail_is_shown_in_a_browser_with_nothing_in_it_that_runs(delivery: Delivery) -> None:
    answer = Client().get(f"/v/{make_token(Door.VIEW, delivery.pk)}/")
    assert (answer.status_code, "<p>Hello" in answer.content.decode()) == (200, True)
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_page_says_the_same_in_every_language() -> None:
    assert set(sentences()) == set(NAMES)
    for words in sentences().values():
        assert words.keys() == sentences()["en"].keys()


def door(delivery: Delivery) -> str:
    return f"/u/{make_token(Door.LEAVE, delivery.pk)}/"


def verdict_on(contact: Contact) -> Verdict:
    """On the next mail to somebody, at noon where they are."""
    now = timezone.now()
    version = make_version(now, key="next")
    row = post_to(contact, version, now, source=2)
    rules = rules_in_force()
    (situation,) = situations([asked_of(row)], rules, now)
    assert situation is not None
    return judge(situation, rules, now)
