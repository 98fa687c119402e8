"""The pages of the library: what is listed, what is missing, what came of a download."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.capture.library.coverage import WITHIN, read_coverage
from ripeline.capture.library.models import Asset, AssetVersion
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.models import PlaybookVersion, Touch, Transition
from ripeline.timeline.record import record
from tests.capture.library.assets import NOW, PDF, make_asset, named
from tests.factories import make_contact, make_playbook, make_user, sign_in, stand

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ODD = '"><img src=x onerror=alert(1)>{{ 7|add:7 }}'


@pytest.fixture
def mia() -> Client:
    make_playbook()
    return sign_in(make_user("marketing", "Mia Market"))


def take(contact: Contact, asset: str, at: Any, *, actor: str = "human") -> None:
    fact = Fact(
        id=f"{contact.key}:{asset}:{at.isoformat()}:{actor}",
        person=contact.key,
        at=to_instant(at),
        kind="asset_downloaded",
        direction="in",
        actor=actor,  # type: ignore[arg-type]
        subject=asset,
        value=None,
        attrs={},
    )
    record([fact], now=at)


def rise(contact: Contact, stage: str, at: Any, *, came_from: str = "suspect") -> None:
    Transition.objects.create(
        contact=contact,
        position=Transition.objects.count(),
        at=at,
        known_at=at,
        from_stage=came_from,
        to_stage=stage,
        cause="rule",
        rule="r",
        score=0,
        playbook=PlaybookVersion.objects.get(),
    )


def person(name: str, persona: str | None) -> Contact:
    contact = make_contact(name)
    stand(contact, persona=persona)
    return contact


def test_the_grid_tells_who_took_what_and_who_moved_up_afterwards() -> None:
    make_playbook()
    make_asset("plan", personas=("author",))
    make_asset("prices", content_stage="decision")
    ann, bob, eve = person("Ann", "author"), person("Bob", "author"), person("Eve", None)
    for who in (ann, bob):
        take(who, "plan", NOW)
    take(ann, "plan", NOW + DAY)
    take(ann, "plan", NOW + 2 * DAY, actor="machine")
    take(ann, "plan", NOW + 2 * DAY, actor="unknown")
    take(eve, "prices", NOW)
    rise(ann, "mql", NOW + WITHIN)
    rise(bob, "mql", NOW + WITHIN + timedelta(seconds=1))
    rise(eve, "customer", NOW - DAY)
    rise(eve, "mql", NOW + DAY, came_from="customer")
    grid = read_coverage(active_playbook(), since=NOW - DAY)

    assert [each.key for each in grid.stages] == ["lead", "mql", "customer"]
    author, nobody = grid.rows
    cells = [(cell.downloads, cell.people, [n for _, n in cell.rose]) for cell in author.cells]
    assert cells == [(3, 2, [0, 1, 0]), (0, 0, [0, 0, 0]), (0, 0, [0, 0, 0])]
    assert [each.key for each in author.cells[0].assets] == ["plan"]
    assert [each.key for each in author.cells[2].shared] == ["prices"]
    # Who comes down from a higher stage, or was there before, did not move up afterwards.
    assert (nobody.cells[2].people, [n for _, n in nobody.cells[2].rose]) == (1, [0, 0, 0])
    # Whom nobody knows a persona of is nobody to write for.
    assert [(row.key, words) for row, words in grid.missing] == [("author", "evaluation")]


def test_an_empty_cell_leads_to_a_form_that_says_already_what_is_missing(mia: Client) -> None:
    page = mia.get("/library/coverage/").content.decode()
    assert 'href="/library/assets/new?stage=evaluation&amp;persona=author"' in page
    start = mia.get("/library/assets/new?stage=consideration&persona=author").content.decode()
    assert '<option value="evaluation" selected>' in start
    assert 'value="author"' in start
    assert "checked" in start


def test_an_asset_is_added_changed_given_another_file_and_taken_back(mia: Client) -> None:
    said = {"title": "Launch plan", "kind": "ebook", "content_stage": "awareness", "personas": ["author"]}
    answer = mia.post("/library/assets/new", {**said, "language": "German", "file": named(PDF, "plan.pdf")})
    assert (answer.status_code, answer["Location"]) == (302, "/library/assets/launch-plan/")
    asset = Asset.objects.get()
    assert (
        asset.content_stage,
        asset.personas,
        asset.language,
        asset.created_by and asset.created_by.name,
    ) == (
        "discovery",
        ["author"],
        "de",
        "Mia Market",
    )
    edit = "/library/assets/launch-plan/edit"
    for content in (PDF, PDF + b"2", PDF + b"2"):
        assert mia.post(edit, {**said, "file": named(content, "plan.pdf")}).status_code == 302
    assert list(AssetVersion.objects.values_list("number", flat=True)) == [1, 2]
    mia.post("/library/assets/launch-plan/versions/1/again")
    asset.refresh_from_db()
    assert asset.version
    assert asset.version.number == 1
    got = mia.get("/library/assets/launch-plan/versions/2")
    assert b"".join(got.streaming_content) == PDF + b"2"  # type: ignore[attr-defined]
    assert not Touch.objects.exists()
    mia.post("/library/assets/launch-plan/archive")
    assert "Launch plan" not in mia.get("/library/").content.decode().split("<h1", 1)[1].split("toast")[0]
    mia.post("/library/assets/launch-plan/restore")
    assert "Launch plan" in mia.get("/library/").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Choose a file, or write an address below."),
        ({"address": "javascript:alert(1)"}, "Write a whole address"),
        ({"address": "https://x.example/", "file": named(PDF, "a.pdf")}, "not both"),
        ({"file": named(b"<svg/>", "a.svg")}, "none of the kinds that are taken"),
        ({"address": "https://x.example/", "key": "plan"}, "There is an asset with the key plan already."),
        ({"address": "https://x.example/", "title": "日本"}, "Write a key of letters"),
        ({"address": "https://x.example/", "title": " "}, "This field is required."),
        ({"address": "https://x.example/", "content_stage": "later"}, "Select a valid choice"),
        ({"address": "https://x.example/", "language": "Klingon?"}, "No language is called"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    mia: Client, changes: dict[str, Any], sentence: str
) -> None:
    make_asset()
    said = {
        "title": "Talk about covers",
        "kind": "webinar",
        "content_stage": "decision",
        "summary": "An hour",
    }
    answer = mia.post("/library/assets/new", {**said, **changes})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert page.count('class="field-errors"') == 1
    assert "An hour</textarea>" in page
    assert Asset.objects.count() == 1


def test_a_link_is_made_for_somebody_who_is_known(mia: Client) -> None:
    make_asset()
    ann = make_contact("Ann Smit")
    good = mia.get("/library/assets/plan/", {"for": ann.email.upper(), "link": "30"}).content.decode()
    assert "Holds for 30 days" in good
    bad = mia.get("/library/assets/plan/", {"for": ODD, "link": "7"}).content.decode()
    assert "No contact has the address" in bad
    assert "<img src=x" not in bad


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_database_as_often_for_one_asset_as_for_three(
    mia: Client, count: int, django_assert_num_queries: Any
) -> None:
    now = timezone.now()
    for number in range(count):
        contact = person(f"Ann {number}", "author")
        make_asset(f"plan-{number}", title=ODD, summary=ODD)
        take(contact, f"plan-{number}", now)
        take(contact, "plan-0", now)
        rise(contact, "mql", now)
    mia.get("/library/")
    # Session and user, the playbook, the unread, assets, touches and days.
    with django_assert_num_queries(7):
        page = mia.get("/library/").content.decode()
    assert "<img src=x" not in page
    with django_assert_num_queries(7):
        grid = mia.get("/library/coverage/").content.decode()
    assert "<img src=x" not in grid
    with django_assert_num_queries(10):
        one = mia.get("/library/assets/plan-0/").content.decode()
    assert "<img src=x" not in one
    assert one.count("data-row") == count
