"""The span of time in an address: what it means, and what is said where it means nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ripeline.insights.period import read_period

pytestmark = pytest.mark.pure

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)


def test_without_choice_it_is_the_last_thirty_days_until_now() -> None:
    period = read_period({}, now=NOW, zone=AMSTERDAM)
    assert (period.days, period.first_day, period.until) == (30, date(2026, 3, 1), NOW)
    assert period.since == datetime(2026, 2, 28, 23, tzinfo=UTC)


def test_steps_follow_each_other_without_a_gap_over_the_change_to_summer_time() -> None:
    period = read_period({"days": "7"}, now=NOW, zone=AMSTERDAM)
    assert [step.label for step in period.steps] == [
        "24 Mar", "25 Mar", "26 Mar", "27 Mar", "28 Mar", "29 Mar", "30 Mar", "31 Mar",
    ]  # fmt: skip
    ends = [step.until for step in period.steps]
    assert ends[:-1] == [step.since for step in period.steps][1:]
    assert ends[-1] == NOW
    # The clocks went forward on 29 March: that day had 23 hours.
    assert (
        period.steps[5].until.astimezone(UTC) - period.steps[5].since.astimezone(UTC)
    ).seconds == 23 * 3600


def test_weeks_begin_on_monday_and_the_cut_ones_say_so() -> None:
    period = read_period({"days": "90"}, now=NOW, zone=AMSTERDAM)
    assert period.unit == "week"
    # 31 December 2025 is a Wednesday, 31 March 2026 a Tuesday: the first and the last week are not whole.
    assert period.steps[0].label == "31 Dec (part)"
    assert period.steps[1].label == "5 Jan"
    assert period.steps[-1].label == "30 Mar (part)"
    assert {step.since.weekday() for step in period.steps[1:]} == {0}


def test_two_dates_include_both_days_and_end_at_the_midnight_after() -> None:
    period = read_period({"from": "2026-01-05", "to": "2026-01-06"}, now=NOW, zone=UTC)
    assert (period.since, period.until) == (
        datetime(2026, 1, 5, tzinfo=UTC),
        datetime(2026, 1, 7, tzinfo=UTC),
    )
    assert period.days is None
    assert period.last_day == date(2026, 1, 6)


def test_a_long_span_is_shown_by_month_and_a_day_to_come_is_today() -> None:
    period = read_period({"from": "2024-01-10", "to": "2027-01-01"}, now=NOW, zone=UTC)
    assert period.unit == "month"
    assert (period.steps[0].label, period.steps[1].label) == ("Jan 2024 (part)", "Feb 2024")
    assert period.until == NOW


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"days": "8"}, "cannot be chosen"),
        ({"days": "-1"}, "cannot be chosen"),
        ({"from": "yesterday"}, "first day could not be read"),
        ({"from": "2026-03-05", "to": "<script>"}, "last day could not be read"),
        ({"from": "2026-03-05", "to": "2026-03-01"}, "must not be after"),
        ({"from": "2026-05-01"}, "nor after today"),
        ({"from": "1999-01-01"}, "more than ten years"),
        ({"to": "2026-03-01"}, "first day could not be read"),
    ],
)
def test_what_means_nothing_gives_the_usual_period_and_a_sentence(query: dict[str, str], words: str) -> None:
    period = read_period(query, now=NOW, zone=UTC)
    assert (period.days, period.first_day) == (30, date(2026, 3, 1))
    assert words in period.problem
