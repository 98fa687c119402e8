"""A file knows better than what websites say of ids and addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact, Identity
from tests.gateway.imports.bringing import NOW, bring_in

pytestmark = pytest.mark.django_db
EVIL, BOB = "evil@firm.example", "bob@firm.example"


def test_who_only_claims_an_id_of_a_file_does_not_become_whom_the_file_means(tmp_path: Path) -> None:
    claimed = ContactDraft(name="Evil", emails=(EVIL,), external=("4711",), claims=frozenset({EVIL, "4711"}))
    same = ContactDraft(
        name="Ann", emails=("ann@firm.example",), external=("7",), claims=frozenset({"7", "ann@firm.example"})
    )
    evil, ann = add_contacts([claimed, same], now=NOW)
    file = tmp_path / "customers.csv"
    file.write_text(f"id,email,name\n4711,{BOB},Bob\n7,ann@firm.example,Ann Smit\n")
    bring_in(file, "{columns: {id: external_id, email: email, name: full_name}}")
    bob = Identity.objects.get(value="4711").contact
    assert (bob.email, bob.name, bob.pk == evil.pk) == (BOB, "Bob", False)
    evil.refresh_from_db()
    assert (evil.email, evil.name) == (EVIL, "Evil")
    assert set(Identity.objects.filter(contact=ann, is_claim=False).values_list("value", flat=True)) == {
        "7",
        "ann@firm.example",
    }
    assert Contact.objects.count() == 3
