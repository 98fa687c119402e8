"""Who is in a segment is kept as things change: by a touch at once, by time in the next round, by a colleague; and
every coming and going keeps its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ripeline.nurture.emails.models import Email
from ripeline.nurture.segments import following, refreshing
from ripeline.nurture.segments.following import attend_changed
from ripeline.nurture.segments.keeping import (
    InUse,
    add_segment,
    archive,
    change_definition,
    put_in,
    restore,
    take_out,
    uses_of,
)
from ripeline.nurture.segments.members import in_segment, keys_of
from ripeline.nurture.segments.models import Segment, SegmentChange, SegmentEntry, SegmentMember
from ripeline.nurture.segments.reading import DefinitionMistakes
from ripeline.nurture.segments.refreshing import attend_refreshes, refresh_now
from ripeline.nurture.segments.saying import Titles
from ripeline.nurture.segments.why import explain, memberships
from ripeline.people.consent import note_consent
from ripeline.people.models import ChangedContact, Consent, Contact
from ripeline.timeline.changes import change_contact, draft_of
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import withdraw
from ripeline.worker import catch_up
from tests.factories import NOW, make_contact, make_playbook, make_user, stand
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
VIEWS = {"all": [{"touch": {"kind": ["page_viewed"], "count": 2, "within": "10d"}}]}


def work(now: Any = NOW) -> None:
    """What the worker does until nothing is left."""
    catch_up(lambda: now)
    while attend_changed(now) or attend_refreshes(now, clock=lambda: now):
        catch_up(lambda: now)


def who(segment: Segment) -> set[str]:
    return {each.name for each in Contact.objects.filter(pk__in=in_segment(segment.key))}


def story(segment: Segment) -> list[tuple[str, bool, str]]:
    rows = SegmentChange.objects.filter(segment=segment).order_by("at", "pk").select_related("contact")
    return [(each.contact.name, each.is_in, each.cause) for each in rows]


def view(contact: Contact, at: Any, *, now: Any = None) -> None:
    record([fact(contact, "page_viewed", at, uid=f"{contact.pk}{at}")], now=now or at)


def test_people_come_by_touches_leave_by_time_and_every_move_keeps_its_reason() -> None:
    make_playbook()
    ann, ben = make_contact("Ann"), make_contact("Ben")
    segment = add_segment("Viewers", VIEWS, by=None, now=NOW)
    work()
    assert (who(segment), Segment.objects.get().size) == (set(), 0)
    view(ann, NOW - 9 * DAY)
    view(ann, NOW)
    view(ben, NOW)
    work()
    assert who(segment) == {"Ann"}
    assert keys_of([ann.pk, ben.pk]) == {ann.pk: ["viewers"]}
    later = NOW + 2 * DAY
    # Time takes her out: nobody looks at her again, but the whole segment is looked at hourly.
    assert Segment.objects.get().due_at == NOW + timedelta(hours=1)
    work(later)
    assert who(segment) == set()
    assert story(segment) == [("Ann", True, "changed"), ("Ann", False, "time")]
    told = explain(segment, ann, Titles(), now=later)
    assert (told.since, told.holds, told.is_behind) == (None, False, False)
    views = "page view, 2 times or more, in the last 10 days"
    assert [each.why for each in told.happened] == [
        f"Time passed: {views} holds no longer",
        f"Something about them changed: {views}",
    ]
    assert [(line.said, line.holds, line.fact, len(line.seen)) for line in told.line.parts] == [  # type: ignore[union-attr]
        (views, False, "1 counted", 1)
    ]


def test_a_touch_taken_back_takes_people_out_again_and_a_machine_brings_nobody_in() -> None:
    make_playbook()
    ann, bot = make_contact("Ann"), make_contact("Bot")
    segment = add_segment("Viewers", VIEWS, by=None, now=NOW)
    for number in range(2):
        view(ann, NOW - number * MINUTE)
        seen = fact(bot, "page_viewed", NOW - number * MINUTE)
        record([replace(seen, actor="machine")], now=NOW)
    work()
    assert who(segment) == {"Ann"}
    withdraw([f"{ann.pk}{NOW}"], now=NOW)
    work()
    assert who(segment) == set()


def test_whatever_segments_ask_about_is_followed_when_it_changes() -> None:
    make_playbook()
    ann, owner = make_contact("Ann"), make_user("sales", "Olga")
    asked: dict[str, Any] = {
        "tag": {"tag": "vip"},
        "trait": {"trait": {"budget": {"gte": 10}}},
        "owner": {"owner": "olga@ours.example"},
        "consent": {"consent": "newsletter"},
        "nobody": {"none": [{"owner": "olga@ours.example"}]},
    }
    for name, condition in asked.items():
        add_segment(name, {"all": [condition]}, by=None, now=NOW)
    work()
    assert keys_of([ann.pk]) == {ann.pk: ["nobody"]}
    draft = draft_of(ann)
    change_contact(ann, replace(draft, tags=("vip",), traits={"budget": 10.0}, owner=owner), now=NOW)
    note_consent(ann, "newsletter", Consent.State.GIVEN, how=Consent.How.BY_HAND, at=NOW)
    work()
    assert keys_of([ann.pk]) == {ann.pk: ["consent", "owner", "tag", "trait"]}
    assert not ChangedContact.objects.exists()


def test_of_several_who_become_one_only_who_lives_on_is_in_segments_and_lists_and_both_are_when_apart_again() -> (
    None
):
    make_playbook()
    ann, anna = make_contact("Ann"), make_contact("Anna")
    viewers = add_segment("Viewers", VIEWS, by=None, now=NOW)
    listed = add_segment("Listed", None, by=None, now=NOW, kind=Segment.Kind.LIST)
    view(ann, NOW)
    view(anna, NOW - MINUTE)
    put_in(listed, [anna.pk], how=SegmentEntry.How.BY_HAND, by=None, now=NOW)
    work()
    assert (who(viewers), who(listed)) == (set(), {"Anna"})
    made = merge(ann, anna, by=None, why="one", now=NOW)
    assert isinstance(made, Merged)
    work()
    assert (who(viewers), who(listed)) == ({"Ann"}, {"Ann"})
    undo(made.merge, by=None, now=NOW)
    work()
    assert (who(viewers), who(listed)) == (set(), {"Anna"})
    assert list(Segment.objects.order_by("key").values_list("key", "size")) == [("listed", 1), ("viewers", 0)]


def test_segments_of_segments_are_worked_out_in_order_and_circles_are_refused_with_the_way_round() -> None:
    make_playbook()
    ann, by = make_contact("Ann", tags=("vip",)), make_user()
    third = add_segment("Third", {"all": [{"tag": "vip"}]}, by=by, now=NOW)
    second = add_segment("Second", {"none": [{"segment": "third"}]}, by=by, now=NOW)
    first = add_segment("First", {"any": [{"segment": "second"}, {"segment": "third"}]}, by=by, now=NOW)
    # Due since before those that they ask about.
    Segment.objects.filter(pk=first.pk).update(due_at=NOW - DAY)
    work()
    assert (who(first), who(second), who(third)) == ({"Ann"}, set(), {"Ann"})
    with pytest.raises(DefinitionMistakes) as refused:
        change_definition(third, {"all": [{"none": [{"segment": "first"}]}]}, by=by, now=NOW)
    assert str(refused.value) == (
        "all[0].none[0].segment: segments may not ask in a circle: third asks first asks third"
    )
    change_definition(third, {"all": [{"tag": "other"}]}, by=by, now=NOW)
    work()
    assert (who(first), who(second), who(third)) == ({"Ann"}, {"Ann"}, set())
    assert isinstance(used := archive(third, now=NOW), InUse)
    assert used.why == "First and Second ask about it; change that first."
    mail = Email.objects.create(
        key="hello",
        title="Hello",
        purpose="offers",
        created_at=NOW,
        draft={"text": '{% if contact.segments contains "first" %}You are first.{% endif %}'},
    )
    assert archive(first, now=NOW) == InUse((mail,))
    Email.objects.update(draft={"text": "::: segment is not firsts, first\nHello\n:::"})
    assert archive(first, now=NOW) == InUse((mail,))
    Email.objects.update(draft={"text": "::: segment is firsts\nfirst\n:::"})
    assert not uses_of(first)
    mail.delete()
    assert archive(first, now=NOW) is None
    assert list(in_segment("first")) == []
    restore(first, now=NOW)
    work()
    assert who(first) == {"Ann"}
    assert memberships(ann, Titles())[0].title == "First"


def test_a_list_is_what_was_put_into_it_by_whom_and_changes_with_its_reason() -> None:
    make_playbook()
    ann, ben, by = make_contact("Ann"), make_contact("Ben"), make_user("marketing", "Mia")
    listed = add_segment("Fair", None, by=by, now=NOW, kind=Segment.Kind.LIST)
    work()
    assert put_in(listed, [ann.pk, ben.pk], how=SegmentEntry.How.SELECTION, by=by, now=NOW) == {
        ann.pk,
        ben.pk,
    }
    assert put_in(listed, [ann.pk, 999_999], how=SegmentEntry.How.BY_HAND, by=by, now=NOW) == set()
    assert take_out(listed, [ben.pk], by=by, now=NOW) == {ben.pk}
    work()
    assert who(listed) == {"Ann"}
    told = explain(listed, ben, Titles(), now=NOW)
    assert [each.why for each in told.happened] == ["Taken out by Mia", "Put in by Mia"]
    assert [each.why for each in memberships(ann, Titles())] == ["Put in by Mia"]


def test_whom_something_happened_to_while_a_segment_was_worked_out_is_as_they_are_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_playbook()
    ann, ben = make_contact("Ann", tags=("vip",)), make_contact("Ben", tags=("vip",))
    segment = add_segment("Vip", {"all": [{"tag": "vip"}]}, by=None, now=NOW)
    ChangedContact.objects.all().delete()
    gather = refreshing._gather

    def gather_then_change(*args: Any) -> None:
        gather(*args)
        change_contact(ann, replace(draft_of(ann), tags=()), now=NOW)

    monkeypatch.setattr(refreshing, "_gather", gather_then_change)
    refresh_now(segment, clock=lambda: NOW)
    # What was found of her is old: she is left to whoever follows the change.
    assert who(segment) == {"Ben"}
    monkeypatch.undo()
    work()
    assert who(segment) == {"Ben"}
    assert [name for name, _, _ in story(segment)] == ["Ben"]
    assert ben.pk in in_segment("vip")


def test_when_very_many_changed_everything_is_worked_out_anew_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_playbook()
    for number in range(6):
        make_contact(f"Person {number}", tags=("vip",))
    segment = add_segment("Vip", {"all": [{"tag": "vip"}]}, by=None, now=NOW)
    monkeypatch.setattr(following, "MANY", 3)
    monkeypatch.setattr(refreshing, "CHUNK", 4)
    assert attend_changed(NOW) == 6
    assert not SegmentMember.objects.exists()
    work()
    assert len(who(segment)) == Segment.objects.get().size == 6
    assert {each.held for each in SegmentChange.objects.all()} == {""}


def test_a_segment_that_cannot_be_asked_says_so_and_keeps_nobody_from_the_others() -> None:
    make_playbook()
    broken = add_segment("Broken", {"all": [{"tag": "vip"}]}, by=None, now=NOW)
    whole = add_segment("Whole", {"all": [{"tag": "vip"}]}, by=None, now=NOW)
    work()
    Segment.objects.filter(pk=broken.pk).update(definition={"all": [{"gone": 1}]})
    make_contact("Ann", tags=("vip",))
    attend_changed(NOW)
    assert who(whole) == {"Ann"}
    assert "gone" in Segment.objects.get(pk=broken.pk).error
    attend_refreshes(NOW, clock=lambda: NOW)
    found = Segment.objects.get(pk=broken.pk)
    assert (found.due_at, found.working_since) == (NOW + timedelta(seconds=5), None)


def test_scores_are_judged_as_they_are_shown_that_day() -> None:
    make_playbook()
    ann = make_contact("Ann")
    stand(ann, score=40)
    segment = add_segment("Warm", {"all": [{"score": {"gte": 30}}]}, by=None, now=NOW)
    ChangedContact.objects.all().delete()
    refresh_now(segment, clock=lambda: NOW)
    assert who(segment) == {"Ann"}
    # Half-life 30 days: 40 points are 28.3 after 15.
    assert Segment.objects.get().due_at == NOW.replace(hour=0) + DAY
    refresh_now(segment, clock=lambda: NOW + 15 * DAY)
    assert who(segment) == set()
    told = explain(segment, ann, Titles(), now=NOW + 15 * DAY)
    assert told.line is not None
    assert told.line.parts[0].fact == "it is 28.3"
