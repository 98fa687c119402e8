"""Publishing: another definition takes over at a moment, is told apart from what people do, and can go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import QuerySet

from ripeline.insights.movers import read_risen
from ripeline.insights.whose import Whose
from ripeline.kit.instants import to_instant
from ripeline.lifecycle.fold import Fold, fold
from ripeline.people.models import Contact, Notification, User
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import (
    Firing,
    definition_causes,
    progress,
    publication_in_force,
    publish,
)
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.models import PlaybookVersion, Publication, Reassessment, Standing, Transition
from ripeline.timeline.moved import read_moved
from ripeline.timeline.moves import Refused
from ripeline.timeline.reassess import StageChange, reassess_due
from ripeline.timeline.record import record
from ripeline.timeline.sentences import Teller
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")
STRICTER = PLAYBOOK.replace(
    "{key: lead, title: Lead, enter: {signal: conversion}}", "{key: lead, title: Lead}"
)
EVERYBODY = Firing(frozenset({"tell_the_owner"}), "all")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner@firm.example", "a-long-password", name="Olga")


@pytest.fixture
def eva(owner: User) -> Contact:
    """A lead by her one form, long ago."""
    eva = make_contact("Eva Lind", now=NOW - 90 * DAY, owner=owner)
    record([fact(eva, "form_submitted", NOW - DAY)], now=NOW - DAY)
    assess(NOW - DAY)
    assert Standing.objects.get().stage == "lead"
    return eva


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def told() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("stage", flat=True))


def put_in_force(
    text: str, now: datetime, *, by: User | None = None, note: str = "", firing: Firing | None = None
) -> Publication:
    done = publish(keep_version(text, now=now).version, by=by, note=note, now=now, firing=firing or Firing())
    assert isinstance(done, Publication)
    return done


def test_a_version_kept_is_not_in_force_and_keeps_who_wrote_it_first(owner: User) -> None:
    before = active_playbook()
    kept = keep_version(EASIER, now=NOW, author=owner, note="a form is enough")
    again = keep_version("# the same\n" + EASIER, now=NOW + DAY, note="another note")
    assert (again.pk, again.note, again.author, again.is_active) == (
        kept.pk,
        "a form is enough",
        owner,
        False,
    )
    assert active_playbook() == before


def test_which_version_was_in_force_from_when_to_when_by_whom_and_why(owner: User) -> None:
    old = active_playbook().version
    put_in_force(EASIER, NOW, by=owner, note="a form is enough")
    back = publish(old, by=owner, note="it was not", now=NOW + DAY)
    assert isinstance(back, Publication)
    rows = Publication.objects.order_by("at")
    assert [(row.at, row.until, row.note) for row in rows] == [
        (NOW - 400 * DAY, NOW, ""),
        (NOW, NOW + DAY, "a form is enough"),
        (NOW + DAY, None, "it was not"),
    ]
    assert [row.previous_id for row in rows] == [None, old, rows[1].version_id]
    assert active_playbook().version == old
    present = publication_in_force()
    assert present is not None
    assert (present.pk, present.author) == (back.pk, owner)


def test_who_publishes_what_cannot_be_is_told_why_and_nothing_changes() -> None:
    old = active_playbook().version
    new = keep_version(EASIER, now=NOW).version
    refused = [
        publish("f" * 64, by=None, note="", now=NOW),
        publish(old, by=None, note="", now=NOW),
        publish(new, by=None, note="", now=NOW, instead_of="f" * 64),
        publish(new, by=None, note="", now=NOW, firing=Firing(frozenset({"ring_the_bells"}), "all")),
    ]
    sentences = [each.why for each in refused if isinstance(each, Refused)]
    assert [sentence.split()[2] for sentence in sentences] == ["no", "is", "meanwhile:", "no"]
    assert active_playbook().version == old
    assert Publication.objects.count() == 1
    assert isinstance(publish(new, by=None, note="", now=NOW, instead_of=old), Publication)


def test_what_the_definition_changed_is_its_doing_and_rings_nothing_unless_ticked(eva: Contact) -> None:
    publication = put_in_force(EASIER, NOW, note="a form is enough")
    before = told()
    assess(NOW + DAY)
    assert Standing.objects.get().stage == "mql"
    (row,) = Transition.objects.filter(superseded_at=None)
    assert (row.at, row.to_stage, row.publication, row.known_at) == (NOW - DAY, "mql", publication, NOW)
    (past,) = Transition.objects.exclude(superseded_at=None)
    assert (past.to_stage, past.publication, past.superseded_at) == ("lead", None, NOW)
    assert past.playbook_id != row.playbook_id
    assert told() == before == ["lead"]
    assert definition_causes(eva.pk) == {(to_instant(NOW - DAY), "mql"): publication}


def test_a_change_by_definition_is_told_of_the_definition(eva: Contact) -> None:
    put_in_force(EASIER, NOW, note="a form is enough.")
    assess(NOW)
    said = Teller(active_playbook(), NOW).say(Transition.objects.get(superseded_at=None))
    assert said.startswith(
        "MQL since 28 February because the definition changed on 1 March (a form is enough); what counts now: the score"
    )


def test_everybody_whom_the_definition_moves_rings_once_where_that_was_ticked(eva: Contact) -> None:
    put_in_force(EASIER, NOW, firing=EVERYBODY)
    assess(NOW + DAY)
    assert told() == ["lead", "mql"]
    assert Notification.objects.latest("pk").created_at == NOW
    Reassessment.objects.update(due_at=NOW)
    assess(NOW + DAY)
    assert told() == ["lead", "mql"]


def test_going_back_for_everybody_rings_at_that_moment_for_what_is_their_own_again(eva: Contact) -> None:
    put_in_force(STRICTER, NOW)
    assess(NOW)
    assert Notification.objects.all().delete()[0]
    put_in_force(PLAYBOOK, NOW + DAY, firing=EVERYBODY)
    assess(NOW + DAY)
    (row,) = Transition.objects.filter(superseded_at=None, publication=None)  # her own doing, as before
    assert list(Notification.objects.values_list("stage", "created_at")) == [(row.to_stage, NOW + DAY)]


def test_a_reaction_that_was_not_ticked_does_not_fire(eva: Contact) -> None:
    put_in_force(EASIER, NOW, firing=Firing(frozenset(), "all"))
    assess(NOW)
    assert (told(), Standing.objects.get().stage) == (["lead"], "mql")


def test_what_people_do_afterwards_rings_as_ever(eva: Contact) -> None:
    put_in_force(EASIER, NOW)
    record([fact(eva, "email_replied", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    rows = Transition.objects.filter(superseded_at=None).order_by("position")
    assert [(row.to_stage, row.publication is not None) for row in rows] == [
        ("mql", True),
        ("prospect", False),
    ]
    assert told() == ["lead", "prospect"]


def test_what_they_did_before_and_no_worker_had_seen_is_theirs(eva: Contact) -> None:
    record([fact(eva, "email_replied", NOW - timedelta(hours=1))], now=NOW - timedelta(hours=1))
    put_in_force(EASIER, NOW)
    assess(NOW + DAY)
    rows = Transition.objects.filter(superseded_at=None).order_by("position")
    assert [(row.to_stage, row.publication is not None) for row in rows] == [
        ("mql", True),
        ("prospect", False),
    ]
    assert [row.known_at for row in rows] == [NOW, NOW]
    assert told() == ["lead", "prospect"]


def test_what_was_noted_late_of_the_time_before_is_not_the_definitions_doing(eva: Contact) -> None:
    put_in_force(PLAYBOOK.replace("within: 14d", "within: 15d"), NOW)
    record([fact(eva, "email_replied", NOW - 2 * DAY)], now=NOW + timedelta(hours=1))
    assess(NOW + timedelta(hours=1))
    row = Transition.objects.get(superseded_at=None, to_stage="prospect")
    assert (row.publication, row.known_at) == (None, NOW + timedelta(hours=1))


def test_what_was_noted_late_is_theirs_and_rings_also_where_something_is_dated_in_the_future(
    eva: Contact,
) -> None:
    # As many touches were known by the publication as count an hour later, but not the same ones.
    record([fact(eva, "meeting_held", NOW + DAY)], now=NOW - timedelta(hours=2))
    assess(NOW - timedelta(hours=2))
    put_in_force(PLAYBOOK.replace("half_life: 30d", "half_life: 31d"), NOW)
    record([fact(eva, "email_replied", NOW - timedelta(hours=1))], now=NOW + timedelta(hours=1))
    assess(NOW + timedelta(hours=1))
    row = Transition.objects.get(superseded_at=None, to_stage="prospect")
    assert (row.publication, row.known_at) == (None, NOW + timedelta(hours=1))
    assert told() == ["lead", "prospect"]


def test_a_change_that_both_definitions_see_keeps_the_version_it_was_told_with(eva: Contact) -> None:
    before = Transition.objects.values().get()
    put_in_force(PLAYBOOK.replace("add: 10}", "add: 12}"), NOW)
    assess(NOW)
    assert Transition.objects.values().get() == before
    assert Standing.objects.get().playbook_id == active_playbook().version
    put_in_force(PLAYBOOK.replace("add: 20}", "add: 22}"), NOW + DAY)
    assess(NOW + DAY)
    record([fact(eva, "page_viewed", NOW - 2 * DAY, subject="/pricing")], now=NOW + DAY)
    assess(NOW + DAY)
    assert Transition.objects.filter(superseded_at=None, to_stage="mql").get().publication is None


def test_going_back_puts_everybody_back_and_the_past_remains(eva: Contact) -> None:
    old = active_playbook().version
    put_in_force(STRICTER, NOW)
    assess(NOW)
    assert (Standing.objects.get().stage, Transition.objects.filter(superseded_at=None).count()) == (
        "suspect",
        0,
    )
    assert isinstance(publish(old, by=None, note="", now=NOW + DAY), Publication)
    assess(NOW + DAY)
    assert Standing.objects.get().stage == "lead"
    gone, back = Transition.objects.order_by("pk")
    assert (gone.superseded_at, gone.publication) == (NOW, None)
    assert (back.at, back.known_at, back.publication) == (NOW - DAY, NOW + DAY, None)
    assert told() == ["lead"]


@pytest.mark.parametrize("between", [STRICTER, EASIER])
def test_there_and_back_leaves_everybody_their_own_reasons_however_often(eva: Contact, between: str) -> None:
    old = active_playbook().version
    told_with = ("at", "from_stage", "to_stage", "cause", "rule", "score", "grade", "evidence", "playbook_id")
    own = Transition.objects.values(*told_with).get()
    risen_before = risen()
    for round_ in (0, 2):
        there = put_in_force(between, NOW + round_ * DAY)
        assess(NOW + round_ * DAY)
        assert [row.publication for row in standing()] == ([there] if between == EASIER else [])
        back = publish(old, by=None, note="undone", now=NOW + (round_ + 1) * DAY)
        assert isinstance(back, Publication)
        assess(back.at)
        assert standing().values(*told_with).get() == own
        assert [(row.publication, row.known_at) for row in standing()] == [(None, back.at)]
        assert (
            Teller(active_playbook(), NOW)
            .say(standing().get())
            .startswith("Lead on 28 February because a form")
        )
        assert risen() == risen_before == [eva]
        assert [(move.before, move.after) for move in read_moved(back)[0]] == [
            ("mql" if between == EASIER else "suspect", "lead")
        ], "it did move them"


def test_back_to_a_version_that_agreed_with_what_was_told_before_it(eva: Contact) -> None:
    own = Transition.objects.get()
    put_in_force(PLAYBOOK.replace("half_life: 30d", "half_life: 31d"), NOW)
    agreeing = active_playbook().version
    assess(NOW)
    put_in_force(STRICTER, NOW + DAY)
    assess(NOW + DAY)
    publish(agreeing, by=None, note="", now=NOW + 2 * DAY)
    assess(NOW + 2 * DAY)
    (back,) = standing()
    assert (back.publication, back.evidence, back.cause) == (None, own.evidence, own.cause)


def test_what_they_did_meanwhile_is_still_there_by_the_definition_that_came_back(eva: Contact) -> None:
    old = active_playbook().version
    put_in_force(STRICTER, NOW)
    assess(NOW)
    bob = make_contact("Bob West", now=NOW)
    record([fact(bob, "form_submitted", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    publish(old, by=None, note="", now=NOW + 2 * DAY)
    assess(NOW + 2 * DAY)
    caused = {row.contact_id: row.publication for row in standing()}
    assert caused == {eva.pk: None, bob.pk: publication_in_force()}


def standing() -> QuerySet[Transition]:
    return Transition.objects.filter(superseded_at=None).order_by("contact", "position")


def risen() -> list[Contact]:
    playbook = active_playbook()
    found = read_risen(playbook, since=NOW - 2 * DAY, whose=Whose(), teller=Teller(playbook, NOW))
    return [mover.contact for mover in found.movers]


def test_what_was_believed_on_any_day_is_one_story(eva: Contact) -> None:
    old = active_playbook().version
    put_in_force(EASIER, NOW)
    assess(NOW + timedelta(hours=5))
    publish(old, by=None, note="", now=NOW + DAY)
    assess(NOW + 2 * DAY)
    for moment, stage in ((NOW - DAY / 2, "lead"), (NOW + DAY / 2, "mql"), (NOW + 3 * DAY, "lead")):
        known = Transition.objects.filter(known_at__lte=moment).exclude(superseded_at__lte=moment)
        assert [row.to_stage for row in known] == [stage]


def test_two_publications_before_a_worker_came_count_as_the_last(eva: Contact) -> None:
    put_in_force(STRICTER, NOW, firing=EVERYBODY)
    last = put_in_force(EASIER, NOW + DAY)
    assess(NOW + 2 * DAY)
    assert Transition.objects.get(superseded_at=None).publication == last
    assert told() == ["lead"]


def test_stored_rows_are_what_a_fold_under_the_new_definition_gives(eva: Contact) -> None:
    put_in_force(EASIER, NOW)
    assess(NOW)
    folded = fold_of(eva, NOW)
    rows = Transition.objects.filter(contact=eva, superseded_at=None).order_by("position")
    assert [(to_instant(row.at), row.to_stage) for row in rows] == [
        (moved.at, moved.to_stage) for moved in folded.transitions
    ]


def fold_of(contact: Contact, now: datetime) -> Fold:
    touches = [to_fact(row) for row in read_touches([contact.pk])[contact.pk]]
    return fold(active_playbook(), touches, to_instant(now))


def test_one_persons_trouble_does_not_make_the_recomputation_endless(eva: Contact) -> None:
    def troubled(change: StageChange) -> None:
        raise RuntimeError("the bell broke")

    put_in_force(EASIER, NOW, firing=EVERYBODY)
    assert reassess_due(NOW, react=troubled) == 1
    ended = progress()
    assert ended is not None
    assert ended.is_done
    assert Standing.objects.get().stage == "lead"
    assess(NOW + DAY)
    assert (Standing.objects.get().stage, told()) == ("mql", ["lead", "mql"])


def test_a_version_counts_once_however_often_it_was_in_force(eva: Contact) -> None:
    old = active_playbook().version
    put_in_force(EASIER, NOW)
    publish(old, by=None, note="", now=NOW + DAY)
    put_in_force(EASIER, NOW + 2 * DAY)
    assert (PlaybookVersion.objects.count(), Publication.objects.filter(version__text=EASIER).count()) == (
        2,
        2,
    )
