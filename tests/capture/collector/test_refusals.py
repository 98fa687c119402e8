"""What is refused, of which event and why; and that nothing that can be sent is a fault of ours."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ripeline.capture.collector import limits
from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.collector.steps import STEPS
from tests.capture.collector.asking import Asking, a_key, collecting, events, said
from tests.databases import examples

pytestmark = pytest.mark.django_db(transaction=True)
TRACK: dict[str, Any] = {"type": "track", "event": "x", "userId": "u", "messageId": "m"}


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else 1


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in TRACK.items() if name not in names}


REFUSED: list[tuple[Any, str]] = [
    (5, "it is no object"),
    (["a"], "it is no object"),
    ({**TRACK, "properties": {"a": "x" * limits.EVENT}}, "an event may have 32,768"),
    ({**TRACK, "properties": nested(8)}, "nested deeper than 8 levels"),
    ({**TRACK, "properties": {"a": list(range(2000))}}, "more than 2,000 names and items"),
    ({**TRACK, "properties": {"a" * 256: 1}}, "a name of more than 255 letters"),
    ({**TRACK, "properties": {"a": 2**63}}, "more digits than can be kept"),
    ({**TRACK, "properties": []}, "its properties is no object"),
    ({**TRACK, "context": "x"}, "its context is no object"),
    ({**TRACK, "traits": 5}, "its traits is no object"),
    (without("type"), "its type is none of track, page"),
    ({**TRACK, "type": "sale"}, "its type is none of"),
    ({**TRACK, "type": ["track"]}, "its type is none of"),
    (without("userId"), "neither a userId nor an anonymousId"),
    ({**TRACK, "userId": "", "anonymousId": None}, "neither a userId nor an anonymousId"),
    ({**TRACK, "userId": {"a": 1}}, "its userId is no text"),
    ({**TRACK, "userId": True}, "its userId is no text"),
    ({**TRACK, "anonymousId": "a" * 255}, "its anonymousId has more than 254 letters"),
    ({**TRACK, "messageId": "a" * 101}, "its messageId has more than 100 letters"),
    ({**TRACK, "messageId": [1]}, "its messageId is no text"),
    (without("event"), "a track needs an event"),
    ({**TRACK, "event": " "}, "a track needs an event"),
    ({**TRACK, "event": 5}, "a track needs an event"),
    ({**TRACK, "event": "x" * 256}, "a name of more than 255 letters"),
    ({**TRACK, "type": "group"}, "a group needs a groupId"),
    ({**TRACK, "type": "alias"}, "an alias needs a userId and a previousId"),
]


def test_each_refused_event_is_told_with_its_place_and_why_and_the_others_are_kept() -> None:
    batch: list[Any] = []
    for event, _ in REFUSED:
        batch += [event, {**TRACK, "messageId": f"good-{len(batch)}"}]
    with collecting() as asking:
        for start in range(0, len(batch), 8):
            part = batch[start : start + 8]
            answer = asking.post("/v1/batch", {"batch": part}, a_key())
            found = said(answer)
            assert (answer.status, found["kept"], found["code"]) == (400, len(part) // 2, "refused")
            assert [each["index"] for each in found["refused"]] == list(range(0, len(part), 2))
            for each, (event, why) in zip(found["refused"], REFUSED[start // 2 :], strict=False):
                assert why in each["why"]
                if (
                    isinstance(event, dict)
                    and isinstance(event.get("messageId"), str)
                    and "32,768" not in why
                ):
                    assert each["messageId"] == event["messageId"][:100]
            assert found["message"].startswith("Event 0")
    assert len(events()) == len(REFUSED)
    assert all(event["messageId"].startswith("good-") for event in events())


def test_a_single_event_is_refused_as_one_of_a_batch_is() -> None:
    with collecting() as asking:
        found = said(asking.post("/v1/track", without("userId"), a_key()))
    assert found["message"] == (
        "Event 0 (messageId m) is not kept: it has neither a userId nor an anonymousId."
    )
    assert (found["kept"], len(found["refused"])) == (0, 1)


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (nested(8), "nested deeper than 8 levels"),
        ({"a": [1] * 2_000}, "more than 2,000 names and items"),
        ({"a": 2**63}, "more digits than can be kept"),
    ],
)
def test_what_a_batch_says_of_all_its_events_is_looked_at_as_part_of_each(context: Any, why: str) -> None:
    with collecting() as asking:
        found = said(asking.post("/v1/batch", {"batch": [TRACK], "context": context}, a_key()))
    assert (found["kept"], why in found["refused"][0]["why"]) == (0, True)
    assert not Arrival.objects.exists()


def test_the_context_of_a_batch_is_small_as_it_becomes_part_of_each_event() -> None:
    body = {"batch": [TRACK] * limits.BATCH, "context": {"a": "x" * limits.CONTEXT}}
    with collecting() as asking:
        answer = asking.post("/v1/batch", body, a_key())
    assert (answer.status, said(answer)["code"]) == (413, "too_large")
    assert (
        said(answer)["message"] == "The context of a batch may have 8 KB; nothing of this request was kept."
    )
    assert not Arrival.objects.exists()


def test_what_a_batch_says_once_does_not_become_megabytes_and_counts_by_what_it_becomes() -> None:
    small = {"type": "track", "event": "x", "userId": "u"}
    said_once = {f"name{number}": 1 for number in range(550)}
    packed = gzip.compress(json.dumps({"batch": [small] * 2_490, "context": said_once}).encode())
    assert len(packed) < 4_000
    key = a_key("website")
    with collecting() as asking:
        answer = asking.post("/v1/batch", packed, key, content_encoding="gzip")
        assert (answer.status, "together 2 MB at most" in said(answer)["message"]) == (413, True)
        assert not Arrival.objects.exists()
        for number, status in enumerate((200, 200, 200, 429)):
            each = {
                "batch": [{**small, "messageId": f"{number}-{n}"} for n in range(200)],
                "context": said_once,
            }
            assert asking.post("/v1/batch", each, key).status == status, "1.5 MB count as some 1,500 events"
    assert Arrival.objects.count() == 600


def test_the_context_of_a_batch_stands_in_each_event_without_letters_that_are_none() -> None:
    body = {
        "batch": [TRACK, {**TRACK, "messageId": "n", "context": {"own": 1}}],
        "context": {"a": "x\0y", "own": 2},
    }
    with collecting() as asking:
        assert asking.post("/v1/batch", body, a_key()).status == 200
    assert [event["context"] for event in events()] == [{"a": "xy", "own": 2}, {"a": "xy", "own": 1}]


def test_of_too_many_events_the_first_are_kept() -> None:
    batch = [{**TRACK, "messageId": str(number)} for number in range(limits.BATCH + 200)]
    with collecting() as asking:
        found = said(asking.post("/v1/batch", {"batch": batch}, a_key()))
    assert (found["kept"], len(found["refused"])) == (limits.BATCH, limits.TOLD)
    assert found["message"] == ("Event 2500 is not kept: a request may have 2,500 events, and 199 more.")
    assert Arrival.objects.count() == limits.BATCH


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (b"", "", 400, "bad_json"),
        (b"{", "", 400, "bad_json"),
        (b"\xff\xfe", "", 400, "bad_json"),
        (b'{"a":NaN}', "", 400, "bad_json"),
        (b"[" * 100_000, "", 400, "not_an_event"),
        (b"[]", "", 400, "not_an_event"),
        (b'"text"', "", 400, "not_an_event"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "", 400, "too_deep"),
        (b"x" * (limits.BODY + 1), "", 413, "too_large"),
        (gzip.compress(b"x" * 50_000_000, mtime=0), "gzip", 413, "too_large"),
        (gzip.compress(b"{}", mtime=0)[:-3], "gzip", 400, "bad_gzip"),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip", 400, "bad_gzip"),
        (b"{}", "gzip", 400, "bad_gzip"),
        (zlib.compress(b"{}"), "deflate", 415, "unknown_encoding"),
        (b"{}", "br", 415, "unknown_encoding"),
    ],
)
def test_a_body_that_is_none_is_refused_whole(body: bytes, encoding: str, status: int, code: str) -> None:
    with collecting() as asking:
        answer = asking.post(
            "/v1/track", body, a_key(), **({"content_encoding": encoding} if encoding else {})
        )
    assert answer.status == status
    assert said(answer)["code"] == code
    assert not Arrival.objects.exists()


def test_half_an_emoji_spoils_no_event_and_no_null_letter_is_kept() -> None:
    sent = (
        b'{"event":"x","userId":"u\\u0000v","properties":{"t\\u0000":"cut \\ud83d","whole":"\\ud83d\\ude00"}}'
    )
    with collecting() as asking:
        assert asking.post("/v1/track", sent, a_key()).status == 200
        batch = b'{"batch":[' + sent.replace(b"{", b'{"type":"track",', 1) + b"]}"
        assert asking.post("/v1/batch", batch, a_key()).status == 200
    for event in events():
        assert (event["userId"], event["properties"]) == ("uv", {"t": "cut ?", "whole": "\N{GRINNING FACE}"})


def test_numbered_ids_become_text_and_who_names_no_message_gets_an_id_of_ours() -> None:
    with collecting() as asking:
        for _ in range(2):
            asking.post("/v1/track", {"event": "x", "userId": 7, "anonymousId": None}, a_key())
    kept = events()
    assert [event["userId"] for event in kept] == ["7", "7"]
    assert len({event["messageId"] for event in kept}) == 2
    assert all(event["messageId"].startswith("ripeline-") for event in kept)
    assert all("anonymousId" not in event for event in kept)


def test_every_step_says_by_its_name_whether_it_may_end_an_event() -> None:
    assert all(step.__name__.startswith(("drop_", "put_")) and step.__doc__ for step in STEPS)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\0\ud800")
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5)
)
NAMES = st.sampled_from(
    ["type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId", "context", "properties",
     "traits", "timestamp", "sentAt", "originalTimestamp", "writeKey", "batch", "integrations"]
)  # fmt: skip
TYPES = st.sampled_from(["track", "page", "identify", "group", "alias"])
EVENTS = st.dictionaries(NAMES | st.text(), ANYTHING, max_size=8) | st.fixed_dictionaries(
    {"type": TYPES, "userId": st.text(min_size=1), "event": st.text(min_size=1)},
    optional={"context": ANYTHING, "properties": ANYTHING, "traits": ANYTHING, "sentAt": ANYTHING},
)
BODIES = (
    st.binary()
    | ANYTHING.map(lambda each: json.dumps(each).encode())
    | EVENTS.map(lambda each: json.dumps(each).encode())
    | st.lists(EVENTS | ANYTHING, max_size=4).map(lambda each: json.dumps({"batch": each}).encode())
)
HEADERS = st.dictionaries(
    st.sampled_from(["content_encoding", "origin", "referer", "user-agent", "authorization", "sec_purpose"]),
    st.text() | st.sampled_from(["gzip", "https://[", "null", "identity"]),
)


@given(
    path=st.sampled_from(["/v1/track", "/v1/batch", "/v1/i", "/v1/alias"]) | st.text().map("/v1/".__add__),
    body=BODIES | BODIES.map(gzip.compress),
    headers=HEADERS,
    shows_key=st.booleans(),
)
@settings(
    max_examples=examples(300),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_nothing_that_can_be_sent_is_a_fault_of_ours(
    path: str, body: bytes, headers: dict[str, str], shows_key: bool, asked_once: Asking
) -> None:
    key = WriteKey.objects.first() or a_key()
    shown = key if shows_key and "authorization" not in headers else None
    answer = asked_once.ask("POST", path, body, shown, **headers)
    assert answer.status < 500, answer.body
    found = json.loads(answer.body)
    assert found["success"] is (answer.status == 200)
    assert found["success"] or (found["code"] and found["message"].endswith("."))


@pytest.fixture
def asked_once() -> Any:
    with collecting() as asking:
        yield asking
