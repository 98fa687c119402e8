"""Landing pages as those see them who come there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.capture.collector.keys import make_key
from ripeline.capture.landing.content import Content
from ripeline.capture.landing.keeping import publish, take_down, write_draft
from ripeline.capture.landing.models import LandingPage, PageCount
from ripeline.capture.landing.previewing import sign_preview
from ripeline.capture.landing.rendering import markdown
from ripeline.capture.landing.splits import forms_of
from ripeline.capture.landing.visiting import MOST_OF_ONE_ADDRESS, Guest, note_seen
from tests.capture.forms.forms import make_demo
from tests.capture.landing.pages import NOW, PNG, block, make_landing, make_picture
from tests.capture.library.assets import MACHINE, PERSON, make_asset
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
BROWSER = "ab" * 16
ODD = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}'


def browser(visitor: str = "", agent: str = PERSON) -> Client:
    client = Client(headers={"user-agent": agent, "accept-language": "en"})
    if visitor:
        client.cookies["rl_id"] = visitor
    return client


def test_a_page_is_the_same_for_everybody_kept_by_caches_and_asks_the_database_once(
    django_assert_num_queries: Any,
) -> None:
    make_landing()
    with django_assert_num_queries(1):
        answer = browser().get("/p/spring/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers
    assert not answer.cookies
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none';" in policy
    again = browser().get("/p/spring/", headers={"if-none-match": f"W/{answer['ETag']}"})
    assert (again.status_code, again.content) == (304, b"")
    assert browser().head("/p/spring/")["ETag"] == answer["ETag"]
    colleague = sign_in(make_user()).get("/p/spring/")
    assert (colleague.content, "Vary" in colleague.headers) == (answer.content, False)
    make_demo()
    make_asset("plan")
    for path in ("/p/spring/", "/f/demo/", "/f/demo/thanks/", "/a/plan/"):
        stale = browser()
        stale.cookies["sessionid"] = "of a session that is over"
        shown = stale.get(path)
        assert (shown.status_code, "Set-Cookie" in shown.headers, bool(shown.cookies)) == (200, False, False)
        assert "Cookie" not in shown.get("Vary", ""), path
    assert browser().get("/p/none/").status_code == 404


def test_what_is_published_is_what_was_seen_until_it_is_published_again_or_taken_down() -> None:
    page = make_landing()
    page.refresh_from_db()
    changed = Content(title="Launch it twice", blocks=(block("heading", "Now"),))
    assert write_draft(page, changed, revision=0)
    assert not write_draft(page, changed, revision=0)
    assert "Launch it twice" not in browser().get("/p/spring/").content.decode()
    preview = browser().get(f"/p/preview/{sign_preview('spring', now=timezone.now())}")
    assert "Launch it twice" in preview.content.decode()
    assert (preview["X-Robots-Tag"], preview["Cache-Control"]) == ("noindex", "no-store")
    assert "data-beat" not in preview.content.decode()
    old = sign_preview("spring", now=timezone.now() - timedelta(days=8))
    for token in (old, "spring", sign_preview("spring", now=timezone.now())[:-2] + "xx"):
        assert browser().get(f"/p/preview/{token}").status_code == 404
    publish(page, by=None, now=NOW)
    assert "Launch it twice" in browser().get("/p/spring/").content.decode()
    take_down(page)
    assert browser().get("/p/spring/").status_code == 404


def test_everything_that_can_be_written_is_text_to_a_browser() -> None:
    make_demo()
    picture = make_picture()
    make_asset("plan", title=ODD)
    make_landing(
        "odd",
        block("heading", ODD),
        block("text", f"{ODD}\n\n[x](javascript:alert(3)) ![y](https://x.example/y.png)\n\n# no heading"),
        block("picture", by=ODD, to=picture.digest),
        block("quote", ODD, by=ODD),
        block("list", f"- {ODD}\n- two"),
        block("asset", ODD, to="plan"),
        block("button", ODD, to="/p/spring/"),
        block("form", to="demo"),
        title=ODD,
        description=ODD,
    )
    page = browser().get("/p/odd/").content.decode()
    scripts = re.findall(r"<script[^>]*>", page)
    assert [("landing.js" in each) for each in scripts] == [True]
    assert page.count("<img ") == 1
    assert not re.search(
        r"""(href|src)=["']?(javascript|https://x)""", page.replace('href="https://x.example/y.png"', "")
    )
    assert "onerror=alert(2)&gt;" in page
    assert "<script>alert" not in page


def test_markdown_is_paragraphs_emphasis_lists_and_links_and_nothing_else() -> None:
    said = markdown("A **b** *c* [d](https://d.example/?a=1&b=2)\n\n- e\n- f\n\n<b onclick=x>g</b>\n\n1. h")
    assert said == (
        '<p>A <strong>b</strong> <em>c</em> <a href="https://d.example/?a=1&amp;b=2" rel="noopener">d</a></p>\n'
        "<ul>\n<li>e</li>\n<li>f</li>\n</ul>\n<p>&lt;b onclick=x&gt;g&lt;/b&gt;</p>\n<ol>\n<li>h</li>\n</ol>\n"
    )


