"""The page of events' names, and names of one's own."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ripeline.capture.digest.models import EventName
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import arrive, digested, page, server, track, website
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script>'
# Session, reader, bell; one's own names twice (read, with who said it), keys, latest events.
NAMES = 7
QUOTE = {
    "name": "Quote asked for",
    "kind": "form_submitted",
    "direction": "out",
    "subject": "quote, product",
    "about": "",
    "value": "total",
}


@pytest.fixture
def admin() -> Client:
    return sign_in(make_user("admin"))


def read(browser: Client, address: str = "/capture/events/", queries: int | None = None) -> str:
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(address)
    assert answer.status_code == 200
    if queries is not None:
        assert len(asked) == queries, "\n".join(each["sql"] for each in asked)
    return answer.content.decode()


def test_names_heard_of_late_are_shown_with_what_they_become(admin: Client) -> None:
    said = {"quote": "Q1", "total": "12.5"}
    digested(website(), track("Quote asked for", said), track("Order Completed", {"revenue": 3}), page())
    digested(server(), track("Order Completed", {"revenue": 3}, userId="7"), track(HOSTILE, userId="7"))
    shown = read(admin, queries=NAMES)
    assert "quote_asked_for" in shown
    assert "purchased" in shown
    assert "order_completed" in shown, "from a website anybody could send it"
    assert HOSTILE not in shown
    for number in range(20):
        arrive(website(), track(f"Name {number}"))
    read(admin, queries=NAMES)
    assert "are changed" not in read(sign_in(make_user("marketing")))


def test_a_name_is_tried_then_kept_and_counts_for_what_comes_then(admin: Client) -> None:
    key = website()
    said = {"quote": HOSTILE, "total": "12.5"}
    digested(key, track("Quote asked for", said), track("quoteAskedFor", said))
    tried = admin.post("/capture/events/try/", QUOTE).content.decode()
    assert "2 of the latest events are called so." in tried
    assert "12.5" in tried
    assert HOSTILE not in tried
    assert not EventName.objects.exists()
    admin.post("/capture/events/keep/", QUOTE)
    digested(key, track("QUOTE ASKED FOR", {"product": "Desk", "total": 3}))
    assert list(Touch.objects.order_by("pk").values_list("kind", "direction", "subject", "value")) == [
        ("quote_asked_for", "in", None, None),
        ("quote_asked_for", "in", None, None),
        ("form_submitted", "in", "Desk", 3.0),
    ]
    assert 'value="quote, product"' in read(admin, "/capture/events/?name=quote+asked+for")
    admin.post("/capture/events/keep/", QUOTE | {"name": "quote_asked_for", "about": "quote"})
    assert EventName.objects.get().about == "quote", "the same name, changed"
    admin.post(f"/capture/events/{EventName.objects.get().pk}/remove/")
    digested(key, track("Quote asked for", said))
    assert Touch.objects.latest("pk").kind == "quote_asked_for"


def test_a_name_of_ones_own_goes_before_the_standard_one_and_may_not_say_what_a_website_may_not(
    admin: Client,
) -> None:
    bought = QUOTE | {"name": "Product Viewed", "kind": "purchased", "subject": "", "value": "price"}
    digested(website(), track("Product Viewed", {"price": 3}))
    assert "From a website anybody could send" in admin.post("/capture/events/try/", bought).content.decode()
    admin.post("/capture/events/keep/", bought)
    digested(website(), track("Product Viewed", {"price": 3}))
    digested(server(), track("Product Viewed", {"price": 3}, userId="7"))
    found = Touch.objects.order_by("pk").values_list("kind", "value")
    assert list(found) == [("product_viewed", 3), ("product_viewed", 3), ("purchased", 3)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "Buy It!"}, "Small letters, digits and _"),
        ({"kind": "stage_set"}, "made by Ripeline alone"),
        ({"name": ""}, "This field is required"),
        ({"direction": "up"}, "Select a valid choice"),
        ({"subject": ",".join(map(str, range(11)))}, "More than 10 properties"),
    ],
)
def test_what_cannot_be_is_refused_at_the_field(admin: Client, wrong: dict[str, str], said: str) -> None:
    for where in ("try", "keep"):
        answer = admin.post(f"/capture/events/{where}/", QUOTE | wrong)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not EventName.objects.exists()
