"""The company of an address: by its domain, never by a mailbox that anybody can have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ripeline.people.employers import company_at, is_public_mailbox
from ripeline.people.models import Company

NOW = datetime(2026, 3, 1, tzinfo=UTC)


PUBLIC = "gmail.com GMX.de web.de hey.com yahoo.co.uk mailinator.com eu.mailinator.com yopmail.com proton.me"


@pytest.mark.parametrize("domain", PUBLIC.split())
def test_mailboxes_of_the_public_are_no_companies(domain: str) -> None:
    assert is_public_mailbox(domain)


@pytest.mark.parametrize("domain", ["boekhuis.example", "bbc.co.uk", "sap.com", "co.uk", "uni-leipzig.de"])
def test_domains_of_organisations_are(domain: str) -> None:
    assert not is_public_mailbox(domain)


@pytest.mark.django_db
def test_an_address_leads_to_the_company_of_its_domain_or_of_what_that_is_part_of() -> None:
    firm = Company.objects.create(name="Boekhuis", domain="boekhuis.example", created_at=NOW, updated_at=NOW)
    assert company_at("eva@boekhuis.example", now=NOW) == firm
    assert company_at("eva@mail.boekhuis.example", now=NOW) == firm
    assert company_at("eva@gmail.com", now=NOW) is None
    assert company_at("eva@localhost", now=NOW) is None


@pytest.mark.django_db
def test_a_company_nobody_knows_is_made_once_or_not_at_all() -> None:
    assert company_at("eva@new.example", now=NOW, make=False) is None
    made = company_at("eva@new.example", now=NOW)
    assert made is not None
    assert (made.name, made.domain) == ("new.example", "new.example")
    assert company_at("ann@new.example", now=NOW) == made
    assert Company.objects.count() == 1
    # By its domain until somebody there says how it is called; a name that it has stays.
    named = [company_at("ann@new.example", now=NOW, name=each) for each in ("New Books", "Old Books")]
    assert [each and each.name for each in named] == ["New Books", "New Books"]
    assert "new books" in Company.objects.get().search_text
