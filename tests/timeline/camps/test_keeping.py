"""Two camps: a second definition runs beside the one in force, triggers nothing, and is counted fairly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from ripeline.people.models import Contact, Notification, User
from ripeline.reactions import react
from ripeline.timeline.camps.keeping import (
    HandOffs,
    StagePair,
    by_stage,
    camp_progress,
    end_camp,
    hand_offs,
    people_in_pair,
    running_camp,
    stage_pairs,
    start_camp,
)
from ripeline.timeline.camps.models import Camp, CampStanding, CampVerdict
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication, Reassessment, SavedFold, Standing, Transition
from ripeline.timeline.moves import Refused
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SALES = PLAYBOOK.replace("enter: {signal: email_replied, within: 90d}", "enter: {signal: call_held}")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def sales_camp(now: datetime = NOW) -> Camp:
    version = keep_version(SALES, now=now).version
    camp = start_camp("Sales", version, by=None, note="a call is what counts", now=now)
    assert isinstance(camp, Camp)
    return camp


def person(name: str, *kinds: str, owner: User | None = None) -> Contact:
    """Somebody to whom these things happened, a day each, up to now."""
    contact = make_contact(name, now=NOW, owner=owner)
    days = range(len(kinds), 0, -1)
    record([fact(contact, kind, NOW - day * DAY) for day, kind in zip(days, kinds, strict=True)], now=NOW)
    return contact


def test_everybody_gets_a_second_standing_that_triggers_nothing() -> None:
    owner = User.objects.create_user("owner@firm.example", "a-long-password")
    eva = person("Eva Lind", "email_replied", owner=owner)
    jan = person("Jan Vos", "call_held", owner=owner)
    assess(NOW)
    before = list(Standing.objects.order_by("pk").values_list("stage", "score", "playbook"))
    moves, bells = Transition.objects.count(), Notification.objects.count()
    sales_camp()
    assess(NOW)
    rows = CampStanding.objects.order_by("pk").values_list("pk", "ours", "theirs")
    assert list(rows) == [(eva.pk, "prospect", "suspect"), (jan.pk, "suspect", "prospect")]
    assert list(Standing.objects.order_by("pk").values_list("stage", "score", "playbook")) == before
    assert (Transition.objects.count(), Notification.objects.count()) == (moves, bells)


def test_who_comes_later_stands_in_both_at_once() -> None:
    sales_camp()
    eva = person("Eva Lind", "call_held", "email_replied")
    assess(NOW)
    row = CampStanding.objects.get(contact=eva)
    assert (row.ours, row.theirs, row.entered_at, row.assessed_at) == (
        "prospect",
        "prospect",
        NOW - 2 * DAY,
        NOW,
    )


def test_the_camps_own_time_moves_people_too() -> None:
    sales_camp()
    person("Jan Vos", "call_held")
    assess(NOW)
    went_quiet = NOW - DAY + 60 * DAY
    assert Reassessment.objects.get().due_at == went_quiet
    assess(went_quiet)
    assert CampStanding.objects.get().theirs == "lead"


def test_a_hand_off_is_counted_for_where_either_had_them_just_before() -> None:
    sales_camp()
    person("Eva Lind", "email_replied", "rejected")
    person("Jan Vos", "call_held", "accepted", "deal_won")
    person("Ida Berg", "call_held", "email_replied", "accepted", "deal_lost")
    assess(NOW)
    assert hand_offs() == (
        HandOffs("accepted", "prospect", "prospect", 1),
        HandOffs("accepted", "suspect", "prospect", 1),
        HandOffs("deal_lost", "prospect", "prospect", 1),
        HandOffs("deal_won", "suspect", "prospect", 1),
        HandOffs("rejected", "prospect", "suspect", 1),
    )
    assert by_stage(hand_offs(), "ours")["prospect"] == {"accepted": 1, "deal_lost": 1, "rejected": 1}
    assert by_stage(hand_offs(), "theirs")["prospect"] == {"accepted": 2, "deal_lost": 1, "deal_won": 1}
    assert {each.kind for each in hand_offs(since=NOW - DAY)} == {"rejected", "deal_won", "deal_lost"}
    assert {each.kind for each in hand_offs(until=NOW - DAY)} == {"accepted"}


def test_where_they_differ_and_what_became_of_those_people() -> None:
    sales_camp()
    eva = person("Eva Lind", "email_replied")
    person("Ann Roy", "email_replied", "accepted", "deal_won", "deal_won")
    person("Jan Vos", "call_held")
    assess(NOW)
    assert stage_pairs() == (
        StagePair("prospect", "suspect", 2, accepted=1, won=1),
        StagePair("suspect", "prospect", 1),
    )
    first, second = people_in_pair("prospect", "suspect")
    assert (first.contact, second.contact.name) == (eva, "Ann Roy")
    assert [row.pk for row in people_in_pair("prospect", "suspect", after=first.pk)] == [second.pk]


def test_a_late_touch_corrects_what_was_counted() -> None:
    sales_camp()
    jan = person("Jan Vos", "accepted")
    assess(NOW)
    assert hand_offs() == (HandOffs("accepted", "suspect", "suspect", 1),)
    record([fact(jan, "call_held", NOW - 5 * DAY)], now=NOW)
    assess(NOW)
    assert hand_offs() == (HandOffs("accepted", "suspect", "prospect", 1),)


def test_publishing_moves_our_side_alone() -> None:
    sales_camp()
    person("Jan Vos", "call_held")
    assess(NOW)
    activate(
        PLAYBOOK.replace("signal: email_replied, within: 90d", "signal: call_held, within: 90d"), now=NOW
    )
    assess(NOW)
    assert stage_pairs() == (StagePair("prospect", "prospect", 1),)
    assert Standing.objects.get().playbook_id == active_playbook().version


CALLS = PLAYBOOK.replace("signal: email_replied, within: 90d", "signal: call_held, within: 90d")


def test_a_hand_off_is_counted_by_the_version_in_force_when_it_was_given() -> None:
    sales_camp()
    jan = person("Jan Vos", "call_held", "accepted")
    assess(NOW)
    counted = (HandOffs("accepted", "suspect", "prospect", 1),)
    assert hand_offs() == counted
    activate(CALLS, now=NOW + DAY)
    assess(NOW + DAY)
    assert Standing.objects.get().stage == "prospect"
    assert hand_offs() == counted, "a publication does not count anew what sales said of the one before"
    record([fact(jan, "deal_won", NOW + 2 * DAY)], now=NOW + 2 * DAY)
    assess(NOW + 2 * DAY)
    assert hand_offs() == (*counted, HandOffs("deal_won", "prospect", "prospect", 1))


def test_a_camp_begun_later_counts_by_what_was_in_force_when_sales_decided() -> None:
    person("Jan Vos", "call_held", "accepted")
    activate(CALLS, now=NOW)
    sales_camp(NOW + DAY)
    assess(NOW + DAY)
    assert hand_offs() == (HandOffs("accepted", "suspect", "prospect", 1),)


def test_what_happened_before_anything_was_published_counts_by_what_was_in_force_when_it_was_heard_of() -> (
    None
):
    # The first definition was in force for seconds: the one that was meant followed.
    Publication.objects.update(at=NOW - DAY, until=NOW - DAY + timedelta(seconds=25))
    activate(CALLS, now=NOW - DAY + timedelta(seconds=25))
    jan = make_contact("Jan Vos", now=NOW)
    long_ago = NOW - 300 * DAY
    record([fact(jan, "call_held", long_ago), fact(jan, "accepted", long_ago + DAY)], now=NOW)
    activate(PLAYBOOK, now=NOW + DAY)
    sales_camp(NOW + DAY)
    assess(NOW + DAY)
    assert hand_offs() == (HandOffs("accepted", "prospect", "prospect", 1),)
    # A camp that ran before that was the rule has it counted so when its people are folded anew.
    CampVerdict.objects.update(ours="suspect")
    import_module("ripeline.migrations.0037_verdicts_on_history").fold_anew(apps, None)
    assess(timezone.now())
    assert hand_offs() == (HandOffs("accepted", "prospect", "prospect", 1),)


def test_a_late_touch_corrects_what_was_counted_by_the_version_of_then() -> None:
    sales_camp()
    jan = person("Jan Vos", "accepted")
    activate(CALLS, now=NOW)
    assess(NOW)
    record([fact(jan, "email_replied", NOW - 5 * DAY)], now=NOW)
    assess(NOW)
    assert hand_offs() == (HandOffs("accepted", "prospect", "suspect", 1),)


def test_of_a_long_log_a_late_verdict_is_counted_by_the_version_of_then_too() -> None:
    jan = person("Jan Vos", "email_replied")
    views = [fact(jan, "page_viewed", NOW - 3 * DAY + timedelta(minutes=n)) for n in range(210)]
    record(views, now=NOW)
    sales_camp()
    activate(CALLS, now=NOW)
    assess(NOW)
    assert SavedFold.objects.count() == 2
    record([fact(jan, "accepted", NOW - DAY / 2)], now=NOW + DAY)
    assess(NOW + DAY)
    assert hand_offs() == (HandOffs("accepted", "prospect", "suspect", 1),)


def test_progress_of_a_camp_and_its_end() -> None:
    for number in range(130):
        person(f"Person {number}", "call_held", "accepted")
    assess(NOW)
    sales_camp()
    reassess_due(NOW, react=react)
    half = camp_progress()
    assert half is not None
    assert (half.done, half.total, half.is_done) == (100, 130, False)
    assess(NOW)
    assert stage_pairs() == (StagePair("suspect", "prospect", 130, accepted=130),)
    ended = end_camp(now=NOW + DAY)
    assert ended is not None
    assert (running_camp(), stage_pairs(), hand_offs(), camp_progress()) == (None, (), (), None)
    assess(NOW + DAY)
    assert not CampStanding.objects.exists()
    assert not CampVerdict.objects.exists()
    assert Camp.objects.get().until == NOW + DAY


def test_a_camp_begun_after_another_ended_counts_anew() -> None:
    person("Jan Vos", "call_held", "accepted")
    first = sales_camp()
    assess(NOW)
    end_camp(now=NOW)
    second = sales_camp(NOW + DAY)
    assess(NOW + DAY)
    assert first.pk != second.pk
    assert CampStanding.objects.get().camp == second
    assert CampVerdict.objects.get().camp == second


def test_a_camp_that_cannot_be_is_refused_with_a_sentence() -> None:
    version = keep_version(SALES, now=NOW).version
    tries = [
        start_camp(" ", version, by=None, note="", now=NOW),
        start_camp("Sales", "f" * 64, by=None, note="", now=NOW),
        start_camp("Sales", active_playbook().version, by=None, note="", now=NOW),
    ]
    sales_camp()
    tries.append(start_camp("Presales", version, by=None, note="", now=NOW))
    assert all(isinstance(each, Refused) and each.why.endswith((".", "?")) for each in tries)
    assert Camp.objects.count() == 1
    assert end_camp(now=NOW) is not None
    assert end_camp(now=NOW) is None
