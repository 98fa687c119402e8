"""Trouble: events that cannot be digested, workers that are killed, arrivals that are old."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import connection
from django.utils import timezone

from ripeline.capture.collector.models import Arrival, Refusal
from ripeline.capture.digest.attending import attend_arrivals, prune_arrivals
from ripeline.capture.digest.commands import arrivals_group
from ripeline.people.models import Contact, Identity
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.models import Touch
from tests.capture.digest.arriving import arrive, digested, identify, page, server, track, website
from tests.factories import LADDER, NOW
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)
SHARED = Path(os.environ.get("RIPELINE_SHARED", Path(__file__).parents[3].parent / "shared"))
TRAFFIC = SHARED / "data/sdk_traffic/requests.jsonl"


@pytest.mark.parametrize(
    "odd",
    ["no JSON", "[1]", '{"type": "page", "messageId": "x", "context": {"page": {"url": "http://[::1"}}}'],
)
def test_an_event_that_cannot_be_digested_holds_up_nobody(odd: str) -> None:
    key = website()
    pks = arrive(key, *(page(f"/{number}") for number in range(9)))
    Arrival.objects.filter(pk=pks[4]).update(event=odd)
    attend_arrivals(NOW)
    outcomes = list(Arrival.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes.count("recorded") >= 8
    assert "" not in outcomes
    assert Touch.objects.count() == outcomes.count("recorded")
    if outcomes[4] == "failed":
        assert Arrival.objects.get(pk=pks[4]).reason


def test_trouble_in_the_midst_of_writing_leaves_nothing_half_done() -> None:
    key = server()
    long = track("Signed In", {"name": "x"}, userId="8")
    arrive(key, identify("7", {"title": "Editor"}), {**long, "messageId": "m" * 4000}, identify("9"))
    attend_arrivals(NOW)
    assert Arrival.objects.filter(outcome="").count() == 0
    if connection.vendor == "postgresql":
        assert list(Arrival.objects.order_by("pk").values_list("outcome", flat=True)) == [
            "recorded",
            "failed",
            "recorded",
        ]
        assert sorted(Identity.objects.values_list("value", flat=True)) == ["7", "9"]


def test_however_often_the_worker_is_killed_each_event_counts_once() -> None:
    activate(LADDER, now=NOW)
    rng = random.Random(4)
    keys = (website(), server())
    expected = set()
    for number in range(900):
        person = rng.randrange(40)
        key = keys[number % 2]
        said = rng.choice(
            [
                page(f"/{number}", anonymousId=f"browser {person}"),
                track("Order Completed", {"revenue": 1}, userId=f"u{person}"),
                identify(f"u{person}", {"plan": str(number)}, anonymousId=f"browser {person}"),
            ]
        )
        expected.add(f"{key.pk}:{said['messageId']}")
        arrive(key, said, at=timezone.now())
        if rng.random() < 0.1:
            arrive(key, said, at=timezone.now())
    until = time.monotonic() + 120
    kills = 0
    while Arrival.objects.filter(outcome="").exists():
        assert time.monotonic() < until, "the arrivals were not digested"
        with worker() as process:
            before = Arrival.objects.filter(outcome="").count()
            while process.poll() is None and Arrival.objects.filter(outcome="").count() > max(
                0, before - 300
            ):
                time.sleep(0.005)
            time.sleep(rng.random() / 20)
            process.send_signal(signal.SIGKILL)
            kills += 1
    uids = set(Touch.objects.exclude(kind="traits_changed").values_list("uid", flat=True))
    assert kills > 1
    assert uids == expected
    assert Arrival.objects.filter(outcome="recorded").count() == len(expected)
    assert not Arrival.objects.filter(outcome="failed").exists()
    assert Contact.objects.count() == Identity.objects.count() == 40
    by_key = {each.pk: Touch.objects.filter(uid__startswith=f"{each.pk}:", value=1) for each in keys}
    assert set(by_key[keys[0].pk].values_list("kind", flat=True)) == {"order_completed"}
    assert set(by_key[keys[1].pk].values_list("kind", flat=True)) == {"purchased"}


def test_a_worker_digests_within_a_second() -> None:
    activate(LADDER, now=NOW)
    key = website()
    with worker():
        arrive(key, page("/first"), at=timezone.now())
        _wait_for(1, 60)
        for number in range(2, 5):
            started = time.monotonic()
            arrive(key, page(f"/{number}"), at=timezone.now())
            _wait_for(number, 20)
            assert time.monotonic() - started < 5, "a second at rest; the machine may be busy"


def test_what_is_done_is_forgotten_after_a_week_and_what_waits_or_failed_never() -> None:
    key = website()
    digested(key, page("/old"), now=NOW - timedelta(days=8))
    arrive(key, page("/waits"), at=NOW - timedelta(days=8))
    Arrival.objects.filter(outcome="").update(outcome="")
    recent = arrive(key, page("/new"))
    waiting = Arrival.objects.get(outcome="", received_at__lt=NOW).pk
    failed = arrive(key, page("/failed"), at=NOW - timedelta(days=8))
    Arrival.objects.filter(pk__in=failed).update(outcome="failed", done_at=NOW - timedelta(days=8))
    for days in (6, 8):
        Refusal.objects.create(at=NOW - timedelta(days=days), reason="why", times=1)
    assert prune_arrivals(NOW) == 1
    assert Refusal.objects.get().at == NOW - timedelta(days=6)
    assert set(Arrival.objects.values_list("pk", flat=True)) == {waiting, *failed, *recent}
    assert Touch.objects.count() == 1


def test_no_events_id_is_that_of_what_another_event_says_of_a_person() -> None:
    key = server()
    digested(key, identify("7", {"title": "Editor"}, messageId="m"))
    [said] = digested(key, track("Signed In", userId="7", messageId="m:traits"))
    assert said.outcome == "recorded"
    assert set(Touch.objects.values_list("kind", flat=True)) == {"identified", "traits_changed", "signed_in"}


def test_what_failed_is_listed_and_tried_again_when_somebody_says_so() -> None:
    def said(*words: str) -> str:
        return CliRunner().invoke(arrivals_group, list(words)).output

    pks = arrive(website(), page("/odd"), page("/other"), page("/well"))
    whole = dict(Arrival.objects.values_list("pk", "event"))
    Arrival.objects.filter(pk__in=pks[:2]).update(event="no JSON")
    attend_arrivals(NOW)
    assert f"{pks[0]}  2026-" in said("failed")
    assert "unreadable: DecodeError: " in said("failed")
    assert "2 failed." in said("failed")
    for pk in pks[:2]:
        Arrival.objects.filter(pk=pk).update(event=whole[pk])
    assert "Say which" in said("retry")
    assert f"{pks[2]} did not fail" in said("retry", str(pks[0]), str(pks[2]))
    assert said("retry", str(pks[0])) == "1 wait for the worker again.\n"
    assert (attend_arrivals(NOW), Touch.objects.count()) == (1, 2)
    assert said("retry", "--all") == "1 wait for the worker again.\n"
    assert (attend_arrivals(NOW), Touch.objects.count()) == (1, 3)
    assert said("retry", "--all") == said("failed") == "None failed.\n"


def test_the_command_says_what_became_of_arrivals() -> None:
    key = website()
    same = page()
    digested(key, same, same, identify(None, {"plan": "pro"}))
    arrive(key, page())
    said = CliRunner().invoke(arrivals_group, []).output
    assert "Waiting            1" in said
    assert "Recorded           1" in said
    assert "dropped: it came before: a copy of an event that was recorded (1)" in said
    assert "recorded page_viewed" in said


@pytest.mark.skipif(not TRAFFIC.exists(), reason=f"the shared data is not at {SHARED}")
def test_what_real_libraries_send_is_digested() -> None:
    key = server()
    sent = []
    for line in TRAFFIC.read_text().splitlines():
        request = json.loads(line)
        if not request["path"].startswith("/v1/") or not isinstance(request.get("body"), str):
            continue
        try:
            body = json.loads(request["body"])
        except ValueError:
            continue
        events = body.get("batch", [body]) if isinstance(body, dict) else []
        sent += [
            each for each in events if isinstance(each, dict) and each.get("messageId") and each.get("type")
        ]
    assert len(sent) > 5
    clean = [{name: value for name, value in each.items() if value is not None} for each in sent]
    arrivals = digested(key, *clean)
    assert {each.outcome for each in arrivals} <= {"recorded", "dropped"}
    assert Touch.objects.filter(kind="signed_up").count() == 0
    assert Touch.objects.filter(kind="form_submitted", subject="sign-up").exists()
    assert not Identification.objects.filter(contact=None).exists()


def _wait_for(count: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while Touch.objects.count() < count:
        assert time.monotonic() < until, "the worker digested nothing"
        time.sleep(0.02)
