"""The page of one contact: what it says, as of when, and that it only reads."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.contacts.person.picture import take_picture
from ripeline.contacts.person.reasons import add_up, reason_fit, reason_score
from ripeline.people.models import Contact
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Reassessment, Standing, Touch, Transition
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
def eva(now: datetime) -> Contact:
    """A prospect: a form, pricing pages, a trait and a reply."""
    eva = make_person(now=now - 40 * DAY)
    happen(eva, "form_submitted", now - 40 * DAY, subject="newsletter")
    happen(eva, "page_viewed", now - 20 * DAY, subject="/pricing")
    happen(eva, "page_viewed", now - 19 * DAY, subject="/pricing/courses")
    happen(eva, "asset_downloaded", now - 19 * DAY + timedelta(hours=1), subject="whitepaper")
    happen(eva, "traits_changed", now - 12 * DAY, attrs={"role": "author"})
    happen(eva, "email_replied", now - 5 * DAY, subject="letter", attrs={"text": "Please call me on Monday."})
    return eva


def page(client: Client, contact: Contact, query: str = "") -> str:
    answer = client.get(f"/contacts/{contact.key}{query}")
    assert answer.status_code == 200
    return read(answer.content.decode())


def test_it_says_who_where_why_and_what_is_missing(client: Client, eva: Contact) -> None:
    said = page(client, eva)
    for words in (
        "Eva Lind",
        "eva.lind@reader.example",
        "Prospect",
        "Last heard 5 days ago",
        "They replied to our letter",
        "Missing for Customer",
        "Please call me on Monday.",
    ):
        assert words in said


def test_it_shows_a_touch_at_once_before_any_worker_came(client: Client, eva: Contact, now: datetime) -> None:
    assert Standing.objects.get(contact=eva).stage == ""
    happen(eva, "deal_won", now - timedelta(seconds=1), subject="course")
    assert "At the top" in page(client, eva)


def test_it_agrees_with_what_the_worker_writes(client: Client, eva: Contact) -> None:
    catch_up()
    standing = Standing.objects.get(contact=eva)
    picture = take_picture(eva, AsOf(timezone.now()))
    folded = picture.standing
    assert folded is not None
    assert (folded.stage, folded.grade, folded.persona, folded.rating) == (
        standing.stage,
        standing.grade,
        standing.persona,
        standing.rating,
    )
    assert folded.score == pytest.approx(standing.score)


def test_the_contributions_add_up_to_the_score_shown(client: Client, eva: Contact, now: datetime) -> None:
    picture = take_picture(eva, AsOf(now))
    assert picture.standing is not None
    score = reason_score(picture, picture.standing)
    assert sum(part.shown for part in score.parts) == pytest.approx(round(score.raw, 2), abs=1e-6)
    assert score.shown == pytest.approx(score.raw)
    assert [(part.words, part.times) for part in score.parts] == [("conversion", 2), ("pricing", 2)]
    assert score.clamped == ""


def test_hundredths_shown_add_up_to_the_sum_shown() -> None:
    assert add_up([18.2349, 17.0149], 35.2498) == [18.24, 17.01]
    assert add_up([2.3, 1.1, 0.0], 3.4) == [2.3, 1.1, 0.0]
    assert add_up([-0.006, 10.004], 9.998) == [0.0, 10.0]
    assert add_up([1 / 3] * 3, 1.0) == [0.34, 0.33, 0.33]


def test_a_clamped_score_says_so_and_its_contributions_still_add_up(client: Client, now: datetime) -> None:
    max_ = make_person("Max Immer", now=now)
    for hour in range(4):
        happen(max_, "form_submitted", now - timedelta(hours=hour + 1), subject="contact")
    said = page(client, max_)
    assert "Limit more than 50, the most this playbook gives" in said
    assert re.search(r"Score 50\.00", said)
    raw = re.search(r"half of it fades every 30 days ([\d.]+)", said)
    assert raw is not None
    assert float(raw[1]) >= 79


def test_what_a_limit_left_out_is_told_beside_what_counted(client: Client, now: datetime) -> None:
    una = make_person("Una Viel", now=now)
    for minute in range(5):
        happen(una, "page_viewed", now - timedelta(minutes=minute + 1), subject="/pricing")
    said = page(client, una)
    assert "5 times, +30 with at most +30 in 1 day; 2 left out by the limit" in said
    assert re.search(r"pricing \+10 each 3 30", said)


def test_a_score_below_nought_shows_as_nought_and_says_so(client: Client, now: datetime) -> None:
    una = make_person("Una Weg", now=now)
    happen(una, "unsubscribed", now - timedelta(hours=1))
    assert "Limit a score does not go below 0" in page(client, una)


def test_a_grade_opens_into_criteria_known_and_not_known(eva: Contact, now: datetime) -> None:
    picture = take_picture(eva, AsOf(now))
    assert picture.standing is not None
    fit = reason_fit(picture.playbook, picture.standing)
    assert fit is not None
    assert (fit.grade, fit.matched, fit.total) == ("B", 3, 4)
    assert [(each.trait, each.met, each.is_known) for each in fit.criteria] == [
        ("role", True, True),
        ("employees", False, False),
    ]


def test_answers_show_who_noted_them_and_until_when_they_count(
    client: Client, eva: Contact, now: datetime
) -> None:
    happen(eva, "answered", now - 100 * DAY, subject="budget", attrs={"value": "no", "by": "Tom"})
    assert "ask again" in page(client, eva)
    happen(
        eva,
        "answered",
        now - DAY,
        subject="budget",
        attrs={"value": "yes", "by": "Ida", "text": "Two thousand"},
    )
    said = page(client, eva)
    for words in ("Budget yes yesterday , Ida good until", "Two thousand"):
        assert words in said


def test_as_we_knew_it_leaves_out_what_had_not_been_heard(
    client: Client, eva: Contact, now: datetime
) -> None:
    happen(eva, "call_held", now - 30 * DAY, heard=now - 2 * DAY, attrs={"text": "A long talk at the fair"})
    ten_days_ago = (now - 10 * DAY).date().isoformat()
    known = page(client, eva, f"?as_of={ten_days_ago}")
    assert "As we knew it on" in known
    assert "2 later touches left out" in known
    assert "A long talk at the fair" not in known
    was = page(client, eva, f"?as_of={ten_days_ago}&view=was")
    assert "with what we have learned since" in was
    assert "A long talk at the fair" in was
    assert "Please call me on Monday." not in was


def test_a_touch_heard_of_late_is_marked(client: Client, eva: Contact, now: datetime) -> None:
    heard = now - 2 * DAY
    happen(eva, "call_held", now - 30 * DAY, heard=heard)
    local = timezone.localtime(heard)
    assert f"heard on {local.day} {local:%B %Y}" in page(client, eva)


def test_what_we_thought_before_is_kept_behind_a_disclosure(client: Client, now: datetime) -> None:
    eva = make_person(now=now - 40 * DAY)
    happen(eva, "form_submitted", now - 20 * DAY, subject="newsletter", heard=now - 20 * DAY)
    catch_up(lambda: now - 19 * DAY)
    happen(eva, "page_viewed", now - 30 * DAY, subject="/pricing", heard=now - 10 * DAY)
    happen(eva, "identified", now - 30 * DAY, subject="fair", heard=now - 10 * DAY)
    catch_up()
    assert Transition.objects.exclude(superseded_at=None).count() == 1
    said = page(client, eva)
    assert "What we thought before" in said
    assert "What we thought before" not in page(client, eva, f"?as_of={(now - 15 * DAY).date().isoformat()}")


def test_nobody_is_moved_in_the_past(client: Client, eva: Contact, now: datetime) -> None:
    assert "/moves" in client.get(f"/contacts/{eva.key}").content.decode()
    past = client.get(f"/contacts/{eva.key}?as_of={(now - DAY).date().isoformat()}").content.decode()
    assert "/moves" not in past
    assert "Back to now" in past


def test_a_time_before_the_first_touch_says_that_they_were_not_known(client: Client, eva: Contact) -> None:
    assert "They were not known yet" in page(client, eva, "?as_of=2001-01-01")


def test_a_contact_without_touches_says_what_to_do(client: Client, now: datetime) -> None:
    assert "Nothing has happened yet" in page(client, make_person("Nele Neu", now=now))


def test_what_is_no_date_shows_now_and_says_so(client: Client, eva: Contact) -> None:
    assert "“soon” is no date" in page(client, eva, "?as_of=soon")
    assert "“1900-01-01” is before anything was recorded" in page(client, eva, "?as_of=1900-01-01")
    assert "“2999-01-01” is still to come" in page(client, eva, "?as_of=2999-01-01")


def test_text_of_strangers_stays_text(client: Client, now: datetime) -> None:
    eva = make_person(now=now)
    Contact.objects.filter(pk=eva.pk).update(
        name=HOSTILE,
        title=HOSTILE,
        tags=[HOSTILE],
        traits={HOSTILE: HOSTILE},
        source=HOSTILE,
        language=HOSTILE[:12],
    )
    at = now - timedelta(hours=1)
    happen(eva, "page_viewed", at, subject=HOSTILE, attrs={HOSTILE: HOSTILE, "utm_source": HOSTILE})
    happen(eva, "email_replied", at, subject=HOSTILE, attrs={"text": HOSTILE, "by": HOSTILE})
    happen(eva, "answered", at, subject="budget", attrs={"value": HOSTILE, "text": HOSTILE, "by": HOSTILE})
    happen(eva, "stage_set", at, subject="mql", attrs={"reason": HOSTILE, "by": HOSTILE})
    happen(eva, HOSTILE, at, subject=HOSTILE)
    html = client.get(f"/contacts/{eva.key}").content.decode()
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 10


def test_reading_changes_nothing(client: Client, eva: Contact, now: datetime) -> None:
    catch_up()
    before = [
        list(model.objects.order_by("pk").values()) for model in (Touch, Standing, Transition, Reassessment)
    ]
    for query in ("", f"?as_of={(now - 9 * DAY).date()}", "?kinds=talk", "?before=1", "?touch=1"):
        assert client.get(f"/contacts/{eva.key}{query}").status_code == 200
    assert client.post(f"/contacts/{eva.key}").status_code == 405
    after = [
        list(model.objects.order_by("pk").values()) for model in (Touch, Standing, Transition, Reassessment)
    ]
    assert before == after


def test_a_stranger_is_asked_to_sign_in_and_an_unknown_key_is_not_found(client: Client, eva: Contact) -> None:
    assert Client().get(f"/contacts/{eva.key}").status_code == 302
    assert client.get("/contacts/nobody-at-all").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_touch_as_for_three(
    client: Client, now: datetime, count: int
) -> None:
    eva = make_person(now=now)
    for number in range(count):
        happen(eva, "form_submitted", now - (number + 1) * DAY, subject=f"form-{number}")
    client.get(f"/contacts/{eva.key}")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/contacts/{eva.key}")
    mine = [each["sql"] for each in queries if not _is_frame(each["sql"])]
    # Contact, playbook, touches, moves (by definition, superseded), camp, identities, consents, suppressions, segments.
    assert len(mine) == 10, mine


def _is_frame(sql: str) -> bool:
    """Who is signed in, and what the frame of every page asks for."""
    return any(
        table in sql
        for table in ("django_session", 'ripeline_user" WHERE', "ripeline_notification", "PRAGMA")
    )
