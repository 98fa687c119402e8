"""The funnel's numbers against counts made person by person."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from ripeline.insights.flows import read_flows
from ripeline.insights.funnel import read_funnel, rises_by_step
from ripeline.insights.pace import read_pace
from ripeline.insights.period import read_period
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.people.models import Contact, User
from ripeline.timeline.asof import AsOf
from ripeline.timeline.definitions.active import active_playbook
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.models import Standing, Transition
from ripeline.timeline.record import record
from tests.insights.histories import DAY, NOW, STAGES, hear_late, make_crowd, moved, settle, stayed, stood
from tests.timeline.people import fact, make_contact

pytestmark = pytest.mark.django_db

PERIODS = [{"days": "7"}, {"days": "90"}, {"from": "2026-01-15", "to": "2026-02-20"}]


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner@firm.example", "a-long-password")


@pytest.mark.parametrize("query", PERIODS)
@pytest.mark.parametrize(("is_mine", "is_many"), [(False, False), (True, False), (True, True)])
def test_stock_and_moves_of_every_step_are_those_counted_one_by_one(
    query: dict[str, str], is_mine: bool, is_many: bool, owner: User
) -> None:
    make_crowd(60, owner=owner)
    who = owner if is_mine else None
    steps = read_period(query, now=NOW, zone=UTC).steps
    flows = read_flows(steps, stages=STAGES, owner=who.pk if who else None, is_many=is_many)
    assert len(flows.stock) == len(steps) + 1
    for step, stock, moves in zip(steps, flows.stock, flows.moves, strict=False):
        assert +Counter(stock) == stood(step.since, owner=who)
        assert moves == moved(step.since, step.until, owner=who)
    assert +Counter(flows.stock[-1]) == stood(steps[-1].until, owner=who)
    assert sum(moved(steps[0].since, steps[-1].until, owner=who).values()) > 0
    rows = read_funnel(active_playbook(), flows)
    stays = stayed(steps[0].since, steps[-1].until, stages=STAGES, owner=who)
    assert [(row.stays, row.went_on) for row in rows] == stays


def test_the_end_of_a_period_that_ends_now_is_the_standing_of_everybody() -> None:
    make_crowd(40)
    flows = read_flows(read_period({}, now=NOW, zone=UTC).steps, stages=STAGES, owner=None)
    standings = Counter(Standing.objects.exclude(stage="").values_list("stage", flat=True))
    assert +Counter(flows.stock[-1]) == standings


def test_a_touch_that_comes_late_changes_what_stood_then_and_is_counted_once() -> None:
    make_crowd(0)
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "page_viewed", NOW - 20 * DAY)], now=NOW - 20 * DAY)
    settle(NOW - 20 * DAY)
    steps = read_period({"days": "7"}, now=NOW, zone=UTC).steps
    assert +Counter(read_flows(steps, stages=STAGES, owner=None).stock[0]) == {"suspect": 1}
    record([fact(eva, "form_submitted", NOW - 15 * DAY)], now=NOW)
    settle(NOW)
    record([fact(eva, "form_submitted", NOW - 18 * DAY)], now=NOW)
    settle(NOW)
    assert Transition.objects.exclude(superseded_at=None).exists()
    assert +Counter(read_flows(steps, stages=STAGES, owner=None).stock[0]) == stood(steps[0].since)
    assert sum(read_flows(steps, stages=STAGES, owner=None).stock[0].values()) == 1


def test_the_funnel_adds_up() -> None:
    make_crowd(80)
    period = read_period({"days": "90"}, now=NOW, zone=UTC)
    playbook = active_playbook()
    flows = read_flows(period.steps, stages=STAGES, owner=None)
    rows = read_funnel(playbook, flows)
    now, then, between = stood(period.until), stood(period.since), moved(period.since, period.until)
    came = Standing.objects.filter(first_touch_at__gte=period.since).count()
    assert [row.now for row in rows] == [now[stage.key] for stage in playbook.stages]
    assert [row.change for row in rows] == [now[stage.key] - then[stage.key] for stage in playbook.stages]
    assert rows[0].rose == came
    assert rows[1].rose == between["suspect", "lead"]
    assert rows[1].fell == between["prospect", "lead"] + between["mql", "lead"]
    assert rows[1].went_on == between["lead", "mql"] + between["lead", "prospect"]
    assert rows[1].share == pytest.approx(rows[1].went_on / rows[1].stays)
    assert 0 < rows[1].went_on < rows[1].stays
    assert rows[-1].share is None
    assert max(row.width for row in rows) <= 100


def test_went_on_is_of_the_stays_in_a_stage_whoever_fell_and_rose_again_stays_twice() -> None:
    make_crowd(0)
    eva, ivo, ada = (make_contact(name, now=NOW) for name in ("Eva Lind", "Ivo Maas", "Ada Berg"))

    def put(contact: Contact, *stages: tuple[str, int]) -> None:
        facts = [fact(contact, "stage_set", NOW - days * DAY, subject=stage) for stage, days in stages]
        record(facts, now=NOW)

    put(eva, ("mql", 50), ("prospect", 20), ("suspect", 15), ("lead", 10))
    put(ivo, ("lead", 40), ("suspect", 20), ("lead", 10), ("mql", 5))
    put(ada, ("prospect", 8))
    settle(NOW)
    rows = read_funnel(
        active_playbook(),
        read_flows(read_period({"days": "30"}, now=NOW, zone=UTC).steps, stages=STAGES, owner=None),
    )
    # Eva went from MQL to prospect, back to suspect and up to lead; Ivo from lead back to suspect, to lead and to MQL;
    # Ada was first seen as she became a prospect: in no stage between.
    assert [(row.stays, row.went_on) for row in rows] == [(3, 3), (3, 1), (2, 1), (2, 0)]
    assert [row.then for row in rows] == [0, 1, 1, 0]


def test_rises_per_step_add_up_to_the_rises_of_the_period() -> None:
    make_crowd(60)
    flows = read_flows(read_period({"days": "90"}, now=NOW, zone=UTC).steps, stages=STAGES, owner=None)
    playbook = active_playbook()
    rises = rises_by_step(playbook, flows)
    assert {key: sum(counts) for key, counts in rises.items()} == {
        row.stage.key: row.rose for row in read_funnel(playbook, flows)[1:]
    }


def test_nobody_gives_a_funnel_of_noughts() -> None:
    make_crowd(0)
    flows = read_flows(read_period({}, now=NOW, zone=UTC).steps, stages=STAGES, owner=None)
    rows = read_funnel(active_playbook(), flows)
    assert {(row.now, row.then, row.share, row.width) for row in rows} == {(0, 0, None, 0.0)}


def test_the_median_stay_is_from_the_move_before_or_from_the_first_touch() -> None:
    make_crowd(0)
    for number, days in enumerate((2, 4, 9)):
        contact = make_contact(f"Person {number}", now=NOW)
        came, became = NOW - 20 * DAY, NOW - (20 - days) * DAY
        record(
            [
                fact(contact, "page_viewed", came),
                fact(contact, "form_submitted", became),
                fact(contact, "email_replied", became + timedelta(hours=12 * (number + 1))),
            ],
            now=NOW,
        )
    settle(NOW)
    pace = read_pace(active_playbook(), read_period({}, now=NOW, zone=UTC), owner=None)
    assert pace["suspect"].days == pytest.approx(median([2, 4, 9]))
    assert pace["lead"].days == pytest.approx(median([0.5, 1, 1.5]))
    assert (pace["suspect"].moves, pace["suspect"].is_part) == (3, False)
    assert "prospect" not in pace


def as_known(at: datetime, owner: User | None) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Who stood where, and who had ever moved how, by folds of what had been received by then."""
    stands: Counter[str] = Counter()
    moves: Counter[tuple[str, str]] = Counter()
    people = Contact.objects.all() if owner is None else Contact.objects.filter(owner=owner)
    for log in read_touches(list(people.values_list("pk", flat=True)), heard_until=at).values():
        folded = fold(active_playbook(), map(to_fact, log), to_instant(at))
        if folded.standing is not None:
            stands[folded.standing.stage] += 1
        moves.update((each.from_stage, each.to_stage) for each in folded.transitions)
    return stands, moves


@pytest.mark.parametrize("is_mine", [False, True])
@pytest.mark.parametrize("last", ["2026-01-20", "2026-02-20", "2026-03-20"])
def test_a_funnel_as_we_knew_it_says_what_the_log_of_then_says(last: str, is_mine: bool, owner: User) -> None:
    hear_late(25, owner=owner)
    who = owner if is_mine else None
    steps = read_period({"from": "2025-06-01", "to": last}, now=NOW, zone=UTC).steps
    end = steps[-1].until - timedelta(microseconds=1)
    flows = read_flows(
        steps, stages=STAGES, owner=who.pk if who else None, as_of=AsOf(end, "known", asked=last)
    )
    stands, moves = as_known(end, who)
    assert +Counter(flows.stock[-1]) == stands
    assert sum(map(Counter, flows.moves), Counter()) == moves
    assert not +Counter(flows.stock[0]), "nobody was known before the first touch of all"
    assert sum(stands.values()) > 3
