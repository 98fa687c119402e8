"""Two contacts that are one, and apart again: what moves, what stays, what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.contacts import ContactDraft, add_contacts, find_by_identity
from ripeline.people.models import Company, Contact, Identity
from ripeline.timeline.changes import change_contact, draft_of
from ripeline.timeline.identities.living import keys_by_identity, living
from ripeline.timeline.identities.merging import Merged, Undone, keep_apart, merge, merges_of, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.models import Reassessment, Standing, Touch
from ripeline.timeline.moves import Refused
from ripeline.timeline.record import record
from tests.timeline.identities.visiting import key_of, owners, touches_of, visit
from tests.timeline.people import fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOW + 24 * HOUR

pytestmark = pytest.mark.django_db


def one(kept: Contact, gone: Contact, now: datetime = LATER) -> Merge:
    """The merge of two."""
    done = merge(kept, gone, by=None, why="the same person", now=now)
    assert isinstance(done, Merged)
    return done.merge


def apart(merged: Merge, now: datetime = LATER + HOUR) -> Undone:
    """The merge undone."""
    done = undo(merged, by=None, now=now)
    assert isinstance(done, Undone)
    return done


@pytest.fixture
def eva() -> Contact:
    contact = make_contact("Eva", now=NOW)
    record([fact(contact, "page_viewed", NOW, uid="e1")], now=NOW)
    return contact


@pytest.fixture
def ann() -> Contact:
    contact = make_contact("Ann", now=NOW)
    record([fact(contact, "page_viewed", NOW, uid="a1")], now=NOW)
    return contact


def test_touches_follow_and_go_back(eva: Contact, ann: Contact) -> None:
    merged = one(eva, ann)
    assert touches_of(eva) == {"e1", "a1"}
    record([fact(ann, "page_viewed", LATER, uid="a2"), fact(eva, "page_viewed", LATER, uid="e2")], now=LATER)
    assert touches_of(eva) == {"e1", "a1", "e2", "a2"}
    assert apart(merged) == Undone(eva.pk, ann.pk, ())
    assert (touches_of(eva), touches_of(ann)) == ({"e1", "e2"}, {"a1", "a2"})


def test_a_dead_key_leads_to_the_living_contact(eva: Contact, ann: Contact) -> None:
    merged = one(eva, ann)
    assert living(ann.key) == living(eva.key) == eva
    assert living("nobody") is None
    apart(merged)
    assert living(ann.key) == ann


def test_whoever_loses_touches_again_is_known_to_be_without_them_from_then_on(
    eva: Contact, ann: Contact
) -> None:
    merged = one(eva, ann)
    assert not Reassessment.objects.exclude(withdrawn_at=None).exists()
    apart(merged)
    rows = dict(Reassessment.objects.values_list("contact", "withdrawn_at"))
    assert rows == {eva.pk: LATER + HOUR, ann.pk: None}


def test_who_is_merged_stands_nowhere_and_is_back_when_it_is_undone(eva: Contact, ann: Contact) -> None:
    merged = one(eva, ann)
    assert [row.pk for row in Standing.objects.all()] == [eva.pk]
    assert [row.pk for row in Reassessment.objects.all()] == [eva.pk]
    apart(merged)
    assert {row.pk for row in Standing.objects.all()} == {eva.pk, ann.pk}
    assert {row.pk for row in Reassessment.objects.filter(due_at__isnull=False)} == {eva.pk, ann.pk}


def test_fields_are_kept_blanks_are_filled_and_all_goes_back() -> None:
    firm = Company.objects.create(name="Boekhuis", created_at=NOW, updated_at=NOW)
    kept, gone = add_contacts(
        [
            ContactDraft(
                name="Eva Lind", emails=("eva@a.example",), country="NL", tags=("vip",), traits={"team": 4}
            ),
            ContactDraft(
                name="E. Lind",
                emails=("e@b.example", "eva@b.example"),
                phones=("+31 20",),
                country="DE",
                title="Buyer",
                company=firm,
                tags=("fair", "vip"),
                traits={"team": 9, "size": "big"},
            ),
        ],
        now=NOW,
    )
    before = [_row(kept), _row(gone)]
    merged = one(kept, gone)
    shown = _row(kept)
    assert (shown["name"], shown["country"], shown["title"], shown["company_id"]) == (
        "Eva Lind",
        "NL",
        "Buyer",
        firm.pk,
    )
    assert (shown["tags"], shown["traits"]) == (["vip", "fair"], {"team": 4, "size": "big"})
    assert (shown["email"], shown["phone"]) == ("eva@a.example", "+31 20")
    assert "e@b.example" in str(shown["search_text"])
    assert not Contact.objects.filter(company=firm).exclude(pk=kept.pk).exists()
    assert find_by_identity("email", ["e@b.example"]) == {"e@b.example": kept.pk}
    assert apart(merged).told == ()
    assert [_row(kept), _row(gone)] == before


def test_what_was_edited_since_stays_edited_and_is_told() -> None:
    kept, gone = add_contacts(
        [
            ContactDraft(name="Eva", emails=("eva@a.example",)),
            ContactDraft(name="E", emails=("e@b.example",), title="Buyer", country="DE", tags=("fair",)),
        ],
        now=NOW,
    )
    merged = one(kept, gone)
    kept.refresh_from_db()
    wanted = draft_of(kept)
    changes = {"title": "Head of buying", "country": "", "tags": (), "emails": ("eva@a.example",)}
    change_contact(kept, _replace(wanted, changes), now=LATER)
    done = apart(merged)
    assert set(done.told) == {
        "Title of Eva was changed since, to Head of buying, and stays.",
        "Country of Eva was taken out since, and stays out.",
        "The tag fair was taken from Eva since, and stays away.",
        "e@b.example was taken away since, and does not come back to E.",
    }
    assert (_row(kept)["title"], _row(gone)["title"], _row(gone)["country"]) == (
        "Head of buying",
        "Buyer",
        "DE",
    )
    assert list(Merge.objects.get().told) == list(done.told)


def test_what_was_edited_is_told_also_after_a_further_merge() -> None:
    kept, gone, third = add_contacts(
        [
            ContactDraft(name="Eva"),
            ContactDraft(name="E", title="Buyer"),
            ContactDraft(name="Third", title="Boss"),
        ],
        now=NOW,
    )
    merged = one(kept, gone)
    kept.refresh_from_db()
    change_contact(kept, _replace(draft_of(kept), {"title": ""}), now=LATER)
    other = one(kept, third)
    assert _row(kept)["title"] == ""
    assert apart(merged).told == ("Title of Eva was taken out since, and stays out.",)
    apart(other)
    assert [_row(each)["title"] for each in (kept, gone, third)] == ["", "Buyer", "Boss"]


def test_merges_are_undone_in_any_order(eva: Contact, ann: Contact) -> None:
    jan = make_contact("Jan", now=NOW)
    record([fact(jan, "page_viewed", NOW, uid="j1")], now=NOW)
    first, second = one(ann, jan), one(eva, ann)
    assert touches_of(eva) == {"e1", "a1", "j1"}
    assert {each.pk for each in merges_of(eva)} == {first.pk, second.pk}
    apart(first)
    assert (touches_of(eva), touches_of(jan)) == ({"e1", "a1"}, {"j1"})
    apart(second)
    assert (touches_of(eva), touches_of(ann)) == ({"e1"}, {"a1"})


def test_a_dead_contact_named_in_a_merge_goes_with_what_it_is_merged_with(eva: Contact, ann: Contact) -> None:
    jan = make_contact("Jan", now=NOW)
    first = one(eva, ann)
    one(ann, jan)
    assert living(jan.key) == eva
    apart(first)
    assert living(jan.key) == ann


def test_browsers_of_both_go_with_them_and_go_back(eva: Contact, ann: Contact) -> None:
    visit("t1", NOW, "b", now=NOW)
    browser = visitor_for(key_of("b"), now=NOW)
    join(browser, ann, how="form", at=NOW + HOUR, now=NOW + HOUR)
    merged = one(eva, ann)
    visit("t2", LATER + HOUR, "b", now=LATER + HOUR)
    assert owners() == {"e1": "Eva", "a1": "Eva", "t1": "Eva", "t2": "Eva"}
    assert visitor_for(key_of("b"), now=LATER).user == eva
    apart(merged, LATER + 2 * HOUR)
    assert owners() == {"e1": "Eva", "a1": "Ann", "t1": "Ann", "t2": "Ann"}
    assert visitor_for(key_of("b"), now=LATER).user == ann


def test_a_number_that_both_have_stays_with_both() -> None:
    kept, gone = add_contacts(
        [ContactDraft(name="Eva", phones=("+31 20",)), ContactDraft(name="E", phones=("+31 20", "+31 6"))],
        now=NOW,
    )
    merged = one(kept, gone)
    assert set(kept.identities.values_list("value", flat=True)) == {"+31 20", "+31 6"}
    apart(merged)
    assert set(kept.identities.values_list("value", "is_primary")) == {("+31 20", True)}
    assert set(gone.identities.values_list("value", "is_primary")) == {("+31 20", True), ("+31 6", False)}


def test_rules_see_the_fields_of_the_contact_that_lives_on() -> None:
    kept, gone = make_contact("Eva", now=NOW), make_contact("Ann", now=NOW)
    change_contact(kept, _replace(draft_of(kept), {"country": "NL"}), now=NOW)
    change_contact(gone, _replace(draft_of(gone), {"country": "DE"}), now=NOW + HOUR)
    merged = one(kept, gone)
    said = Touch.objects.filter(contact=kept, kind="traits_changed").order_by("at").last()
    assert said is not None
    assert (said.at, said.attrs) == (LATER, {"country": "NL"})
    apart(merged)
    assert [row.attrs for row in Touch.objects.filter(contact=kept)] == [{"country": "NL"}]
    assert [row.attrs for row in Touch.objects.filter(contact=gone)] == [{"country": "DE"}]


def test_what_is_one_already_or_undone_already_is_refused(eva: Contact, ann: Contact) -> None:
    merged = one(eva, ann)
    assert merge(ann, eva, by=None, why="", now=LATER) == Refused("That is one contact already.")
    assert merge(eva, eva, by=None, why="", now=LATER) == Refused("That is one contact already.")
    apart(merged)
    assert undo(merged, by=None, now=LATER) == Refused("That merge was undone already.")


def test_no_rule_merges_whom_a_person_keeps_apart_and_a_person_may(eva: Contact, ann: Contact) -> None:
    keep_apart(ann, eva, by=None, now=LATER)
    by_rule = merge(eva, ann, by=None, why="", now=LATER, rule=Merge.Rule.SAME_EMAIL)
    assert by_rule == Refused("A colleague said that these are two people.")
    assert isinstance(merge(eva, ann, by=None, why="", now=LATER), Merged)


def test_identities_made_meanwhile_belong_to_who_lived(eva: Contact, ann: Contact) -> None:
    merged = one(eva, ann)
    Identity.objects.create(contact=eva, kind="email", value="new@x.example", created_at=LATER)
    apart(merged)
    assert find_by_identity("email", ["new@x.example"]) == {"new@x.example": eva.pk}


def _row(contact: Contact) -> dict[str, object]:
    return dict(Contact.objects.values().get(pk=contact.pk))


def _replace(draft: ContactDraft, changes: Mapping[str, object]) -> ContactDraft:
    return replace(draft, **changes)  # type: ignore[arg-type]


def test_what_comes_under_an_address_of_the_one_that_is_gone_goes_back_with_it(
    eva: Contact, ann: Contact
) -> None:
    merged = one(eva, ann)
    keys = keys_by_identity("email", [ann.email, eva.email, "nobody@x.example"])
    assert keys == {ann.email: ann.key, eva.email: eva.key}
    record([replace(fact(ann, "page_viewed", LATER, uid="a2"), person=keys[ann.email])], now=LATER)
    assert "a2" in touches_of(eva)
    apart(merged)
    assert "a2" in touches_of(ann)
