"""What becomes of events: touches of browsers and people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.capture.collector.models import Arrival
from ripeline.capture.digest.products import MOST, bought_of
from ripeline.lifecycle.touch import KINDS
from ripeline.people.models import Contact, Visitor
from ripeline.timeline.models import Reassessment, Touch
from tests.capture.digest.arriving import (
    ANONYMOUS,
    VISITOR,
    arrive,
    digested,
    event,
    identify,
    page,
    server,
    track,
    website,
)
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_view_of_a_stranger_is_a_touch_of_their_browser() -> None:
    [arrival] = digested(website(), page("/pricing?plan=pro"))
    touch = Touch.objects.get()
    assert (touch.kind, touch.subject, touch.direction, touch.actor) == (
        "page_viewed",
        "/pricing?plan=pro",
        "in",
        "human",
    )
    assert touch.contact is None
    assert touch.visitor is not None
    assert touch.visitor.key == VISITOR
    assert touch.at == NOW
    assert touch.attrs["url"] == "https://www.example.com/pricing?plan=pro"
    assert (arrival.outcome, arrival.touch_uid) == ("recorded", touch.uid)
    assert (arrival.visitor_id, arrival.contact_id, arrival.done_at) == (touch.visitor_id, None, NOW)
    assert touch.uid == f"{arrival.write_key_id}:m" + touch.uid.rpartition("m")[2]


def test_a_page_without_a_path_is_about_that_of_its_address() -> None:
    digested(website(), event("page", properties={"url": "https://www.example.com/a/b?c=d"}))
    digested(website(), event("page", context={"page": {"url": "https://www.example.com", "title": "Home"}}))
    found = Touch.objects.order_by("pk")
    assert [each.subject for each in found] == ["/a/b", "/"]
    assert found[1].attrs["title"] == "Home"


def test_an_order_from_a_server_is_a_purchase_with_its_value() -> None:
    digested(server(), track("Order Completed", {"order_id": "o7", "revenue": 120.5}, userId="7"))
    touch = Touch.objects.get(kind="purchased")
    assert (touch.subject, touch.value, touch.direction, touch.attrs["order_id"]) == (None, 120.5, "in", "o7")
    assert touch.contact is not None
    assert [(each.kind, each.value) for each in touch.contact.identities.all()] == [("external", "7")]
    assert touch.actor == "unknown", "a server's own request shows nothing of the person"


def test_an_order_is_a_purchase_of_each_of_its_products_that_add_up_to_what_was_paid() -> None:
    products = [
        {"name": "Launch pack", "price": 100, "quantity": 2, "sku": "L1"},
        {"name": "Poster", "price": 10},
        {"name": "Poster", "price": "10", "quantity": 1},
        {"product_id": "p9", "price": 80},
    ]
    sent = track("Order Completed", {"order_id": "o7", "revenue": 200, "products": products}, userId="7")
    key = server()
    digested(key, sent)
    digested(key, sent)
    found = Touch.objects.filter(kind="purchased").order_by("uid")
    bought = {each.subject: (each.value, each.attrs["quantity"], each.attrs.get("sku")) for each in found}
    assert bought == {
        "Launch pack": (133.34, 2, "L1"),
        "Poster": (13.33, 2, None),
        "p9": (53.33, 1, None),
    }
    assert {each.attrs["order_id"] for each in found} == {"o7"}


@given(
    total=st.none() | st.integers(0, 10**7).map(lambda cents: cents / 100),
    prices=st.lists(st.none() | st.integers(0, 10**6).map(lambda cents: cents / 100), max_size=60),
)
def test_what_was_bought_adds_up_to_the_total(total: float | None, prices: list[float | None]) -> None:
    products = [{"name": f"product {place}", "price": price} for place, price in enumerate(prices)]
    found = bought_of(products, total)
    assert len(found) == min(len(prices), MOST + 1)
    if total is None:
        assert [each.value for each in found[:MOST]] == prices[:MOST]
    elif found:
        assert round(sum(each.value or 0 for each in found), 4) == round(total, 4)


@pytest.mark.parametrize("name", ["Order Completed", "Email Replied", "Meeting Booked", "Deal Won"])
def test_a_website_cannot_say_that_somebody_bought_or_talked_with_us(name: str) -> None:
    digested(website(), track(name, {"order_id": "o7", "revenue": 120}))
    own = name.lower().replace(" ", "_")
    assert Touch.objects.get().kind == (f"custom_{own}" if own in KINDS else own) != "purchased"


@pytest.mark.parametrize(
    "name", ["stage_set", "Stage Set", "accepted", "Identified", "disqualified", "Noted"]
)
def test_nobody_moves_people_by_an_event(name: str) -> None:
    digested(server(), track(name, userId="7"))
    assert Touch.objects.get().kind == f"custom_{name.lower().replace(' ', '_')}"


def test_no_event_signs_for_a_colleague() -> None:
    signed = {"text": "Send them the contract", "by": "Ottilie Brandvold", "by_id": 1}
    digested(website(), track("Noted", signed), track("Form Submitted", {"form": "demo", **signed}))
    digested(server(), track("Call Held", {"by": {"id": 1}, "name": "Renewal"}, userId="7"))
    kinds = [(each.kind, {"by", "by_id"} & each.attrs.keys()) for each in Touch.objects.order_by("uid")]
    assert sorted(kinds) == [("call_held", set()), ("custom_noted", set()), ("form_submitted", set())]
    said = Touch.objects.get(kind="custom_noted").attrs
    assert (said["said_by"], said["said_by_id"]) == ("Ottilie Brandvold", 1)


@pytest.mark.parametrize(
    ("name", "of_server", "of_website"),
    [
        ("Push Notification Sent", "out", "out"),
        ("Push Notification Opened", "in", "in"),
        ("Invoice Sent", "internal", "in"),
        ("Email Deferred", "internal", "internal"),
        ("Order Refunded", "internal", "internal"),
        ("Trial Ended", "internal", "internal"),
        ("Experiment Viewed", "internal", "internal"),
        ("Product Viewed", "in", "in"),
        ("Stage Set", "internal", "in"),
        ("Order Completed", "in", "in"),
    ],
)
def test_what_is_not_known_to_be_the_persons_doing_is_not_taken_for_it(
    name: str, of_server: str, of_website: str
) -> None:
    digested(server(), track(name, userId="7"))
    digested(website(), track(name))
    directions = {each.contact is None: each.direction for each in Touch.objects.all()}
    assert directions == {False: of_server, True: of_website}


def test_an_event_of_another_name_is_kept_under_it() -> None:
    digested(
        website(), track("Calculator: Savings shown!", {"name": "roof", "value": 3, "deep": {"a": {"b": 1}}})
    )
    touch = Touch.objects.get()
    assert (touch.kind, touch.subject, touch.value) == ("calculator_savings_shown", "roof", 3)
    assert touch.attrs["event"] == "Calculator: Savings shown!"
    assert touch.attrs["deep_a_b"] == 1


def test_more_properties_than_are_kept_are_said() -> None:
    [arrival] = digested(website(), track("Much", {f"p{number}": number for number in range(100)}))
    assert arrival.reason == "36 more properties than are kept"
    assert len(Touch.objects.get().attrs) == 65


def test_the_same_event_sent_again_counts_once() -> None:
    key = website()
    same = page()
    first, second = digested(key, same, same)
    [third] = digested(key, same)
    assert Touch.objects.count() == 1
    assert [each.outcome for each in (first, second, third)] == ["recorded", "dropped", "dropped"]
    assert "came before" in third.reason


def test_two_senders_may_call_two_events_the_same() -> None:
    same = page()
    digested(website(), same)
    digested(website(), same)
    assert Touch.objects.count() == 2


def test_a_clock_that_is_wrong_is_set_right_by_when_it_sent() -> None:
    fast = page(timestamp="2031-01-01T10:00:00.000Z", sentAt="2031-01-01T10:05:00Z")
    digested(website(), fast)
    assert Touch.objects.get().at == NOW - timedelta(minutes=5)


def test_what_lies_in_the_future_happened_when_it_came_and_says_so() -> None:
    [arrival] = digested(website(), page(timestamp=(NOW + timedelta(days=2)).isoformat()))
    assert Touch.objects.get().at == NOW
    assert "not come yet" in arrival.reason


@pytest.mark.parametrize(
    "odd", ["soon", "0001-01-01T00:00:00Z", 1e300, "9999-12-31T23:59:59-23:59", True, [1]]
)
def test_an_odd_time_is_that_of_receipt(odd: object) -> None:
    digested(website(), page(timestamp=odd))
    assert Touch.objects.get().at == NOW


def test_a_history_sent_afterwards_keeps_its_times() -> None:
    digested(server(), track("Trial Started", userId="7", timestamp="2025-03-01T09:00:00+01:00"))
    assert Touch.objects.get().at.isoformat() == "2025-03-01T08:00:00+00:00"


def test_who_comes_by_an_advertisement_came_by_something_paid_for() -> None:
    url = "https://www.example.com/?utm_source=adwords&utm_medium=cpc&utm_campaign=Spring&gclid=abc"
    digested(website(), event("page", properties={"url": url, "referrer": "https://www.google.com/"}))
    attrs = Touch.objects.get().attrs
    assert (attrs["source"], attrs["source_name"]) == ("paid", "adwords")
    assert (attrs["utm_campaign"], attrs["click_id"]) == ("Spring", "abc")


def test_the_first_source_becomes_the_contacts() -> None:
    key = website()
    came = event(
        "page", properties={"url": "https://www.example.com/", "referrer": "https://duckduckgo.com/"}
    )
    digested(key, came)
    later = event("page", properties={"url": "https://www.example.com/x"})
    digested(key, later, now=NOW + timedelta(hours=2))
    digested(key, identify("7", {"email": "ann@firm.example"}), now=NOW + timedelta(hours=3))
    assert Contact.objects.get().source == "search"


def test_what_a_known_person_does_makes_them_due_at_once() -> None:
    key = website()
    digested(key, identify("7"))
    Reassessment.objects.update(due_at=NOW + timedelta(days=9))
    digested(key, page())
    assert Reassessment.objects.get().due_at == NOW


def test_a_browsers_id_that_is_not_random_is_anothers_with_another_key() -> None:
    digested(website(), page(anonymousId="anon1"))
    digested(website(), page(anonymousId="anon1"))
    digested(website(), page(anonymousId=ANONYMOUS.upper()))
    digested(website(), page(anonymousId=VISITOR))
    assert Visitor.objects.count() == 3


def test_an_arrival_of_a_key_that_is_none_is_dropped_with_the_reason() -> None:
    [pk] = arrive(website(), page())
    Arrival.objects.update(write_key=4711)
    digested(website())
    arrival = Arrival.objects.get(pk=pk)
    assert (arrival.outcome, arrival.reason) == ("dropped", "it came with a write key that is none")
