"""When things happen, and what machines do among them."""

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest

from ripeline.demo import World
from ripeline.demo.places import PLACES, Place
from ripeline.demo.rhythm import (
    date_of,
    day_number,
    is_summer_time,
    last_sunday,
    season_of,
    utc_offset,
    weekday_of,
)
from ripeline.lifecycle.instant import DAY, HOUR, SECOND
from ripeline.lifecycle.touch import Touch

pytestmark = pytest.mark.pure


def test_summer_time_begins_and_ends_on_the_last_sundays_of_march_and_october() -> None:
    assert date_of(last_sunday(2026, 3)) == date(2026, 3, 29)
    assert date_of(last_sunday(2026, 10)) == date(2026, 10, 25)
    assert not is_summer_time(day_number(date(2026, 3, 28)))
    assert is_summer_time(day_number(date(2026, 3, 29)))
    assert is_summer_time(day_number(date(2026, 10, 24)))
    assert not is_summer_time(day_number(date(2026, 10, 25)))


def test_clocks_differ_by_country_and_season() -> None:
    june, december = (day_number(date(2026, month, 15)) * DAY for month in (6, 12))
    assert utc_offset(PLACES["de"], december) == HOUR
    assert utc_offset(PLACES["de"], june) == 2 * HOUR
    assert utc_offset(PLACES["pt"], december) == 0


def test_the_novel_month_is_busiest_and_the_summer_slow() -> None:
    november, july, august = (season_of(day_number(date(2026, month, 15))) for month in (11, 7, 8))
    assert november > 2 * max(july, august)


def test_salespeople_work_on_weekdays_in_office_hours(world: World, places: dict[str, Place]) -> None:
    calls = [touch for touch in world.touches if touch.kind in ("call_attempted", "accepted", "quote_sent")]
    assert len(calls) > 500
    weekend = sum(weekday_of(touch.at // DAY) >= 5 for touch in calls) / len(calls)
    night = sum(local_hour(places[touch.person], touch) in (23, 0, 1, 2, 3, 4, 5) for touch in calls) / len(
        calls
    )
    assert weekend < 0.02
    assert night < 0.02


def test_visits_thin_out_at_night_and_go_on_at_weekends(world: World, places: dict[str, Place]) -> None:
    visits = [touch for touch in world.touches if touch.kind == "page_viewed" and touch.actor == "human"]
    weekend = sum(weekday_of(touch.at // DAY) >= 5 for touch in visits) / len(visits)
    night = sum(local_hour(places[touch.person], touch) in (1, 2, 3, 4, 5) for touch in visits) / len(visits)
    assert 0.1 < weekend < 0.3  # two days of seven would be 0.29
    assert 0.001 < night < 0.1  # five hours of 24 would be 0.21


def test_visits_follow_the_seasons(world: World) -> None:
    months = Counter(date_of(t.at // DAY).month for t in world.touches if t.kind == "page_viewed")
    assert months[11] > 2 * max(months[7], months[8])


def test_many_fall_silent_for_months(world: World) -> None:
    acts: dict[str, list[int]] = defaultdict(list)
    for touch in world.touches:
        if touch.direction == "in" and touch.actor != "machine":
            acts[touch.person].append(touch.at)
    longest = [max(b - a for a, b in pairwise(ats)) for ats in acts.values() if len(ats) > 1]
    assert sum(gap > 60 * DAY for gap in longest) > 200


def test_a_few_in_a_hundred_touches_are_made_by_machines(world: World) -> None:
    machine = sum(touch.actor == "machine" for touch in world.touches) / len(world.touches)
    assert 0.04 < machine < 0.15


def test_link_scanners_follow_every_link_within_seconds_of_delivery(world: World) -> None:
    delivered: dict[tuple[str, str | None], int] = {}
    seconds = []
    for touch in world.touches:
        if touch.kind == "email_delivered":
            delivered[touch.person, touch.subject] = touch.at
        elif touch.kind == "email_clicked" and touch.actor == "machine":
            seconds.append((touch.at - delivered[touch.person, touch.subject]) / SECOND)
    assert len(seconds) > 500
    assert max(seconds) <= 20


def test_privacy_proxies_open_letters_nobody_may_have_seen(world: World) -> None:
    opens = [touch for touch in world.touches if touch.kind == "email_opened"]
    assert sum(touch.attrs.get("client") == "privacy proxy" for touch in opens) > 500
    assert sum(touch.actor != "machine" for touch in opens) > 500


def test_nobody_gets_a_letter_after_they_refused_letters(world: World) -> None:
    refused: dict[str, int] = {}
    for touch in world.touches:
        if touch.kind in ("unsubscribed", "complained"):
            refused.setdefault(touch.person, touch.at)
    late = [t for t in world.touches if t.kind == "email_sent" and t.at > refused.get(t.person, t.at)]
    assert len(refused) > 30
    assert late == []


def test_there_is_news_today_and_somebody_has_just_gone_quiet(world: World) -> None:
    end = world.touches[-1].at
    last_act: dict[str, int] = {}
    today: Counter[str] = Counter()
    for touch in world.touches:
        if touch.direction == "in" and touch.actor != "machine":
            last_act[touch.person] = touch.at
            today[touch.kind] += touch.at > end - DAY
    assert today["email_replied"] >= 5
    assert today["asset_downloaded"] >= 5
    assert today["purchased"] >= 3
    assert today["call_held"] >= 2
    for days in (30, 45, 60, 90):
        silent = [p for p, at in last_act.items() if (days + 1.2) * DAY > end - at > days * DAY]
        assert len(silent) >= 3, days


@pytest.fixture(scope="module")
def places(world: World) -> dict[str, Place]:
    return {contact.key: PLACES[contact.country.lower()] for contact in world.contacts}


def local_hour(place: Place, touch: Touch) -> int:
    return (touch.at + utc_offset(place, touch.at)) % DAY // HOUR
