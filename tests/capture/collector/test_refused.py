"""What is turned away at the door can be looked at: the latest of it, with the reason, and nothing of the sender."""

from __future__ import annotations

import pytest

from ripeline.capture.collector import committing
from ripeline.capture.collector.models import Refusal
from ripeline.capture.collector.refusals import AT_ONCE, LATEST, Refusals, Turned
from ripeline.capture.collector.stores import open_store
from tests.capture.collector.asking import ADDRESS, a_key, basic, collecting, until
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)
MOMENT = "2026-03-03 12:00:00.000000"


def test_refusals_are_kept_with_the_key_the_events_name_and_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(committing, "REFUSALS_EVERY", 0.1)
    with collecting() as asking:
        key = a_key("website", "https://www.example.com")
        nobody = {"type": "track", "event": "Opened \0 it \ud800", "messageId": "m"}
        assert asking.post("/v1/batch", {"batch": [nobody, nobody, {"type": "x"}]}, key).status == 400
        assert asking.post("/v1/page", {"userId": "u"}, key, origin="https://other.example").status == 403
        assert asking.post("/v1/page", {"userId": "u"}, authorization=basic("0" * 32)).status == 401
        assert asking.ask("POST", "/v1/page", b"{", key).status == 400
        until(lambda: Refusal.objects.count() == 5)
    found = {each.reason: each for each in Refusal.objects.all()}
    opened = found["it has neither a userId nor an anonymousId"]
    assert (opened.event, opened.times, opened.write_key_id) == ("Opened  it ?", 2, key.pk)
    assert opened.at == NOW
    assert found["Pages of https://other.example may not send with this write key."].write_key_id == key.pk
    assert found["The write key is none of this site's, or was ended."].write_key_id is None
    assert not any(ADDRESS in f"{each.reason}{each.event}" for each in found.values())


def test_the_latest_are_kept_and_no_more() -> None:
    store = open_store()
    for start in range(0, 300, 50):
        store.note([(Turned(MOMENT, None, str(start + place), "why"), 1) for place in range(50)])
    store.close()
    kept = list(Refusal.objects.order_by("pk").values_list("event", flat=True))
    assert kept == [str(number) for number in range(300 - LATEST, 300)]


def test_a_flood_of_refusals_costs_no_more_than_a_few_rows() -> None:
    refusals = Refusals()
    for number in range(10_000):
        refusals.note(Turned(MOMENT, 1, "x" if number % 2 else f"y{number}", "why"))
    taken = refusals.take()
    assert len(taken) == AT_ONCE
    assert refusals.take() == []
