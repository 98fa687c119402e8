"""The pages of the house about landing pages: writing one, publishing it, what it brings."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ripeline.capture.collector.keys import make_key
from ripeline.capture.landing.content import read_content
from ripeline.capture.landing.models import LandingPage, PageSplit, Picture
from ripeline.capture.landing.visiting import add_count
from tests.capture.forms.forms import make_demo
from tests.capture.landing.pages import PNG, another, block, make_landing
from tests.capture.library.assets import make_asset
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
EDIT = "/library/pages/spring/edit"
ODD = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def mia() -> Client:
    make_playbook()
    return sign_in(make_user("marketing", "Mia Market"))


def send(client: Client, page: LandingPage, do: str = "keep", **changes: Any) -> Any:
    """What the editor of a page sends, with changes."""
    page.refresh_from_db()
    content = read_content(page.draft)
    said: dict[str, Any] = {
        "title": content.title,
        "language": content.language,
        "picture": content.picture,
        "blocks": len(content.blocks),
        "revision": page.revision,
        "do": do,
    }
    for place, each in enumerate(content.blocks):
        said |= {f"{place}-{name}": getattr(each, name) for name in ("kind", "text", "by", "to")}
    return client.post(f"/library/pages/{page.slug}/edit", said | changes)


def kinds(page: LandingPage) -> list[str]:
    page.refresh_from_db()
    return [each.kind for each in read_content(page.draft).blocks]


def test_a_page_is_begun_written_block_by_block_ordered_and_published(mia: Client) -> None:
    make_demo()
    made = mia.post("/library/pages/new", {"title": "Spring: launch it"})
    assert made["Location"] == "/library/pages/spring-launch-it/edit"
    page = LandingPage.objects.get()
    for kind in ("heading", "form", "picture"):
        assert send(mia, page, f"add:{kind}").status_code == 200
    assert kinds(page) == ["text", "heading", "form", "picture"]
    send(mia, page, "up:1", **{"1-text": "Twelve weeks"})
    send(mia, page, "down:3")
    send(mia, page, "remove:1")
    assert kinds(page) == ["heading", "form", "picture"]
    refused = mia.post("/library/pages/spring-launch-it/publish", follow=True).content.decode()
    assert "Block 2 (form): choose a form." in refused
    picture = SimpleUploadedFile("cover.png", PNG, "image/png")
    done = send(mia, page, "done", **{"1-to": "demo", "2-by": "A cover", "2-file": picture})
    assert done["Location"] == "/library/pages/spring-launch-it/"
    mia.post("/library/pages/spring-launch-it/publish")
    page.refresh_from_db()
    assert page.version
    assert page.version.number == 1
    said = Client().get("/p/spring-launch-it/").content.decode()
    assert "Twelve weeks" in said
    assert Picture.objects.get().digest in said
    mia.post("/library/pages/spring-launch-it/down")
    assert Client().get("/p/spring-launch-it/").status_code == 404
    mia.post("/library/pages/spring-launch-it/again/1")
    assert Client().get("/p/spring-launch-it/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"language": "Klingon?"}, "No language is called Klingon?."),
        (
            {"0-file": SimpleUploadedFile("x.svg", b"<svg onload=alert(1)/>")},
            "x.svg is no picture that is taken",
        ),
        ({"picture-file": SimpleUploadedFile("x.png", b"no picture")}, "x.png is no picture"),
        ({"revision": "7"}, "Somebody else changed the page meanwhile."),
    ],
)
def test_what_cannot_be_kept_is_told_with_what_was_written(
    mia: Client, changes: dict[str, Any], sentence: str
) -> None:
    page = make_landing()
    answer = send(mia, page, **{"0-text": f"Mine {ODD}", **changes})
    said = answer.content.decode()
    assert answer.status_code in (409, 422)
    assert sentence in said
    assert "Mine &quot;&gt;&lt;img" in said
    page.refresh_from_db()
    assert "Mine" not in str(page.draft)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "ftp://x.example", "x"]
)
def test_a_button_leads_to_a_page_and_nowhere_else(mia: Client, address: str) -> None:
    page = make_landing(is_published=False)
    send(mia, page, "add:button")
    send(mia, page, **{"1-text": "Go", "1-to": address})
    refused = mia.post("/library/pages/spring/publish", follow=True).content.decode()
    assert "Block 2 (button): write where it leads" in refused
    assert LandingPage.objects.get().version is None


def test_a_title_whose_address_is_taken_or_none_begins_nothing(mia: Client) -> None:
    make_landing()
    for said in ({"title": "Spring"}, {"title": ""}, {"title": "日本"}, {"title": "New", "slug": "preview"}):
        assert mia.post("/library/pages/new", said)["Location"] == "/library/pages/"
    assert LandingPage.objects.count() == 1


def test_two_versions_are_compared_and_one_is_chosen_on_the_page(mia: Client) -> None:
    page = make_landing()
    other = another(page)
    mia.post("/library/pages/spring/split", {"other": other.number, "base": "10", "wished": "12,5 %"})
    split = PageSplit.objects.get()
    assert (split.base, split.wished) == (0.1, 0.125)
    said = mia.get("/library/pages/spring/").content.decode()
    assert "Not decided yet." in said
    assert f"about {split.planned:,} people are needed" in said
    send(mia, page)
    for refused in ("publish", "down", "again/1"):
        assert "being compared" in mia.post(f"/library/pages/spring/{refused}", follow=True).content.decode()
    mia.post("/library/pages/spring/split/end", {"winner": "9"})
    assert PageSplit.objects.get().ended_at is None
    mia.post("/library/pages/spring/split/end", {"winner": other.number})
    page.refresh_from_db()
    assert (page.version, page.split) == (other, None)
    assert "version 2 was chosen" in mia.get("/library/pages/spring/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_database_as_often_for_one_page_as_for_three(
    mia: Client, count: int, django_assert_num_queries: Any
) -> None:
    make_demo()
    make_asset("plan", form="demo")
    for number in range(count):
        page = make_landing(f"page-{number}", block("asset", to="plan"), block("form", to="demo"), title=ODD)
        add_count(page, 1, timezone.now().date(), "seen", "human", 10 + number)
        another(page, ODD)
    mia.get("/library/pages/")
    # Session and user, the bell, pages, counts, gates and submissions.
    with django_assert_num_queries(7):
        said = mia.get("/library/pages/").content.decode()
    assert "<img src=x" not in said
    assert said.count("<tr data-row") == count
    with django_assert_num_queries(11):
        one = mia.get("/library/pages/page-0/").content.decode()
    assert "<img src=x" not in one
    with django_assert_num_queries(9):
        edit = mia.get("/library/pages/page-0/edit").content.decode()
    assert "<img src=x" not in edit


def test_no_page_tells_the_key_of_a_server(mia: Client) -> None:
    website, server = (make_key(name, name, now=timezone.now()) for name in ("website", "server"))
    page = make_landing()
    for chosen, told in ((website, website), (server, None)):
        send(mia, page, "done", write_key=chosen.pk)
        page.refresh_from_db()
        assert page.write_key == told
    LandingPage.objects.filter(pk=page.pk).update(write_key=server)
    mia.post("/library/pages/spring/publish")
    page.refresh_from_db()
    assert page.version is not None
    assert page.version.number == 2
    assert server.key not in page.version.html
