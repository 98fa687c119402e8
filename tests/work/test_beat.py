"""The worker's beat: seen while it lives, and missed soon after it died."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.work.beat import KEY, beating, silent_since
from tests.processes import worker

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_where_no_worker_ever_ran_nothing_is_said() -> None:
    assert silent_since(NOW) is None


def test_a_worker_is_missed_once_it_has_been_silent_for_more_than_15_seconds() -> None:
    assert beating()(NOW) == 0
    assert silent_since(NOW + 15 * SECOND) is None
    assert silent_since(NOW + 16 * SECOND) == NOW


def test_a_second_worker_that_lives_is_enough() -> None:
    beating()(NOW)
    beating()(NOW + 10 * SECOND)
    assert silent_since(NOW + 20 * SECOND) is None


def test_most_rounds_write_nothing() -> None:
    beat = beating()
    beat(NOW)
    with CaptureQueriesContext(connection) as queries:
        beat(NOW + 4 * SECOND)
    assert len(queries) == 0
    beat(NOW + 5 * SECOND)
    assert silent_since(NOW + 20 * SECOND) is None


@pytest.mark.django_db(transaction=True)
def test_a_running_worker_beats_and_a_killed_one_is_missed() -> None:
    started = timezone.now()
    with worker() as process:
        deadline = time.monotonic() + 60
        while cache.get(KEY) is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert silent_since(timezone.now()) is None
        process.kill()
        process.wait()
    last = cache.get(KEY)
    assert started <= last <= timezone.now()
    assert silent_since(last + 16 * SECOND) == last
