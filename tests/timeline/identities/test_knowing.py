"""What proves that two are one, who is suggested, and what a preview says: the same as the merge then does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.living import living
from ripeline.timeline.identities.merging import Merged, keep_apart, merge, undo
from ripeline.timeline.identities.models import Merge
from ripeline.timeline.identities.previewing import preview_merge
from ripeline.timeline.identities.proving import prove_email
from ripeline.timeline.identities.suggesting import Pair, find_pairs, still_open
from ripeline.timeline.models import Standing
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def two(**more: dict[str, object]) -> tuple[Contact, Contact]:
    """Two contacts, made of what is given for either."""
    one, other = add_contacts([ContactDraft(**more["one"]), ContactDraft(**more["other"])], now=NOW)  # type: ignore[arg-type]
    return one, other


def test_an_address_both_proved_makes_them_one() -> None:
    eva, ann = make_contact("Eva", now=NOW), make_contact("Ann", now=NOW)
    assert prove_email(eva, eva.email, now=NOW) == eva
    assert prove_email(ann, eva.email, now=NOW + HOUR) == eva
    made = Merge.objects.get()
    assert (made.rule, made.why) == (Merge.Rule.SAME_EMAIL, "Both proved that eva@reader.example is theirs.")
    assert living(ann.key) == eva


def test_an_address_that_its_holder_never_proved_is_a_suggestion_alone() -> None:
    eva, ann = make_contact("Eva", now=NOW), make_contact("Ann", now=NOW)
    assert prove_email(ann, eva.email, now=NOW) == ann
    assert not Merge.objects.exists()
    why = "One of them proved that eva@reader.example is theirs; it leads to the other."
    assert find_pairs(9) == [Pair(eva.pk, ann.pk, why)]


def test_no_proof_makes_one_of_whom_a_person_said_that_they_are_two() -> None:
    eva, ann = make_contact("Eva", now=NOW), make_contact("Ann", now=NOW)
    keep_apart(eva, ann, by=None, now=NOW)
    prove_email(eva, eva.email, now=NOW)
    assert prove_email(ann, eva.email, now=NOW) == ann
    assert not Merge.objects.exists()


def test_an_address_nobody_has_becomes_theirs_and_is_found_by() -> None:
    ann = make_contact("Ann", now=NOW)
    prove_email(ann, "ann@home.example", now=NOW)
    assert Identity.objects.get(value="ann@home.example").verified_at == NOW
    ann.refresh_from_db()
    assert "ann@home.example" in ann.search_text


def test_who_may_be_one_is_suggested_with_the_reason() -> None:
    firm = Company.objects.create(name="Boekhuis", created_at=NOW, updated_at=NOW)
    namesakes = two(one={"name": "Jan Vos", "company": firm}, other={"name": "jan vos", "company": firm})
    phones = two(one={"name": "A", "phones": ("+3120",)}, other={"name": "B", "phones": ("+3120",)})
    mailbox = two(one={"emails": ("j.vos@x.example",)}, other={"emails": ("jvos+news@x.example",)})
    two(one={"name": "Jan Vos"}, other={"name": "Jan Vos", "emails": ("jvos@y.example",)})
    add_contacts([ContactDraft(name=f"Desk {n}", phones=("+31 office",)) for n in range(3)], now=NOW)
    assert [(each.one, each.other, each.why) for each in find_pairs(9)] == [
        (*_ids(mailbox), "Their addresses are one but for dots and plus signs: jvos@x.example."),
        (*_ids(namesakes), "Both are called Jan Vos and work at Boekhuis."),
        (*_ids(phones), "They have the same phone number, +3120."),
    ]


def test_who_is_merged_or_kept_apart_is_suggested_no_more() -> None:
    by = User.objects.create_user("mia@example.org", "x")
    one, other = two(one={"name": "A", "phones": ("+3120",)}, other={"name": "B", "phones": ("+3120",)})
    pairs = find_pairs(9)
    assert still_open(pairs) == pairs
    done = merge(one, other, by=by, why="", now=NOW)
    assert isinstance(done, Merged)
    assert still_open(pairs) == find_pairs(9) == []
    undo(done.merge, by=by, now=NOW)
    assert (len(find_pairs(9)), still_open(pairs)) == (1, [])


def test_a_preview_says_what_the_merge_then_does() -> None:
    playbook = activate(PLAYBOOK, now=NOW)
    firm = Company.objects.create(name="Boekhuis", created_at=NOW, updated_at=NOW)
    kept, gone = two(
        one={"name": "Eva Lind", "country": "NL", "tags": ("vip",), "emails": ("a@x.example",)},
        other={
            "name": "E",
            "country": "DE",
            "title": "Buyer",
            "company": firm,
            "tags": ("fair",),
            "traits": {"a": True},
        },
    )
    touches = [fact(kept, "form_submitted", NOW - HOUR), fact(gone, "form_submitted", NOW - 2 * HOUR)]
    record(touches, now=NOW)
    seen = preview_merge(kept, gone, playbook=playbook, now=NOW)
    assert (seen.kept.stage, seen.gone.stage, seen.stage) == ("lead", "lead", "mql")
    assert {each.label: (each.kept, each.gone, each.after) for each in seen.fields} == {
        "Name": ("Eva Lind", "E", "Eva Lind"),
        "Title": ("", "Buyer", "Buyer"),
        "Company": ("", "Boekhuis", "Boekhuis"),
        "Country": ("NL", "DE", "NL"),
        "Tags": ("vip", "fair", "vip, fair"),
        "A": ("", "yes", "yes"),
    }
    assert [each.label for each in seen.fields if each.differs] == ["Name", "Country"]
    merge(kept, gone, by=None, why="", now=NOW)
    kept.refresh_from_db()
    assert (kept.title, kept.company, kept.country, kept.tags) == ("Buyer", firm, "NL", ["vip", "fair"])
    reassess_due(NOW, react=lambda change: None)
    standing = Standing.objects.get(contact=kept)
    assert (standing.stage, round(standing.score, 6)) == (seen.stage, round(seen.score, 6))


def _ids(pair: tuple[Contact, Contact]) -> tuple[int, int]:
    return pair[0].pk, pair[1].pk
