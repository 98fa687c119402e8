"""What is sent to a form: kept once, read, and what follows for whom sent it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.capture.forms.models import Form, FormCount, Submission
from ripeline.capture.forms.spam import FORM_HOLDS_ABOVE, is_often, rate_of
from ripeline.capture.forms.submitting import release
from ripeline.people.models import Contact, Visitor
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.identities.web import WebTouch, record_web
from ripeline.timeline.models import Standing, Touch
from ripeline.worker import catch_up
from tests.capture.forms.forms import BROWSER, browser, make_demo, token_for, token_in
from tests.factories import make_contact, make_playbook, make_user
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db
ANN: dict[str, Any] = {
    "email": " Ann.Smit@Boekhuis.example ",
    "full_name": "Ann van der Smit",
    "role": "publisher",
    "when": "now",
    "books": "1,5",
    "wish": "We print\r\nbooks",
    "ripeline_page": "https://www.firm.example/demo?utm_campaign=spring&utm_medium=cpc&utm_source=google",
    "ripeline_referrer": "https://www.google.com/",
    "ripeline_visitor": BROWSER,
}


def send(form: Form, said: dict[str, Any] = ANN, *, client: Client | None = None, **changes: Any) -> Any:
    sent = {"ripeline_token": token_for(form, now=timezone.now()), **said, **changes}
    return (client or browser()).post(f"/f/{form.key}/", sent)


@pytest.fixture
def form() -> Form:
    make_playbook()
    return make_demo()


def test_what_is_sent_makes_a_contact_with_all_it_says_and_joins_the_browser(form: Form) -> None:
    now = timezone.now()
    before = fact_of_browser(now - timedelta(hours=1))
    record_web([before], now=now)

    answer = send(form, {**ANN, "books": "12", "employer": " Het Boekhuis"})

    assert (answer.status_code, answer["Location"]) == (303, "/f/demo/thanks/?lang=en")
    ann = Contact.objects.select_related("company").get()
    assert (ann.email, ann.name, ann.first_name, ann.last_name) == (
        "ann.smit@boekhuis.example",
        "Ann van der Smit",
        "Ann",
        "van der Smit",
    )
    assert (ann.company and (ann.company.name, ann.company.domain), ann.traits, ann.source) == (
        ("Het Boekhuis", "boekhuis.example"),
        {"role": "publisher", "books": 12.0},
        "paid",
    )
    kept = Submission.objects.get()
    assert (kept.outcome, kept.contact, kept.reasons) == ("accepted", ann, [])
    assert kept.answers["campaign"] == "spring"
    assert ["email", "Ann.Smit@Boekhuis.example"] in kept.raw
    touches = Touch.objects.filter(contact=ann)
    assert sorted(touches.values_list("kind", "subject")) == [
        ("answered", "timeline"),
        ("form_submitted", "demo"),
        ("identified", "demo"),
        ("page_viewed", "/before"),
        ("traits_changed", None),
    ]
    sent = touches.get(kind="form_submitted")
    assert (sent.actor, sent.attrs["text"], sent.attrs["utm_campaign"]) == (
        "human",
        "We print\nbooks",
        "spring",
    )
    assert "ann" not in str(sent.attrs).lower()
    assert touches.get(kind="answered").attrs == {"value": "now", "text": "This month", "form": "demo"}
    catch_up(timezone.now)
    assert Standing.objects.get(contact=ann).stage == "lead"


def test_the_same_words_from_one_page_count_once_and_other_words_again(form: Form) -> None:
    said = {**ANN, "books": "3", "ripeline_token": token_for(form, now=timezone.now())}
    answers = [send(form, said) for _ in range(3)]
    assert {answer["Location"] for answer in answers} == {"/f/demo/thanks/?lang=en"}
    assert Touch.objects.filter(kind="form_submitted").count() == Submission.objects.count() == 1

    # Gone back in the browser, which fetched the page anew.
    send(form, {**said, "ripeline_token": token_for(form, now=timezone.now())})
    assert Submission.objects.count() == 1
    # Gone back, and something else written.
    send(form, {**said, "wish": "and posters"})
    assert Touch.objects.filter(kind="form_submitted").count() == 2
    assert Contact.objects.count() == 1


def test_mistakes_are_told_at_their_fields_and_nothing_is_lost_or_kept(form: Form) -> None:
    said = {**ANN, "email": "ann@", "role": "<script>alert(1)</script>", "books": "501", "wish": "x" * 5001}
    answer = browser(**{"accept-language": "de"}).post(
        "/f/demo/", {**said, "ripeline_token": token_for(form, now=timezone.now())}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in (
        "4 Felder brauchen noch einen Blick.",
        'value="ann@" ',
        "Das ist keine E-Mail-Adresse",
        "Bitte geben Sie 500 oder weniger an.",
        "höchstens 5000 Zeichen; es sind 5001",
        'value="Ann van der Smit"',
    ):
        assert words in page, words
    assert page.count(" autofocus") == 1
    assert page.index(" autofocus") < page.index('id="q-full_name"')
    assert "<script>alert" not in page
    assert not Submission.objects.exists()
    assert not Touch.objects.exists()

    corrected = browser().post("/f/demo/", {**ANN, "books": "", "ripeline_token": token_in(page)})
    assert corrected.status_code == 303


def test_blanks_are_filled_and_only_what_the_form_may_overwrite_is_replaced(form: Form) -> None:
    known = make_contact(
        "Ann Old", emails=("ann.smit@boekhuis.example",), traits={"role": "author"}, title="Editor"
    )
    send(form, {**ANN, "books": "7"})
    known.refresh_from_db()
    assert (known.name, known.traits, known.title) == ("Ann Old", {"role": "author", "books": 7.0}, "Editor")

    fields = [
        {"name": "email", "type": "email", "label": {"en": "Email"}, "required": True},
        {
            "name": "last",
            "type": "text",
            "label": {"en": "Name"},
            "becomes": "last_name",
            "fill": "overwrite",
        },
        {"name": "role", "type": "text", "label": {"en": "Role"}, "becomes": "trait", "fill": "overwrite"},
        {"name": "owner_id", "type": "text", "label": {"en": "Odd"}},
    ]
    other = make_demo("other", fields=fields)
    send(other, {"email": known.email, "last": "Smit", "role": "publisher", "owner_id": "1", "title": "CEO"})
    known.refresh_from_db()
    told = (known.name, known.last_name, known.traits["role"], known.title, known.owner)
    assert told == ("Smit", "Smit", "publisher", "Editor", None)
    changes = Touch.objects.filter(kind="traits_changed", contact=known).order_by("at", "pk")
    assert [(each.attrs.get("books"), each.attrs.get("role")) for each in changes] == [
        (7.0, None),
        (None, "publisher"),
    ]


def test_a_second_person_on_the_same_computer_splits_it_and_changes_nobody(form: Form) -> None:
    send(form)
    send(form, {**ANN, "email": "bo@other.example", "full_name": "Bo"})
    ann, bo = Contact.objects.order_by("pk")
    assert (ann.name, bo.name) == ("Ann van der Smit", "Bo")
    visitor = Visitor.objects.get(key=BROWSER)
    assert visitor.contact == bo
    assert Touch.objects.filter(kind="form_submitted", contact=ann).count() == 1


def test_what_comes_to_a_merged_contact_goes_back_with_the_undo(form: Form) -> None:
    user = make_user("admin")
    kept, gone = make_contact("Kit", traits={"role": "author"}), make_contact("Gus")
    done = merge(kept, gone, by=user, why="one", now=timezone.now())
    assert isinstance(done, Merged)
    send(form, {**ANN, "email": "gus@theirs.example", "books": "9"})
    sent = Touch.objects.get(kind="form_submitted")
    kept.refresh_from_db()
    assert (sent.contact, kept.traits) == (kept, {"role": "author", "books": 9.0})
    told = Touch.objects.filter(kind="traits_changed", attrs__has_key="books")
    assert [each.contact for each in told] == [kept]

    undo(done.merge, by=user, now=timezone.now())
    for each in (sent, kept, gone):
        each.refresh_from_db()
    assert (sent.contact, told.get().contact) == (gone, gone)
    assert (kept.traits, gone.traits, gone.name) == ({"role": "author"}, {"books": 9.0}, "Gus")


@pytest.mark.parametrize(
    ("sign", "changes"),
    [
        ("honeypot", {"homepage_url": "http://cheap.example"}),
        ("links", {"wish": "http://a http://b www.c"}),
    ],
)
def test_a_suspect_is_kept_and_makes_nobody_until_a_colleague_releases_it(
    form: Form, sign: str, changes: dict[str, str]
) -> None:
    answer = send(form, {**ANN, **changes})
    assert answer["Location"] == "/f/demo/thanks/?lang=en", "it learns nothing"
    held = Submission.objects.get()
    assert (held.outcome, held.actor, held.reasons) == ("suspected", "machine", [sign])
    assert not Contact.objects.exists()
    assert not Touch.objects.exists()

    assert release(held, by=make_user("marketing"), now=timezone.now())
    assert not release(held, by=None, now=timezone.now()), "once"
    held.refresh_from_db()
    assert (held.outcome, held.actor) == ("accepted", "human")
    sent = Touch.objects.get(kind="form_submitted")
    assert (sent.contact, sent.at, sent.actor) == (Contact.objects.get(), held.received_at, "human")


def test_who_is_too_fast_or_a_program_or_sends_too_much_is_held_and_much_more_is_refused(form: Form) -> None:
    now = timezone.now()
    send(form, {**ANN, "ripeline_token": token_for(form, now=now, ago=timedelta(seconds=1))})
    send(form, {**ANN, "email": "b@b.example"}, client=Client(headers={"user-agent": "curl/8"}))
    assert [each.reasons for each in Submission.objects.order_by("pk")] == [["too-fast"], ["machine"]]
    answers = [send(form, {**ANN, "email": f"n{n}@many.example"}) for n in range(59)]
    assert [answer.status_code for answer in answers] == [303] * 58 + [429]
    assert answers[-1]["Retry-After"] == "600"
    assert Submission.objects.filter(outcome="accepted").count() == 8
    assert Submission.objects.filter(reasons=["too-many"]).count() == 50


def test_what_one_address_is_refused_for_closes_the_form_for_nobody_else(form: Form) -> None:
    now = timezone.now()
    for _ in range(FORM_HOLDS_ABOVE):
        rate = rate_of(form, "192.0.2.1", now=now)
    assert (rate, rate_of(form, "192.0.2.2", now=now)) == ("refuse", "fine")
    for each in range(FORM_HOLDS_ABOVE):
        rate_of(form, f"10.0.{each // 250}.{each % 250}", now=now)
    assert rate_of(form, "192.0.2.3", now=now) == "hold"


def test_what_one_connection_calls_itself_is_one_sender_and_one_mailbox_is_one(form: Form) -> None:
    now = timezone.now()
    theirs = [rate_of(form, f"2001:db8:1:2::{number:x}", now=now) for number in range(61)]
    assert theirs == ["fine"] * 10 + ["hold"] * 50 + ["refuse"]
    assert rate_of(form, "2001:db8:1:3::1", now=now) == "fine"
    spelt = [f"{'.' * (number % 2)}".join(("vi", f"c+{number}@gmail.com")) for number in range(11)]
    assert [is_often(form, each, now=now) for each in spelt] == [False] * 10 + [True]
    assert not is_often(form, "v.ic@firm.example", now=now)


def test_a_page_that_stood_open_for_a_day_is_shown_again_and_a_forged_token_counts_for_nothing(
    form: Form,
) -> None:
    old = token_for(form, now=timezone.now(), ago=timedelta(hours=25))
    answer = send(form, {**ANN, "ripeline_token": old})
    page = answer.content.decode()
    assert (answer.status_code, "stood open for long" in page, "Ann van der Smit" in page) == (
        422,
        True,
        True,
    )
    assert token_in(page) != old

    for forged in ("", "x", old[:-2] + "xx", token_for(make_demo("other"), now=timezone.now())):
        assert send(form, {**ANN, "ripeline_token": forged}).status_code == 403, forged
    assert not Submission.objects.exists()


def test_an_answer_passes_for_nothing_that_we_note_ourselves(form: Form) -> None:
    names = ("source", "by", "by_id", "text", "utm_source")
    fields = [{"name": "email", "type": "email", "label": {"en": "Email"}, "required": True}]
    fields += [{"name": name, "type": "text", "label": {"en": name}} for name in names]
    send(make_demo("sly", fields=fields), {"email": "ann@firm.example", **dict.fromkeys(names, "Mia")})
    attrs = Touch.objects.get(kind="form_submitted").attrs
    assert attrs == {f"answer_{name}": "Mia" for name in names}
    assert Contact.objects.get().source == ""


def test_only_what_was_asked_is_believed(form: Form) -> None:
    send(form, {**ANN, "ripeline_token": token_for(form, now=timezone.now(), asked=["email"])})
    assert Submission.objects.get().answers == {"email": "ann.smit@boekhuis.example"}
    assert Contact.objects.get().name == ""


def test_a_form_is_only_looked_at_by_a_get_and_closed_or_unknown_ones_take_nothing(form: Form) -> None:
    assert browser().get("/f/demo/").status_code == 200
    assert browser().get("/f/none/").status_code == 404
    assert not FormCount.objects.exists()
    Form.objects.update(is_open=False)
    assert (browser().get("/f/demo/").status_code, send(form).status_code) == (410, 410)
    assert not Submission.objects.exists()


def test_views_and_starts_are_counted_once_for_each_page(form: Form) -> None:
    token = token_in(browser().get("/f/demo/").content.decode())
    for what in ("viewed", "viewed", "started", "started", "sent", "other"):
        browser().post("/f/demo/beat/", {"what": what, "ripeline_token": token})
    browser().post("/f/demo/beat/", {"what": "viewed", "ripeline_token": "forged"})
    assert counted() == {"viewed": 1, "started": 1}
    # Sent by who has no scripts: seen and begun all the same.
    send(form)
    assert counted() == {"viewed": 2, "started": 2, "sent": 1}


def counted() -> dict[str, int]:
    return dict(FormCount.objects.filter(actor="human").values_list("what", "count"))


def fact_of_browser(at: Any) -> WebTouch:
    nobody = make_contact("Nobody")
    told = fact(nobody, "page_viewed", at, subject="/before", uid="before")
    nobody.delete()
    return WebTouch(
        type(told)(**{name: getattr(told, name) for name in told.__slots__} | {"person": ""}), BROWSER
    )


def test_what_a_form_without_an_address_asks_is_told_of_whose_browser_it_is(form: Form) -> None:
    asks = make_demo("poll", fields=[DEMO_ROLE], confirm=False)
    known = make_contact("Kim")
    now = timezone.now()
    join(visitor_for(BROWSER, now=now), known, how="form", at=now, now=now)
    send(asks, {"role": "author", "ripeline_visitor": BROWSER})
    send(asks, {"role": "author"})
    known.refresh_from_db()
    assert known.traits == {"role": "author"}
    assert [each.contact for each in Submission.objects.order_by("pk")] == [known, None]


DEMO_ROLE = {
    "name": "role",
    "type": "choice",
    "label": {"en": "You are"},
    "becomes": "trait",
    "choices": [{"value": "author"}, {"value": "publisher"}],
}
