"""A 200 means that it is on disk: whoever cannot be served hears 503 and when to come again, never anything else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections

from ripeline.capture.collector import committing, limits, stores
from ripeline.capture.collector.keys import KnownKey
from ripeline.capture.collector.models import Arrival, WriteKey
from ripeline.capture.collector.stores import Unavailable, Unkeepable, open_store
from tests.capture.collector.asking import Asking, a_key, basic, collecting, events, header, said, until
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def event(number: int = 0, **more: object) -> dict[str, object]:
    return {"type": "track", "event": "x", "userId": "u", "messageId": str(number), **more}


def waiting(number: int, key: WriteKey) -> list[Arrival]:
    return [Arrival(write_key=key, received_at=NOW, event="{}", facts={}) for _ in range(number)]


def ask_at_once(asking: Asking, key: WriteKey, number: int) -> list[int]:
    """The statuses of so many requests, all of them sent before the first is answered."""
    with ThreadPoolExecutor(number) as people:
        asked = [people.submit(asking.post, "/v1/track", event(each), key) for each in range(number)]
        return [each.result().status for each in asked]


def test_many_at_once_are_each_kept_once_in_few_transactions() -> None:
    key = a_key()
    with collecting() as asking, held() as let_go:
        threading.Timer(0.7, let_go.set).start()
        assert ask_at_once(asking, key, 40) == [200] * 40
    assert sorted(int(str(each["messageId"])) for each in events()) == list(range(40))


def test_a_database_that_somebody_holds_for_long_is_a_503_and_well_again_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stores, "LOCK_PATIENCE", 0.3)
    monkeypatch.setattr(stores, "STATEMENT_PATIENCE", "300ms")
    with collecting() as asking:
        key = a_key()
        assert asking.post("/v1/track", event(1), key).status == 200
        with held():
            answer = asking.post("/v1/track", event(2), key)
        assert (answer.status, header(answer, "retry-after")) == (503, "10")
        assert "Send them again." in said(answer)["message"]
        assert asking.post("/v1/track", event(3), key).status == 200
    assert [each["messageId"] for each in events()] == ["1", "3"]


def test_more_than_the_queue_holds_is_a_503_and_what_was_in_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "QUEUE_EVENTS", 10)
    key = a_key()
    with collecting() as asking, held() as let_go, ThreadPoolExecutor(30) as people:
        asked = [people.submit(asking.post, "/v1/track", event(each), key) for each in range(30)]
        until(lambda: sum(each.done() for each in asked) == 20, 7)
        let_go.set()
        statuses = [each.result().status for each in asked]
    assert (statuses.count(200), statuses.count(503)) == (10, 20)
    assert len(events()) == 10


def test_more_bytes_than_the_queue_holds_are_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUE_BYTES", 1_000)
    with collecting() as asking:
        key = a_key()
        answer = asking.post("/v1/track", event(1, properties={"a": "x" * 1_000}), key)
        assert (answer.status, said(answer)["code"]) == (503, "busy")
        assert asking.post("/v1/track", event(2), key).status == 200


def test_the_queue_counts_bytes_and_not_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUE_BYTES", 1_000)
    with collecting() as asking:
        key = a_key()
        # 400 letters of three bytes each.
        answer = asking.post("/v1/track", event(1, properties={"a": "\u20ac" * 400}), key)
        assert (answer.status, said(answer)["code"]) == (503, "busy")
        assert asking.post("/v1/track", event(2, properties={"a": "x" * 400}), key).status == 200


def test_behind_a_group_that_does_not_come_through_nobody_more_is_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(committing, "STUCK_AFTER", 0.2)
    with collecting() as asking, ThreadPoolExecutor(1) as people:
        key = a_key()
        asking.post("/v1/track", event(1), key)
        with held():
            stuck = people.submit(asking.post, "/v1/track", event(2), key)
            time.sleep(0.5)
            assert said(asking.post("/v1/track", event(3), key))["code"] == "busy"
        assert stuck.result().status == 200


def test_when_too_many_wait_for_the_worker_no_more_are_taken_until_fewer_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(committing, "WAITING_EVERY", 0.1)
    monkeypatch.setattr(committing, "KEYS_EVERY", 0.1)
    key = a_key()
    Arrival.objects.bulk_create(waiting(1_001, key))
    with collecting(waiting_limit=1_000) as asking:
        until(lambda: asking.post("/v1/track", event(), key).status == 503)
        answer = asking.post("/v1/track", event(), key)
        assert (said(answer)["code"], header(answer, "retry-after")) == ("behind", "60")
        Arrival.objects.filter(pk__in=Arrival.objects.order_by("pk")[:500].values("pk")).update(
            outcome="dropped"
        )
        until(lambda: asking.post("/v1/track", event(), key).status == 200)


def test_old_arrivals_that_are_done_do_not_count_as_waiting() -> None:
    key = a_key()
    Arrival.objects.bulk_create(waiting(1_100, key))
    Arrival.objects.exclude(pk=Arrival.objects.order_by("pk").values("pk")[:1]).update(outcome="recorded")
    store = open_store()
    assert (store.is_waiting(1_000), store.is_waiting(0)) == (False, True)
    store.close()


def test_one_that_the_database_cannot_take_spoils_nothing_for_those_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No event comes this far; if one ever does, it must not hold up everybody behind it.
    monkeypatch.setattr(
        "ripeline.capture.collector.door.facts_text", lambda agent, *_: "{" if agent == "odd" else "{}"
    )
    key = a_key()
    with collecting() as asking, held() as let_go, ThreadPoolExecutor(6) as people:
        headers = [{"user-agent": "odd" if each == 3 else "fine"} for each in range(6)]
        asked = [
            people.submit(asking.ask, "POST", "/v1/track", b'{"event":"x","userId":"u"}', key, **each)
            for each in headers
        ]
        time.sleep(0.3)
        let_go.set()
        assert [each.result().status for each in asked] == [200, 200, 200, 400, 200, 200]
    assert len(events()) == 5


def test_a_row_that_cannot_be_kept_is_told_from_a_database_that_is_away() -> None:
    store = open_store()
    with pytest.raises(Unkeepable):
        store.insert([(1, "2026-03-03 12:00:00", "{}", "no JSON")])
    store.insert([(1, "2026-03-03 12:00:00", "{}", "{}")] * 700)
    assert Arrival.objects.count() == 700
    store.close()


def test_stopping_writes_what_waits_and_answers_it() -> None:
    with collecting() as asking, ThreadPoolExecutor(5) as people:
        key = a_key()
        asking.post("/v1/track", event(100), key)
        with held():
            asked = [people.submit(asking.post, "/v1/track", event(each), key) for each in range(5)]
            time.sleep(0.3)
            stopping = threading.Thread(target=asking.committer.stop)
            stopping.start()
            time.sleep(0.2)
            assert said(asking.post("/v1/track", event(6), key))["code"] == "stopping"
        stopping.join()
        assert [each.result().status for each in asked] == [200] * 5
    assert len(events()) == 6


def test_one_address_may_not_flood_with_a_public_key_and_a_server_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "BURST", 5)
    monkeypatch.setattr(limits, "EVENTS_A_SECOND", 0.1)
    with collecting() as asking:
        public, secret = a_key("website"), a_key("server")
        statuses = [asking.post("/v1/track", event(each), public).status for each in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        answer = asking.post("/v1/track", event(), public)
        assert 1 <= int(header(answer, "retry-after") or 0) <= 10
        assert "from one address" in said(answer)["message"]
        assert asking.post("/v1/track", event(), public, address="203.0.113.8").status == 200
        assert [asking.post("/v1/track", event(), secret).status for _ in range(7)] == [200] * 7


def test_without_a_database_that_says_which_keys_there_are_nobody_is_told_that_theirs_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = connections["default"].settings_dict
    monkeypatch.setitem(
        where, "NAME", str(tmp_path / "none" / "db") if connection.vendor == "sqlite" else "none"
    )
    with collecting(is_well=False) as asking:
        answer = asking.post("/v1/track", event(), authorization=basic("0" * 32))
    assert (answer.status, said(answer)["code"]) == (503, "no_database")


def test_a_key_new_is_not_called_wrong_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with collecting() as asking:
        assert asking.post("/v1/track", event(), a_key()).status == 200
        store = asking.committer._store

        def away() -> dict[str, KnownKey]:
            raise Unavailable("The server was shut down.")

        with monkeypatch.context() as broken:
            broken.setattr(store, "keys", away)
            new = a_key()
            answer = asking.post("/v1/track", event(), new)
            assert (answer.status, said(answer)["code"]) == (503, "no_database")
        assert asking.post("/v1/track", event(), new).status == 200


@pytest.mark.parametrize("place", ["insert", "keys", "is_waiting", "note", "close"])
def test_whatever_goes_wrong_in_the_thread_that_writes_everybody_is_answered_and_it_goes_on(
    place: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(committing, "WAITING_EVERY", 0.1)
    monkeypatch.setattr(committing, "KEYS_EVERY", 0.1)
    monkeypatch.setattr(committing, "REFUSALS_EVERY", 0.1)
    with collecting() as asking:
        key = a_key()
        assert asking.post("/v1/track", event(1), key).status == 200
        store = asking.committer._store

        def surprise(*_: object) -> None:
            raise ArithmeticError("Nobody foresaw this.")

        with monkeypatch.context() as broken:
            broken.setattr(store, place, surprise)
            if place == "close":
                broken.setattr(store, "insert", surprise)
            answer = asking.post("/v1/track", event(2), key)
            assert asking.post("/v1/track", {"type": "track", "userId": "u"}, key).status == 400
            unknown = asking.post("/v1/track", event(), authorization=basic("0" * 32))
            until(lambda: "Nobody foresaw this." in caplog.text)
        assert (answer.status, unknown.status) == {
            "insert": (503, 401),
            "close": (503, 401),
            "keys": (200, 503),
        }.get(place, (200, 401))
        assert "met something unexpected" in caplog.text
        assert asking.post("/v1/track", event(3), key).status == 200
    assert {"1", "3"} <= {each["messageId"] for each in events()}


def test_a_key_is_not_asked_for_after_the_end() -> None:
    with collecting() as asking:
        asking.committer.stop()
        answer = asking.post("/v1/track", event(), authorization=basic("0" * 32))
    assert (answer.status, said(answer)["code"]) == (503, "no_database")


@contextmanager
def held() -> Iterator[threading.Event]:
    """Somebody else holds what every writer needs until the block ends, or the event is set."""
    is_held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.execute("BEGIN IMMEDIATE")
                else:
                    cursor.execute("BEGIN")
                    cursor.execute("LOCK TABLE ripeline_arrival IN SHARE ROW EXCLUSIVE MODE")
                is_held.set()
                let_go.wait(30)
                cursor.execute("COMMIT")
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(30)
    try:
        yield let_go
    finally:
        let_go.set()
        holder.join()
