"""Editing who somebody is, adding somebody, editing a company: through the pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.contacts.person.edit_forms import ContactForm
from ripeline.people.models import Company, Contact
from ripeline.timeline.changes import draft_of
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Standing, Touch
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

DAY = timedelta(days=1)
HOSTILE = '"><script>alert(1)</script>'

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - 900 * DAY)
    return timezone.now()


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing", "Mia Market"))


@pytest.fixture
def eva(now: datetime) -> Contact:
    eva = make_person(now=now)
    happen(eva, "email_replied", now - DAY)
    return eva


def filled(contact: Contact, **changes: str) -> dict[str, str]:
    """The form as a browser would send it back, with changes."""
    form = ContactForm(was=draft_of(contact))
    sent = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else str(value) for name, value in sent.items()} | changes


def test_a_trait_that_makes_them_fit_moves_them(client: Client, eva: Contact) -> None:
    catch_up()
    assert Standing.objects.get(contact=eva).stage == "suspect"
    answer = client.post(
        f"/contacts/{eva.key}/edit", filled(eva, traits="role: author\nbooks: 3"), follow=True
    )
    said = read(answer.content.decode())
    assert "Eva Lind is up to date." in said
    assert "Learned about them books 3 role author" in said
    catch_up()
    assert Standing.objects.get(contact=eva).stage == "prospect"
    eva.refresh_from_db()
    assert eva.traits == {"role": "author", "books": 3}


def test_saving_without_a_change_notes_nothing(client: Client, eva: Contact) -> None:
    client.post(f"/contacts/{eva.key}/edit", filled(eva, traits="vip: yes"))
    before = Touch.objects.count()
    eva.refresh_from_db()
    assert client.post(f"/contacts/{eva.key}/edit", filled(eva)).status_code == 302
    assert Touch.objects.count() == before


def test_several_addresses_and_numbers_are_kept_in_order(client: Client, eva: Contact) -> None:
    data = filled(eva, emails="Eva@Work.example\n\neva@home.example", phones="020 123 4567", country="NL")
    client.post(f"/contacts/{eva.key}/edit", data)
    said = client.get(f"/contacts/{eva.key}").content.decode()
    for link in ("mailto:eva@work.example", "mailto:eva@home.example", "tel:+31201234567"):
        assert f'href="{link}"' in said
    eva.refresh_from_db()
    assert eva.email == "eva@work.example"


def test_a_company_is_found_by_name_or_added(client: Client, eva: Contact, now: datetime) -> None:
    known = Company.objects.create(name="Boekhuis", created_at=now, updated_at=now)
    client.post(f"/contacts/{eva.key}/edit", filled(eva, company="boekhuis"))
    eva.refresh_from_db()
    assert eva.company == known
    client.post(f"/contacts/{eva.key}/edit", filled(eva, company="Nieuwe Uitgever"))
    eva.refresh_from_db()
    assert eva.company is not None
    assert eva.company.name == "Nieuwe Uitgever"
    assert Company.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"emails": "not an address"}, "is no email address"),
        ({"traits": "just words"}, "is not of the form name: value"),
        ({"traits": "country: NL"}, "Country has a field of its own above."),
        (
            {"first_name": "", "last_name": "", "emails": "", "phones": ""},
            "Give a name, an address or a number",
        ),
        ({"emails": "otto.andere@reader.example", "company": "Brand New"}, "leads to Otto Andere already"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client: Client, eva: Contact, now: datetime, changes: dict[str, str], why: str
) -> None:
    make_person("Otto Andere", now=now)
    before = Touch.objects.count()
    answer = client.post(
        f"/contacts/{eva.key}/edit", filled(eva, **{"source": "a fair in Leipzig"} | changes)
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert why in read(html)
    assert "a fair in Leipzig" in html
    assert (Touch.objects.count(), Company.objects.count()) == (before, 0)


def test_a_new_contact_is_a_lead_when_they_told_us_who_they_are(client: Client) -> None:
    data = {
        "first_name": "Nele",
        "emails": "nele@reader.example",
        "arrival": "identified",
        "traits": "role: author",
    }
    said = read(client.post("/contacts/new", data, follow=True).content.decode())
    assert "Nele is a contact now." in said
    assert "Told us who they are" in said
    catch_up()
    assert Standing.objects.get().stage == "lead"


def test_a_new_contact_with_a_known_address_is_refused(client: Client, eva: Contact) -> None:
    data = {
        "first_name": "Eva",
        "emails": "EVA.LIND@reader.example",
        "arrival": "imported",
        "company": "Brand New",
    }
    answer = client.post("/contacts/new", data)
    assert answer.status_code == 422
    assert "leads to Eva Lind already" in read(answer.content.decode())
    assert (Contact.objects.count(), Company.objects.count()) == (1, 0)


def test_text_of_strangers_stays_text_in_the_form(client: Client, eva: Contact) -> None:
    Contact.objects.filter(pk=eva.pk).update(
        title=HOSTILE, source=HOSTILE, seniority=HOSTILE, tags=[HOSTILE], traits={HOSTILE: HOSTILE}
    )
    Company.objects.create(name=HOSTILE, created_at=timezone.now(), updated_at=timezone.now())
    assert "<script>alert" not in client.get(f"/contacts/{eva.key}/edit").content.decode()


@pytest.mark.parametrize(
    ("role", "owned_by_other", "status"),
    [("admin", True, 302), ("marketing", True, 302), ("sales", True, 403), ("sales", False, 302)],
)
def test_sales_edit_only_their_own_and_nobodys(
    eva: Contact, role: str, owned_by_other: bool, status: int
) -> None:
    if owned_by_other:
        Contact.objects.filter(pk=eva.pk).update(owner=colleague("sales", "Otto Other"))
        eva.refresh_from_db()
    user = signed_in(colleague(role, "Uma User"))
    assert user.get(f"/contacts/{eva.key}/edit").status_code == (403 if status == 403 else 200)
    assert user.post(f"/contacts/{eva.key}/edit", filled(eva, title="Poet")).status_code == status
    assert Contact.objects.get(pk=eva.pk).title == ("Poet" if status == 302 else "")


def test_looking_at_the_forms_changes_nothing(client: Client, eva: Contact, now: datetime) -> None:
    house = Company.objects.create(name="Boekhuis", created_at=now, updated_at=now)
    before = (list(Contact.objects.values()), list(Company.objects.values()), Touch.objects.count())
    for path in (f"/contacts/{eva.key}/edit", "/contacts/new", f"/companies/{house.pk}/edit"):
        assert client.get(path).status_code == 200
    assert (list(Contact.objects.values()), list(Company.objects.values()), Touch.objects.count()) == before


def test_a_companys_size_can_make_its_people_fit(client: Client, now: datetime) -> None:
    house = Company.objects.create(name="Boekhuis", created_at=now, updated_at=now)
    eva = make_person(now=now, company=house)
    happen(eva, "email_replied", now - DAY)
    happen(eva, "traits_changed", now - DAY, attrs={"role": "author"})
    data = {
        "name": "Boekhuis",
        "employees": "80",
        "industry": "",
        "domain": "www.Boekhuis.example",
        "country": "NL",
    }
    said = read(client.post(f"/companies/{house.pk}/edit", data, follow=True).content.decode())
    assert "Traits of 1 contact follow." in said
    catch_up()
    assert Standing.objects.get(contact=eva).grade == "A"
    house.refresh_from_db()
    assert house.domain == "boekhuis.example"


def test_a_domain_belongs_to_one_company(client: Client, now: datetime) -> None:
    Company.objects.create(name="First", domain="first.example", created_at=now, updated_at=now)
    second = Company.objects.create(name="Second", created_at=now, updated_at=now)
    answer = client.post(f"/companies/{second.pk}/edit", {"name": "Second", "domain": "first.example"})
    assert answer.status_code == 422
    assert "first.example belongs to First." in read(answer.content.decode())


def test_sales_edit_a_company_only_when_all_its_people_are_theirs_or_nobodys(now: datetime) -> None:
    house = Company.objects.create(name="Boekhuis", created_at=now, updated_at=now)
    user = colleague("sales", "Uma User")
    make_person("Eva Lind", now=now, company=house, owner=user)
    client = signed_in(user)
    assert client.get(f"/companies/{house.pk}/edit").status_code == 200
    make_person("Otto Andere", now=now, company=house, owner=colleague("sales", "Otto Other"))
    assert client.get(f"/companies/{house.pk}/edit").status_code == 403
    assert client.post(f"/companies/{house.pk}/edit", {"name": "Mine"}).status_code == 403
    assert signed_in(colleague("admin")).get(f"/companies/{house.pk}/edit").status_code == 200
