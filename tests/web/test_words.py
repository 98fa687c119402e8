"""Numbers, money and moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ripeline.web import words

pytestmark = pytest.mark.pure
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)  # 12:00 in Amsterdam


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=-20), "just now"),
        (timedelta(seconds=50), "1 min ago"),
        (timedelta(minutes=59, seconds=29), "59 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=11, minutes=30), "12 h ago"),
        (timedelta(hours=13), "yesterday"),  # 23:00 the evening before
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=14), "2 weeks ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=729), "24 months ago"),
        (timedelta(days=730), "2 years ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(days=-1), "tomorrow"),
        (timedelta(days=-3), "in 3 days"),
    ],
)
def test_how_long_ago_is_said_as_people_count(before: timedelta, said: str) -> None:
    assert words.say_ago(NOON - before, NOON, AMSTERDAM) == said


def test_yesterday_is_the_readers_yesterday() -> None:
    then = NOON - timedelta(hours=11, minutes=30)  # 00:30 in Amsterdam, 15:30 the day before in Los Angeles
    assert words.say_ago(then, NOON, AMSTERDAM) == "12 h ago"
    assert words.say_ago(then, NOON, ZoneInfo("America/Los_Angeles")) == "yesterday"


def test_the_exact_time_is_in_the_readers_zone() -> None:
    assert words.say_exact(NOON, AMSTERDAM) == "3 March 2026, 12:00"
    assert words.say_exact(NOON, ZoneInfo("Asia/Tokyo")) == "3 March 2026, 20:00"


def test_an_instant_and_a_datetime_are_the_same_moment() -> None:
    assert words.moment_of(NOON) == words.moment_of(int(NOON.timestamp()) * 1_000_000) == NOON


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (1250, "EUR", "€1,250"),
        (12.5, "EUR", "€12.50"),
        (-20, "USD", "−$20"),
        (99, "SEK", "SEK\u202f99"),
        (0, "GBP", "£0"),
    ],
)
def test_money_carries_its_currency(amount: float, currency: str, said: str) -> None:
    assert words.say_money(amount, currency) == said


@pytest.mark.parametrize(
    ("value", "said"), [(34.0, "34"), (34.04, "34"), (34.25, "34.2"), (-3.5, "−3.5"), (1234.5, "1,234.5")]
)
def test_a_score_has_a_decimal_only_where_it_is_not_whole(value: float, said: str) -> None:
    assert words.say_points(value) == said


@pytest.mark.parametrize(("value", "said"), [(12, "+12"), (-3, "−3"), (0, "0")])
def test_a_difference_shows_its_sign(value: float, said: str) -> None:
    assert words.say_change(value) == said


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ann Smit", "AS"),
        ("Maëlle Le Goff", "MG"),
        ("Plato", "P"),
        ("ann.smit@example.org", "AS"),
        ("", "?"),
        ("(none)", "?"),
    ],
)
def test_initials_are_first_and_last(name: str, letters: str) -> None:
    assert words.initials(name) == letters
