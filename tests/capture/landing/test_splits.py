"""Two versions of a page compared: who sees which, and what is known of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ripeline.capture.forms.models import Submission
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.figures import figures_of
from ripeline.capture.landing.keeping import Refused
from ripeline.capture.landing.models import LandingPage, PageSplit, SplitVisit
from ripeline.capture.landing.splits import WINDOW, end_split, start_split, state_of
from tests.capture.forms.forms import make_demo
from tests.capture.landing.pages import NOW, another, block, make_landing
from tests.capture.landing.test_public import browser
from tests.capture.library.assets import MACHINE, PERSON, make_asset
from tests.factories import make_playbook

pytestmark = pytest.mark.django_db
LATER = NOW + 2 * WINDOW


def split_of(page: LandingPage, **said: Any) -> PageSplit:
    started = start_split(page, another(page), base=0.1, wished=0.2, by=None, now=said.get("now", NOW))
    assert isinstance(started, PageSplit)
    return started


def visit(split: PageSplit, number: int, *, at: Any = NOW, **said: Any) -> SplitVisit:
    known = {"is_other": bool(number % 2), "actor": "human", **said}
    return SplitVisit.objects.create(split=split, who=f"{number:032x}", at=at, **known)


def test_a_browser_sees_the_same_of_the_two_again_with_and_without_a_key_and_both_are_seen() -> None:
    page = make_landing()
    split = split_of(page)
    seen = set()
    for number in range(24):
        agent = f"{PERSON} Number/{number}"
        first = browser(agent=agent).get("/p/spring/")
        assert first["Cache-Control"] == "private, no-cache"
        title = "Launch it well" in first.content.decode()
        seen.add(title)
        version = split.other.number if title else split.one.number
        told = browser(agent=agent).post("/p/spring/beat/", {"version": version}).json()
        assert told["visit"] == SplitVisit.objects.latest("pk").who
        # The browser script has given it a key meanwhile.
        key = f"{number:032x}"
        assert ("Launch it well" in browser(key, agent).get("/p/spring/").content.decode()) is title
        assert browser(key, agent).post("/p/spring/beat/", {"version": version}).json() == told
    assert seen == {True, False}
    assert SplitVisit.objects.count() == 24
    assert browser().get("/p/spring/", headers={"if-none-match": '"x"'}).status_code == 200


def test_people_are_judged_a_day_after_they_came_and_machines_are_counted_beside() -> None:
    form = make_demo()
    page = make_landing("spring", block("form", to="demo"))
    split = split_of(page)
    reached = [visit(split, 1, reached_at=NOW), visit(split, 2)]
    visit(split, 3, reached_at=NOW + WINDOW + timedelta(seconds=1))
    visit(split, 4, actor="machine", reached_at=NOW)
    visit(split, 5, actor="unknown")
    visit(split, 7, at=LATER - timedelta(hours=1))
    for number, (who, actor, outcome) in enumerate(
        [
            (reached[1].who, "human", "accepted"),
            (f"{3:032x}", "human", "suspected"),
            (f"{4:032x}", "human", "accepted"),
            ("", "human", "accepted"),
        ]
    ):
        Submission.objects.create(
            form=form,
            received_at=NOW + timedelta(minutes=number),
            nonce="n",
            outcome=outcome,
            actor=actor,
            page=f"{own_origin()}/p/spring/?utm_source=x&version=1&visit={who}",
        )
    state = state_of(split, now=LATER)
    assert [
        (side.people, side.reached, side.machines, side.unknown) for side in (state.one, state.other)
    ] == [
        (1, 1, 1, 0),
        (2, 1, 0, 1),
    ]
    assert (state.waiting, state.better, state.is_uneven) == (1, None, False)
    # The page's own figures count every form that was sent from it.
    figures = figures_of([page], since=NOW - WINDOW)[page.pk]
    assert (figures.aims, figures.people) == (3, 0)


def test_what_is_taken_in_a_split_is_the_browsers_own() -> None:
    make_playbook()
    make_asset()
    page = make_landing("spring", block("asset", to="plan"))
    split_of(page, now=timezone.now())
    for agent in (PERSON, MACHINE):
        number = 2 if "Launch it well" in browser(agent=agent).get("/p/spring/").content.decode() else 1
        # A page that was kept from before is not what chance chose for this browser.
        kept = browser(agent=agent).post("/p/spring/beat/", {"version": 3 - number})
        assert (kept.status_code, SplitVisit.objects.filter(actor="machine").exists()) == (204, False)
        browser(agent=agent).post("/p/spring/beat/", {"version": number})
        browser(agent=agent).get(f"/p/spring/get/plan/?version={number}")
    visits = SplitVisit.objects.values_list("actor", "reached_at")
    assert {actor: reached_at is not None for actor, reached_at in visits} == {
        "human": True,
        "machine": False,
    }


def test_the_better_one_is_named_when_it_is_decided_and_served_when_it_is_chosen() -> None:
    page = make_landing()
    split = split_of(page)
    SplitVisit.objects.bulk_create(
        SplitVisit(
            split=split,
            who=f"{number:032x}",
            is_other=bool(number % 2),
            actor="human",
            at=NOW + timedelta(seconds=number),
            reached_at=NOW + timedelta(seconds=number) if number % 2 and number % 3 else None,
        )
        for number in range(200)
    )
    state = state_of(split, now=LATER)
    assert state.better is state.other
    assert state.decision.more == 0
    assert not end_split(split, make_landing("another").version, by=None, now=LATER)
    assert end_split(split, split.other, by=None, now=LATER)
    assert not end_split(split, split.one, by=None, now=LATER)
    page.refresh_from_db()
    assert (page.split, page.version) == (None, split.other)
    assert browser().get("/p/spring/")["Cache-Control"].startswith("public")


def test_what_cannot_be_compared_is_refused_with_a_sentence() -> None:
    page, unpublished = make_landing(), make_landing("draft", is_published=False)
    other = another(page)
    for wrong in (
        start_split(page, other, base=0.0, wished=0.2, by=None, now=NOW),
        start_split(page, other, base=0.2, wished=0.2, by=None, now=NOW),
        start_split(page, other, base=0.2, wished=0.1, by=None, now=NOW),
        start_split(page, page.version, base=0.1, wished=0.2, by=None, now=NOW),  # type: ignore[arg-type]
        start_split(unpublished, other, base=0.1, wished=0.2, by=None, now=NOW),
        start_split(page, another(unpublished), base=0.1, wished=0.2, by=None, now=NOW),
    ):
        assert isinstance(wrong, Refused)
    start_split(page, other, base=0.1, wished=0.2, by=None, now=NOW)
    again = start_split(page, other, base=0.1, wished=0.2, by=None, now=NOW)
    assert again == Refused(["Two versions are being compared already."])
