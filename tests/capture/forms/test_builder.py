"""The pages on which forms are written, tried and put into use, and those of what was sent."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.making import draft_of
from ripeline.capture.forms.models import Confirmation, Form, FormVersion, Submission
from ripeline.people.models import Contact
from tests.capture.forms.forms import PERSON, browser, make_demo, token_for, token_in
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def writer() -> Client:
    make_playbook()
    return sign_in(make_user("marketing", "Mia"))


def sheet_of(form: Form, **changes: str) -> dict[str, Any]:
    """What the page of a form sends when nothing was changed, with changes."""
    page = draft_of(form)
    said: dict[str, Any] = {
        "seen": str(form.revision),
        "name": form.title,
        "languages": ", ".join(page.languages),
        "field": [str(place) for place in range(len(page.fields))],
        "ask_at_most": str(page.ask_at_most),
    }
    for code, text in page.title.items():
        said[f"title-{code}"] = text
    for place, each in enumerate(page.fields):
        at = f"f{place}-"
        said |= {
            at + "name": each.name,
            at + "type": each.type,
            at + "becomes": each.becomes,
        }
        said |= {at + "purpose": each.purpose, at + "source": each.source}
        said |= {f"{at}label-{code}": text for code, text in each.label.items()}
        if each.choices:
            lines = "\n".join(f"{one.value} | {one.label.get('en', one.value)}" for one in each.choices)
            said[f"{at}choices-{page.languages[0]}"] = lines
        if each.required:
            said[at + "required"] = "yes"
    return {name: value for name, value in (said | changes).items() if value not in ("", None)}


def test_a_form_is_written_from_nothing_and_nobody_sees_it_before_it_is_put_into_use(writer: Client) -> None:
    made = writer.post("/forms/new", {"title": "Ask for a *demo*", "kind": "demo"})
    assert made["Location"] == "/forms/ask-for-a-demo/edit"
    assert browser().get("/f/ask-for-a-demo/").status_code == 404
    form = Form.objects.get()
    assert [each.name for each in draft_of(form).fields] == [
        "email",
        "name",
        "company",
        "need",
        "timeline",
        "newsletter",
    ]

    page = writer.get(made["Location"])
    assert page.status_code == 200
    assert sheet_of(form).keys() <= names_in(page.content.decode()) | {"do"}
    said = sheet_of(form, do="add:number")
    added = writer.post(made["Location"], said)
    assert added["Location"] == "/forms/ask-for-a-demo/edit?at=6#field-6"
    form.refresh_from_db()
    said = sheet_of(form, do="up:6", **{"f6-label-en": "How many?", "f6-least": "1", "f6-name": "how_many"})
    writer.post(made["Location"], said)
    form.refresh_from_db()
    fields = draft_of(form).fields
    assert [each.name for each in fields[-2:]] == ["how_many", "newsletter"]
    assert (fields[-2].label, fields[-2].least) == ({"en": "How many?"}, 1)
    writer.post(made["Location"], sheet_of(form, do="remove:3"))

    assert writer.post("/forms/ask-for-a-demo/use")["Location"] == "/forms/ask-for-a-demo/"
    assert "How many?" in browser().get("/f/ask-for-a-demo/").content.decode()
    writer.post("/forms/ask-for-a-demo/use")
    assert FormVersion.objects.count() == 1, "the same is no new version"
    writer.post("/forms/ask-for-a-demo/close", {"open": "no"})
    assert browser().get("/f/ask-for-a-demo/").status_code == 410


def names_in(page: str) -> set[str]:
    return {part.split('"')[0] for part in page.split('name="')[1:]}


def test_what_cannot_be_read_is_told_and_all_that_was_typed_stays(writer: Client) -> None:
    form = make_demo()
    said = sheet_of(
        form, **{"f5-least": "few", "f1-name": "Full Name!", "f3-label-en": XSS, "title-en": "New"}
    )
    answer = writer.post("/forms/demo/edit", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“Your name” needs a name of small letters" in page
    assert "“Books”: the limits have to be numbers." in page
    assert 'value="few"' in page
    assert 'value="Full Name!"' in page
    assert "<script>alert" not in page
    assert "<img" not in page
    form.refresh_from_db()
    assert draft_of(form).title["en"] == "Ask for a demo"

    # It may be saved with what hinders its use, which is then told on the page.
    writer.post(
        "/forms/demo/edit", sheet_of(form, **{"f3-choices-en": " ", "redirect": "https://evil.example/"})
    )
    page = writer.get("/forms/demo/edit").content.decode()
    assert "“You are” has nothing to choose from." in page
    assert "The form leads to a site that is not on its list" in page
    refused = writer.post("/forms/demo/use", follow=True).content.decode()
    assert "It cannot be used yet." in refused
    assert FormVersion.objects.count() == 1


def test_what_is_not_translated_stands_in_the_first_language_however_often_it_is_saved(
    writer: Client,
) -> None:
    form = make_demo()
    writer.post("/forms/demo/edit", sheet_of(form, languages="en, nl", **{"title-nl": "Vraag een demo"}))
    for _ in range(2):
        form.refresh_from_db()
        page = writer.get("/forms/demo/edit?at=3").content.decode()
        boxes = re.findall(
            r'<textarea[^>]* name="(f3-choices-\w+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL
        )
        writer.post("/forms/demo/edit", sheet_of(form, **{"title-nl": "Vraag een demo"}, **dict(boxes)))
    form.refresh_from_db()
    role = draft_of(form).fields[3]
    assert [list(each.label) for each in role.choices] == [["en"]] * len(role.choices)

    odd = writer.post(
        "/forms/demo/edit", sheet_of(form, languages="en, nederlands", **{"title-nl": "Vraag een demo"})
    )
    page = odd.content.decode()
    assert odd.status_code == 422
    assert "“nederlands” is no language as browsers name them" in page
    assert 'value="en, nederlands"' in page
    assert "Vraag een demo" in page
    form.refresh_from_db()
    assert draft_of(form).languages == ("en", "nl")


def test_the_html_to_copy_answers_nothing_for_people(writer: Client) -> None:
    make_demo()
    said = unescape(writer.get("/forms/demo/share").content.decode())
    for name in ("role", "when"):
        assert re.search(rf'<select name="{name}">\s*<option value=""></option>', said)


def test_two_who_write_one_form_at_once_overwrite_nothing(writer: Client) -> None:
    form = make_demo()
    mine, theirs = sheet_of(form, **{"title-en": "Mine"}), sheet_of(form, **{"title-en": "Theirs"})
    assert writer.post("/forms/demo/edit", theirs).status_code == 302
    late = writer.post("/forms/demo/edit", mine)
    page = late.content.decode()
    assert (late.status_code, "A colleague saved" in page, 'value="Mine"' in page) == (422, True, True)
    form.refresh_from_db()
    assert draft_of(form).title["en"] == "Theirs"
    assert writer.post("/forms/demo/edit", {**mine, "seen": str(form.revision)}).status_code == 302


def test_a_form_is_tried_as_it_is_written_and_nothing_is_kept(writer: Client) -> None:
    make_demo()
    tried = writer.post("/forms/demo/try", {"email": "ann@firm.example", "role": "author", "letters": "yes"})
    page = tried.content.decode()
    for words in ("ann@firm.example", "A trait of the contact", "Consent: newsletter"):
        assert words in page, words
    assert writer.post("/forms/demo/try", {"email": "ann"}).status_code == 422
    assert not Submission.objects.exists()
    assert not Contact.objects.exists()


def test_a_page_that_was_open_while_the_form_changed_is_read_as_it_was_shown(writer: Client) -> None:
    form = make_demo()
    token = token_for(form, now=timezone.now())
    writer.post("/forms/demo/edit", sheet_of(form, do="remove:3"))
    writer.post("/forms/demo/use")
    browser().post("/f/demo/", {"ripeline_token": token, "email": "ann@firm.example", "role": "author"})
    kept = Submission.objects.get()
    assert (kept.version and kept.version.number, kept.answers["role"]) == (1, "author")


def test_what_was_sent_is_listed_for_sales_too_with_suspects_folded_and_marketing_releases_them(
    writer: Client,
) -> None:
    form = make_demo()
    for email, trap in (("ann@firm.example", ""), ("bot@firm.example", "http://x")):
        said = {"email": email, "wish": XSS, "homepage_url": trap}
        browser().post("/f/demo/", {**said, "ripeline_token": token_for(form, now=timezone.now())})
    sales = sign_in(make_user("sales", "Sam"))
    page = sales.get("/forms/demo/").content.decode()
    for words in ("ann@firm.example", "bot@firm.example", "a field that nobody sees was filled in"):
        assert words in page, words
    for words in ("<script>alert", "<img src=x", "/release"):
        assert words not in page, words
    held = Submission.objects.get(outcome="suspected")
    one = sales.get(f"/forms/demo/sent/{held.pk}").content.decode()
    assert ("homepage_url" in one, "<img src=x" in one) == (True, False)
    assert sales.post(f"/forms/demo/sent/{held.pk}/release").status_code == 403
    assert writer.post(f"/forms/demo/sent/{held.pk}/release").status_code == 302
    assert Contact.objects.filter(email="bot@firm.example").exists()


@pytest.mark.parametrize("many", [1, 3])
def test_the_pages_ask_the_database_as_often_for_one_as_for_three(writer: Client, many: int) -> None:
    for number in range(many):
        form = make_demo(f"demo{number}")
    for number in range(many):
        said = {"email": f"ann{number}@firm.example", "ripeline_token": token_for(form, now=timezone.now())}
        browser().post(f"/f/{form.key}/", said)
    asked = {"/forms/": 2, f"/forms/{form.key}/": 5, f"/forms/{form.key}/edit": 1}
    for path, count in asked.items():
        writer.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert writer.get(path).status_code == 200
        mine = [each["sql"] for each in queries if not of_frame(each["sql"])]
        assert len(mine) == count, mine
    with CaptureQueriesContext(connection) as queries:
        page = browser().get(f"/f/{form.key}/").content.decode()
    assert len(queries) == 1, queries.captured_queries
    assert token_in(page)


def of_frame(sql: str) -> bool:
    return any(
        name in sql for name in ("django_session", 'ripeline_user" WHERE', "ripeline_notification", "PRAGMA")
    )


def test_a_definition_that_is_kept_is_read_again_as_it_was() -> None:
    form = make_demo()
    assert draft_of(form) == Definition.model_validate(form.version.definition if form.version else {})


def test_nothing_that_somebody_writes_runs_on_any_page(writer: Client) -> None:
    """In every text of the form, in what is sent, in what a browser says of itself, in names and sites."""
    texts, linked = {"en": XSS, "de": XSS}, f"[{XSS[:60]}](https://x.example) {XSS}"
    fields: list[dict[str, Any]] = [
        {"name": "email", "type": "email", "label": texts, "help": texts, "required": True},
        {"name": "role", "type": "choice", "label": texts, "choices": [{"value": XSS[:100], "label": texts}]},
        {"name": "wish", "type": "long", "label": texts, "becomes": "trait"},
        {"name": "hidden", "type": "hidden", "fixed": XSS},
        {"name": "letters", "type": "consent", "purpose": "newsletter", "label": {"en": linked}},
    ]
    whole = {"title": texts, "intro": texts, "button": texts, "thanks": texts}
    form = make_demo("x", fields=fields, confirm=True, origins=["https://firm.example"], **whole)
    Form.objects.update(title=XSS)
    said = {"email": "ann@firm.example", "wish": XSS, XSS: XSS, "letters": "yes", "role": XSS[:100]}
    said |= {"ripeline_page": f"https://firm.example/?{XSS}", "ripeline_referrer": XSS}
    token = token_for(form, now=timezone.now())
    odd = browser(**{"user-agent": f"{PERSON} {XSS}"})
    odd.post("/f/x/", {**said, "email": XSS, "ripeline_token": token})
    odd.post("/f/x/", {**said, "ripeline_token": token})
    odd.post("/f/x/", {**said, "homepage_url": XSS, "ripeline_token": token_for(form, now=timezone.now())})
    sent = Submission.objects.order_by("pk")
    assert [each.outcome for each in sent] == ["accepted", "suspected"]
    key = Contact.objects.get().key
    public = ["/f/x/?lang=de&embed=1", f"/f/x/?page={XSS}&referrer={XSS}", "/f/x/thanks/?wait=1"]
    public.append(f"/f/confirm/{Confirmation.objects.get().key}/")
    inside = ["", "x/", "x/edit?at=1", "x/try", "x/share", "x/names", *(f"x/sent/{each.pk}" for each in sent)]
    pages = {path: browser().get(path) for path in public}
    pages |= {path: writer.get(path) for path in [*(f"/forms/{each}" for each in inside), f"/contacts/{key}"]}
    pages["wrong"] = odd.post(
        "/f/x/", {**said, "email": XSS, "ripeline_token": token_for(form, now=timezone.now())}
    )
    pages["tried"] = writer.post("/forms/x/try", {**said, "email": XSS})
    for path, answer in pages.items():
        page = answer.content.decode()
        assert answer.status_code in (200, 422), path
        assert "onerror" in page, f"{path} says nothing of it"
        for live in ("<script>alert", "<img src=x", "\"'><"):
            assert live not in page, f"{path}: {live}"
