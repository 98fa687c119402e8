"""The pages about emails: written, looked at, published, compared, put away; without JavaScript."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from ripeline.nurture.emails.content import Content, read_content
from ripeline.nurture.emails.models import Email, EmailSplit, EmailVersion
from ripeline.nurture.emails.people import data_of
from ripeline.nurture.emails.versions import make_email, publish, versions_for
from ripeline.people.models import Contact
from tests.capture.landing.pages import PNG
from tests.factories import make_company, make_contact, make_playbook, make_user, sign_in, stand

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
ODD = '"><img src=x onerror=alert(1)>{{ 7 | times: 7 }}'


@pytest.fixture
def mia() -> Client:
    make_playbook()
    return sign_in(make_user("marketing", "Mia Market"))


def made(key: str = "spring", body: str = "Dear {{ contact.first_name }},\n\nspring.", **more: Any) -> Email:
    content = Content.model_validate({"subject": "Spring is here", "body": body, **more})
    return make_email(key, key.capitalize(), content, purpose="newsletter", by=None, now=NOW)


def published(key: str = "spring", **more: Any) -> Email:
    email = made(key, **more)
    done = publish(email, None, NOW)
    assert isinstance(done, EmailVersion), str(done)
    email.refresh_from_db()
    return email


def send(client: Client, email: Email, do: str = "keep", **changes: Any) -> Any:
    """What the editor sends, with changes."""
    email.refresh_from_db()
    content = read_content(email.draft)
    said = {
        name: getattr(content, name)
        for name in ("subject", "preheader", "language", "body", "signature", "text")
    }
    said |= {"title": email.title, "purpose": email.purpose, "revision": email.revision, "do": do}
    return client.post(f"/emails/{email.key}/edit", said | changes)


def test_an_email_is_begun_written_looked_at_published_changed_and_gone_back_with(mia: Client) -> None:
    begun = mia.post("/emails/new", {"title": "Spring letter", "begin": "plain", "purpose": "offers"})
    assert begun["Location"] == "/emails/spring-letter/edit"
    email = Email.objects.get()
    page = mia.get("/emails/spring-letter/edit").content.decode()
    assert "Subject</b>" in page
    assert "It is empty." in page
    assert send(mia, email, subject="Hello {{ contact.frist_name }}").status_code == 200
    assert "Did you mean contact.first_name?" in mia.get("/emails/spring-letter/").content.decode()
    mia.post("/emails/spring-letter/publish")
    assert EmailVersion.objects.count() == 0
    send(mia, email, subject="Hello {{ contact.first_name }}", body="First words.")
    answer = send(
        mia, email, "insert", **{"part-about": "persona", "part-is": "a, b", "part-text": "For you."}
    )
    assert (
        "contact.persona.key == &quot;a&quot; or contact.persona.key == &quot;b&quot;"
        in answer.content.decode()
    )
    assert send(mia, email, "done")["Location"] == "/emails/spring-letter/"
    mia.post("/emails/spring-letter/publish")
    first = EmailVersion.objects.get()
    assert (first.number, first.subject) == (1, "Hello {{ contact.first_name }}")
    send(mia, email, body="Other words.")
    mia.post("/emails/spring-letter/publish")
    email.refresh_from_db()
    assert email.version is not None
    assert "Other words" in email.version.html
    mia.post("/emails/spring-letter/again/1")
    email.refresh_from_db()
    assert email.version == first
    mia.post("/emails/spring-letter/archive")
    assert 'spring-letter/"' not in mia.get("/emails/").content.decode()
    assert "Spring letter" in mia.get("/emails/?away").content.decode()
    mia.post("/emails/spring-letter/restore")
    assert "Spring letter" in mia.get("/emails/").content.decode()


def test_what_somebody_else_wrote_meanwhile_is_not_lost(mia: Client) -> None:
    email = made()
    answer = send(mia, email, revision=7, body="Mine")
    assert answer.status_code == 409
    assert "Mine" in answer.content.decode()
    email.refresh_from_db()
    assert "spring." in read_content(email.draft).body
    assert send(mia, email, language="klingonish").status_code == 422


def test_an_email_that_comes_along_is_taken_with_its_words(mia: Client) -> None:
    mia.post("/emails/new", {"begin": "welcome", "title": ""})
    email = Email.objects.get()
    assert email.title == "Welcome, new customer"
    assert read_content(email.draft).mode == "mjml"
    assert mia.get(f"/emails/{email.key}/").status_code == 200
    assert mia.get(f"/emails/{email.key}/blocks").status_code == 200
    send(
        mia,
        email,
        body=read_content(email.draft).body.replace("<mj-section>", "{% if true %}<mj-section>", 1),
    )
    assert mia.get(f"/emails/{email.key}/blocks")["Location"] == f"/emails/{email.key}/edit"


def test_a_picture_is_kept_where_readers_reach_it_and_what_is_none_is_told(
    mia: Client, settings: Any, tmp_path: Path
) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"data_dir": tmp_path})
    email = made(body="<mjml><mj-body></mj-body></mjml>", mode="mjml")
    answer = send(mia, email, "picture", picture=SimpleUploadedFile("cover.png", PNG)).content.decode()
    address = re.search(r"mj-image src=&quot;([^&]+)&quot;|mj-image src=\"([^\"]+)\"", answer)
    assert address
    path = (address[1] or address[2]).partition("/p/")[2]
    assert Client().get(f"/p/{path}").status_code == 200
    assert "is no picture" in send(mia, email, picture=SimpleUploadedFile("a.png", b"no")).content.decode()


def test_it_is_shown_for_one_person_in_a_frame_in_which_nothing_runs(mia: Client) -> None:
    stood = stand(
        make_contact("Ann Reed", first_name="Ann", emails=("ann@reed.example",)), "lead", persona="reader"
    )
    odd = make_contact("Odd", first_name=ODD, emails=("odd@reed.example",))
    published(
        body="Dear {{ contact.first_name }}\n\n{% if contact.persona.key == 'reader' %}You read.{% endif %}"
    )
    page = mia.get("/emails/spring/preview", {"q": "reed"}).content.decode()
    assert f"contact={stood.contact.key}" in page
    assert odd.email in page
    page = mia.get(
        "/emails/spring/preview", {"contact": stood.contact.key, "light": "dark", "device": "phone"}
    )
    frame = re.search(
        r'<iframe class="mail-frame mail-phone"[^>]* sandbox src="([^"]+)"', page.content.decode()
    )
    assert frame
    shown = mia.get(frame[1].replace("&amp;", "&"))
    assert "Dear Ann" in shown.content.decode()
    assert "You read." in shown.content.decode()
    assert "prefers-color-scheme" not in shown.content.decode()
    assert "sandbox" in shown["Content-Security-Policy"]
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "Dear Ann" in mia.get("/emails/spring/shown", {"persona": "reader"}).content.decode()
    bad = mia.get("/emails/spring/shown", {"contact": odd.key}).content.decode()
    assert "<img src=x" not in bad
    assert "{{ 7 | times: 7 }}" in bad
    assert "<img src=x" not in mia.get("/emails/spring/preview", {"contact": odd.key}).content.decode()
    nameless = make_contact("", emails=("x@reed.example",))
    page = mia.get("/emails/spring/preview", {"contact": nameless.key}).content.decode()
    assert "contact.first_name is not known of them" in page
    assert mia.get("/emails/spring/preview", {"contact": "nobody"}).status_code == 404
    assert mia.get("/emails/spring/preview", {"version": "9"}).status_code == 404


def test_checks_name_what_is_worth_knowing(mia: Client) -> None:
    make_contact("Nobody", emails=("x@reed.example",))
    body = (
        "<mjml><mj-body><mj-section><mj-column><mj-image src='https://a.example/p.png' />"
        "<mj-text color='#aaaaaa'><h1>One</h1><h3>Three</h3>Dear {{ contact.first_name }}, "
        "<a href='https://a.example/'>click here</a></mj-text>"
        f"<mj-text>{'x' * 110_000}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    made(body=body, mode="mjml", subject="BUY NOW, LIMITED TIME!!")
    page = mia.get("/emails/spring/").content.decode()
    for said in (
        "Gmail cuts off",
        "all in capitals",
        "Signs in a row",
        "Preview line",
        "Nothing says what https://a.example/p.png shows",
        "has a contrast of 2.3 to 1",
        "A heading of level 3 follows one of level 1",
        "“click here” says nothing",
        "Filters look for click here, limited time, buy now",
        "contact.first_name is not known of 1 people",
        "stands in the footer",
    ):
        assert said in page, said


class Site(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        gone = {"/gone": 404, "/moved": 302, "/round": 302}.get(self.path.partition("?")[0], 200)
        self.send_response(gone)
        if gone == 302:
            self.send_header("Location", "/gone" if self.path == "/moved" else "/round")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_links_are_asked_and_never_those_inside_our_own_network(
    mia: Client, site: str, settings: Any
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    paths = ("/here", "/gone", "/moved", "/round", "/who?n={{ contact.first_name }}")
    made(body=" ".join([*(f"[a]({site}{path})" for path in paths), f"[b]({nobody})"]))
    page = mia.post("/emails/spring/links").content.decode()
    assert page.count("is inside your own network") == 6
    settings.CONFIG = settings.CONFIG.model_copy(update={"private_hosts": "127.0.0.1"})
    page = mia.post("/emails/spring/links").content.decode()
    assert page.count("It answers (200).") == 2
    assert page.count("it answers 404") == 2
    assert page.count("It leads on and on.") == 1
    assert page.count("Nothing answers") == 1


def test_two_subjects_are_compared_by_a_hash_and_ended_by_a_colleague(mia: Client) -> None:
    email = published()
    mia.post("/emails/spring/split", {"subject": "Another", "base": "5", "wished": "5"})
    assert EmailVersion.objects.count() == 1
    mia.post("/emails/spring/split", {"subject": "Another", "base": "5 %", "wished": "8,5"})
    split = EmailSplit.objects.get()
    assert (split.one.subject, split.other.subject) == ("Spring is here", "Another")
    page = mia.get("/emails/spring/").content.decode()
    assert "Not decided yet." in page
    assert "clicks by people" not in page
    keys = [f"k{number}" for number in range(400)]
    chosen = versions_for(email, keys)
    assert chosen == versions_for(email, reversed(keys))
    assert 150 < sum(each == split.other_id for each in chosen.values()) < 250
    mia.post("/emails/spring/publish")
    mia.post("/emails/spring/again/1")
    email.refresh_from_db()
    assert email.version_id == split.one_id
    mia.post("/emails/spring/split/end", {"winner": "2"})
    email.refresh_from_db()
    assert email.version_id == split.other_id
    assert set(versions_for(email, keys).values()) == {split.other_id}
    assert "version 2 was chosen" in mia.get("/emails/spring/").content.decode()


def test_a_list_of_one_and_of_three_asks_the_same_of_the_database(
    mia: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("one")
    with django_assert_num_queries(6):
        mia.get("/emails/")
    published("two")
    published("three")
    with django_assert_num_queries(6):
        mia.get("/emails/")


def test_what_mails_know_of_people_is_read_at_once_and_of_whom_they_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_playbook()
    reed = make_company("Reed & Sons", employees=12)
    owner = make_user("sales", "Sam Sales")
    ann = make_contact(
        "Ann Reed",
        first_name="Ann",
        emails=("ann@reed.example",),
        company=reed,
        owner=owner,
        tags=("crime",),
        traits={"books": 3, "none": None},
    )
    stand(ann, "lead", persona="reader", rating="warm")
    gone = make_contact("A. Reed", emails=("a@reed.example",))
    Contact.objects.filter(pk=gone.pk).update(merged_into=ann, merged_at=timezone.now())
    many = [make_contact(f"Many {number}", emails=(f"m{number}@x.example",)).pk for number in range(20)]
    with django_assert_num_queries(3):
        found = data_of([ann.pk, gone.pk, *many, 999_999_999], NOW)
    assert len(found) == 22
    assert found[gone.pk] == found[ann.pk]
    person: Any = found[ann.pk]["contact"]
    assert person["company"] == {"name": "Reed & Sons", "employees": 12}
    assert person["owner"] == {"name": "Sam Sales", "email": owner.email}
    assert person["stage"]["key"] == "lead"
    assert person["persona"]["key"] == "reader"
    assert person["traits"] == {"books": 3}
    assert (person["tags"], person["segments"], person["rating"]) == (["crime"], [], "warm")
    assert found[ann.pk]["today"] == "2026-03-03"
    assert "title" not in person
    assert data_of([], NOW - timedelta(days=1)) == {}
