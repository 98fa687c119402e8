"""What a preview finds and tells of it: what came too late, which day it shows, and what could not be used."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection

from ripeline.people.models import User
from ripeline.timeline.models import Touch
from ripeline.timeline.record import record
from tests.factories import NOW, make_contact, sign_in
from tests.playbook_pages.preview.asked import a_company, draft_of, previewed, read
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    return a_company()


def test_who_was_written_down_only_after_the_deal_is_counted_beside_those_found(mia: User) -> None:
    # What the eight did before their deal was entered days after it; of these two it was known in time.
    for number in range(2):
        contact = make_contact(f"In Time {number}")
        record([fact(contact, "form_submitted", NOW - timedelta(days=9))], now=NOW - timedelta(days=8))
        record([fact(contact, "deal_won", NOW - timedelta(days=2))], now=NOW)
    run = previewed(mia, draft_of(mia))
    mql = run.result["other"]["stages"][2]
    assert (mql["recall"]["count"], mql["written_after"]) == (10, 8)
    page = read(sign_in(mia), f"/playbook/previews/{run.key}/")
    stages = [stage for side in ("one", "other") for stage in run.result[side]["stages"]]
    passed_over = [stage for stage in stages if stage["conversion"] and not stage["reached"]]
    assert len(passed_over) == page.count(">– passed over<") > 0, "a stage that nobody stood in has no share"
    assert "Of the 10 it found, 8 were written down only after they bought." in page
    assert "“Before” goes by when things happened, not by when they were written down" in page


def test_a_preview_up_to_a_past_day_is_headed_by_the_day_and_says_which_reading_it_is(mia: User) -> None:
    run = previewed(mia, draft_of(mia), as_of="2026-03-01")
    for address in ("", "people/"):
        page = read(sign_in(mia), f"/playbook/previews/{run.key}/{address}")
        assert "as it had happened by" in page
        assert "On 1 March" in page
        assert ">Now<" not in page
    page = read(sign_in(mia), f"/playbook/previews/{run.key}/")
    assert "by all we know today: what was heard of only later counts too" in page
    today = previewed(mia, draft_of(mia))
    page = read(sign_in(mia), f"/playbook/previews/{today.key}/")
    assert "as it had happened by" not in page
    assert ">Now<" in page


def test_a_preview_of_what_was_known_then_leaves_out_what_was_heard_of_later(mia: User) -> None:
    eva = make_contact("Eva Lind", key="eva")
    then = NOW - timedelta(days=10)
    record([fact(eva, "page_viewed", then - timedelta(days=5), uid="seen")], now=then - timedelta(days=4))
    late = [fact(eva, "form_submitted", then - timedelta(days=3, hours=n), uid=f"late {n}") for n in range(2)]
    record(late, now=then + timedelta(days=2))
    draft, day = draft_of(mia), f"{then:%Y-%m-%d}"
    runs = {view: previewed(mia, draft, as_of=day, view=view) for view in ("known", "was")}
    address = {view: f"/playbook/previews/{run.key}/" for view, run in runs.items()}
    known, was = (
        read(sign_in(mia), f"{address[view]}people/?after={eva.pk - 1}") for view in ("known", "was")
    )
    assert ("Eva Lind" in was, "Eva Lind" in known) == (True, False)
    page = read(sign_in(mia), address["known"])
    assert "what was heard of only later is left out" in page
    assert "as we knew it on" in page
    again = dict(
        re.findall(r'<input type="hidden" name="(one|other|outcome|as_of|view)" value="([^"]*)">', page)
    )
    assert (again["as_of"], again["view"]) == (day, "known")
    assert "as we knew it</span>" in read(sign_in(mia), "/playbook/previews/")


def test_attrs_no_rule_reads_are_listed_too_by_what_is_wrong_with_them(mia: User) -> None:
    eva = make_contact("Eva Lind", key="eva")
    wrong = {"page_viewed": '{"x": {"y": 1}}', "link_clicked": '{"x": [1]}', "call_held": "[1]"}
    record([fact(eva, kind, NOW, uid=kind) for kind in wrong], now=NOW)
    for kind, attrs in wrong.items():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE ripeline_touch SET attrs = %s WHERE uid = '{kind}'", [attrs])
    run = previewed(mia, draft_of(mia))
    told = {each["sort"]: (each["count"], each["examples"][0]["what"]) for each in run.result["unused"]}
    assert told == {"attrs nested": (2, "link_clicked"), "attrs no map": (1, "call_held")}


def test_of_many_unknown_kinds_the_most_frequent_are_named(mia: User) -> None:
    eva = make_contact("Eva Lind", key="eva")
    record([fact(eva, f"strange{kind}", NOW, uid=f"{kind}") for kind in range(25)], now=NOW)
    run = previewed(mia, draft_of(mia))
    assert len(run.result["unused"]) == 21
    page = read(sign_in(mia), f"/playbook/previews/{run.key}/")
    assert "<strong>5</strong> have kinds that are rarer still and nobody knows either" in page


def test_touches_that_cannot_be_used_are_listed_and_not_dropped_silently(mia: User) -> None:
    eva = make_contact("Eva Lind", key="eva")
    record(
        [
            fact(eva, "telepathy", NOW, uid="strange"),
            fact(eva, "stage_set", NOW, uid="nowhere", subject="moon"),
            fact(eva, "traits_changed", NOW, uid="broken"),
            fact(eva, "form_submitted", NOW, uid="future"),
        ],
        now=NOW,
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ripeline_touch SET attrs = %s WHERE uid = 'broken'", ['{"a": {"b": 1}}'])
    Touch.objects.filter(uid="future").update(at=datetime.fromisoformat("2999-01-01T00:00:00Z"))
    run = previewed(mia, draft_of(mia))
    counts = {each["sort"]: each["count"] for each in run.result["unused"]}
    assert counts == {"future": 1, "kind telepathy": 1, "attrs nested": 1, "stage one": 1, "stage other": 1}
    page = read(sign_in(mia), f"/playbook/previews/{run.key}/")
    for said in ("dated in the future", "“telepathy”", "details within details", "stage_set moon"):
        assert said in page
    assert 'href="/contacts/eva/"' in page or 'href="/contacts/eva"' in page
