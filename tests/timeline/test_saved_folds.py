"""Saved folds: folding on from where one stood gives what folding everything gives, whatever happens."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import post_init
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import fold
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact
from ripeline.timeline import looking
from ripeline.timeline.camps.keeping import end_camp, running_camp, start_camp
from ripeline.timeline.camps.models import CampStanding, CampVerdict
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.versions import keep_version, playbook_version
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.models import Reassessment, SavedFold, Standing, Touch, Transition
from ripeline.timeline.reassess import StageChange, reassess_due
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import withdraw
from tests.databases import examples
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLAYBOOKS = (
    PLAYBOOK,
    PLAYBOOK.replace("gte: 30", "gte: 20"),
    PLAYBOOK.replace("half_life: 30d", "half_life: 3d").replace("within: 90d", "within: 20d"),
    PLAYBOOK.replace(
        "enter: {all: [{score: {gte: 30}}, {signal: conversion}]}",
        "enter: {signal: conversion, count: 2, within: 10d}, exit: [{when: {idle: 12d}, to: suspect}]",
    ),
)
KIND = st.sampled_from(
    [
        "form_submitted",
        "page_viewed",
        "email_replied",
        "recycled",
        "disqualified",
        "reopened",
        "accepted",
        "deal_won",
    ]
)


class Log(RuleBasedStateMachine):
    """Anything that can happen to somebody's log and to the definition; each look must say what a whole fold says."""

    @initialize()
    def begin(self) -> None:
        self.now, self.number = NOW, 0
        activate(PLAYBOOK, now=NOW)
        self.people = [make_contact(name, now=NOW) for name in ("Eva", "Jan")]

    @rule(
        who=st.integers(0, 1),
        kinds=st.lists(KIND, min_size=1, max_size=4),
        ago=st.sampled_from([0, 1, 600, 9000]),
    )
    def they_do_something(self, who: int, kinds: list[str], ago: int) -> None:
        self.note(who, kinds, -timedelta(minutes=ago))

    @rule(who=st.integers(0, 1), kind=KIND, minutes=st.sampled_from([1, 700, 20_000]))
    def something_is_dated_in_the_future(self, who: int, kind: str, minutes: int) -> None:
        self.note(who, [kind], timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([1, 600, 1441, 20_000, 100_000]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(what=st.integers(0, 19), which=st.integers(0, 30))
    def now_and_then_something_rare_happens(self, what: int, which: int) -> None:
        text = PLAYBOOKS[which % len(PLAYBOOKS)]
        if what < 2:
            uids = list(Touch.objects.order_by("pk").values_list("uid", flat=True))
            withdraw(uids[which : which + 1], now=self.now)
        elif what == 2:
            activate(text, now=self.now)
        elif what == 3 and running_camp() is None:
            version = keep_version(text, now=self.now).version
            start_camp("Sales", version, by=None, note="", now=self.now)
        elif what == 3 and which % 2:
            end_camp(now=self.now)

    @rule()
    def a_worker_comes(self) -> None:
        reassess_due(self.now, react=ignore)

    @precondition(lambda self: Reassessment.objects.filter(due_at__lte=self.now).exists())
    @rule()
    def a_worker_dies_in_the_middle(self) -> None:
        def die(change: StageChange) -> None:
            raise Died

        before = written()
        try:
            with transaction.atomic():
                reassess_due(self.now, react=ignore)
                raise Died
        except Died:
            assert written() == before
        Reassessment.objects.update(claimed_until=None)

    @invariant()
    def what_is_stored_is_a_whole_fold(self) -> None:
        if not hasattr(self, "people"):
            return
        with transaction.atomic():
            while reassess_due(self.now, react=ignore):
                pass
            for contact in self.people:
                stored_is_a_whole_fold(contact, self.now)
            transaction.set_rollback(self.number % 3 == 0)

    def note(self, who: int, kinds: list[str], shift: timedelta) -> None:
        facts = []
        for kind in kinds:
            self.number += 1
            facts.append(
                Fact(
                    id=f"t{self.number}",
                    person=self.people[who].key,
                    at=to_instant(self.now + shift + timedelta(seconds=len(facts))),
                    kind=kind,
                    direction=KINDS[kind],
                    actor="human",
                    subject="/pricing" if kind == "page_viewed" else None,
                    value=None,
                    attrs={"reason": "because"},
                )
            )
        record(facts, now=self.now)


class Died(Exception):
    """A worker was killed."""


def ignore(change: StageChange) -> None:
    """Nothing follows."""


def written() -> list[list[Any]]:
    models = (Standing, Transition, SavedFold, CampStanding, CampVerdict)
    return [list(model.objects.order_by("pk").values()) for model in models]


def stored_is_a_whole_fold(contact: Contact, now: datetime) -> None:
    standing = Standing.objects.get(pk=contact.pk)
    rows = read_touches([contact.pk])[contact.pk]
    touches = [to_fact(row) for row in rows]
    playbook = active_playbook()
    folded = fold(playbook, touches, to_instant(standing.assessed_at or now))
    if folded.standing is None:
        assert standing.stage == ""
        return
    assert standing.playbook_id == playbook.version
    seen = (
        standing.stage,
        standing.score,
        standing.rating,
        standing.status,
        standing.suspended,
        standing.grade,
    )
    whole = folded.standing
    assert seen == (whole.stage, whole.score, whole.rating, whole.status, whole.suspended, whole.grade)
    moves = Transition.objects.filter(contact=contact, superseded_at=None).order_by("position")
    assert [(row.position, to_instant(row.at), row.from_stage, row.to_stage) for row in moves] == [
        (place, moved.at, moved.from_stage, moved.to_stage) for place, moved in enumerate(folded.transitions)
    ]
    heard = {to_instant(row.at): row.received_at for row in rows}
    assert all(row.known_at <= now and row.at <= row.known_at for row in moves), heard
    due = Reassessment.objects.get(pk=contact.pk).due_at
    camp_due = camp_is_a_whole_fold(contact, touches, now)
    dues = [
        at for at in (folded.due_at, camp_due, *(each.at for each in touches)) if at and at > to_instant(now)
    ]
    assert due is None or due > now
    assert (None if due is None else to_instant(due)) == min(dues, default=None)


def camp_is_a_whole_fold(contact: Contact, touches: list[Fact], now: datetime) -> int | None:
    camp = running_camp()
    if camp is None:
        return None
    row = CampStanding.objects.get(pk=contact.pk, camp=camp)
    playbook = playbook_version(camp.version_id)
    folded = fold(playbook, touches, to_instant(row.assessed_at or now))
    assert folded.standing is not None
    assert (row.theirs, row.score, row.rating) == (
        folded.standing.stage,
        folded.standing.score,
        folded.standing.rating,
    )
    assert row.ours == Standing.objects.get(pk=contact.pk).stage
    ours = fold(active_playbook(), touches, to_instant(row.assessed_at or now))
    outcomes = [
        each for each in touches if each.kind in ("accepted", "deal_won") and each.at <= to_instant(now)
    ]
    assert sorted(CampVerdict.objects.filter(contact=contact).values_list("uid", "ours", "theirs")) == sorted(
        (
            each.id,
            ([moved.to_stage for moved in ours.transitions if moved.at < each.at] or ["suspect"])[-1],
            ([moved.to_stage for moved in folded.transitions if moved.at < each.at] or ["suspect"])[-1],
        )
        for each in outcomes
    )
    return folded.due_at


@pytest.fixture
def _everybody_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "KEEP_FROM", 1)
    monkeypatch.setattr(looking, "TAIL", 3)


@pytest.mark.django_db
@pytest.mark.usefixtures("_everybody_is_saved")
def test_folding_on_gives_what_folding_everything_gives() -> None:
    class Undone(Log):
        def __init__(self) -> None:
            super().__init__()
            self.before = transaction.savepoint()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.before)

    run_state_machine_as_test(Undone, settings=settings(max_examples=examples(50), stateful_step_count=30))


