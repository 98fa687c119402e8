"""Requests as real SDKs sent them: those that speak Segment's API are kept whole; of the others, none is a fault."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ripeline.capture.collector.models import Arrival
from tests.capture.collector.asking import a_key, basic, collecting, events, said

CHECKOUT = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("RIPELINE_SHARED", CHECKOUT.parent / "shared")) / "data/sdk_traffic/requests.jsonl"
TYPES = {"track", "page", "screen", "identify", "group", "alias"}
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not FILE.exists(), reason=f"REAL SDK TRAFFIC IS NOT READ: no {FILE} (set RIPELINE_SHARED)"
    ),
]


def requests() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []


def speaks_segment(request: dict[str, Any]) -> bool:
    return bool(request["path"] == "/v1/batch")


def test_what_segments_and_rudderstacks_sdks_sent_is_kept_event_by_event() -> None:
    theirs = [request for request in requests() if speaks_segment(request)]
    agents = {request["headers"]["user-agent"] for request in theirs}
    # Segment's Python, RudderStack's Python and Node, Segment's Node, new and old.
    assert {"analytics-python/2.4.0", "analytics-python/2.1.9", "analytics-node/3.0.13"} < agents
    assert {"analytics-node-next/latest", "analytics-node/6.2.0"} < agents
    wanted: list[dict[str, Any]] = []
    with collecting() as asking:
        key = a_key()
        for request in theirs:
            answer = asking.post(
                request["path"],
                base64.b64decode(request["body_b64"]),
                **{**_headers(request), "authorization": basic(key.key)},
            )
            assert (answer.status, said(answer)) == (200, {"success": True})
            wanted += json.loads(request["body"])["batch"]
    kept = events()
    assert [event["messageId"] for event in kept] == [event["messageId"] for event in wanted]
    assert {event["type"] for event in kept} == TYPES
    for event, sent in zip(kept, wanted, strict=True):
        assert event["sentAt"]
        assert event.get("properties") == sent.get("properties")
        assert event["timestamp"] == sent.get("timestamp", sent.get("originalTimestamp"))
        assert "ip" not in event["context"]
    # RudderStack's Python tells traits within the context.
    assert all(event["traits"]["email"] for event in kept if event["type"] == "identify")


@pytest.mark.parametrize("request_number", range(len(requests())))
def test_no_request_of_any_sdk_is_a_fault(request_number: int) -> None:
    request = requests()[request_number]
    with collecting() as asking:
        body = base64.b64decode(request["body_b64"])
        path = request["path"] if request["path"].startswith("/v1") else f"/v1{request['path']}"
        answer = asking.ask(request["method"], path, body, a_key(), **_headers(request))
    assert answer.status == 200 if speaks_segment(request) else 400 <= answer.status < 500, answer.body
    assert Arrival.objects.exists() == speaks_segment(request)


def _headers(request: dict[str, Any]) -> dict[str, str]:
    names = ("content-encoding", "content-type", "user-agent")
    return {name.replace("-", "_"): request["headers"][name] for name in names if name in request["headers"]}
