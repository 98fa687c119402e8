"""Forms on other sites: in a frame, as plain HTML, or one that a site had already; and who may not send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.mapping import seen_names
from ripeline.capture.forms.models import Form, Submission
from ripeline.capture.forms.submitting import prune_suspects
from ripeline.people.models import Contact
from ripeline.timeline.models import Touch
from tests.capture.forms.forms import BROWSER, browser, make_demo, token_for, token_in
from tests.factories import make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db
SITE = "https://www.firm.example"
XSS = "<script>alert(1)</script>"


@pytest.fixture
def form() -> Form:
    make_playbook()
    return make_demo(origins=[SITE], redirect=f"{SITE}/thanks")


def post(said: dict[str, Any], **headers: str) -> Any:
    return browser(origin=SITE, referer=f"{SITE}/contact", **headers).post("/f/demo/", said)


def test_only_sites_on_the_list_may_show_a_form_and_only_they_may_send_to_it_without_our_page(
    form: Form,
) -> None:
    make_demo("alone")
    shown, alone = browser().get("/f/demo/"), browser().get("/f/alone/")
    assert f"frame-ancestors {SITE};" in shown["Content-Security-Policy"]
    assert f"form-action 'self' {SITE};" in shown["Content-Security-Policy"]
    assert "X-Frame-Options" not in shown
    assert "frame-ancestors 'none';" in alone["Content-Security-Policy"]
    assert alone["X-Frame-Options"] == "DENY"
    for answer in (shown, alone, browser().get("/f/demo/thanks/")):
        assert "script-src 'self';" in answer["Content-Security-Policy"]
        assert answer.content.count(b"<h1>") == 1
        assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-cache")
        assert not answer.cookies

    token = token_in(shown.content.decode())
    said = {"email": "ann@firm.example"}
    for origin in ("https://evil.example", "http://www.firm.example", "null", f"{SITE}.evil.example"):
        assert browser(origin=origin).post("/f/demo/", said).status_code == 403, origin
    assert browser().post("/f/demo/", said).status_code == 403, "a program says of no site that it is"
    assert (
        browser(origin="https://evil.example").post("/f/demo/", {**said, "ripeline_token": token}).status_code
        == 403
    )
    assert not Submission.objects.exists()
    answer = post(said)
    assert (answer.status_code, answer["Location"]) == (303, f"{SITE}/thanks")
    Form.objects.update(origins=["https://other.example"])
    browser(origin="https://other.example").post("/f/demo/", {"email": "bo@firm.example"})
    assert Submission.objects.count() == 2


def test_plain_html_of_a_site_is_read_once_and_mistakes_are_told_on_our_page(form: Form) -> None:
    said = {"email": "ann@firm.example", "wish": XSS, "password": "secret", "cvc": "123"}
    assert {post(said)["Location"] for _ in range(3)} == {f"{SITE}/thanks"}
    kept = Submission.objects.get()
    assert (kept.page, kept.outcome) == (f"{SITE}/contact", "accepted")
    assert "secret" not in str(kept.raw)
    assert "123" not in str(kept.raw)
    wrong = post({**said, "email": "ann@"})
    page = wrong.content.decode()
    assert (wrong.status_code, 'value="ann@"' in page, XSS in page) == (422, True, False)
    again = {
        **said,
        "email": "ann@firm.example",
        "wish": "more",
        "ripeline_token": token_for(form, now=timezone.now()),
    }
    assert token_in(page)
    assert browser().post("/f/demo/", again)["Location"] == f"{SITE}/thanks", (
        "from our page, on to their site"
    )
    assert Touch.objects.filter(kind="form_submitted").count() == 2


def test_who_sends_more_than_a_form_takes_is_told_so(form: Form) -> None:
    assert post({"email": "ann@firm.example", "wish": "x" * 70_000}).status_code == 413
    assert post({f"n{number}": "x" for number in range(201)}).status_code == 413
    assert not Submission.objects.exists()


def test_what_a_sites_own_form_sends_is_understood_once_its_names_are_known(form: Form) -> None:
    writer = sign_in(make_user("marketing", "Mia"))
    said = {
        "your-email": "Ann@Firm.example",
        "fname": "Ann",
        "msg": XSS,
        "ripeline_page": f"{SITE}/contact?mail=ann%40firm.example&utm_campaign=spring",
        "ripeline_visitor": BROWSER,
    }
    answer = post(said, **{"sec-fetch-mode": "no-cors"})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, SITE)
    kept = Submission.objects.get()
    assert (kept.outcome, kept.reasons) == ("unread", ["email: Please fill this in."])
    assert (kept.page, "ann%40" in kept.page) == (f"{SITE}/contact?mail=&utm_campaign=spring", False)
    assert not Touch.objects.exists()

    page = writer.get("/forms/demo/names").content.decode()
    assert page.count("by the look of it") == 1, "an address is known by its look"
    assert XSS not in page
    assert writer.get("/forms/demo/").content.decode().count("Not understood") == 1
    assert "Email: Please fill this in.<" in writer.get(f"/forms/demo/sent/{kept.pk}").content.decode()
    names = ["fname", "msg", "your-email"]
    mapping = {"name": names, "field-0": "full_name", "field-1": "wish", "field-2": "email"}
    assert writer.post("/forms/demo/names", mapping).status_code == 302
    kept.refresh_from_db()
    ann = Contact.objects.get()
    assert (kept.outcome, kept.contact, kept.answers["campaign"]) == ("accepted", ann, "spring")
    assert (ann.email, ann.name) == ("ann@firm.example", "Ann")
    assert Touch.objects.get(kind="form_submitted").visitor is not None

    post({**said, "your-email": "bo@firm.example", "msg": "hi"}, **{"sec-fetch-mode": "no-cors"})
    assert Contact.objects.filter(email="bo@firm.example").exists()
    assert Submission.objects.latest("pk").raw[0] == ["your-email", "bo@firm.example"], "kept as it came"


def test_names_are_known_by_their_look_beside_those_of_another_form_of_the_site(form: Form) -> None:
    definition = Definition.model_validate(form.version.definition if form.version else {})
    post({"email": "bo@firm.example", "full_name": "Bo", "phone": "1"}, **{"sec-fetch-mode": "no-cors"})
    said = {
        "your_mail": "ann@firm.example",
        "FullName": "Ann",
        "firm": "Firm",
        "contact[mail]": "x",
        "x": "y",
    }
    post(said, **{"sec-fetch-mode": "no-cors"})
    seen = {each.name: each.field for each in seen_names(form, definition) if each.is_guess}
    assert seen == {"your_mail": "email", "FullName": "full_name", "firm": "employer"}
    writer = sign_in(make_user("marketing", "Mia"))
    answer = writer.post("/forms/demo/names", {"name": ["x"], "field-0": "wish"}, follow=True)
    assert "0 read again, 1 still not understood: no address" in answer.content.decode()


def test_what_cannot_be_read_of_a_sites_form_is_left_out_with_the_reason_and_the_rest_is_taken_in(
    form: Form,
) -> None:
    Form.objects.update(is_adopted=True)
    post({"email": "ann@firm.example", "role": "emperor", "books": "many"}, **{"sec-fetch-mode": "no-cors"})
    kept = Submission.objects.get()
    assert (kept.outcome, kept.answers) == ("accepted", {"email": "ann@firm.example"})
    assert kept.reasons == ["role: Please choose one of the answers.", "books: This is no number."]


def test_the_sites_of_a_form_are_set_on_a_page_that_says_what_is_none(form: Form) -> None:
    writer, sales = sign_in(make_user("marketing", "Mia")), sign_in(make_user("sales", "Sam"))
    page = sales.get("/forms/demo/share").content.decode()
    for words in ("/f/demo.js", "data-ripeline-form=", "&lt;iframe", "embed=1", SITE):
        assert words in page, words
    assert sales.post("/forms/demo/sites", {"origins": ""}).status_code == 403
    wrong = writer.post("/forms/demo/sites", {"origins": f"https://a.example\n{XSS}"})
    assert (wrong.status_code, XSS in wrong.content.decode(), "is no site" in wrong.content.decode()) == (
        422,
        False,
        True,
    )
    assert (
        writer.post("/forms/demo/sites", {"origins": "A.example, https://b.example:8443"}).status_code == 302
    )
    assert Form.objects.get().origins == ["https://a.example", "https://b.example:8443"]


def test_the_script_that_shows_a_form_is_for_every_site_and_reads_nothing_of_the_database() -> None:
    answer = Client().get("/f/whichever.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "public" in answer["Cache-Control"]


def test_no_question_tells_what_we_know_of_somebody_else(form: Form) -> None:
    """Progressive questions leave out what this very browser told us; any other key asks everything."""
    asked = [
        {"name": "email", "type": "email", "label": {"en": "Email"}, "required": True},
        *(
            {"name": name, "type": "text", "label": {"en": name}, "becomes": "trait", "progressive": True}
            for name in ("role", "size", "genre")
        ),
    ]
    make_demo("more", origins=[SITE], fields=asked, ask_at_most=2)
    assert names_asked("") == ["email", "role", "size"]
    said = {"email": "ann@firm.example", "role": "author", "ripeline_visitor": BROWSER}
    browser(origin=SITE).post("/f/more/", said)
    assert names_asked(BROWSER) == ["email", "size", "genre"]
    assert "author" not in browser().get(f"/f/more/?visitor={BROWSER}").content.decode()
    Contact.objects.update(traits={"size": "12", "genre": "crime"})
    assert names_asked(BROWSER) == ["email", "size", "genre"], "what others told us of them is not given away"
    everything = names_asked("")
    for number in range(200):
        assert names_asked(f"{number:032x}") == everything
    for odd in ("x", BROWSER.upper(), f"{BROWSER}0", "' OR 1=1 --"):
        assert names_asked(odd) == everything


def names_asked(visitor: str) -> list[str]:
    page = browser().get("/f/more/", {"visitor": visitor}).content.decode()
    return [part.split('"')[0] for part in page.split('id="q-')[1:]]


ODD: list[tuple[str, dict[str, Any]]] = [
    ("application/x-www-form-urlencoded", {"data": "&=&==&a" * 50}),
    ("application/x-www-form-urlencoded", {"data": "email=%ff%fe%00&ripeline_page=%00&ripeline_visitor=%00"}),
    (
        "application/x-www-form-urlencoded",
        {"data": "ripeline_token=%7B%7D&ripeline_language=%00&altcha=e30%3D"},
    ),
    (
        "application/x-www-form-urlencoded",
        {"data": "email=a%40b.example&ripeline_page=http%3A%2F%2F%5B&ripeline_referrer=%5B"},
    ),
    ("multipart/form-data; boundary=x", {"data": "--x\r\nnothing of the kind"}),
    ("multipart/form-data", {"data": "--x"}),
    ("application/json", {"data": '{"email": "ann@firm.example"}'}),
    ("text/plain", {"data": "email=ann@firm.example"}),
]


@pytest.mark.parametrize(("kind", "sent"), ODD)
def test_nothing_that_is_sent_is_our_mistake(form: Form, kind: str, sent: dict[str, Any]) -> None:
    header = {"origin": SITE, "accept-language": "x" * 5000 + ",de;q=\u00bd", "cookie": "rl_id=' OR 1"}
    for path in ("/f/demo/", "/f/demo/beat/", "/f/demo/thanks/", "/f/demo.js", f"/f/confirm/{'0' * 32}/"):
        answer = browser(**header).post(path, content_type=kind, **sent)
        assert answer.status_code < 500, path
    asked = {
        "lang": "\x01",
        "page": "http://[",
        "referrer": "\ud800".encode("utf-8", "replace"),
        "visitor": "'",
        "embed": "%",
    }
    assert browser(**header).get("/f/demo/", asked).status_code in (200, 400)


def test_many_about_one_address_are_held_whoever_sends_them(form: Form) -> None:
    for number in range(12):
        said = {"email": "ann@firm.example", "wish": str(number)}
        browser(origin=SITE).post("/f/demo/", said, REMOTE_ADDR=f"192.0.2.{number}")
    held = Submission.objects.filter(outcome="suspected")
    assert [each.reasons for each in held] == [["too-many"], ["too-many"]]
    soon = timezone.now() + timedelta(days=89)
    assert (prune_suspects(soon), prune_suspects(soon + timedelta(days=2)), Submission.objects.count()) == (
        0,
        2,
        10,
    )


def test_what_a_program_sends_for_a_site_has_not_done_the_work_either(form: Form) -> None:
    make_demo("effort", origins=[SITE], proof_of_work=True)
    browser(origin=SITE).post("/f/effort/", {"email": "ann@firm.example"})
    assert Submission.objects.get().reasons == ["no-proof"]