@pytest.fixture
def eva() -> Contact:
    """Somebody with a long history, assessed."""
    activate(PLAYBOOK, now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW)
    facts = [
        fact(eva, "page_viewed", NOW - 90 * DAY + n * timedelta(hours=1), subject="/blog", uid=f"e{n}")
        for n in range(looking.KEEP_FROM + 50)
    ]
    record(facts, now=NOW)
    assess(NOW)
    return eva


def assess(now: datetime) -> None:
    while reassess_due(now, react=ignore):
        pass


def touches_read(now: datetime) -> int:
    """How many touches a worker reads who assesses everybody that is due."""
    read: list[Touch] = []

    def noted(**given: Any) -> None:
        read.append(given["instance"])

    post_init.connect(noted, sender=Touch)
    try:
        assess(now)
    finally:
        post_init.disconnect(noted, sender=Touch)
    return len(read)


@pytest.mark.django_db
def test_a_new_touch_of_somebody_with_a_long_history_reads_that_touch_alone(eva: Contact) -> None:
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assert touches_read(NOW + DAY) == 1
    assert Standing.objects.get().stage == "lead"
    stored_is_a_whole_fold(eva, NOW + DAY)


@pytest.mark.django_db
def test_a_few_touches_are_read_again_and_many_are_saved(eva: Contact) -> None:
    for number in range(1, looking.TAIL + 2):
        at = NOW + number * timedelta(minutes=1)
        record([fact(eva, "page_viewed", at, subject="/blog")], now=at)
        assert touches_read(at) == (number if number <= looking.TAIL else 1)
    stored_is_a_whole_fold(eva, at)


