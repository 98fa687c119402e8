"""Taking an import back: what is still as it was left goes, the rest stays and is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.forms.models import model_to_dict

from ripeline.capture.forms.models import Confirmation, Form, Submission
from ripeline.gateway.imports import apply
from ripeline.gateway.imports.report import preview_lines, result_lines
from ripeline.gateway.models import Import, ImportStep
from ripeline.kit.instants import to_instant
from ripeline.people.consent import note_consent
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Consent, Contact, Identity, User, Visitor
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.models import Identification, KeptApart, Merge
from ripeline.timeline.models import Reassessment, Touch
from ripeline.timeline.moves import note
from tests.gateway.imports.bringing import NOW, bring_in, carry_on, csv_file, look, take_back

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)
BEFORE = NOW - timedelta(days=9)

FILE = (
    "email,email 2,name,company,title,tags,color,phone\n"
    "anna@firm.example,anna@home.example,Anna Neu,New Firm,Publisher,vip,blue,+49 30 1234567\n"
    "fresh@firm.example,,Fresh Face,New Firm,Author,vip,red,\n"
)


def anna() -> Contact:
    draft = ContactDraft(
        name="Anna Berg",
        emails=("anna@firm.example",),
        title="Editor",
        tags=("old",),
        traits={"color": "green"},
    )
    return add_contacts([draft], now=BEFORE)[0]


def everything() -> dict[str, object]:
    """All that an import may change, as plain values."""
    return {
        "contacts": [model_to_dict(each) for each in Contact.objects.order_by("pk")],
        "identities": sorted(Identity.objects.values_list("contact", "kind", "value", "is_primary")),
        "companies": sorted(Company.objects.values_list("name", flat=True)),
        "touches": sorted(Touch.objects.values_list("uid", flat=True)),
    }


def test_an_undone_import_leaves_everything_as_it_was(tmp_path: Path) -> None:
    anna()
    before = everything()
    done = bring_in(csv_file(tmp_path, FILE))
    assert everything() != before
    undone = take_back(done, now=LATER)
    assert undone.state == Import.State.UNDONE
    assert undone.left_in_place == []
    assert everything() == before


@pytest.mark.parametrize("order", ["last first", "first first"])
def test_when_things_were_told_goes_back_with_them_in_whatever_order(tmp_path: Path, order: str) -> None:
    anna()
    before = everything()
    later = NOW + timedelta(hours=1)
    done = [
        bring_in(csv_file(tmp_path, FILE)),
        bring_in(csv_file(tmp_path, "email,title,color\nanna@firm.example,Owner,red\n"), now=later),
    ]
    assert (Contact.objects.get(key=before["contacts"][0]["key"]).told or {})["title"] == to_instant(later)  # type: ignore[index]
    for each in reversed(done) if order == "last first" else done:
        take_back(each, now=LATER)
    assert everything() == before


def test_what_somebody_said_again_since_stays_with_when_they_said_it(tmp_path: Path) -> None:
    contact = anna()
    done = bring_in(csv_file(tmp_path, FILE))
    contact.refresh_from_db()
    said = (contact.told or {}) | {"title": to_instant(LATER), "trait color": to_instant(LATER)}
    Contact.objects.filter(pk=contact.pk).update(told=said)
    undone = take_back(done, now=LATER)
    contact.refresh_from_db()
    assert undone.left_in_place == [
        "Anna Neu: title 'Publisher' was said again since, and stays.",
        "Anna Neu: color 'blue' was said again since, and stays.",
    ]
    assert (contact.name, contact.title, contact.traits) == ("Anna Berg", "Publisher", {"color": "blue"})
    assert contact.told == {"title": to_instant(LATER), "trait color": to_instant(LATER)}


def test_people_whose_facts_go_are_assessed_again(tmp_path: Path) -> None:
    contact = anna()
    done = bring_in(csv_file(tmp_path, FILE))
    Reassessment.objects.update(due_at=None)
    take_back(done, now=LATER)
    assert Reassessment.objects.get(contact=contact).due_at == LATER


def test_a_contact_of_whom_something_was_recorded_since_stays_and_is_told(tmp_path: Path) -> None:
    done = bring_in(csv_file(tmp_path, FILE))
    note(Contact.objects.get(email="fresh@firm.example"), "call_held", now=LATER)
    undone = take_back(done, now=LATER)
    assert undone.left_in_place == ["Fresh Face stays: something was recorded of them since."]
    assert [each.email for each in Contact.objects.all()] == ["fresh@firm.example"]


def _consent(fresh: Contact) -> None:
    note_consent(fresh, "calls", Consent.State.WITHDRAWN, how=Consent.How.BY_HAND, at=LATER)


def _submission(fresh: Contact) -> None:
    form = Form.objects.create(key="demo", title="Demo", created_at=NOW)
    Submission.objects.create(
        nonce="n", form=form, received_at=LATER, outcome=Submission.Outcome.ACCEPTED, contact=fresh
    )


def _letter(fresh: Contact) -> None:
    form = Form.objects.create(key="demo", title="Demo", created_at=NOW)
    Confirmation.objects.create(contact=fresh, form=form, address=fresh.email, asked_at=LATER)


def _kept_apart(fresh: Contact) -> None:
    KeptApart.objects.create(one=fresh, other=anna(), at=LATER)


def _merged_once(fresh: Contact) -> None:
    done = merge(fresh, anna(), by=None, why="one", now=LATER)
    assert isinstance(done, Merged)
    undo(done.merge, by=None, now=LATER)


@pytest.mark.parametrize("record", [_consent, _submission, _letter, _kept_apart, _merged_once])
def test_of_whom_anything_was_kept_since_in_a_table_of_its_own_stays_with_it(
    tmp_path: Path, record: Callable[[Contact], None]
) -> None:
    done = bring_in(csv_file(tmp_path, "email,name\nfresh@firm.example,Fresh Face\n"))
    record(Contact.objects.get())
    kept = [model.objects.count() for model in (Consent, Submission, Confirmation, KeptApart, Merge)]
    undone = take_back(done, now=LATER)
    assert undone.left_in_place == ["Fresh Face stays: something was recorded of them since."]
    assert [model.objects.count() for model in (Consent, Submission, Confirmation, KeptApart, Merge)] == kept
    assert Submission.objects.filter(contact=None).count() == 0


def test_a_field_changed_by_hand_since_stays_and_is_told(tmp_path: Path) -> None:
    contact = anna()
    done = bring_in(csv_file(tmp_path, FILE))
    Contact.objects.filter(pk=contact.pk).update(title="Owner", updated_at=LATER)
    undone = take_back(done, now=LATER)
    contact.refresh_from_db()
    assert undone.left_in_place == ["Anna Neu: title was changed since, to 'Owner', and stays."]
    assert (contact.title, contact.name, contact.traits) == ("Owner", "Anna Berg", {"color": "green"})


def test_a_company_somebody_else_belongs_to_by_now_stays(tmp_path: Path) -> None:
    done = bring_in(csv_file(tmp_path, FILE))
    company = Company.objects.get(name="New Firm")
    add_contacts([ContactDraft(name="Carla", company=company)], now=LATER)
    take_back(done, now=LATER)
    assert Company.objects.filter(pk=company.pk).exists()


def test_an_import_undone_half_way_is_undone_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "ROWS", 200)
    text = "email\n" + "".join(f"p{n}@many.example\n" for n in range(520))
    done = bring_in(csv_file(tmp_path, text))
    assert ImportStep.objects.count() > 2
    from ripeline.gateway.imports.run import go_on, start_undo

    assert start_undo(done, LATER) is None
    calls: list[int] = []
    half = go_on(done, clock=lambda: LATER, stop=lambda: len(calls) > 0, told=lambda _: calls.append(1))
    assert half.state == Import.State.UNDOING
    assert 0 < Contact.objects.count() < 520
    assert carry_on(half, now=LATER).state == Import.State.UNDONE
    assert not Contact.objects.exists()


def test_an_undone_import_cannot_be_undone_again(tmp_path: Path) -> None:
    from ripeline.gateway.imports.run import Refused, start_undo

    undone = take_back(bring_in(csv_file(tmp_path, FILE)), now=LATER)
    assert start_undo(undone, LATER) == Refused("This import is undone: there is nothing to undo.")


def test_a_company_that_is_gone_by_now_is_not_put_back(tmp_path: Path) -> None:
    contact = anna()
    alpha = Company.objects.create(name="Alpha", created_at=BEFORE, updated_at=BEFORE)
    Contact.objects.filter(pk=contact.pk).update(company=alpha)
    done = bring_in(csv_file(tmp_path, "email,company\nanna@firm.example,Beta\n"))
    alpha.delete()
    undone = take_back(done, now=LATER)
    assert (undone.state, undone.error) == (Import.State.UNDONE, "")
    assert undone.left_in_place == ["Anna Berg: the company of before exists no longer; 'Beta' stays."]
    assert Contact.objects.get().company == Company.objects.get(name="Beta")


@pytest.mark.parametrize("made", ["kept", "gone"])
def test_who_was_merged_with_somebody_since_stays_with_them(tmp_path: Path, made: str) -> None:
    done = bring_in(csv_file(tmp_path, "email,name\nfresh@firm.example,Fresh Face\n"))
    people = {made: Contact.objects.get()}
    people |= {name: anna() for name in ("kept", "gone") if name not in people}
    assert isinstance(merge(**people, by=None, why="The same.", now=LATER), Merged)  # type: ignore[arg-type]
    undone = take_back(done, now=LATER)
    assert undone.left_in_place == ["Fresh Face stays: they were merged with somebody since."]
    assert next(iter(result_lines(undone))) == (
        "0 taken back, 1 stays because they were merged with somebody since."
    )
    assert Contact.objects.count() == 2


def test_the_company_of_somebody_merged_since_stays_for_when_they_are_apart_again(tmp_path: Path) -> None:
    alpha = Company.objects.create(name="Alpha", created_at=BEFORE, updated_at=BEFORE)
    kept = anna()
    Contact.objects.filter(pk=kept.pk).update(company=alpha)
    done = bring_in(csv_file(tmp_path, "email,name,company\nfresh@firm.example,Fresh Face,New Firm\n"))
    gone = Contact.objects.get(name="Fresh Face")
    merged = merge(kept, gone, by=None, why="The same.", now=LATER)
    assert isinstance(merged, Merged)
    assert take_back(done, now=LATER).state == Import.State.UNDONE
    undo(merged.merge, by=None, now=LATER)
    assert Contact.objects.get(pk=gone.pk).company == Company.objects.get(name="New Firm")


def test_whose_browser_we_know_since_stays(tmp_path: Path) -> None:
    done = bring_in(csv_file(tmp_path, "email,name\nfresh@firm.example,Fresh Face\n"))
    visitor = Visitor.objects.create(first_seen_at=LATER, last_seen_at=LATER)
    Identification.objects.create(
        visitor=visitor, contact=Contact.objects.get(), at=LATER, how="form", known_at=LATER
    )
    assert take_back(done, now=LATER).left_in_place == [
        "Fresh Face stays: something was recorded of them since."
    ]


def test_an_owner_who_is_gone_by_now_is_not_put_back(tmp_path: Path) -> None:
    gone, here = (
        User.objects.create_user(f"{name}@us.example", "a-long-password") for name in ("eva", "ida")
    )
    contact = anna()
    Contact.objects.filter(pk=contact.pk).update(owner=gone)
    done = bring_in(csv_file(tmp_path, "email,owner\nanna@firm.example,ida@us.example\n"))
    gone.delete()
    undone = take_back(done, now=LATER)
    assert undone.state == Import.State.UNDONE
    assert undone.left_in_place == [f"Anna Berg: the owner of before exists no longer; '{here}' stays."]
    contact.refresh_from_db()
    assert contact.owner == here


def test_an_undoing_that_stops_says_why_and_goes_on_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ripeline.gateway.imports import undo
    from ripeline.gateway.imports.run import start

    done = bring_in(csv_file(tmp_path, FILE))

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    with monkeypatch.context() as broken:
        broken.setattr(undo, "withdraw", breaks)
        stopped = take_back(done, now=LATER)
    assert (stopped.state, stopped.due_at) == (Import.State.FAILED, None)
    assert stopped.error == "ZeroDivisionError: nobody foresaw this"
    assert Contact.objects.exists()
    assert start(stopped, LATER) is None
    assert carry_on(stopped, now=LATER).state == Import.State.UNDONE
    assert not Contact.objects.exists()


def test_an_undoing_says_once_how_many_went_and_how_many_stay(tmp_path: Path) -> None:
    rows = "".join(f"p{n}@x.example,Person {n}\n" for n in range(9))
    done = bring_in(csv_file(tmp_path, "email,name\n" + rows))
    for contact in Contact.objects.order_by("pk")[:7]:
        note(contact, "call_held", now=LATER)
    said = list(result_lines(take_back(done, now=LATER)))
    assert said[0] == "2 taken back, 7 stay because something was recorded of them since."
    assert len(said) == 6


def test_one_of_a_thing_is_said_as_one_and_the_right_command_takes_it_back(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "email,name\na@x.example,Anna\n")
    _, seen = look(file)
    lines = [line.strip() for line in preview_lines(seen)]
    assert "1 row:" in lines
    assert "1  contact to make" in lines
    assert "ripeline import touches --undo" in list(result_lines(bring_in(file), "touches"))[-1]


def test_a_preview_counts_the_touches_the_import_then_records(tmp_path: Path) -> None:
    anna()
    file = csv_file(tmp_path, FILE)
    _, seen = look(file)
    done = bring_in(file)
    assert seen.own_touches == {"imported": 1, "traits_changed": 2}
    assert {kind: done.counts[kind] for kind in seen.own_touches} == seen.own_touches
    assert done.counts["touches"] == 3
    assert any("of these: that they came by this import" in line for line in result_lines(done))
