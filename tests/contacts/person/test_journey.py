"""The journey: every touch once, in order, with the moves among them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.contacts.person.journey import PAGE, Move, Stretch, Visit, read_journey
from ripeline.contacts.person.picture import Picture, take_picture
from ripeline.contacts.person.telling import Told
from ripeline.people.models import Contact
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Touch
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - 900 * DAY)
    return timezone.now()


@pytest.fixture
def eva(now: datetime) -> Contact:
    return make_person(now=now)


def picture_of(contact: Contact) -> Picture:
    return take_picture(contact, AsOf(timezone.now()))


def journey_of(contact: Contact, **query: str) -> Stretch:
    return read_journey(picture_of(contact), query, timezone.get_current_timezone())


def touches_in(stretch: Stretch) -> list[int]:
    """The people's touches shown, in the order in which they are shown."""
    found: list[int] = []
    for day in stretch.days:
        for entry in day.entries:
            if isinstance(entry, Visit):
                found += [told.touch.pk for told in entry.pages]
            elif isinstance(entry, Told):
                found.append(entry.touch.pk)
    return found


def test_pages_of_fifty_show_every_touch_once_and_in_order(eva: Contact, now: datetime) -> None:
    for number in range(2 * PAGE + 7):
        happen(eva, "link_clicked", now - number * 5 * HOUR, subject=f"link-{number}")
        happen(eva, "email_opened", now - number * 5 * HOUR, actor="machine")
    seen: list[int] = []
    sizes = []
    cursor: int | None = None
    while True:
        stretch = journey_of(eva, **({"before": str(cursor)} if cursor else {}))
        sizes.append(len(touches_in(stretch)))
        seen += touches_in(stretch)
        cursor = stretch.older
        if cursor is None:
            break
    assert sizes == [50, 50, 7]
    assert seen == list(Touch.objects.exclude(actor="machine").order_by("-at").values_list("pk", flat=True))


def test_touches_of_one_instant_are_neither_lost_nor_doubled_at_the_end_of_a_page(
    eva: Contact, now: datetime
) -> None:
    for number in range(PAGE + 30):
        happen(eva, "link_clicked", now - HOUR, subject=f"link-{number:03}")
    first = journey_of(eva)
    second = journey_of(eva, before=str(first.older))
    shown = [*touches_in(first), *touches_in(second)]
    assert len(shown) == len(set(shown)) == PAGE + 30


def test_machines_are_counted_and_folded_away(eva: Contact, now: datetime) -> None:
    happen(eva, "email_sent", now - HOUR, actor="unknown")
    for second in range(12):
        happen(eva, "email_clicked", now - HOUR + timedelta(seconds=second), actor="machine")
    stretch = journey_of(eva)
    assert (len(touches_in(stretch)), stretch.machines) == (1, 12)
    html = signed_in(colleague()).get(f"/contacts/{eva.key}").content.decode()
    assert "12 touches by machines" in html


def test_a_move_stands_above_the_touch_that_led_to_it(eva: Contact, now: datetime) -> None:
    happen(eva, "page_viewed", now - 2 * HOUR, subject="/about")
    happen(eva, "form_submitted", now - HOUR, subject="contact")
    entries = [entry for day in journey_of(eva).days for entry in day.entries]
    assert [type(entry) for entry in entries] == [Move, Told, Told]
    assert isinstance(entries[0], Move)
    assert (entries[0].from_stage, entries[0].to_stage) == ("suspect", "lead")


def test_a_move_leads_to_the_page_as_of_its_very_moment(eva: Contact, now: datetime) -> None:
    happen(eva, "form_submitted", now - 30 * DAY, subject="contact")
    happen(eva, "email_replied", now - 3 * DAY, attrs={"text": "Later words"})
    (move,) = [entry for day in journey_of(eva).days for entry in day.entries if isinstance(entry, Move)]
    client = signed_in(colleague())
    said = read(client.get(f"/contacts/{eva.key}", {"as_of": move.until}).content.decode())
    assert "Lead" in said
    assert "Later words" not in said