def test_networks_are_told_what_it_is_and_other_languages_are_led_to() -> None:
    picture = make_picture()
    make_landing("fruehling", language="de", title="Bring dein Buch heraus")
    make_landing("hidden", is_published=False)
    key = make_key("Our site", "website", now=NOW)
    page = make_landing(
        "spring", description="In twelve weeks", picture=picture.digest, also=("fruehling", "hidden")
    )
    LandingPage.objects.filter(pk=page.pk).update(write_key=key)
    page.refresh_from_db()
    publish(page, by=None, now=NOW)
    said = browser().get("/p/spring/").content.decode()
    assert '<meta property="og:description" content="In twelve weeks">' in said
    assert re.search(r'og:image" content="https?://[^"]+/p/pictures/' + picture.digest, said)
    assert said.count('hreflang="de"') == 2
    assert "hidden" not in said
    assert f'<script src="/t.js" data-key="{key.key}" async></script>' in said
    got = browser().get(f"/p/pictures/{picture.digest}")
    assert b"".join(got.streaming_content) == PNG  # type: ignore[attr-defined]
    assert (got["Content-Type"], got["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "sandbox" in got["Content-Security-Policy"]
    assert browser().get(f"/p/pictures/{'0' * 64}").status_code == 404


def test_each_browser_is_counted_once_a_day_and_a_machine_apart() -> None:
    page = make_landing()
    one, other = Guest("", "192.0.2.1", PERSON, "human"), Guest("", "192.0.2.1", "another", "machine")
    for guest, at in ((one, NOW), (one, NOW), (other, NOW), (one, NOW + timedelta(days=1))):
        assert note_seen(page, 1, guest, now=at) == ""
    assert sorted(PageCount.objects.values_list("day", "what", "actor", "count")) == [
        (NOW.date(), "seen", "human", 1),
        (NOW.date(), "seen", "machine", 1),
        (NOW.date() + timedelta(days=1), "seen", "human", 1),
    ]


def test_the_pages_script_tells_that_it_was_seen_and_what_drives_the_browser() -> None:
    make_landing()
    assert browser().post("/p/spring/beat/", {"version": "1", "marks": "webdriver x"}).status_code == 204
    assert list(PageCount.objects.values_list("actor", flat=True)) == ["machine"]
    assert browser().post("/p/spring/beat/", {"version": "9"}).status_code == 400
    assert browser().post("/p/spring/beat/", {"version": "1", "x": "y" * 3000}).status_code == 413
    assert browser().post("/p/none/beat/", {"version": "1"}).status_code == 404


def test_of_one_address_no_more_looks_count_than_an_office_has() -> None:
    page = make_landing()
    for number in range(MOST_OF_ONE_ADDRESS + 5):
        note_seen(page, 1, Guest("", "192.0.2.1", f"agent {number}", "human"), now=NOW)
    note_seen(page, 1, Guest("", "192.0.2.2", "agent", "human"), now=NOW)
    assert PageCount.objects.get().count == MOST_OF_ONE_ADDRESS + 1


def test_who_changes_the_language_of_a_form_in_a_page_still_sends_it_from_there() -> None:
    make_demo()
    page = "https://ours.example/p/spring/?version=1&visit=x"
    said = browser().get("/f/demo/", {"embed": "1", "page": page}).content.decode()
    led = re.search(r'href="(\?lang=de[^"]*)"', said)
    assert led
    other = browser().get(f"/f/demo/{led[1].replace('&amp;', '&')}").content.decode()
    assert f'name="ripeline_page" value="{page.replace("&", "&amp;")}"' in other
    assert "embed=1" in led[1]


def test_an_asset_is_led_to_and_counted_and_a_gated_one_by_its_form() -> None:
    make_playbook()
    make_demo()
    make_asset("plan")
    make_asset("study", form="demo")
    make_landing("spring", block("asset", to="plan"), block("asset", to="study"))
    page = browser().get("/p/spring/").content.decode()
    assert 'href="/p/spring/get/plan/?version=1"' in page
    led = browser().get("/p/spring/get/plan/?version=1")
    assert (led.status_code, led["Location"]) == (303, "/a/plan/")
    browser().head("/p/spring/get/plan/?version=1")
    browser(agent=MACHINE).get("/p/spring/get/plan/?version=1")
    assert sorted(PageCount.objects.values_list("what", "actor", "count")) == [
        ("reached", "human", 1),
        ("reached", "machine", 1),
    ]
    assert forms_of({"spring": LandingPage.objects.get().draft}) == {"spring": {"demo"}}
    gated = browser().get("/p/spring/get/study/?version=1")
    assert gated["Location"].startswith("/f/demo/?page=http")
    assert PageCount.objects.count() == 2
    assert browser().get("/p/spring/get/none/").status_code == 404
