"""Changing who somebody is: the rows, the identities, and a touch where rules may care."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.timeline import changes
from ripeline.timeline.changes import (
    CompanyDraft,
    Taken,
    TooManyPeople,
    add_contact,
    change_company,
    change_contact,
    draft_of,
    rule_traits,
)
from ripeline.timeline.models import Touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> Company:
    return Company.objects.create(
        name="Maison Rivage", industry="publishing", employees=8, created_at=NOW, updated_at=NOW
    )


@pytest.fixture
def eva(house: Company) -> Contact:
    draft = ContactDraft(
        first_name="Eva",
        last_name="Lind",
        emails=("eva@reader.example", "eva@home.example"),
        phones=("+31201234567",),
        external=("crm:17",),
        title="Editor",
        company=house,
        country="NL",
        tags=("fair",),
        traits={"role": "author", "books": 3, "vip": True},
    )
    return add_contacts([draft], now=NOW)[0]


def noted() -> list[dict[str, object]]:
    return [touch.attrs for touch in Touch.objects.filter(kind="traits_changed").order_by("pk")]


def test_saving_what_is_there_already_changes_and_notes_nothing(eva: Contact) -> None:
    before = Contact.objects.filter(pk=eva.pk).values().get()
    identities = list(Identity.objects.order_by("pk").values())
    assert change_contact(eva, draft_of(eva), now=LATER) == {}
    assert noted() == []
    assert list(Identity.objects.order_by("pk").values()) == identities
    assert Contact.objects.filter(pk=eva.pk).values().get() == before | {"updated_at": LATER}


def test_what_rules_look_at_is_noted_with_its_new_value_and_null_where_it_went(eva: Contact) -> None:
    wanted = replace(
        draft_of(eva), title="", seniority="director", country="BE", traits={"role": "publisher", "books": 3}
    )
    changed = change_contact(eva, wanted, now=LATER)
    expected = {"title": None, "seniority": "director", "country": "BE", "role": "publisher", "vip": None}
    assert changed == expected
    assert noted() == [expected]
    assert Touch.objects.get().at == LATER


def test_owner_tags_numbers_and_names_are_no_business_of_rules(eva: Contact) -> None:
    user = User.objects.create_user("tom@example.org", "x")
    wanted = replace(draft_of(eva), owner=user, tags=("a", "b"), phones=(), last_name="Lindqvist", name="")
    assert change_contact(eva, wanted, now=LATER) == {}
    eva.refresh_from_db()
    assert (eva.owner, eva.tags, eva.name, eva.phone) == (user, ["a", "b"], "Eva Lindqvist", "")
    assert not Touch.objects.exists()


def test_the_first_address_is_the_primary_one_and_search_finds_all(eva: Contact) -> None:
    wanted = replace(draft_of(eva), emails=("new@reader.example", "eva@home.example"))
    change_contact(eva, wanted, now=LATER)
    assert eva.email == "new@reader.example"
    rows = Identity.objects.filter(contact=eva, kind="email").order_by("pk")
    assert {row.value: row.is_primary for row in rows} == {
        "new@reader.example": True,
        "eva@home.example": False,
    }
    for word in ("new@reader.example", "eva@home.example", "maison rivage", "+31201234567"):
        assert word in eva.search_text
    assert "eva@reader.example" not in eva.search_text
    assert draft_of(eva).emails == ("new@reader.example", "eva@home.example")


def test_an_address_that_stays_keeps_when_it_was_confirmed(eva: Contact) -> None:
    Identity.objects.filter(value="eva@home.example").update(verified_at=NOW)
    change_contact(eva, replace(draft_of(eva), emails=("eva@home.example", "eva@reader.example")), now=LATER)
    kept = Identity.objects.get(value="eva@home.example")
    assert (kept.verified_at, kept.is_primary) == (NOW, True)


def test_an_address_of_somebody_else_is_an_outcome_and_changes_nothing(eva: Contact) -> None:
    other = add_contacts([ContactDraft(name="Otto", emails=("otto@reader.example",))], now=NOW)[0]
    wanted = replace(draft_of(eva), title="Poet", emails=("otto@reader.example",))
    assert change_contact(eva, wanted, now=LATER) == Taken("otto@reader.example", other.pk)
    eva.refresh_from_db()
    assert (eva.title, eva.email) == ("Editor", "eva@reader.example")


def test_a_new_contact_begins_with_how_they_arrived_and_what_is_known(house: Company) -> None:
    user = User.objects.create_user("tom@example.org", "x", name="Tom")
    draft = ContactDraft(
        first_name="Nele", emails=("nele@reader.example",), company=house, traits={"role": "author"}
    )
    nele = add_contact(draft, arrival="identified", by=user, now=NOW)
    assert isinstance(nele, Contact)
    assert list(Touch.objects.order_by("pk").values_list("kind", "attrs")) == [
        ("identified", {"by": "Tom", "by_id": user.pk}),
        (
            "traits_changed",
            {"company": "Maison Rivage", "industry": "publishing", "employees": 8, "role": "author"},
        ),
    ]
    again = add_contact(draft, arrival="imported", by=user, now=NOW)
    assert again == Taken("nele@reader.example", nele.pk)
    assert Contact.objects.count() == 1


def test_a_companys_industry_and_size_are_traits_of_its_people(eva: Contact, house: Company) -> None:
    sole = add_contacts([ContactDraft(name="Otto", company=house, traits={"industry": "software"})], now=NOW)[
        0
    ]
    wanted = CompanyDraft("Maison Rivage", "rivage.example", "media", 9, "FR")
    assert change_company(house, wanted, now=LATER) == 2
    by_person = {touch.contact_id: touch.attrs for touch in Touch.objects.all()}
    assert by_person == {eva.pk: {"industry": "media", "employees": 9}, sole.pk: {"employees": 9}}


def test_a_renamed_company_is_found_by_its_new_name(eva: Contact, house: Company) -> None:
    change_company(house, CompanyDraft("Rivage Gauche", None, "publishing", 8), now=LATER)
    eva.refresh_from_db()
    assert "rivage gauche" in eva.search_text
    assert noted() == [{"company": "Rivage Gauche"}]


def test_a_column_says_what_it_is_for_and_a_trait_of_ones_own_wins_over_the_company(eva: Contact) -> None:
    eva.traits = {"country": "DE", "industry": "crime novels", "empty": "", "gone": None}
    traits = rule_traits(eva)
    assert (traits["country"], traits["industry"], traits["employees"]) == ("NL", "crime novels", 8)
    assert not {"empty", "gone"} & set(traits)


def test_a_company_of_many_is_recorded_in_one_go(house: Company) -> None:
    add_contacts([ContactDraft(first_name=f"A{n}", company=house) for n in range(60)], now=NOW)
    wanted = CompanyDraft("Maison Gauche", None, "publishing", 80)
    with CaptureQueriesContext(connection) as asked:
        assert change_company(house, wanted, now=LATER) == 60
    assert len(asked) < 30, "not several statements for each contact"
    assert noted() == [{"company": "Maison Gauche", "employees": 80}] * 60
    assert set(Contact.objects.values_list("search_text", flat=True)) >= {"a7\nmaison gauche"}


def test_too_many_people_to_follow_at_once_are_refused_with_what_to_do(
    house: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_PEOPLE", 3)
    add_contacts([ContactDraft(first_name=f"A{n}", company=house) for n in range(4)], now=NOW)
    with pytest.raises(TooManyPeople, match=r"More than 3 people are at Maison Rivage.*import of contacts"):
        change_company(house, CompanyDraft("Maison Gauche", None, "publishing", 8), now=LATER)
    house.refresh_from_db()
    assert (house.name, noted()) == ("Maison Rivage", [])


def test_what_no_rule_can_look_at_is_changed_however_many_people_there_are(
    house: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_PEOPLE", 3)
    add_contacts([ContactDraft(first_name=f"A{n}", company=house) for n in range(4)], now=NOW)
    wanted = CompanyDraft("Maison Rivage", "gauche.example", "publishing", 8, "FR")
    assert change_company(house, wanted, now=LATER) == 0
    house.refresh_from_db()
    assert (house.domain, house.country, noted()) == ("gauche.example", "FR", [])
