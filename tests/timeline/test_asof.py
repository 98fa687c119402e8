"""The moment a page is asked to show."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ripeline.timeline.asof import read_as_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")

pytestmark = pytest.mark.pure


def test_a_day_means_its_end_where_the_reader_is() -> None:
    found = read_as_of({"as_of": "2026-03-01"}, now=NOW, zone=ZONE)
    assert found.at == datetime(2026, 3, 1, 22, 59, 59, 999999, tzinfo=UTC)
    assert (found.view, found.is_now, found.query) == ("known", False, "as_of=2026-03-01&view=known")


def test_the_day_on_which_clocks_change_ends_at_its_own_midnight() -> None:
    found = read_as_of({"as_of": "2026-03-29"}, now=NOW, zone=ZONE)
    assert found.at == datetime(2026, 3, 29, 21, 59, 59, 999999, tzinfo=UTC)


def test_an_instant_is_taken_to_the_microsecond() -> None:
    found = read_as_of({"as_of": "2026-03-01T10:00:00.000001Z", "view": "was"}, now=NOW, zone=ZONE)
    assert found.at == datetime(2026, 3, 1, 10, 0, 0, 1, tzinfo=UTC)
    assert found.view == "was"


@pytest.mark.parametrize("asked", ["", "  ", "2026-06-01", "2027-01-01", "2026-06-01T12:00:00Z"])
def test_nothing_today_and_days_to_come_mean_now(asked: str) -> None:
    found = read_as_of({"as_of": asked}, now=NOW, zone=ZONE)
    assert (found.at, found.is_now, found.wrong) == (NOW, True, "")


@pytest.mark.parametrize(
    "asked", ["yesterday", "2026-13-01", "9999-12-31", "<script>", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_moment_means_now_and_says_so(asked: str) -> None:
    found = read_as_of({"as_of": asked}, now=NOW, zone=ZONE)
    assert found.is_now or found.at < NOW
    assert found.is_now == bool(found.wrong) or asked == "9999-12-31"
