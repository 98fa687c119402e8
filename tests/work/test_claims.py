"""Due rows: claimed once, given back, rescued, retried."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.timeline.models import Reassessment
from ripeline.timeline.record import mark_due
from ripeline.work.claims import FIRST_RETRY, LEASE, LONGEST_RETRY, claim_due, claim_these, fail, finish
from ripeline.worker import attend_people

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_due(count: int, at: datetime = NOW) -> list[int]:
    contacts = add_contacts([ContactDraft(name=f"Person {n}") for n in range(count)], now=NOW)
    mark_due({contact.pk: at for contact in contacts})
    return [contact.pk for contact in contacts]


@pytest.mark.django_db
def test_a_row_is_claimed_only_when_due_and_only_once() -> None:
    (pk,) = make_due(1, at=NOW + timedelta(hours=1))
    assert claim_due(Reassessment, NOW, limit=10) == []
    later = NOW + timedelta(hours=1)
    assert [claim.pk for claim in claim_due(Reassessment, later, limit=10)] == [pk]
    assert claim_due(Reassessment, later, limit=10) == []


@pytest.mark.django_db
def test_the_longest_due_come_first() -> None:
    early, late = make_due(2)
    mark_due({early: NOW - timedelta(days=1)})
    assert [claim.pk for claim in claim_due(Reassessment, NOW, limit=1)] == [early]
    assert [claim.pk for claim in claim_due(Reassessment, NOW, limit=1)] == [late]


@pytest.mark.django_db
def test_a_dead_workers_rows_come_back_when_its_lease_ends_and_it_can_write_nothing_then() -> None:
    make_due(1)
    (dead,) = claim_due(Reassessment, NOW, limit=1)
    after = NOW + LEASE + timedelta(seconds=1)
    (rescued,) = claim_due(Reassessment, after, limit=1)
    assert rescued.pk == dead.pk
    assert not finish(Reassessment, dead, None)
    assert finish(Reassessment, rescued, None)
    assert claim_due(Reassessment, after + LEASE * 2, limit=1) == []


@pytest.mark.django_db
def test_what_falls_due_during_the_work_is_not_lost() -> None:
    (pk,) = make_due(1)
    (claim,) = claim_due(Reassessment, NOW, limit=1)
    mark_due({pk: NOW})
    assert not finish(Reassessment, claim, None)
    assert [again.pk for again in claim_due(Reassessment, NOW, limit=1)] == [pk]


@pytest.mark.django_db
def test_a_page_takes_a_row_over_from_a_worker() -> None:
    (pk,) = make_due(1)
    (workers,) = claim_due(Reassessment, NOW, limit=1)
    (pages,) = claim_these(Reassessment, [pk], NOW)
    assert finish(Reassessment, pages, None)
    assert not finish(Reassessment, workers, None)


@pytest.mark.django_db
def test_each_failure_waits_twice_as_long_and_keeps_its_reason() -> None:
    make_due(1)
    moment = NOW
    for attempt in range(3):
        (claim,) = claim_due(Reassessment, moment, limit=1)
        fail(Reassessment, claim, error="the playbook broke", now=moment)
        row = Reassessment.objects.get()
        assert row.due_at == moment + FIRST_RETRY * 2**attempt
        assert (row.error, row.attempts) == ("the playbook broke", attempt + 1)
        moment = row.due_at
    Reassessment.objects.update(attempts=60)
    (claim,) = claim_due(Reassessment, moment, limit=1)
    fail(Reassessment, claim, error="still", now=moment)
    assert Reassessment.objects.get().due_at == moment + LONGEST_RETRY


@pytest.mark.django_db
def test_what_falls_due_while_the_work_fails_is_not_put_off_with_it() -> None:
    (pk,) = make_due(1)
    Reassessment.objects.update(attempts=12)
    (claim,) = claim_due(Reassessment, NOW, limit=1)
    mark_due({pk: NOW})
    fail(Reassessment, claim, error="the playbook broke", now=NOW)
    (again,) = claim_due(Reassessment, NOW, limit=1)
    assert (again.pk, again.attempts) == (pk, 0)


@pytest.mark.django_db(transaction=True)
def test_an_idle_turn_begins_no_transaction_so_that_no_writer_waits_for_it() -> None:
    make_due(3, at=NOW + timedelta(hours=1))
    claimed = make_due(1)
    assert [claim.pk for claim in claim_due(Reassessment, NOW, limit=10)] == claimed
    with CaptureQueriesContext(connection) as asked:
        assert claim_due(Reassessment, NOW, limit=10) == []
        assert attend_people(NOW) == 0
    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}


@pytest.mark.django_db
def test_being_due_earlier_wins_over_being_due_later() -> None:
    (pk,) = make_due(1, at=NOW)
    mark_due({pk: NOW + timedelta(days=3)})
    assert Reassessment.objects.get().due_at == NOW
    mark_due({pk: NOW - timedelta(days=3)})
    assert Reassessment.objects.get().due_at == NOW - timedelta(days=3)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_never_claim_a_row_twice() -> None:
    pks = make_due(200)
    claimed: list[int] = []

    def work() -> None:
        while taken := claim_due(Reassessment, NOW, limit=7):
            claimed.extend(claim.pk for claim in taken)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(pks)
