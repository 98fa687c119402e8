"""What an import does to the people we have, and what it leaves alone."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ripeline.gateway.imports.rejections import rejected_csv
from ripeline.gateway.imports.run import start
from ripeline.gateway.models import Import
from ripeline.people.contacts import ContactDraft, add_contacts, find_by_identity
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.timeline.models import Reassessment, Touch
from tests.gateway.imports.bringing import NOW, bring_in, carry_on, csv_file, look

pytestmark = pytest.mark.django_db


def anna(**known: object) -> Contact:
    fields: dict[str, object] = {"first_name": "Anna", "last_name": "Berg", "emails": ("anna@firm.example",)}
    return add_contacts([ContactDraft(**(fields | known))], now=NOW)[0]  # type: ignore[arg-type]


def test_a_row_becomes_a_contact_with_company_identities_and_touches(tmp_path: Path) -> None:
    done = bring_in(
        csv_file(
            tmp_path,
            "Email;Vorname;Nachname;Telefon;Firma;Position;Land;Quelle;Tags;Lieblingsfarbe\n"
            "Anna@Firm.example;Anna;Berg;030 1234567;Verlag Süd;Geschäftsführerin;Deutschland;Messe;vip|neu;blau\n",
            encoding="cp1252",
        )
    )
    assert done.counts["created"] == 1
    contact = Contact.objects.get()
    assert (contact.name, contact.email, contact.phone) == ("Anna Berg", "anna@firm.example", "+49301234567")
    assert (contact.title, contact.seniority, contact.country) == ("Geschäftsführerin", "c_level", "DE")
    assert (contact.source, contact.tags, contact.traits) == (
        "Messe",
        ["vip", "neu"],
        {"lieblingsfarbe": "blau"},
    )
    assert contact.company is not None
    assert contact.company.name == "Verlag Süd"
    assert "verlag sud" in contact.search_text
    facts = {touch.kind: touch for touch in Touch.objects.filter(contact=contact)}
    assert facts["imported"].subject == "people.csv"
    assert facts["traits_changed"].attrs["seniority"] == "c_level"
    assert facts["traits_changed"].attrs["lieblingsfarbe"] == "blau"
    assert Reassessment.objects.filter(contact=contact, due_at=NOW).exists()


def test_an_address_we_know_updates_and_an_empty_cell_empties_nothing(tmp_path: Path) -> None:
    contact = anna(title="Editor", country="FR", traits={"role": "author"})
    done = bring_in(csv_file(tmp_path, "email,job title,country,role\nANNA@firm.example,Publisher,,\n"))
    contact.refresh_from_db()
    assert done.counts["updated"] == 1
    assert (contact.title, contact.country, contact.traits) == ("Publisher", "FR", {"role": "author"})
    assert Touch.objects.get(kind="traits_changed").attrs == {"title": "Publisher"}


def test_a_mapping_may_forbid_overwriting(tmp_path: Path) -> None:
    contact = anna(title="Editor")
    bring_in(csv_file(tmp_path, "email,title,country\nanna@firm.example,Publisher,Spain\n"), "existing: fill")
    contact.refresh_from_db()
    assert (contact.title, contact.country) == ("Editor", "ES")
    bring_in(csv_file(tmp_path, "email,country\nanna@firm.example,Italy\n"), "existing: leave")
    contact.refresh_from_db()
    assert contact.country == "ES"


def test_where_somebody_first_came_from_stays(tmp_path: Path) -> None:
    contact = anna(source="fair")
    bring_in(csv_file(tmp_path, "email,lead source\nanna@firm.example,newsletter\n"))
    contact.refresh_from_db()
    assert contact.source == "fair"


def test_without_an_address_an_outside_key_leads_to_the_contact(tmp_path: Path) -> None:
    contact = anna(external=("crm:7",))
    mapping = "{key_prefix: crm, columns: {id: external_id, title: title}}"
    done = bring_in(csv_file(tmp_path, "id,title\n7,Publisher\n8,Author\n"), mapping)
    contact.refresh_from_db()
    assert contact.title == "Publisher"
    assert (done.counts["updated"], done.counts["created"]) == (1, 1)


def test_rows_about_one_person_are_united_and_the_first_word_stands(tmp_path: Path) -> None:
    text = "email,first name,title,tags\na@b.example,Anna,,one\nA@b.example,Ann,Author,two\na@b.example,,Editor,one\n"
    done = bring_in(csv_file(tmp_path, text))
    contact = Contact.objects.get()
    assert (contact.first_name, contact.title, contact.tags) == ("Anna", "Author", ["one", "two"])
    assert {name: done.counts[name] for name in ("created", "merged")} == {"created": 1, "merged": 2}


def test_rows_of_one_person_far_apart_are_united_as_well(tmp_path: Path) -> None:
    anna(title="Founder")
    fillers = "".join(f"p{n}@many.example,,\n" for n in range(1200))
    text = f"email,title,country\nanna@firm.example,Author,\n{fillers}anna@firm.example,Editor,Spain\n"
    path = csv_file(tmp_path, text)
    _, seen = look(path)
    done = bring_in(path)
    contact = Contact.objects.get(email="anna@firm.example")
    assert (contact.title, contact.country) == ("Author", "ES")
    expected = {"created": 1200, "updated": 1, "unchanged": 0, "merged": 1, "rejected": 0}
    assert seen.counts == expected
    assert {name: done.counts.get(name, 0) for name in expected} == expected


def test_an_address_of_somebody_else_stays_with_them(tmp_path: Path) -> None:
    other = add_contacts([ContactDraft(name="Bert", emails=("bert@firm.example",))], now=NOW)[0]
    contact = anna()
    path = csv_file(tmp_path, "email,email 2\nanna@firm.example,bert@firm.example\n")
    _, seen = look(path)
    bring_in(path)
    assert Identity.objects.get(value="bert@firm.example").contact_id == other.pk
    assert Identity.objects.filter(contact=contact, kind="email").count() == 1
    assert (
        seen.examples["left_out"][0].what
        == "address bert@firm.example belongs to another contact and stays there"
    )


def test_an_owner_is_found_by_address_or_name_and_others_are_told(tmp_path: Path) -> None:
    olga = User.objects.create_user("olga@us.example", "a-long-password", name="Olga Sales")
    text = "email,owner\na@b.example,olga@us.example\nb@b.example,Olga Sales\nc@b.example,Nobody\n"
    path = csv_file(tmp_path, text)
    _, seen = look(path)
    bring_in(path)
    assert [each.owner_id for each in Contact.objects.order_by("email")] == [olga.pk, olga.pk, None]
    assert seen.left_out == {"owner": 1}


def test_companies_are_found_by_domain_then_by_name_and_made_once(tmp_path: Path) -> None:
    known = Company.objects.create(name="Acme Ltd", domain="acme.example", created_at=NOW, updated_at=NOW)
    text = (
        "email,company,website\na@x.example,ACME,https://www.acme.example/about\nb@x.example,Beta,\n"
        "c@x.example,beta,\nd@x.example,Acme Ltd,\n"
    )
    bring_in(csv_file(tmp_path, text))
    by_email = {each.email[0]: each.company for each in Contact.objects.select_related("company")}
    assert by_email["a"] == by_email["d"] == known
    assert by_email["b"] == by_email["c"]
    assert Company.objects.count() == 2


def test_every_row_is_accounted_for_and_the_broken_ones_can_be_downloaded(tmp_path: Path) -> None:
    text = (
        "email,name,phone\na@b.example,Anna,1\nb@b.example,Bert,2,too much\nc@b.example\nnot an address,Carla,4\n"
        '"d@b.example,Dora,5\ne@b.example,Elif,6\n=HYPERLINK("x"),Fred,+497\n,,\nf@b.example,Fay,\n'
    )
    path = csv_file(tmp_path, text)
    done = bring_in(path)
    assert done.rows == sum(
        done.counts[name] for name in ("created", "updated", "unchanged", "merged", "rejected")
    )
    assert sorted(Contact.objects.values_list("email", flat=True)) == [
        "a@b.example",
        "e@b.example",
        "f@b.example",
    ]
    rows = list(csv.DictReader(io.StringIO("".join(rejected_csv(done)))))
    assert [row["line"] for row in rows] == ["3", "4", "5", "6", "8", "9"]
    assert rows[0]["reason"] == "The row has 4 cells where the header has 3."
    assert rows[0]["row as it was"] == "b@b.example,Bert,2,too much"
    assert rows[2]["email"] == "not an address"
    assert rows[3]["reason"] == "A quote is opened on this line and never closed."
    assert (rows[4]["email"], rows[4]["phone"]) == ('\'=HYPERLINK("x")', "'+497")


def test_a_rejected_row_can_be_corrected_in_that_file_and_brought_in(tmp_path: Path) -> None:
    done = bring_in(csv_file(tmp_path, "email,phone\nanna(at)firm.example,+49 30 1234567\n"))
    corrected = "".join(rejected_csv(done)).replace("anna(at)firm.example", "anna@firm.example")
    again = bring_in(
        csv_file(tmp_path, corrected, "corrected.csv"), "columns: {line: ignore, reason: ignore}"
    )
    assert again.counts["created"] == 1
    assert Contact.objects.get().phone == "+49301234567"


def test_the_same_file_again_changes_nothing_and_records_nothing(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path, "email,name,company,color\na@b.example,Anna Berg,Beta,blue\nb@b.example,Bo,Beta,red\n"
    )
    bring_in(path)
    touches = Touch.objects.count()
    again = bring_in(path)
    assert {name: count for name, count in again.counts.items() if count} == {"unchanged": 2}
    assert Touch.objects.count() == touches


def test_touches_of_a_log_come_in_late_twice_and_by_any_key(tmp_path: Path) -> None:
    contact = anna(external=("ext-1",))
    lines = [
        '{"id": "t1", "person": "anna@firm.example", "at": "2025-05-01T10:00:00Z", "kind": "email_replied"}',
        '{"id": "t2", "person": "ext-1", "at": "2024-05-01T10:00:00Z", "kind": "page_viewed", "subject": "/"}',
        f'{{"id": "t3", "person": "{contact.key}", "at": "2025-06-01T10:00:00Z", "kind": "call_held"}}',
        '{"id": "t1", "person": "ext-1", "at": "2025-05-01T10:00:00Z", "kind": "email_replied"}',
        '{"id": "t4", "person": "stranger", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"}',
        '{"id": "t5", "person": "ext-1", "at": "yesterday", "kind": "page_viewed"}',
        "not json",
    ]
    path = csv_file(tmp_path, "\n".join(lines), "log.jsonl")
    done = bring_in(path, "create: false", form=Import.Form.TOUCHES)
    assert sorted(Touch.objects.values_list("uid", flat=True)) == ["t1", "t2", "t3"]
    assert (done.counts["touches"], done.counts["rejected"]) == (3, 3)
    reasons = {row.line: row.reason for row in done.rejections.all()}
    made = "and this import makes no contacts. Bring in the contact first."
    assert reasons[5] == f"Nobody here is known as 'stranger', {made}"
    assert reasons[6].startswith("'at':")
    assert reasons[7] == "The line is not JSON: Expecting value at column 1."
    again = bring_in(path, "create: false", form=Import.Form.TOUCHES)
    assert again.counts["touches"] == 0
    assert again.counts["touches_known"] >= 3


def test_a_log_of_strangers_may_make_them_contacts_of_their_own_key(tmp_path: Path) -> None:
    line = '{"id": "t1", "person": "p-17", "at": "2025-05-01T10:00:00Z", "kind": "page_viewed"}'
    bring_in(csv_file(tmp_path, line, "log.jsonl"), "create: true", form=Import.Form.TOUCHES)
    assert Contact.objects.get().key == "p-17"


def test_a_touch_with_an_unreadable_date_rejects_its_row_with_the_cell(tmp_path: Path) -> None:
    mapping = "{columns: {email: email}, touches: [{kind: call_held, at: day}]}"
    done = bring_in(
        csv_file(tmp_path, "email,day\na@b.example,31-31-2020\nb@b.example,30-11-2020\n"), mapping
    )
    assert done.rejections.get().reason == "'31-31-2020' in day is no date."
    assert Touch.objects.filter(kind="call_held").count() == 1


def test_a_row_whose_date_or_id_cannot_be_meant_is_left_out_with_its_reason(tmp_path: Path) -> None:
    mapping = "{columns: {email: email}, touches: [{kind: call_held, at: day, id: '{call}'}]}"
    rows = f"a@b.example,0001-01-01,1\nb@b.example,30-11-2020,{'9' * 129}\nc@b.example,30-11-2020,2\n"
    done = bring_in(csv_file(tmp_path, f"email,day,call\n{rows}"), mapping)
    assert [row.reason for row in done.rejections.order_by("line")] == [
        "'0001-01-01' in day is before 1900: no date was meant.",
        f"'{'9' * 40}...' has 129 letters; an id has 128 at most.",
    ]
    assert list(Touch.objects.filter(kind="call_held").values_list("uid", flat=True)) == ["2"]


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL chooses by statistics, which a test has none of"
)
def test_people_are_looked_up_by_an_index_however_many_there_are() -> None:
    with CaptureQueriesContext(connection) as asked:
        find_by_identity(Identity.Kind.EMAIL, ["anna@firm.example", "bert@firm.example"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked.captured_queries[0]["sql"])
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "SEARCH ripeline_identity USING INDEX identity_leads_to_one_contact" in plan


def test_a_touch_dated_far_ahead_leaves_its_row_out_however_late_the_import_is_started(
    tmp_path: Path,
) -> None:
    mapping = "{columns: {email: email}, touches: [{kind: call_held, at: day}]}"
    path = csv_file(tmp_path, "email,day\na@b.example,2199-01-01\nb@b.example,2026-03-01\n")
    import_of, seen = look(path, mapping)
    said = "'2199-01-01' in day is more than a day ahead: nothing can have happened then."
    assert seen.reasons == {"a date in the future": 1}
    assert start(import_of, NOW + timedelta(days=90_000)) is None
    done = carry_on(import_of, now=NOW + timedelta(days=90_000))
    assert [row.reason for row in done.rejections.all()] == [said]
    assert [row.subject for row in Touch.objects.filter(kind="call_held")] == [None]


def test_a_company_is_found_however_its_name_is_capitalised(tmp_path: Path) -> None:
    bring_in(csv_file(tmp_path, "email,company\na@x.example,Éditions du Port\n"))
    bring_in(
        csv_file(tmp_path, "email,company\nb@x.example,ÉDITIONS DU PORT\nc@x.example,Editions du Port\n")
    )
    assert sorted(Company.objects.values_list("name", flat=True)) == ["Editions du Port", "Éditions du Port"]
    assert Contact.objects.filter(company__name="Éditions du Port").count() == 2


def test_a_shared_host_makes_no_company_whatever_the_mapping_says(tmp_path: Path) -> None:
    file = csv_file(
        tmp_path,
        "email,company,site\n"
        "a@one.example,One,https://www.linkedin.com/in/a\n"
        "b@two.example,Two,gmail.com\n"
        "c@three.example,Three,https://three.example/us\n",
    )
    by_hand = "columns:\n  site: {field: domain}\n"
    _, seen = look(file, by_hand)
    assert seen.left_out == {"site": 2}
    assert "linkedin.com is a host many share" in seen.examples["left_out"][0].what
    bring_in(file, by_hand)
    assert sorted(Company.objects.values_list("name", "domain")) == [
        ("One", None),
        ("Three", "three.example"),
        ("Two", None),
    ]


def test_the_preview_warns_of_one_domain_beside_several_companies(tmp_path: Path) -> None:
    rows = "".join(f"p{n}@x.example,Firm {n},https://portal.example/{n}\n" for n in range(4))
    _, seen = look(csv_file(tmp_path, "email,company,website\n" + rows))
    assert seen.warnings == [
        "portal.example stands beside 4 company names (Firm 0, Firm 1, Firm 2 ...): they become one company."
    ]
