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


@pytest.mark.parametrize("asked", ["", "  ", "2026-06-01", "2026-06-01T12:00:00Z"])
def test_nothing_and_today_mean_now(asked: str) -> None:
    found = read_as_of({"as_of": asked}, now=NOW, zone=ZONE)
    assert (found.at, found.is_now, found.wrong) == (NOW, True, "")


@pytest.mark.parametrize(
    ("asked", "trouble"),
    [
        ("yesterday", "is no date"),
        ("2026-13-01", "is no date"),
        ("<script>", "is no date"),
        ("1900-01-01", "is before anything was recorded"),
        ("0001-01-01T00:00:00+14:00", "is before anything was recorded"),
        ("2026-06-02", "is still to come"),
        ("2027-01-01T00:00:00Z", "is still to come"),
        ("9999-12-31", "is still to come"),
    ],
)
def test_what_cannot_be_shown_means_now_and_says_why(asked: str, trouble: str) -> None:
    found = read_as_of({"as_of": asked}, now=NOW, zone=ZONE)
    assert (found.at, found.is_now) == (NOW, True)
    assert found.wrong == f"“{asked}” {trouble}, so this is the present."


def test_later_today_is_now_and_nothing_is_wrong_with_it() -> None:
    found = read_as_of({"as_of": "2026-06-01T23:30:00+02:00"}, now=NOW, zone=ZONE)
    assert (found.at, found.is_now, found.wrong) == (NOW, True, "")
