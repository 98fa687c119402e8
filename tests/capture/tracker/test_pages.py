"""The pages about the website: what they say, what they cost, whom they let in."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.capture.collector.keys import end_key, make_key
from ripeline.capture.collector.models import Arrival, Refusal, WriteKey
from ripeline.capture.tracker import links
from ripeline.capture.tracker.sources import Report, Row
from ripeline.capture.tracker.visitor_pages import chart_of
from ripeline.people.models import Contact
from ripeline.worker import catch_up
from tests.capture.digest.arriving import arrive, digested, event, identify, page, track
from tests.factories import make_contact, make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GOOGLE = "https://www.google.com/"
ROBOT = "Googlebot/2.1 (+http://www.google.com/bot.html)"

# Session, reader, bell; latest arrival, a page of them, their keys, touches and contacts, turned away, all keys.
LIVE = 10
# Session, reader, bell; touches, how they came, contacts, the playbook; whether there is a key where nobody is there.
NOW = 7
# Session, reader, bell; the playbook, first touches, moves.
SOURCES = 6
# Session, reader, bell; keys, latest arrival, arrivals by key.
SETUP = 6
# Session, reader, bell; the key; latest arrival, arrivals with the key, turned away, turned away without one; of the
# arrival its key and touch.
KEY = 10


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def site(now: datetime) -> WriteKey:
    return make_key("Our site", "website", ["https://www.example.com"], now=now)


def read(browser: Client, address: str, queries: int | None = None, status: int = 200) -> str:
    """The page, which asks the database so often."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = browser.get(address)
    assert answer.status_code == status
    if queries is not None:
        assert len(asked) == queries, "\n".join(each["sql"] for each in asked)
    return answer.content.decode()


def came(visitor: str, path: str, at: datetime, referrer: str = "", query: str = "") -> dict[str, object]:
    """A page view of a browser at a moment."""
    stamp = at.isoformat()
    context = {
        "page": {
            "url": f"https://www.example.com{path}{query}",
            "referrer": referrer,
            "title": f"Title of {path}",
        }
    }
    return event("page", anonymousId=visitor * 32, context=context, timestamp=stamp)


def known(site: WriteKey, visitor: str, name: str, now: datetime) -> Contact:
    """Somebody who followed a link of a mail on that browser."""
    contact = make_contact(name)
    token = links.sign(contact, links.MAIL, now)
    said = came(visitor, "/from-mail", now, query="?utm_medium=email&utm_source=letter&utm_campaign=spring")
    said["context"] |= {"link": token}  # type: ignore[operator]
    digested(site, said, now=now)
    return contact


def test_who_is_there_now_is_told_by_name_with_page_and_source(site: WriteKey, now: datetime) -> None:
    make_playbook()
    ann = known(site, "a", "Ann Smit", now - 2 * MINUTE)
    digested(
        site,
        came("b", "/pricing", now - MINUTE, GOOGLE),
        came("c", "/gone", now - 6 * MINUTE, GOOGLE),
        now=now - MINUTE,
    )
    digested(site, came("d", "/robots", now - MINUTE), now=now - MINUTE, agent=ROBOT)
    html = read(sign_in(make_user("sales")), "/capture/", NOW)
    assert f'href="/contacts/{ann.key}"' in html
    assert html.index("Ann Smit") < html.index("Somebody not known yet"), "those we know first"
    assert "/from-mail" in html
    assert "Mail: letter" in html
    assert "spring" in html
    assert "/pricing" in html
    assert "Search: Google" in html
    assert "/gone" not in html
    assert "1 machine besides, on /robots" in html
    assert "Set-up" not in html


def test_nobody_there_is_told_apart_from_nothing_set_up(now: datetime) -> None:
    assert "The website tells nothing yet" in read(sign_in(make_user("admin")), "/capture/")
    make_key("Our site", "website", now=now)
    assert "Nobody is there just now" in read(sign_in(make_user("marketing")), "/capture/")


