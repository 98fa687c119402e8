"""When people do things: weeks, hours, seasons, summer time. All instants are µs since the epoch, UTC."""

from bisect import bisect
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Literal

from ripeline.demo.places import Place
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE

EPOCH = date(1970, 1, 1)
# Two thousand people live the same days, so what a day is like is worked out once.
TWO_YEARS = 800

Habit = Literal["office", "writer"]

# Share of activity per local hour, 0 to 23. Offices keep hours; people who write beside a job read us early,
# at lunch and at night.
HOURS: dict[Habit, tuple[float, ...]] = {
    "office": (0, 0, 0, 0, 0, 0, 0.2, 1.5, 5, 9, 10, 9, 5, 6, 9, 9, 7, 4, 1.5, 1, 0.8, 0.5, 0.2, 0),
    "writer": (1, 0.4, 0.1, 0.1, 0.2, 0.8, 2, 3, 3, 3, 3, 3.5, 5, 4, 3, 3, 3.5, 4, 5, 7, 9, 9, 6, 3),
}
# Monday to Sunday; the busiest day is 1.
WEEKDAYS: dict[Habit, tuple[float, ...]] = {
    "office": (0.9, 1.0, 0.98, 0.92, 0.7, 0.06, 0.04),
    "writer": (0.85, 0.9, 0.9, 0.85, 0.65, 0.7, 1.0),
}
# January to December: new-year resolutions, fairs in spring and autumn, a summer slump, the novel month.
MONTHS = (1.0, 0.8, 0.85, 0.8, 0.75, 0.65, 0.42, 0.4, 0.8, 0.95, 1.25, 0.6)
BUSIEST = max(MONTHS)
CUMULATED: dict[Habit, tuple[float, ...]] = {habit: tuple(accumulate(row)) for habit, row in HOURS.items()}


def moment_on(rng: Random, day: int, habit: Habit, place: Place) -> int:
    """An instant on that local day (days since the epoch), at an hour usual for the habit and the country."""
    hours = CUMULATED[habit]
    hour = bisect(hours, rng.random() * hours[-1])
    if hour >= 9:
        hour = min(23, hour + (place.late_hours if rng.random() < 0.7 else 0))
    local = day * DAY + hour * HOUR + int(rng.random() * HOUR)
    return local - utc_offset(place, local)


def next_working_moment(rng: Random, after: int, days: float, place: Place) -> int:
    """Some moment in office hours, about `days` days later; never on a weekend, always later than `after`."""
    day = after // DAY + max(0, round(rng.uniform(0.5, 1.5) * days))
    while True:
        if weekday_of(day) < 5:
            at = moment_on(rng, day, "office", place)
            if at > after + 5 * MINUTE:
                return at
        day += 1


@lru_cache(maxsize=2 * TWO_YEARS)
def liveliness(day: int, habit: Habit) -> float:
    """How busy a day is, from season and weekday, 0 to 1."""
    return season_of(day) / BUSIEST * WEEKDAYS[habit][weekday_of(day)]


@lru_cache(maxsize=TWO_YEARS)
def season_of(day: int) -> float:
    """The month's share of a busy month; the days round Christmas are nearly empty."""
    when = date_of(day)
    if (when.month, when.day) >= (12, 20) or (when.month, when.day) <= (1, 2):
        return 0.2
    return MONTHS[when.month - 1]


def weekday_of(day: int) -> int:
    """0 is Monday; 1 January 1970 was a Thursday."""
    return (day + 3) % 7


@lru_cache(maxsize=TWO_YEARS)
def date_of(day: int) -> date:
    return EPOCH + timedelta(days=day)


def day_number(when: date) -> int:
    return (when - EPOCH).days


def utc_offset(place: Place, at: int) -> int:
    """What the country's clocks are ahead of UTC, in µs; exact but for the hour of the change itself."""
    return (place.utc_hours + int(is_summer_time(at // DAY))) * HOUR


def is_summer_time(day: int) -> bool:
    """Directive 2000/84/EC, and Britain alike: from the last Sunday of March to the last of October."""
    year = date_of(day).year
    return last_sunday(year, 3) <= day < last_sunday(year, 10)


def last_sunday(year: int, month: int) -> int:
    last = day_number(date(year, month, 31))
    return last - (weekday_of(last) + 1) % 7
