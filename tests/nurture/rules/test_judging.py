"""Whether a mail may go, by plain facts and rules: no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ripeline.nurture.rules.definition import BadRules, Cap, Quiet, Rules, read_rules, shipped_rules
from ripeline.nurture.rules.hours import is_quiet, next_open
from ripeline.nurture.rules.judging import Go, Never, Sent, Situation, Wait, judge
from ripeline.nurture.rules.reasons import HEADINGS, Reason

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEAD = Situation("offers", "jo@theirs.example", consent="given", stage="lead")
CUSTOMER = Situation("newsletter", "jo@theirs.example", stage="customer")
SHIPPED = shipped_rules()
NIGHT = Quiet(**{"from": time(20), "to": time(8)})
HARD_ZONES = (
    *("Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"),
    *("America/Havana", "America/St_Johns", "Europe/Amsterdam", "America/New_York", "Pacific/Apia"),
)


def test_who_agreed_gets_a_mail_by_day() -> None:
    assert judge(LEAD, SHIPPED, NOON) == Go()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"address": ""}, Reason.NO_ADDRESS),
        ({"closed": Reason.BOUNCED}, Reason.BOUNCED),
        ({"closed": Reason.COMPLAINED, "is_personal": True}, Reason.COMPLAINED),
        ({"consent": "nothing"}, Reason.NO_CONSENT),
        ({"consent": "asked"}, Reason.NOT_CONFIRMED),
        ({"consent": "withdrawn"}, Reason.WITHDRAWN),
        ({"consent": "withdrawn", "is_personal": True}, Reason.WITHDRAWN),
        ({"stage": "prospect"}, Reason.STAGE),
        ({"stage": "customer"}, Reason.STAGE),
        ({"purpose": "newsletter"}, Reason.OTHERS_ONLY),
        ({"had_it": True}, Reason.TWICE),
        ({"is_archived": True}, Reason.NOT_OFFERED),
        ({"expires_at": NOON}, Reason.EXPIRED),
    ],
)
def test_what_is_not_sent_at_all_has_its_reason(changes: dict[str, object], reason: Reason) -> None:
    assert judge(replace(LEAD, **changes), SHIPPED, NOON) == Never(reason)  # type: ignore[arg-type]


def test_the_newsletter_goes_to_customers_unless_they_do_not_want_it() -> None:
    assert judge(CUSTOMER, SHIPPED, NOON) == Go()
    assert judge(replace(CUSTOMER, consent="withdrawn"), SHIPPED, NOON) == Never(Reason.WITHDRAWN)


def test_the_fourth_mail_of_a_month_waits_until_the_first_is_a_month_old() -> None:
    got = tuple(Sent(NOON - days * DAY, "offers") for days in (20, 12, 3))
    assert judge(replace(LEAD, sent=got), SHIPPED, NOON) == Wait(Reason.CAP, NOON + 10 * DAY, (3, 30, 3))
    assert judge(replace(LEAD, sent=got[1:]), SHIPPED, NOON) == Go()
    assert judge(replace(LEAD, sent=got), SHIPPED, NOON + 10 * DAY) == Go()


def test_what_people_chose_for_themselves_counts_beside_the_rules() -> None:
    got = (Sent(NOON - DAY, "newsletter"),)
    assert judge(replace(CUSTOMER, sent=got, own_most=1), SHIPPED, NOON) == Wait(
        Reason.OWN_CAP, NOON + 29 * DAY, (1, 30, 1)
    )
    paused = replace(CUSTOMER, pause_until=NOON + 60 * DAY)
    assert judge(paused, SHIPPED, NOON) == Wait(Reason.THEIR_PAUSE, NOON + 60 * DAY)


def test_while_both_sides_talk_only_people_write() -> None:
    talked = replace(LEAD, talked_at=NOON - 4 * DAY)
    assert judge(talked, SHIPPED, NOON) == Wait(Reason.TALKING, NOON + 10 * DAY, (14,))
    assert judge(replace(talked, is_personal=True), SHIPPED, NOON) == Go()


def test_of_several_holds_the_longest_counts_and_it_ends_by_day() -> None:
    late = NOON.replace(hour=22)
    talked = replace(LEAD, talked_at=late - 4 * DAY, sent=(Sent(late - DAY, "offers"),) * 3)
    assert judge(talked, SHIPPED, late) == Wait(Reason.CAP, (late + 30 * DAY).replace(hour=8), (3, 30, 3))


def test_a_hold_does_not_outlast_the_time_of_the_mail() -> None:
    paused = replace(LEAD, pause_until=NOON + 60 * DAY, expires_at=NOON + DAY)
    assert judge(paused, SHIPPED, NOON) == Wait(Reason.THEIR_PAUSE, NOON + DAY)


@given(
    days=st.lists(st.floats(0, 40, allow_nan=False), max_size=12),
    most=st.integers(1, 5),
    own=st.none() | st.integers(1, 4),
    talked=st.none() | st.floats(0, 20),
    hour=st.integers(0, 23),
    zone=st.sampled_from(HARD_ZONES),
)
def test_a_mail_goes_at_the_moment_until_which_it_was_held_and_not_before(
    days: list[float], most: int, own: int | None, talked: float | None, hour: int, zone: str
) -> None:
    now = NOON.replace(hour=hour)
    rules = Rules(
        caps=(Cap(most=most, days=30),), quiet=NIGHT, talk_days=14, purposes={}, others=SHIPPED.others
    )
    situation = replace(
        LEAD,
        zone=zone,
        sent=tuple(Sent(now - each * DAY, "offers") for each in days),
        own_most=own,
        talked_at=None if talked is None else now - talked * DAY,
    )
    verdict = judge(situation, rules, now)
    if isinstance(verdict, Wait):
        assert verdict.until > now
        assert judge(situation, rules, verdict.until) == Go()
        just_before = judge(situation, rules, verdict.until - timedelta(microseconds=1))
        assert isinstance(just_before, Wait)
        assert just_before.until == verdict.until
    else:
        assert sum(each.at > now - 30 * DAY for each in situation.sent) < min(
            most, 99 if own is None else own
        )


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(HARD_ZONES) | st.sampled_from(sorted(available_timezones())),
    begins=st.times(),
    ends=st.times(),
)
def test_quiet_hours_end_whatever_is_done_to_the_clock(
    at: datetime, zone: str, begins: time, ends: time
) -> None:
    if begins == ends:
        return
    quiet = Quiet(**{"from": begins, "to": ends})
    if not is_quiet(at, zone, quiet):
        return
    until = next_open(at, zone, quiet)
    assert at < until <= at + timedelta(hours=49)
    assert not is_quiet(until, zone, quiet)


@pytest.mark.parametrize(
    ("zone", "at", "until"),
    [
        # The night in which the clock is put forward, and that in which it is put back.
        ("Europe/Amsterdam", "2026-03-28T22:00+01:00", "2026-03-29T08:00+02:00"),
        ("Europe/Amsterdam", "2026-10-24T22:00+02:00", "2026-10-25T08:00+01:00"),
        ("Pacific/Kiritimati", "2026-03-03T20:00+14:00", "2026-03-04T08:00+14:00"),
        ("Etc/GMT+12", "2026-03-03T07:59-12:00", "2026-03-03T08:00-12:00"),
    ],
)
def test_the_night_ends_at_eight_by_the_readers_clock(zone: str, at: str, until: str) -> None:
    moment = datetime.fromisoformat(at)
    assert is_quiet(moment, zone, NIGHT)
    assert next_open(moment, zone, NIGHT) == datetime.fromisoformat(until)
    assert not is_quiet(datetime(2026, 3, 3, 19, 59, tzinfo=ZoneInfo(zone)), zone, NIGHT)


def test_mistakes_in_rules_are_named_with_their_place() -> None:
    with pytest.raises(BadRules) as odd:
        read_rules("caps: [{most: many, days: 30}]\nquiet: {zone: Mars}\nsilence: 3")
    said = str(odd.value).split("\n")
    assert [line.partition(":")[0] for line in said] == ["caps.0.most", "quiet.zone", "silence"]
    assert "Europe/Amsterdam" in said[1]


def test_what_rules_say_names_their_version_however_it_is_written() -> None:
    assert read_rules("talk_days: 14 # fourteen").version == read_rules("{talk_days: 14}").version
    assert read_rules("talk_days: 13").version != read_rules("talk_days: 14").version


def test_every_reason_has_its_words() -> None:
    assert set(HEADINGS) == set(Reason)