@pytest.mark.django_db
def test_a_late_touch_has_the_whole_log_read(eva: Contact) -> None:
    record([fact(eva, "form_submitted", NOW - 88 * DAY)], now=NOW + DAY)
    assert touches_read(NOW + DAY) == looking.KEEP_FROM + 51
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assert touches_read(NOW + DAY) == 1


@pytest.mark.django_db
def test_another_definition_has_the_whole_log_read_and_its_fold_is_kept(eva: Contact) -> None:
    activate(PLAYBOOKS[1], now=NOW + DAY)
    assess(NOW + DAY)
    assert SavedFold.objects.get().version == active_playbook().version
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assert touches_read(NOW + DAY) == 1


@pytest.mark.django_db
def test_a_fold_that_is_no_longer_worth_keeping_is_not_kept(eva: Contact) -> None:
    withdraw([f"e{n}" for n in range(100)], now=NOW)
    assess(NOW)
    assert not SavedFold.objects.exists()


@pytest.mark.django_db
def test_ordinary_people_have_no_saved_fold(eva: Contact) -> None:
    jan = make_contact("Jan Vos", now=NOW)
    record([fact(jan, "form_submitted", NOW)], now=NOW)
    assess(NOW)
    assert [row.contact_id for row in SavedFold.objects.all()] == [eva.pk]


@pytest.mark.django_db
def test_a_worker_whose_clock_is_behind_folds_the_whole_log(eva: Contact) -> None:
    behind = NOW - 85 * DAY
    Reassessment.objects.update(due_at=behind, since=to_instant(NOW))
    assert touches_read(behind) == looking.KEEP_FROM + 50
    stored_is_a_whole_fold(eva, behind)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", [b"", b"of an earlier release", zlib.compress(b"{}")], ids=["empty", "rubbish", "incomplete"]
)
def test_a_saved_fold_that_cannot_be_read_is_replaced_by_a_whole_one(eva: Contact, state: bytes) -> None:
    SavedFold.objects.update(state=state)
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    assert (Standing.objects.get().stage, Reassessment.objects.get().error) == ("lead", "")
    record([fact(eva, "email_replied", NOW + 2 * DAY)], now=NOW + 2 * DAY)
    assert touches_read(NOW + 2 * DAY) == 1
    stored_is_a_whole_fold(eva, NOW + 2 * DAY)


@pytest.mark.django_db
def test_what_another_release_of_the_engine_saved_is_not_folded_on_from(eva: Contact) -> None:
    SavedFold.objects.update(engine=looking.ENGINE - 1)
    record([fact(eva, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assert touches_read(NOW + DAY) == looking.KEEP_FROM + 51
    assert SavedFold.objects.get().engine == looking.ENGINE


@pytest.mark.django_db
def test_a_state_that_holds_something_else_wants_another_release_of_the_engine(eva: Contact) -> None:
    held = " ".join(sorted(json.loads(zlib.decompress(SavedFold.objects.get().state))))
    assert (looking.ENGINE, held) == (
        1,
        "active answers entered_at first_at grade last_inbound log matches person raw raw_day settled share stage"
        " suspended_at tallies through traits version",
    )