def test_visitors_count_once_by_how_they_first_came_and_what_became_of_them(
    site: WriteKey, now: datetime
) -> None:
    make_playbook()
    known(site, "a", "Ann Smit", now - 3 * DAY)
    digested(
        site,
        came("a", "/again", now - 2 * DAY, GOOGLE),
        came("b", "/pricing", now - 2 * DAY, GOOGLE),
        came("b", "/pricing", now - DAY),
        came("c", "/old", now - 40 * DAY, GOOGLE),
        track("Form Submitted", {"form": "contact"}, anonymousId="a" * 32),
        now=now - DAY,
    )
    digested(site, came("d", "/x", now - DAY, GOOGLE), now=now - DAY, agent=ROBOT)
    catch_up(lambda: now)
    browser = sign_in(make_user("sales"))
    html = read(browser, "/capture/sources/", SOURCES)
    assert "Where visitors come from" in html
    text = browser.get("/capture/sources/file/").content.decode()
    assert text.splitlines() == [
        "Source,Of,Human,Unknown,Machine,Known people,Lead,MQL,Customer",
        "Mail,letter,1,0,0,1,1,0,0",
        "Search,Google,1,0,1,0,0,0,0",
    ]
    by_campaign = browser.get("/capture/sources/file/?by=campaign&days=7").content.decode()
    assert by_campaign.splitlines()[1:] == ["No campaign,,1,0,1,0,0,0,0", "spring,letter,1,0,0,1,1,0,0"]
    by_medium = browser.get("/capture/sources/file/?by=medium&days=90").content.decode()
    assert by_medium.splitlines()[1:] == ["None told,,2,0,1,0,0,0,0", "email,Mail,1,0,0,1,1,0,0"]


def test_a_chart_of_the_largest_alone_says_of_how_many() -> None:
    rows = [Row(f"Source {place}", visitors=Counter(human=place % 11)) for place in range(12)]
    assert chart_of(Report(rows, Row("Together")), "source")["title"] == "People who came: the first 8 of 10"
    assert chart_of(Report(rows[:9], Row("Together")), "source")["title"] == "People who came"


def test_a_cell_of_the_file_is_no_formula(site: WriteKey, now: datetime) -> None:
    make_playbook()
    digested(site, came("b", "/", now - DAY, query="?utm_campaign=%3DHYPERLINK(1)"), now=now - DAY)
    text = sign_in(make_user("sales")).get("/capture/sources/file/?by=campaign").content.decode()
    assert "'=HYPERLINK(1)" in text


def test_what_arrives_is_told_with_what_became_of_it_and_what_was_turned_away(
    site: WriteKey, now: datetime
) -> None:
    known(site, "a", "Ann Smit", now)
    one = came("a", "/pricing", now)
    digested(site, one, one, identify(), now=now)
    arrive(site, page("/waiting"), at=now)
    why = "Pages of https://evil.example may not send with this write key."
    Refusal.objects.create(at=now, write_key=site, event="", reason=why, times=3)
    browser = sign_in(make_user("marketing"))
    html = read(browser, "/capture/live/", LIVE)
    for said in (
        "Ann Smit",
        "https://www.example.com/pricing",
        "a copy of an event",
        "waiting",
        "turned away",
        why,
        "3 times",
    ):
        assert said in html
    only = read(browser, f"/capture/live/?outcome=dropped&key={site.pk}")
    assert ("a copy of an event" in only, "evil.example" in only, "/waiting" in only) == (True, False, False)
    assert "evil.example" in read(browser, "/capture/live/?outcome=refused")
    # Nonsense asks for everything.
    assert "/waiting" in read(browser, "/capture/live/?outcome=x&key=99999999999999999999")
    assert 'hx-trigger="every' in html
    assert 'hx-trigger="every 2s"' not in read(browser, "/capture/live/?hold=yes")


