"""What a later import said too stays while that one stands, and what somebody did with an address keeps it."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from django.forms.models import model_to_dict

from ripeline.capture.forms.models import Confirmation, Form, Submission
from ripeline.gateway.models import Import
from ripeline.people.contacts import ContactDraft, add_contacts, refresh_search
from ripeline.people.models import Company, Contact, Identity, Visitor
from ripeline.timeline.identities.models import Identification
from ripeline.timeline.identities.proving import prove_email
from ripeline.timeline.models import Touch
from tests.gateway.imports.bringing import NOW, bring_in, csv_file, take_back

pytestmark = pytest.mark.django_db
BEFORE, LATER = NOW - timedelta(days=9), NOW + timedelta(hours=2)
HEADER = "email,first name,last name,title,color,size,tags,company,source,phone,email 2\n"
AUTHOR = "a@x.example,Anna,Neu,Author,red,1,vip,New,fair,+49 30 1234567,a2@x.example\n"
# Says some of it: the rest goes with the import that alone said it.
PART = "a@x.example,,,Author,,1,vip;old,,,,a2@x.example\n"
OTHER = "a@x.example,,,Owner,blue,,,Newer,,,\n"


def anna() -> Contact:
    company = Company.objects.create(name="Old", created_at=BEFORE, updated_at=BEFORE)
    draft = ContactDraft(
        name="Anna Alt",
        emails=("a@x.example",),
        title="Editor",
        company=company,
        tags=("old",),
        traits={"color": "green"},
    )
    return add_contacts([draft], now=BEFORE)[0]


def everything() -> dict[str, object]:
    return {
        "contacts": [model_to_dict(each) for each in Contact.objects.order_by("pk")],
        "changed": list(Contact.objects.order_by("pk").values_list("updated_at", flat=True)),
        "identities": sorted(Identity.objects.values_list("contact", "kind", "value", "is_primary")),
        "companies": sorted(Company.objects.values_list("name", flat=True)),
        "touches": sorted(Touch.objects.values_list("uid", flat=True)),
    }


def said(contact: Contact) -> dict[str, object]:
    contact.refresh_from_db()
    ways = Identity.objects.filter(contact=contact).order_by("kind", "value").values_list("value", flat=True)
    return {
        "name": contact.name,
        "title": contact.title,
        "traits": contact.traits,
        "tags": contact.tags,
        "company": str(contact.company),
        "ways": list(ways),
    }


def bring(folder: Path, *rows: str) -> list[Import]:
    files = [csv_file(folder, HEADER + row, f"{number}.csv") for number, row in enumerate(rows)]
    return [bring_in(each, now=NOW + timedelta(minutes=number)) for number, each in enumerate(files)]


def test_what_a_later_import_said_too_stays_with_it_and_goes_with_it(tmp_path: Path) -> None:
    contact = anna()
    before = everything()
    first, second, third = bring(tmp_path, AUTHOR, AUTHOR, PART)
    assert second.counts["unchanged"] == third.counts["unchanged"] == 1
    full = said(contact)
    undone = take_back(first, now=LATER)
    assert said(contact) == full
    stays = " is what another import says too, and stays."
    assert sorted(each.removeprefix("Anna Neu: ").removesuffix(stays) for each in undone.left_in_place) == [
        "+49301234567",
        "a2@x.example",
        "color 'red'",
        "company 'New'",
        "first name 'Anna'",
        "last name 'Neu'",
        "name 'Anna Neu'",
        "seniority 'specialist'",
        "size '1'",
        "source 'fair'",
        "tag vip",
        "title 'Author'",
    ]
    take_back(second, now=LATER)
    assert said(contact) == {
        "name": "Anna Alt",
        "title": "Author",
        "traits": {"color": "green", "size": full["traits"]["size"]},  # type: ignore[index]
        "tags": ["old", "vip"],
        "company": "Old",
        "ways": ["a2@x.example", "a@x.example"],
    }
    assert take_back(third, now=LATER).left_in_place == []
    assert everything() == before


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_undone_in_whatever_order_all_is_as_it_was(tmp_path: Path, order: tuple[int, ...]) -> None:
    anna()
    before = everything()
    imports = bring(tmp_path, AUTHOR, OTHER, PART, AUTHOR)
    for number in order:
        take_back(imports[number], now=LATER)
    assert everything() == before


def test_touches_that_a_later_import_brought_too_stay_with_it(tmp_path: Path) -> None:
    anna()
    before = everything()
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"id": "t", "person": "a@x.example", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"}\n'
    )
    first, second = (bring_in(log, form=Import.Form.TOUCHES, now=now) for now in (NOW, LATER))
    take_back(first, now=LATER)
    assert Touch.objects.filter(uid="t").exists()
    take_back(second, now=LATER)
    assert everything() == before


def test_an_address_that_was_proved_or_used_since_stays_and_is_told(tmp_path: Path) -> None:
    contact = anna()
    rows = "email,email 2,email 3,email 4,phone\na@x.example,a2@x.example,a3@x.example,a4@x.example,+49 30 1234567\n"
    done = bring_in(csv_file(tmp_path, rows))
    since = NOW + timedelta(hours=1)
    prove_email(contact, "a2@x.example", now=since)
    form = Form.objects.create(key="demo", title="Demo", created_at=NOW)
    Submission.objects.create(
        form=form,
        nonce="n",
        received_at=since,
        outcome=Submission.Outcome.ACCEPTED,
        contact=contact,
        answers={"email": "A3@x.example"},
    )
    Confirmation.objects.create(contact=contact, form=form, address="old@x.example", asked_at=since)
    Identity.objects.filter(contact=contact, kind="email").update(is_primary=False)
    Identity.objects.filter(value="a2@x.example").update(is_primary=True)
    refresh_search([contact.pk])
    undone = take_back(done, now=LATER)
    assert undone.left_in_place == [
        "Anna Alt: a2@x.example was proved since, and stays.",
        "Anna Alt: a3@x.example was used since, and stays.",
    ]
    contact.refresh_from_db()
    assert contact.email == "a2@x.example"
    assert said(contact)["ways"] == ["a2@x.example", "a3@x.example", "a@x.example"]


def test_a_first_address_chosen_since_stays_and_a_key_by_which_a_website_named_them(tmp_path: Path) -> None:
    contact = anna()
    mapping = "columns: {key: external_id}\n"
    done = bring_in(csv_file(tmp_path, "email,email 2,key\na@x.example,a2@x.example,K1\n"), mapping)
    Identity.objects.filter(contact=contact, kind="email").update(is_primary=False)
    Identity.objects.filter(value="a2@x.example").update(is_primary=True)
    refresh_search([contact.pk])
    browser = Visitor.objects.create(contact=contact, first_seen_at=LATER, last_seen_at=LATER)
    Identification.objects.create(
        visitor=browser, contact=contact, at=LATER, how=Identification.How.IDENTIFY, known_at=LATER
    )
    assert take_back(done, now=LATER).left_in_place == [
        "Anna Alt: a2@x.example was made the first one since, and stays.",
        "Anna Alt: K1 was used since, and stays.",
    ]


def test_whom_an_import_made_stays_once_they_proved_their_address(tmp_path: Path) -> None:
    done = bring_in(csv_file(tmp_path, "email\nb@x.example\n"))
    prove_email(Contact.objects.get(), "b@x.example", now=LATER)
    assert take_back(done, now=LATER).left_in_place == [
        "b@x.example stays: something was recorded of them since."
    ]
