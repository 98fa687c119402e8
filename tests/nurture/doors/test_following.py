"""Links followed and mails opened, over the wire."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.capture.collector.models import WriteKey
from ripeline.capture.tracker import links as named
from ripeline.capture.verdicts.judging import Facts
from ripeline.capture.verdicts.models import EngagementVerdict
from ripeline.nurture.doors.engaging import note_click
from ripeline.nurture.doors.links import links_for
from ripeline.nurture.doors.tokens import Door, make_token
from ripeline.nurture.rules.models import Preference
from ripeline.nurture.sending.composing import Sender
from ripeline.nurture.sending.models import Delivery
from ripeline.nurture.sending.writing import writer_of
from ripeline.timeline.models import Touch
from tests.nurture.rules.people import hand, make_reader, make_version, post_to

pytestmark = pytest.mark.django_db
PRICE, ELSEWHERE, MAIL = (
    "https://ours.example/price?a=1",
    "https://theirs.example/",
    "mailto:ann@ours.example",
)
NAMED = "https://ours.example/hello/{{ contact.first_name }}"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def delivery() -> Delivery:
    now = timezone.now()
    WriteKey.objects.create(name="Ours", origins=["https://ours.example"], created_at=now)
    row = post_to(make_reader("Jo", now), make_version(now, links=(PRICE, ELSEWHERE, MAIL, NAMED)), now)
    hand(row, now - timedelta(hours=2))
    return row


def test_a_link_leads_to_what_its_version_says_and_names_its_reader_on_our_own_sites(
    delivery: Delivery,
) -> None:
    answer = follow(delivery, 0, more="?url=https://evil.example/&next=//evil.example")
    leads = urlsplit(answer["Location"])
    assert (answer.status_code, leads.netloc, leads.path) == (302, "ours.example", "/price")
    said = parse_qs(leads.query)
    assert said["a"] == ["1"]
    link = named.read(said["rl"][0], named.MAIL, timezone.now())
    assert link is not None
    assert link.contact == delivery.contact.key
    assert link.identity is not None
    assert dict(answer.cookies) == {}
    assert follow(delivery, 1)["Location"] == ELSEWHERE
    # What has fields leads where it leads for them; what is no page is not followed through us.
    assert (urlsplit(follow(delivery, 3)["Location"]).path, follow(delivery, 2).status_code) == (
        "/hello/Jo",
        404,
    )
    assert follow(delivery, 9).status_code == 404
    assert Client().get(f"/c/{make_token(Door.LEAVE, delivery.pk, 0)}/").status_code == 404


def test_a_persons_click_is_a_touch_with_its_verdict_and_without_an_address(delivery: Delivery) -> None:
    follow(delivery, 0)
    touch = Touch.objects.get(kind="email_clicked")
    assert (touch.actor, touch.subject, touch.contact_id) == ("human", "hello", delivery.contact_id)
    assert touch.attrs == {
        "delivery": delivery.pk,
        "sent_by": "broadcast",
        "sent_by_id": 1,
        "step": "1",
        "version": delivery.version_id,
        "message_id": delivery.message_id,
        "link": "0",
        "url": PRICE,
    }
    assert EngagementVerdict.objects.get().signals == ["browser"]


def test_who_follows_everything_at_once_turns_out_to_be_a_machine_with_all_it_did(delivery: Delivery) -> None:
    at = timezone.now().replace(second=10, microsecond=0) + timedelta(minutes=1)
    click(delivery, 0, at)
    # By impatience.
    click(delivery, 0, at + timedelta(seconds=1))
    assert actors() == ["human"]
    click(delivery, 1, at + timedelta(seconds=1.5))
    assert actors() == ["machine", "machine"]
    click(delivery, None, at + timedelta(seconds=5))
    assert actors() == ["machine"] * 3
    signals = EngagementVerdict.objects.get(touch_uid__contains=":click:0:").signals
    assert signals == ["webdriver", "all-links-at-once", "browser"]
    # Somebody else's telephone is nobody's program.
    click(delivery, 0, at + timedelta(seconds=9), PHONE)
    assert actors() == ["machine", "machine", "machine", "human"]


def test_the_link_that_nobody_sees_leads_nowhere(delivery: Delivery) -> None:
    trap = links_for([delivery])[delivery.pk].trap
    assert browser(BROWSER).get(urlsplit(trap).path).status_code == 204
    assert actors() == ["machine"]


def test_a_machine_is_not_given_its_readers_name(delivery: Delivery) -> None:
    assert follow(delivery, 0, agent="Proofpoint URL Defense")["Location"] == PRICE
    asked = browser(BROWSER).head(f"/c/{make_token(Door.LINK, delivery.pk, 0)}/")
    assert (asked.status_code, asked["Location"]) == (302, PRICE)
    assert actors() == ["machine", "machine"]


def test_before_the_mail_server_took_it_only_filters_can_have_it(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state="handing", accepted_at=None)
    follow(delivery, 0)
    assert actors() == ["machine"]


def test_a_test_mail_leads_on_and_says_nothing_of_whom_it_was_written_for(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(source_kind="test")
    assert follow(delivery, 0)["Location"] == PRICE
    assert not Touch.objects.filter(kind="email_clicked").exists()


def test_opens_are_noted_as_far_as_their_reader_allows(delivery: Delivery) -> None:
    assert links_for([delivery])[delivery.pk].pixel == ""
    open_it(delivery)
    assert not opens()
    chosen = Preference.objects.create(contact=delivery.contact, opens="day", at=timezone.now())
    open_it(delivery)
    open_it(delivery, agent=PHONE)
    (touch,) = opens()
    assert (touch.actor, touch.at.time().isoformat(), EngagementVerdict.objects.count()) == (
        "human",
        "00:00:00",
        0,
    )
    Preference.objects.filter(pk=chosen.pk).update(opens="full")
    open_it(delivery)
    # Mail programs that fetch every picture, whether it is looked at or not.
    open_it(delivery, agent="Mozilla/5.0")
    open_it(
        delivery, agent="Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    )
    assert sorted(touch.actor for touch in opens()) == ["human", "human", "machine", "machine"]


def test_what_is_sent_has_a_link_that_only_programs_see_and_no_picture_unasked(delivery: Delivery) -> None:
    write = writer_of(Sender("Ours", "a@ours.example", "", ""), links_for)
    words = write([delivery], timezone.now())[delivery.pk]
    html = words.html  # type: ignore[union-attr]
    assert links_for([delivery])[delivery.pk].trap in html
    assert "/o/" not in html
    assert PRICE not in html


def browser(agent: str) -> Client:
    return Client(headers={"User-Agent": agent, "Accept-Language": "en"})


def follow(delivery: Delivery, link: int, *, agent: str = BROWSER, more: str = ""):  # type: ignore[no-untyped-def]
    return browser(agent).get(f"/c/{make_token(Door.LINK, delivery.pk, link)}/{more}")


def click(delivery: Delivery, link: int | None, at: datetime, agent: str = BROWSER) -> None:
    note_click(Delivery.objects.get(pk=delivery.pk), link, PRICE, Facts(agent, "GET"), now=at)


def open_it(delivery: Delivery, *, agent: str = BROWSER) -> None:
    answer = browser(agent).get(f"/o/{make_token(Door.OPEN, delivery.pk)}.gif")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")


def actors() -> list[str]:
    return list(Touch.objects.filter(kind="email_clicked").order_by("pk").values_list("actor", flat=True))


def opens() -> list[Touch]:
    return list(Touch.objects.filter(kind="email_opened"))