def test_three_pages_in_a_row_are_one_visit_and_two_are_not(eva: Contact, now: datetime) -> None:
    noon = timezone.localtime(now - 3 * DAY).replace(hour=12, minute=0)
    for minute in range(3):
        happen(eva, "page_viewed", noon + timedelta(minutes=minute), subject=f"/{minute}")
    for minute in range(2):
        happen(eva, "page_viewed", noon + timedelta(hours=3, minutes=minute), subject=f"/later-{minute}")
    entries = [entry for day in journey_of(eva).days for entry in day.entries]
    assert [type(entry) for entry in entries] == [Told, Told, Visit]


def test_a_kind_of_touches_can_be_asked_for(eva: Contact, now: datetime) -> None:
    happen(eva, "page_viewed", now - 2 * HOUR, subject="/about")
    call = happen(eva, "call_held", now - HOUR)
    stretch = journey_of(eva, kinds="talk")
    assert touches_in(stretch) == [Touch.objects.get(uid=call).pk]
    assert (stretch.counts[""], stretch.counts["talk"], stretch.counts["web"]) == (2, 1, 1)


def test_evidence_leads_to_a_touch_however_long_ago(eva: Contact, now: datetime) -> None:
    old = happen(eva, "form_submitted", now - 300 * DAY, subject="contact")
    for number in range(PAGE + 10):
        happen(eva, "link_clicked", now - number * HOUR, subject=f"link-{number}")
    pk = Touch.objects.get(uid=old).pk
    client = signed_in(colleague())
    html = client.get(f"/contacts/{eva.key}").content.decode()
    assert f'href="/contacts/{eva.key}?touch={pk}#touch-{pk}"' in html
    assert f'id="touch-{pk}"' in client.get(f"/contacts/{eva.key}?touch={pk}").content.decode()


def test_the_delivery_of_a_mail_is_told_with_its_sending(eva: Contact, now: datetime) -> None:
    noon = timezone.localtime(now - 3 * DAY).replace(hour=12, minute=0)
    happen(eva, "email_sent", noon, subject="letter")
    happen(eva, "email_delivered", noon + timedelta(seconds=20), subject="letter")
    (entry,) = [entry for day in journey_of(eva).days for entry in day.entries]
    assert isinstance(entry, Told)
    assert (entry.touch.kind, entry.facts) == ("email_sent", ("delivered",))


def test_how_long_somebody_stayed_is_told_with_the_page_and_makes_no_visit_fall_apart(
    eva: Contact, now: datetime
) -> None:
    noon = timezone.localtime(now - 3 * DAY).replace(hour=12, minute=0)
    for minute, path, seconds in (
        (0, "/a", None),
        (1, "/a", 20),
        (2, "/a", 14),
        (3, "/b", None),
        (4, "/c", None),
        # Told in the same instant as what followed, which may come first.
        (4, "/b", 5),
        (9, "/elsewhere", 3),
    ):
        kind = "page_engaged" if seconds else "page_viewed"
        happen(eva, kind, noon + timedelta(minutes=minute), subject=path, value=seconds)
    stay, visit = [entry for day in journey_of(eva).days for entry in day.entries]
    assert isinstance(stay, Told)
    assert (stay.words, stay.subject, stay.facts) == ("Stayed on", "/elsewhere", ("3 s",))
    assert isinstance(visit, Visit)
    assert [(each.subject, each.facts) for each in visit.pages] == [
        ("/c", ()),
        ("/b", ("5 s",)),
        ("/a", ("34 s",)),
    ]


def test_days_are_the_readers_days(eva: Contact) -> None:
    activate(PLAYBOOK, now=timezone.now())
    happen(eva, "page_viewed", datetime.fromisoformat("2026-01-10T23:30:00+00:00"), subject="/late")
    reader = colleague()
    reader.time_zone = "Asia/Tokyo"
    reader.save()
    said = read(signed_in(reader).get(f"/contacts/{eva.key}").content.decode())
    assert "Sunday 11 January 2026" in said


def test_htmx_gets_the_older_touches_alone(eva: Contact, now: datetime, client: Client) -> None:
    for number in range(PAGE + 3):
        happen(eva, "link_clicked", now - number * HOUR, subject=f"link-{number:02}")
    headers = {"HX-Request": "true", "HX-Target": "journey-more"}
    query = f"?before={journey_of(eva).older}"
    html = signed_in(colleague()).get(f"/contacts/{eva.key}{query}", headers=headers).content.decode()
    assert "link-52" in html
    assert "<html" not in html
    assert "link-49" not in html