def test_one_event_is_shown_as_it_was_sent_without_the_token_of_its_link(
    site: WriteKey, now: datetime
) -> None:
    ann = known(site, "a", "Ann Smit", now)
    row = Arrival.objects.get()
    marketing = sign_in(make_user("marketing"))
    html = read(marketing, f"/capture/live/{row.pk}/")
    assert "Ann Smit" in html
    assert "Firefox/140.0" in html
    assert "(browser)" in html, "the signal of the verdict"
    assert "(a signed link)" in html
    assert ann.key not in html.replace(f"/contacts/{ann.key}", "")
    digested(site, came("a", "/late", now, query="?a=1&rl=tok.en:x"), now=now)
    late = Arrival.objects.latest("pk")
    for path in (f"/capture/live/{late.pk}/", "/capture/live/"):
        shown = read(marketing, path)
        assert ("/late?a=1" in shown, "tok.en" in shown) == (True, False), "where the script ran too late"
    assert sign_in(make_user("sales")).get(f"/capture/live/{row.pk}/").status_code == 403


def test_an_administrator_makes_a_key_and_copies_its_line(now: datetime) -> None:
    browser = sign_in(make_user("admin"))
    wrong = browser.post("/capture/setup/keys/", {"name": "", "purpose": "website", "origins": "example.com"})
    assert wrong.status_code == 422
    assert "example.com is no site" in wrong.content.decode()
    assert not WriteKey.objects.exists()
    told = {
        "name": "Our site",
        "purpose": "website",
        "origins": "https://WWW.example.com:443\n http://localhost:3000",
    }
    answer = browser.post("/capture/setup/keys/", told)
    key = WriteKey.objects.get()
    assert answer.headers["Location"] == f"/capture/setup/keys/{key.pk}/"
    assert key.origins == ["http://localhost:3000", "https://www.example.com"]
    html = read(browser, answer.headers["Location"])
    ours = settings.CONFIG.base_url
    line = f"&lt;script async src=&quot;{ours}/t.js&quot; data-key=&quot;{key.key}&quot;"
    assert f"{line}&gt;" in html
    assert f"script-src {ours}" in html
    asked = read(browser, f"{answer.headers['Location']}?consent=ask&cookie=none")
    assert f"{line} data-consent=&quot;ask&quot; data-cookie=&quot;none&quot;&gt;" in asked
    assert read(browser, "/capture/setup/", SETUP).count(">Our site</a>") == 1
    assert (
        browser.get(answer.headers["Location"]).headers["Cross-Origin-Opener-Policy"]
        == "same-origin-allow-popups"
    )


def test_a_servers_key_is_shown_to_administrators_alone(now: datetime) -> None:
    key = make_key("The shop", "server", now=now)
    address = f"/capture/setup/keys/{key.pk}/"
    assert key.key in read(sign_in(make_user("admin")), address)
    for_others = read(sign_in(make_user("marketing")), address)
    assert key.key not in for_others
    assert "the-write-key" in for_others
    assert "End this key" not in for_others


def test_the_check_says_what_is_wrong_and_when_it_works(site: WriteKey, now: datetime) -> None:
    browser = sign_in(make_user("admin"))
    address = f"/capture/setup/keys/{site.pk}/"
    assert "<b>Waiting</b>" in read(browser, f"{address}check/")
    reason = "Pages of https://shop.example may not send with this write key."
    Refusal.objects.create(at=now - MINUTE, write_key=site, event="", reason=reason, times=1)
    Refusal.objects.create(
        at=now - MINUTE, write_key=None, event="", reason="The write key is none.", times=2
    )
    html = read(browser, f"{address}check/")
    assert reason in html
    assert "Let pages of https://shop.example in" in html
    assert "2 requests came with no key of ours" in html
    browser.post(f"{address}sites/", {"also": "https://shop.example"})
    site.refresh_from_db()
    assert site.origins == ["https://shop.example", "https://www.example.com"]
    digested(site, came("a", "/pricing", now), now=now)
    assert "Saved" in read(browser, address)
    html = read(browser, address, KEY)
    assert "<b>It works.</b>" in html
    assert "by a person" in html
    end_key(site)
    ended = read(browser, f"{address}check/")
    assert "This key was ended" in ended
    assert "hx-get" not in ended, "nobody need look again"


def test_a_key_is_ended_for_ever(site: WriteKey) -> None:
    browser = sign_in(make_user("admin"))
    browser.post(f"/capture/setup/keys/{site.pk}/end/")
    site.refresh_from_db()
    assert not site.is_active
    assert "ended" in read(browser, "/capture/setup/")
