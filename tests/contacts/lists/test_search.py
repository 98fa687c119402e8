"""Search finds any part of a name, address, number or company, and follows every change."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from ripeline.contacts.lists import search_tables
from ripeline.contacts.lists.asking import want
from ripeline.contacts.lists.companies import company_ids
from ripeline.contacts.lists.filters import Filters
from ripeline.contacts.lists.listing import read_page
from ripeline.contacts.lists.search import search_ready, search_words
from ripeline.people.contacts import refresh_search
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.timeline.models import Standing
from tests.factories import NOW, make_company, make_contact, make_playbook, make_user
from tests.gateway.imports.bringing import bring_in, csv_file

pytestmark = pytest.mark.django_db


def found(words: str = "", **filters: tuple[str, ...]) -> set[str]:
    user = User.objects.first() or make_user()
    wanted = want(Filters(q=words, **filters), user, make_playbook(), now=NOW, sort="name")  # type: ignore[arg-type]
    ids = [place.id for place in read_page(replace(wanted, size=100)).places]
    return set(Contact.objects.filter(pk__in=ids).values_list("name", flat=True))


@pytest.fixture
def three() -> None:
    boekhuis = make_company("Boekhuis & Zoon", domain="boekhuis.example")
    make_contact(
        "Ann van der Smit", emails=("ann_smit@boekhuis.example",), phones=("+31612345678",), company=boekhuis
    )
    make_contact("Jörg Weiß", emails=("jw@rhein.example",))
    make_contact("100% O'Hara", emails=("ohara@isle.example",))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("smit", {"Ann van der Smit"}),
        ("SMIT", {"Ann van der Smit"}),
        ("mit", {"Ann van der Smit"}),
        ("n_sm", {"Ann van der Smit"}),
        ("nxsm", set()),
        ("12345", {"Ann van der Smit"}),
        ("boekhuis &", {"Ann van der Smit"}),
        ("zoon ann", {"Ann van der Smit"}),
        ("ann rhein", set()),
        ("weiß", {"Jörg Weiß"}),
        ("jÖr", {"Jörg Weiß"}),
        ("100%", {"100% O'Hara"}),
        ("00% o", {"100% O'Hara"}),
        ("o'h", {"100% O'Hara"}),
        ("o’h", {"100% O'Hara"}),
        ("o’hara", {"100% O'Hara"}),
        ("'", set()),
        ("’", set()),
        ("''", set()),
        ("'\"", set()),
        ('"', set()),
        ('"smit" OR weiß', set()),
        ("smit*", set()),
        ("example", {"Ann van der Smit", "Jörg Weiß", "100% O'Hara"}),
        ("we", {"Jörg Weiß"}),
        ("sm", {"Ann van der Smit"}),
        ("mi", set()),
        ("j", {"Jörg Weiß"}),
        ("w", set()),
        ("j w", {"Jörg Weiß"}),
        ("smit a", {"Ann van der Smit"}),
        ("smit q", set()),
        ("%", set()),
        ("_", set()),
        ("\x00", {"Ann van der Smit", "Jörg Weiß", "100% O'Hara"}),
        ("   ", {"Ann van der Smit", "Jörg Weiß", "100% O'Hara"}),
    ],
)
def test_each_word_occurs_somewhere_and_short_ones_begin_a_word(
    three: None, words: str, names: set[str]
) -> None:
    assert found(words) == names


def test_a_new_name_is_found_and_the_old_one_no_more(three: None) -> None:
    contact = Contact.objects.get(name="Jörg Weiß")
    Contact.objects.filter(pk=contact.pk).update(name="Jörg Schwarz")
    Identity.objects.create(contact=contact, kind="email", value="joerg@donau.example", created_at=NOW)
    refresh_search([contact.pk])
    assert found("schwarz") == found("donau") == {"Jörg Schwarz"}
    assert found("weiß") == set()


def test_who_is_deleted_is_not_found(three: None) -> None:
    Contact.objects.filter(name="Jörg Weiß").delete()
    assert found("jörg") == set()
    assert found("smit") == {"Ann van der Smit"}


def test_a_name_with_a_printed_apostrophe_is_found_by_either() -> None:
    make_contact("Seán O’Brien", emails=("sean@isle.example",))
    make_contact("Una O'Brien", emails=("una@isle.example",))
    both = {"Seán O’Brien", "Una O'Brien"}
    assert found("O'Brien") == found("O’Brien") == found("o`brien".replace("`", "ʼ")) == both


def test_who_was_kept_with_a_printed_apostrophe_before_is_found_after_the_upgrade() -> None:
    sean = make_contact("Seán O’Brien", emails=("sean@isle.example",))
    Contact.objects.filter(pk=sean.pk).update(search_text="sean o’brien\nsean@isle.example")
    assert found("o'brien") == set()
    import_module("ripeline.migrations.0015_straight_quotes").straighten(apps, None)
    assert found("O’Brien") == {"Seán O’Brien"}
    sean.refresh_from_db()
    assert (sean.search_text, sean.sort_name) == ("sean o'brien\nsean@isle.example", "sean o'brien")


def test_a_tag_is_found_whole_and_follows_changes() -> None:
    ann, bea = make_contact("Ann", tags=("vip", 'a "quoted" one')), make_contact("Bea", tags=("vip list",))
    make_contact("Cas")
    assert found(tag=("vip",)) == {"Ann"}
    assert found(tag=('a "quoted" one',)) == {"Ann"}
    assert found(tag=("vip", "vip list")) == {"Ann", "Bea"}
    Contact.objects.filter(pk=ann.pk).update(tags=[])
    Contact.objects.filter(pk=bea.pk).update(tags=["x", "vip"])
    assert found(tag=("vip",)) == {"Bea"}
    assert found(tag=("vip list",)) == set()


def test_a_word_is_looked_for_once_and_not_too_many_of_them() -> None:
    assert search_words("Ann  ann\tBEA") == ("ann", "bea")
    assert len(search_words(" ".join(map(str, range(40))))) == 8


def test_companies_are_found_by_name_and_domain() -> None:
    ours = make_company("Boekhuis & Zoon", domain="lezen.example")
    make_company("Rheinverlag")
    assert (
        company_ids("khuis", most=5) == company_ids("lezen", most=5) == company_ids("zo", most=5) == [ours.pk]
    )
    ours.name = "Donau"
    ours.save()
    assert company_ids("khuis", most=5) == []
    assert company_ids("d", most=5) == [ours.pk]
    ours.delete()
    assert company_ids("donau", most=5) == []


def test_companies_are_found_without_accents_as_contacts_are() -> None:
    ours = make_company("Štěpánek & Søn Straße", domain="müller.example")
    make_company("Stone")
    for words in ("stepanek", "ŠTĚPÁNEK", "søn", "son", "strasse", "muller", "ste", "st so", "epan"):
        assert company_ids(words, most=5) == [ours.pk], words
    assert len(company_ids("s", most=5)) == 2, "a letter alone is how the name begins"


def test_companies_stand_where_readers_look_for_them() -> None:
    for name in ("Zand", "Évora", "eva", "Ångström", "Bok"):
        make_company(name)
    found = [Company.objects.get(pk=pk).name for pk in company_ids("", most=9)]
    assert found == ["Ångström", "Bok", "eva", "Évora", "Zand"]


def test_a_company_inserted_in_bulk_or_renamed_is_found() -> None:
    Company.objects.bulk_create([Company(name="Čapek", created_at=NOW, updated_at=NOW)])
    company = Company.objects.get(name="Čapek")
    assert company_ids("capek", most=5) == [company.pk]
    company.name = "Łukasz"
    company.save()
    assert company_ids("lukasz", most=5) == [company.pk]
    assert company_ids("capek", most=5) == []


def test_every_contact_has_a_standing_from_the_first_moment() -> None:
    contact = make_contact("Ann")
    standing = Standing.objects.get(contact=contact)
    assert (standing.stage, standing.status, standing.cell) == ("", "active", "|||active")
    contact.delete()
    assert not Standing.objects.exists()


def test_the_search_is_ready_and_says_when_it_is_not() -> None:
    assert search_ready() is None
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ripeline_contact_search_changed")
        else:
            cursor.execute("DROP INDEX contact_words")
    assert "migrate" in (search_ready() or "") or "CREATE INDEX" in (search_ready() or "")


@pytest.mark.django_db(transaction=True)
def test_made_anew_the_index_knows_everybody(three: None) -> None:
    search_tables.make_search(connection)
    assert search_ready() is None
    assert found("smit") == {"Ann van der Smit"}
    assert company_ids("boekhuis", most=5) != []


def test_a_company_that_an_import_makes_is_found(tmp_path: Path) -> None:
    bring_in(csv_file(tmp_path, "email,company\neva@zluty.example,Žlutý Kůň\n"))
    assert company_ids("zluty", most=5) == list(Company.objects.values_list("pk", flat=True)) != []
