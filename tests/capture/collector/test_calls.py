"""Each call of Segment's API, as it is documented; what is kept of it, and what is answered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from ripeline.capture.collector.keys import end_key, set_origins
from ripeline.capture.collector.models import Arrival
from tests.capture.collector.asking import (
    AGENT,
    Asking,
    a_key,
    basic,
    collecting,
    events,
    header,
    said,
    until,
)  # fmt: skip
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)
SUCCESS = {"success": True}

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("track", "t", {"event": "Pricing Viewed", "userId": "u1", "properties": {"plan": "pro"}}),
    ("page", "p", {"name": "Pricing", "anonymousId": "a1", "properties": {"url": "https://x.example/p"}}),
    ("screen", "s", {"name": "Home", "anonymousId": "a1"}),
    ("identify", "i", {"userId": "u1", "traits": {"email": "ann@x.example"}}),
    ("group", "g", {"userId": "u1", "groupId": "g1", "traits": {"name": "X"}}),
    ("alias", "a", {"previousId": "a1", "userId": "u1"}),
]


@pytest.fixture
def asking() -> Iterator[Asking]:
    with collecting() as each:
        yield each


@pytest.mark.parametrize(("name", "letter", "event"), CALLS)
def test_a_call_is_kept_as_it_was_sent_and_answered_as_segment_does(
    asking: Asking, name: str, letter: str, event: dict[str, Any]
) -> None:
    key = a_key()
    for path in (f"/v1/{name}", f"/v1/{letter}", f"/v1/{name}/"):
        answer = asking.post(path, {**event, "messageId": path}, key)
        assert (answer.status, said(answer)) == (200, SUCCESS)
    assert events() == [
        {**event, "messageId": path, "type": name}
        for path in (f"/v1/{name}", f"/v1/{letter}", f"/v1/{name}/")
    ]
    arrival = Arrival.objects.first()
    assert arrival is not None
    assert (arrival.write_key, arrival.received_at, arrival.outcome) == (key, NOW, "")
    facts = {"agent": AGENT, "method": "POST", "marks": ["no-language", "no-origin"], "network": ""}
    assert arrival.facts == facts


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import"])
def test_a_batch_is_kept_event_by_event_with_what_it_says_of_all_of_them(asking: Asking, path: str) -> None:
    body = {
        "batch": [{"type": name, **event, "messageId": name} for name, _, event in CALLS],
        "sentAt": "2026-03-03T11:59:00Z",
        "context": {"locale": "nl-NL"},
    }
    assert asking.post(path, body, a_key()).status == 200
    kept = events()
    assert [event["type"] for event in kept] == [name for name, _, _ in CALLS]
    assert {event["sentAt"] for event in kept} == {"2026-03-03T11:59:00Z"}
    assert all(event["context"] == {"locale": "nl-NL"} for event in kept)


def test_what_an_event_says_goes_before_what_its_batch_says(asking: Asking) -> None:
    event = {"type": "track", "event": "x", "userId": "u", "sentAt": "then", "context": {"locale": "de"}}
    asking.post(
        "/v1/batch", {"batch": [event], "sentAt": "now", "context": {"locale": "nl", "os": {}}}, a_key()
    )
    [kept] = events()
    assert (kept["sentAt"], kept["context"]) == ("then", {"locale": "de", "os": {}})


def test_a_batch_of_nothing_is_well(asking: Asking) -> None:
    assert said(asking.post("/v1/batch", {"batch": []}, a_key())) == SUCCESS


def test_a_beacon_shows_its_key_in_the_body_and_the_key_is_not_kept(asking: Asking) -> None:
    key = a_key("website", "https://www.example.com")
    body = {"event": "x", "anonymousId": "a", "writeKey": key.key}
    answer = asking.post(
        "/v1/t", body, content_type="text/plain;charset=UTF-8", origin="https://www.example.com"
    )
    assert (answer.status, header(answer, "access-control-allow-origin")) == (200, "*")
    assert asking.post("/v1/batch", {"batch": [{**body, "type": "track"}], "writeKey": key.key}).status == 200
    assert all("writeKey" not in event for event in events())


def test_a_packed_body_is_unpacked(asking: Asking) -> None:
    packed = gzip.compress(json.dumps({"event": "x", "userId": "u"}).encode())
    assert asking.post("/v1/track", packed, a_key(), content_encoding="gzip").status == 200
    assert len(events()) == 1


@pytest.mark.parametrize("shown", ["", "Bearer abc", "Basic !!!", basic("0" * 32), "Basic", basic("")])
def test_without_a_key_of_ours_nothing_is_kept(asking: Asking, shown: str) -> None:
    answer = asking.post("/v1/track", {"event": "x", "userId": "u"}, authorization=shown)
    assert answer.status == 401
    assert "write key" in said(answer)["message"]
    assert not events()


def test_a_new_key_is_taken_at_once_and_an_ended_one_soon_no_more(asking: Asking) -> None:
    event = {"event": "x", "userId": "u"}
    asking.post("/v1/track", event, a_key())
    key = a_key()
    assert asking.post("/v1/track", event, key).status == 200
    end_key(key)
    until(lambda: asking.post("/v1/track", event, key).status == 401)


def test_pages_of_other_sites_may_not_send_with_a_key_that_names_its_own(asking: Asking) -> None:
    key = a_key("website", "https://WWW.example.com:443", "http://localhost:3000")
    event = {"event": "x", "anonymousId": "a"}
    for told in ({"origin": "https://www.example.com"}, {"referer": "http://localhost:3000/p?q"}, {}):
        assert asking.post("/v1/track", event, key, **told).status == 200
    for told in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/"},
    ):
        answer = asking.post("/v1/track", event, key, **told)
        assert answer.status == 403
        assert "may not send with this write key" in said(answer)["message"]
        assert header(answer, "access-control-allow-origin") is None
    set_origins(key, [])
    until(lambda: asking.post("/v1/track", event, key, origin="https://evil.example").status == 200)


def test_a_browser_that_asks_first_is_let_in_where_any_key_would(asking: Asking) -> None:
    key = a_key("website", "https://www.example.com")
    asking.post("/v1/track", {"event": "x", "anonymousId": "a"}, key)
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
    answer = asking.ask("OPTIONS", "/v1/batch", origin="https://www.example.com", **asked)
    assert (answer.status, answer.body) == (204, b"")
    assert header(answer, "access-control-allow-origin") == "*"
    assert "authorization" in (header(answer, "access-control-allow-headers") or "")
    assert asking.ask("OPTIONS", "/v1/batch", origin="https://evil.example", **asked).status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_events_are_sent_by_post_alone(asking: Asking, method: str) -> None:
    answer = asking.ask(method, "/v1/track", key=a_key())
    assert (answer.status, header(answer, "allow")) == (405, "OPTIONS, POST")


@pytest.mark.parametrize(
    "path", ["/v1/", "/v1//track", "/v1/tracks", "/v1/track/x", "/v1/../admin", "/v1/\0"]
)
def test_there_is_nothing_at_other_addresses(asking: Asking, path: str) -> None:
    assert asking.post(path, {"event": "x", "userId": "u"}, a_key()).status == 404


def test_no_address_of_anybody_is_kept_and_its_network_is(asking: Asking) -> None:
    def network(address: str) -> str:
        return {"198.51.100.9": "datacentre:x", "203.0.113.7": "office"}.get(address, "")

    here = "198.51.100.9"
    said = {"properties": {"ip": here}, "traits": {"ip_address": here}, "ip": here, "request_ip": here}
    event = {"event": "x", "userId": "u", "context": {"ip": here, "traits": {"ip": here}}, **said}
    with collecting(network=network) as other:
        other.post("/v1/track", event, a_key("server"))
        other.post("/v1/track", event, a_key("website"))
    assert [each.facts["network"] for each in Arrival.objects.order_by("id")] == ["datacentre:x", "office"], (
        "a server says where its visitor is, a page is not believed"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ripeline_arrival")
        kept = str(cursor.fetchall())
    assert not any(address in kept for address in (here, "203.0.113.7"))


def test_what_our_script_noticed_of_the_browser_is_a_fact_and_no_part_of_the_event(asking: Asking) -> None:
    marks = ["webdriver", "no-plugins", "webdriver", "Ä\0", 5, "x" * 41, *(f"m{each}" for each in range(30))]
    asking.post("/v1/page", {"anonymousId": "a", "context": {"marks": marks}}, a_key(), accept_language="nl")
    [arrival] = Arrival.objects.all()
    assert arrival.facts["marks"][:4] == ["no-origin", "webdriver", "no-plugins", "m0"]
    assert len(arrival.facts["marks"]) == 17
    assert "webdriver" not in arrival.event
