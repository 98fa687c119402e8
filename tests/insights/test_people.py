"""Who moved, whom to call, who has been silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ripeline.insights import whose
from ripeline.insights.attention import read_hot, read_silent
from ripeline.insights.movers import Movers, read_fallen, read_risen
from ripeline.insights.period import read_period
from ripeline.insights.today import Asked, read_today
from ripeline.insights.whose import Whose
from ripeline.people.models import Contact, User
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.moves import move
from ripeline.timeline.record import record
from ripeline.timeline.sentences import Teller
from tests.insights.histories import DAY, NOW, make_crowd, settle
from tests.timeline.people import PLAYBOOK, fact, make_contact

pytestmark = pytest.mark.django_db

YESTERDAY = NOW.replace(hour=0, minute=0) - DAY


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


def person(name: str, *touches: tuple[str, datetime], owner: User | None = None) -> Contact:
    contact = make_contact(name, now=NOW - 300 * DAY, owner=owner)
    record([fact(contact, kind, at) for kind, at in touches], now=NOW)
    settle(NOW)
    return contact


def risen(owner: User | None = None, limit: int = 8) -> Movers:
    playbook = active_playbook()
    them = Whose(owner.pk) if owner else Whose()
    return read_risen(playbook, since=YESTERDAY, whose=them, teller=Teller(playbook, NOW), limit=limit)


def fallen() -> Movers:
    playbook = active_playbook()
    return read_fallen(playbook, since=YESTERDAY, whose=Whose(), teller=Teller(playbook, NOW))


def names(movers: Movers) -> list[str]:
    return [mover.contact.name for mover in movers.movers]


def test_who_moved_up_since_yesterday_comes_latest_first_with_the_reason() -> None:
    person("Old Mover", ("form_submitted", NOW - 3 * DAY))
    person("Eva Lind", ("form_submitted", YESTERDAY))
    person("Jan Vos", ("email_replied", NOW - timedelta(hours=1)))
    found = risen()
    assert (names(found), found.people, found.is_news) == (["Jan Vos", "Eva Lind"], 2, True)
    assert (found.movers[0].before, found.movers[0].after) == ("suspect", "prospect")
    assert found.movers[0].sentence.startswith("Prospect on 31 March because")
    assert "replied" in found.movers[0].sentence


def test_where_nobody_moved_since_yesterday_the_last_ones_are_shown_as_such() -> None:
    person("Old Mover", ("form_submitted", YESTERDAY - timedelta(seconds=1)))
    found = risen()
    assert (names(found), found.people, found.is_news) == (["Old Mover"], 0, False)


def test_somebody_who_rose_twice_is_one_person_shown_by_the_latest_move() -> None:
    person(
        "Eva Lind", ("form_submitted", NOW - timedelta(hours=5)), ("email_replied", NOW - timedelta(hours=2))
    )
    found = risen()
    assert ([mover.after for mover in found.movers], found.people) == (["prospect"], 1)


def test_more_than_fit_are_counted_and_the_latest_shown() -> None:
    for number in range(5):
        person(f"Person {number}", ("form_submitted", NOW - timedelta(hours=number + 1)))
    found = risen(limit=2)
    assert (names(found), found.people) == (["Person 0", "Person 1"], 5)


def test_a_salesperson_sees_their_own() -> None:
    sara = User.objects.create_user("sara@firm.example", "a-long-password")
    person("Hers", ("form_submitted", NOW - timedelta(hours=1)), owner=sara)
    person("Nobody's", ("form_submitted", NOW - timedelta(hours=1)))
    assert names(risen(sara)) == ["Hers"]
    assert risen(sara).people == 1


def test_silence_that_moves_somebody_down_is_told_and_a_move_by_hand_is_not() -> None:
    person("Gone Quiet", ("email_replied", NOW - 60 * DAY - timedelta(hours=1)))
    sent = person("Sent Back", ("email_replied", NOW - 5 * DAY))
    by = User.objects.create_user("sara@firm.example", "a-long-password")
    move(sent, "recycled", playbook=active_playbook(), by=by, reason="next year", now=NOW)
    settle(NOW)
    found = fallen()
    assert (names(found), found.people) == (["Gone Quiet"], 1)
    assert "60 days" in found.movers[0].sentence
    assert names(risen()) == ["Sent Back", "Gone Quiet"]


def test_the_hot_ones_come_by_score_with_the_last_thing_they_did() -> None:
    person("Warm Once", ("email_replied", NOW - 20 * DAY))
    person("Jan Vos", ("email_replied", NOW - 2 * DAY))
    person("Eva Lind", ("form_submitted", NOW - 3 * DAY), ("email_replied", NOW - DAY))
    hot = read_hot(active_playbook(), now=NOW, whose=Whose())
    assert [(one.contact.name, one.stage, round(one.score)) for one in hot] == [
        ("Eva Lind", "prospect", 19),  # 20 points three nights ago, half gone in 30 days: 20 * 2^(-3/30)
        ("Jan Vos", "prospect", 0),
    ]
    assert hot[0].did == "they replied by email"


def test_what_a_machine_did_or_we_did_is_not_the_last_thing_they_did() -> None:
    eva = person("Eva Lind", ("email_replied", NOW - DAY), ("email_sent", NOW - timedelta(hours=2)))
    click = fact(eva, "email_clicked", NOW - timedelta(hours=1))
    record([type(click)(**{**_values(click), "actor": "machine"})], now=NOW)
    settle(NOW)
    (hot,) = read_hot(active_playbook(), now=NOW, whose=Whose())
    assert hot.last is not None
    assert hot.last.kind == "email_replied"


def test_the_longest_silence_comes_first_with_the_day_it_will_cost_them_the_stage() -> None:
    person("Talked Today", ("email_replied", NOW - timedelta(hours=1)))
    person("Three Weeks", ("email_replied", NOW - 21 * DAY))
    person("Seven Weeks", ("email_replied", NOW - 49 * DAY))
    silent = read_silent(active_playbook(), now=NOW, whose=Whose())
    assert [one.contact.name for one in silent] == ["Seven Weeks", "Three Weeks"]
    assert (silent[0].since, silent[0].falls_at) == (NOW - 49 * DAY, NOW + 11 * DAY)
    assert silent[0].falls_to == "Lead"


def test_whoever_was_placed_by_hand_does_not_fall_by_silence() -> None:
    eva = person("Eva Lind", ("page_viewed", NOW - 40 * DAY))
    by = User.objects.create_user("sara@firm.example", "a-long-password")
    playbook = active_playbook()
    move(eva, "stage_set", playbook=playbook, by=by, reason="met her", now=NOW, stage="prospect")
    settle(NOW)
    (silent,) = read_silent(playbook, now=NOW, whose=Whose())
    assert silent.falls_at is None


def test_the_disqualified_are_not_to_be_called() -> None:
    eva = person("Eva Lind", ("email_replied", NOW - 30 * DAY), ("email_replied", NOW - 20 * DAY))
    jan = person("Jan Vos", ("email_replied", NOW - DAY))
    by = User.objects.create_user("sara@firm.example", "a-long-password")
    for contact in (eva, jan):
        move(contact, "disqualified", playbook=active_playbook(), by=by, reason="a competitor", now=NOW)
    settle(NOW)
    assert read_hot(active_playbook(), now=NOW, whose=Whose()) == ()
    assert read_silent(active_playbook(), now=NOW, whose=Whose()) == ()


@pytest.mark.parametrize(
    ("query", "queries"),
    [({"days": "30"}, 16), ({"days": "365"}, 16), ({"from": "2026-01-15", "to": "2026-02-20"}, 17)],
)
def test_of_somebody_with_thousands_the_page_says_the_same_with_as_many_questions(
    query: dict[str, str],
    queries: int,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    sara = User.objects.create_user("sara@firm.example", "a-long-password")
    make_crowd(40, owner=sara)
    person("Hers", ("form_submitted", NOW - timedelta(hours=1)), owner=sara)
    person("Gone Quiet", ("email_replied", NOW - 60 * DAY - timedelta(hours=1)), owner=sara)
    period = read_period(query, now=NOW, zone=UTC)
    as_of = AsOf(period.until, "was", query.get("to", ""))
    asked = Asked(sara.pk, period, is_all=False, as_of=as_of)
    found = []
    for many in (1, 1000):
        monkeypatch.setattr(whose, "MANY", many)
        with django_assert_num_queries(queries):
            found.append(read_today(active_playbook(), asked, now=NOW, zone=UTC))
    assert found[0] == found[1]
    assert (found[0].risen.people, len(found[0].silent) > 0, found[0].people > 15) == (1, True, True)


def _values(touch: object) -> dict[str, object]:
    return {name: getattr(touch, name) for name in touch.__slots__}  # type: ignore[attr-defined]
