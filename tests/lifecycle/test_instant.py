import pytest

from ripeline.lifecycle.instant import (
    DAY,
    HOUR,
    day_of,
    format_instant,
    parse_duration,
    parse_instant,
    say_day,
    say_duration,
)

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-02T00:00:00.000001Z", DAY + 1),
        ("1970-01-01t02:00:00+02:00", 0),
        ("1969-12-31 23:59:59.5z", -500_000),
        ("1970-01-01T00:00:00.1234567Z", 123_456),
    ],
)
def test_an_instant_is_read_to_the_microsecond_with_any_offset(text: str, at: int) -> None:
    assert parse_instant(text) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-03-01T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-03-01T24:00:00Z",
        "20260301T100000Z",
        "yesterday",
    ],
)
def test_what_names_no_instant_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="is not an instant"):
        parse_instant(text)


def test_an_offset_may_not_lead_out_of_the_years_that_can_be_written() -> None:
    with pytest.raises(ValueError, match="outside the years"):
        parse_instant("0001-01-01T00:00:00+01:00")


@pytest.mark.parametrize(
    "text", ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000120Z", "0001-01-01T00:00:00Z"]
)
def test_an_instant_is_written_as_it_was_read(text: str) -> None:
    assert format_instant(parse_instant(text)) == text


def test_a_day_begins_at_midnight_utc() -> None:
    assert day_of(-1) == -1
    assert day_of(DAY - 1) == 0
    assert day_of(DAY) == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("90m", 5400), ("12h", 43200), ("30d", 2592000), ("2w", 1209600)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds * 1_000_000


@pytest.mark.parametrize("text", ["", "30", "d", "1.5d", "-1d", "30 d", "1y", "٣d"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0d", "36501d"])
def test_a_duration_is_more_than_nought_and_less_than_a_hundred_years(text: str) -> None:
    with pytest.raises(ValueError, match="usable"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (60 * DAY, "60 days"),
        (DAY, "1 day"),
        (36 * HOUR, "36 hours"),
        (90 * 60_000_000, "90 minutes"),
        (1_500_000, "1 second"),
    ],
)
def test_a_duration_is_said_in_the_largest_unit_that_divides_it(length: int, words: str) -> None:
    assert say_duration(length) == words


def test_a_day_is_said_with_its_year_only_when_asked() -> None:
    at = parse_instant("2026-03-03T23:59:59Z")
    assert say_day(at) == "3 March"
    assert say_day(at, year=True) == "3 March 2026"
