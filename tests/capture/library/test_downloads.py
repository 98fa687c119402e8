"""Fetching assets: to whom they are given, how they are sent, and what is noted."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode as b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.capture.forms.models import Confirmation, Submission
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.library.filing import folder
from ripeline.capture.library.links import after_form, link_path, sign_asset
from ripeline.capture.library.models import Asset, AssetCount
from ripeline.capture.library.noting import Fetched, note_download
from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.models import EngagementVerdict
from ripeline.capture.verdicts.rules import shipped_rules
from ripeline.people.models import Contact
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.models import Touch
from tests.capture.forms.forms import make_demo, token_for
from tests.capture.library.assets import MACHINE, NOW, PDF, PERSON, make_asset
from tests.factories import make_contact, make_playbook

pytestmark = pytest.mark.django_db
BROWSER, OTHER = "ab" * 16, "cd" * 16
HOUR = timedelta(hours=1)


def browser(visitor: str = "", agent: str = PERSON) -> Client:
    client = Client(
        headers={"user-agent": agent, "accept-language": "en", "referer": "https://x.example/?rl=tok:en"}
    )
    if visitor:
        client.cookies["rl_id"] = visitor
    return client


def signed(asset: Asset, **said: Any) -> str:
    return f"/a/{sign_asset(asset.key, now=said.pop('now', timezone.now()), **said)}"


def fetched(**said: Any) -> Fetched:
    facts = Facts(said.pop("agent", PERSON), "GET")
    return Fetched(facts, judge(facts, shipped_rules()), **said)


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_an_open_asset_is_given_to_everybody_as_a_file_no_browser_runs() -> None:
    asset = make_asset()
    answer = browser(BROWSER).get("/a/plan/")
    assert (answer.status_code, content(answer)) == (200, PDF)
    said = answer.headers
    assert said["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert "sandbox" in said["Content-Security-Policy"]
    assert (said["X-Content-Type-Options"], said["Content-Length"]) == ("nosniff", str(len(PDF)))
    assert "Set-Cookie" not in said
    assert "Cookie" not in said.get("Vary", "")
    touch = Touch.objects.get()
    assert (touch.kind, touch.subject, touch.actor, touch.contact) == (
        "asset_downloaded",
        "plan",
        "human",
        None,
    )
    assert (touch.visitor and touch.visitor.key) == BROWSER
    assert touch.attrs == {
        "content_stage": "discovery",
        "title": "Plan",
        "version": 1,
        "url": "https://x.example/",
    }
    assert EngagementVerdict.objects.get().touch_uid == touch.uid
    assert [each.name for each in Path(folder()).rglob("*") if each.is_file()] == [
        asset.version and asset.version.digest
    ]


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-99", 206, PDF[:100]),
        ("bytes=100-", 206, PDF[100:]),
        ("bytes=-7", 206, PDF[-7:]),
        ("bytes=0-999999", 200, PDF),
        ("bytes=-999999", 200, PDF),
        ("bytes=5-2", 200, PDF),
        ("bytes=0-1,5-6", 200, PDF),
        ("bytes=-", 200, PDF),
        ("lines=1-2", 200, PDF),
        ("bytes=99999-", 416, b""),
        ("bytes=-0", 416, b""),
    ],
)
def test_a_part_is_sent_as_it_is_asked_for(asked: str, status: int, part: bytes) -> None:
    make_asset()
    answer = browser().get("/a/plan/", headers={"range": asked})
    assert (answer.status_code, content(answer)) == (status, part)
    if status == 206:
        start = PDF.index(part) if len(part) > 50 else len(PDF) - len(part)
        assert answer["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(PDF)}"


def test_a_part_of_another_version_is_the_whole_and_what_is_known_is_not_sent_again() -> None:
    make_asset()
    etag = browser().head("/a/plan/")["ETag"]
    other = browser().get("/a/plan/", headers={"range": "bytes=5-", "if-range": '"other"'})
    assert (other.status_code, content(other)) == (200, PDF)
    assert browser().get("/a/plan/", headers={"if-none-match": etag}).status_code == 304


def test_asking_what_it_is_and_going_on_in_the_middle_is_no_download() -> None:
    make_asset()
    head = browser(BROWSER).head("/a/plan/")
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(PDF)), b"")
    content(browser(BROWSER).get("/a/plan/", headers={"range": "bytes=100-"}))
    assert not Touch.objects.exists()


def test_each_person_counts_once_an_hour_and_a_machine_before_them_takes_nothing_away() -> None:
    asset = make_asset()
    at = NOW + timedelta(minutes=55)
    for minutes, agent in ((0, MACHINE), (1, PERSON), (10, PERSON), (59, PERSON), (62, PERSON)):
        by = fetched(visitor=BROWSER, agent=agent)
        note_download(asset, by, now=at + timedelta(minutes=minutes))
    assert list(Touch.objects.order_by("at").values_list("actor", "at")) == [
        ("machine", at),
        ("human", at + timedelta(minutes=1)),
        ("human", at + timedelta(minutes=62)),
    ]


def test_somebody_on_two_browsers_counts_once_and_a_link_that_was_passed_on_counts_for_who_uses_it() -> None:
    make_playbook()
    ann, bob = make_contact("Ann Smit"), make_contact("Bob Bos")
    asset = make_asset()
    join(visitor_for(BROWSER, now=NOW), ann, how="form", at=NOW, now=NOW)
    join(visitor_for(OTHER, now=NOW), bob, how="form", at=NOW, now=NOW)
    assert note_download(asset, fetched(visitor=BROWSER), now=NOW + HOUR)
    assert not note_download(asset, fetched(contact=ann.key), now=NOW + HOUR)
    assert note_download(asset, fetched(contact=ann.key, visitor=OTHER), now=NOW + HOUR)
    assert sorted(Touch.objects.values_list("contact__name", flat=True)) == ["Ann Smit", "Bob Bos"]


def test_browsers_of_which_nothing_is_known_are_counted_by_day_and_leave_no_touch() -> None:
    asset = make_asset()
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        note_download(asset, fetched(address=address), now=NOW)
    note_download(asset, fetched(address="192.0.2.1", agent=MACHINE), now=NOW)
    assert sorted(AssetCount.objects.values_list("actor", "count")) == [("human", 2), ("machine", 1)]
    assert not Touch.objects.exists()


def test_a_gated_asset_leads_to_its_form_and_afterwards_is_given_to_that_browser() -> None:
    form = make_demo()
    make_asset(form="demo")
    answer = browser(BROWSER).get("/a/plan/")
    assert (answer.status_code, answer["Location"]) == (303, "/f/demo/?asset=plan")
    assert not Touch.objects.exists()
    row = Submission.objects.create(
        form=form, received_at=NOW, nonce="n", outcome="suspected", visitor=visitor_for(BROWSER, now=NOW)
    )
    assert browser(BROWSER).get("/a/plan/").status_code == 303
    Submission.objects.filter(pk=row.pk).update(outcome="accepted")
    assert content(browser(BROWSER).get("/a/plan/")) == PDF
    assert browser(OTHER).get("/a/plan/").status_code == 303


def test_a_signed_link_gives_it_for_its_time_to_whom_it_was_made_for() -> None:
    make_playbook()
    ann = make_contact("Ann Smit")
    make_demo()
    asset = make_asset(form="demo")
    assert content(browser().get(signed(asset, contact=ann.key))) == PDF
    assert Touch.objects.get().contact == ann

    over = browser().get(signed(asset, now=timezone.now() - timedelta(days=8)))
    assert (over.status_code, 'href="/a/plan/"' in over.content.decode()) == (410, True)
    good = signed(asset)
    for wrong in (
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace("a/", "a/x"),
        "/a/a:b",
        "/a/x:y:z",
    ):
        assert browser().get(wrong).status_code == 404, wrong
    Asset.objects.update(is_archived=True)
    assert browser().get(signed(asset)).status_code == 410
    assert Touch.objects.count() == 1


def test_an_asset_elsewhere_is_led_to_and_noted_without_telling_where_from() -> None:
    make_asset("talk", content=None, address="https://video.example/7")
    answer = browser(BROWSER).get("/a/talk/")
    assert (answer.status_code, answer["Location"], answer["Referrer-Policy"]) == (
        303,
        "https://video.example/7",
        "no-referrer",
    )
    assert Touch.objects.get().subject == "talk"


def test_a_form_leads_to_the_asset_it_opens_and_to_nothing_else() -> None:
    make_playbook()
    form, other = make_demo(), make_demo("other")
    make_asset(form="demo")
    ann = make_contact("Ann Smit")
    sent = Submission.objects.create(form=form, received_at=NOW, nonce="n", outcome="accepted", contact=ann)
    address = f"{own_origin()}/a/plan/"
    content(browser().get(link_path(after_form("", address, sent, now=timezone.now()))))
    assert Touch.objects.get().contact == ann
    strange = Submission.objects.create(
        form=other, received_at=NOW, nonce="m", outcome="accepted", contact=ann
    )
    assert after_form("plan", address, strange, now=NOW) == ""
    for elsewhere in (
        "https://x.example/a/plan/",
        f"{own_origin()}/a/none/",
        f"{own_origin()}/library/",
        "//a/plan/",
    ):
        assert after_form("none", elsewhere, sent, now=NOW) == ""
    held = Submission.objects.create(form=form, received_at=NOW, nonce="o", outcome="suspected")
    content(browser().get(link_path(after_form("plan", "", held, now=timezone.now()))))
    assert Touch.objects.count() == 1
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("framed", ["", "?embed=1"])
def test_who_sends_the_form_before_an_asset_gets_it_with_or_without_a_cookie(framed: str) -> None:
    make_playbook()
    form = make_demo(redirect=f"{own_origin()}/a/plan/")
    make_asset(form="demo")
    said = {"ripeline_token": token_for(form, now=timezone.now()), "email": "ann@theirs.example"}
    answer = browser().post(f"/f/demo/{framed}", said)
    address = opened(browser().get(answer["Location"]))
    assert content(browser().get(address)) == PDF
    downloaded = Touch.objects.get(kind="asset_downloaded")
    assert downloaded.contact
    assert downloaded.contact.email == "ann@theirs.example"
    assert downloaded.contact.key not in str(b64decode(address[3:].partition(":")[0] + "=="))


def opened(page: Any) -> str:
    """Where the one thing is that a page opens."""
    [address] = re.findall(r'href="(/a/[^"]+)"', page.content.decode())
    return str(address)


def test_one_form_stands_before_many_assets_and_gives_the_one_it_was_sent_for() -> None:
    make_playbook()
    form = make_demo(redirect=f"{own_origin()}/a/plan/")
    for key in ("plan", "prices"):
        make_asset(key, form="demo")
    make_asset("elsewhere", form=make_demo("other").key)
    for wanted, given in (("prices", "prices"), ("plan", "plan"), ("elsewhere", "plan"), ("", "plan")):
        leads = browser().get(f"/a/{wanted}/")["Location"] if wanted in ("plan", "prices") else "/f/demo/"
        page = browser().get(leads or "/f/demo/").content.decode()
        assert ('name="ripeline_asset"' in page) == (wanted in ("plan", "prices"))
        said = {"email": f"to-{wanted}@theirs.example", "ripeline_asset": wanted}
        answer = browser().post("/f/demo/", said | {"ripeline_token": token_for(form, now=timezone.now())})
        content(browser().get(opened(browser().get(answer["Location"]))))
        assert Touch.objects.filter(kind="asset_downloaded").latest("pk").subject == given


def test_a_form_whose_consents_are_confirmed_by_mail_gives_it_on_the_page_that_confirms() -> None:
    make_playbook()
    form = make_demo(confirm=True)
    make_asset(form="demo")
    token = token_for(form, now=timezone.now())
    said = {
        "email": "ann@theirs.example",
        "letters": "yes",
        "ripeline_asset": "plan",
        "ripeline_token": token,
    }
    thanks = browser().get(browser().post("/f/demo/", said)["Location"]).content.decode()
    assert "/a/" not in thanks
    link = f"/f/confirm/{Confirmation.objects.get().key}/"
    asked = re.findall(r'name="asked" value="(\d+)"', browser().get(link).content.decode())
    assert content(browser().get(opened(browser().post(link, {"asked": asked})))) == PDF
    assert opened(browser().get(link)), "who comes back finds it again"
