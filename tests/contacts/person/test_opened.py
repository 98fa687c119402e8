"""A form opened before others changed things, and one saved as it was opened: neither undoes nor alters anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, Identity, User
from ripeline.timeline import changes
from ripeline.timeline.changes import change_contact, draft_of
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Touch
from tests.contacts.people import PLAYBOOK, colleague, make_person, read, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - timedelta(days=900))
    return timezone.now()


@pytest.fixture
def mia(now: datetime) -> User:
    return colleague("marketing", "Mia Market")


@pytest.fixture
def client(mia: User) -> Client:
    return signed_in(mia)


class _Form(HTMLParser):
    """What a browser sends of the page's own form, as it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._into = self._choice = ""
        self._is_ours = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_ours = "novalidate" in given
        name = given.get("name", "")
        if not self._is_ours or name == "csrfmiddlewaretoken":
            return
        if tag == "input" and name:
            self.sent[name] = given.get("value", "")
        elif tag in ("textarea", "select"):
            self.sent[name] = ""
            self._into, self._choice = (name, "") if tag == "textarea" else ("", name)
        elif tag == "option" and self._choice and "selected" in given:
            self.sent[self._choice] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops the line break after the tag and ends lines in its own way.
            text = self.sent[self._into].removeprefix("\n")
            self.sent[self._into] = "\r\n".join(text.split("\n"))
            self._into = ""
        elif tag == "select":
            self._choice = ""

    def handle_data(self, data: str) -> None:
        if self._into:
            self.sent[self._into] += data


def opened(client: Client, path: str) -> dict[str, str]:
    return _Form(client.get(path).content.decode()).sent


def test_a_form_opened_before_a_colleague_changed_things_does_not_undo_that(
    client: Client, mia: User, now: datetime
) -> None:
    eva = make_person(now=now)
    form = opened(client, f"/contacts/{eva.key}/edit")
    before = draft_of(eva)
    change_contact(
        eva,
        replace(
            before,
            emails=(*before.emails, "eva@home.example"),
            traits={"budget": "high"},
            tags=("vip",),
            owner=mia,
        ),
        now=now,
    )
    assert client.post(f"/contacts/{eva.key}/edit", form | {"title": "Publisher"}).status_code == 302
    eva = Contact.objects.get()
    assert (eva.title, eva.tags, eva.traits, eva.owner) == ("Publisher", ["vip"], {"budget": "high"}, mia)
    assert set(eva.identities.values_list("value", flat=True)) == {
        "eva.lind@reader.example",
        "eva@home.example",
    }
    assert list(Touch.objects.order_by("pk").values_list("attrs", flat=True)) == [
        {"budget": "high"},
        {"title": "Publisher"},
    ]


def test_where_two_changed_the_same_both_are_shown_and_saving_again_keeps_ones_own(
    client: Client, mia: User, now: datetime
) -> None:
    eva = make_person(now=now)
    path = f"/contacts/{eva.key}/edit"
    form = opened(client, path) | {"title": "Publisher", "owner": "", "source": "a fair"}
    sam = colleague("sales", "Sam Sales")
    change_contact(eva, replace(draft_of(eva), title="Poet", owner=sam, country="NL"), now=now)
    answer = client.post(path, form | {"owner": str(mia.pk)})
    said = read(answer.content.decode())
    assert answer.status_code == 422
    assert "it is “Poet” now, you wrote “Publisher”. Save again to have yours." in said
    assert "it is “Sam Sales” now, you wrote “Mia Market”." in said
    eva.refresh_from_db()
    assert (eva.title, eva.owner, eva.source) == ("Poet", sam, "")
    assert client.post(path, _Form(answer.content.decode()).sent).status_code == 302
    eva.refresh_from_db()
    assert (eva.title, eva.owner, eva.source, eva.country) == ("Publisher", mia, "a fair", "NL")


def test_two_who_wrote_the_same_do_not_clash(client: Client, now: datetime) -> None:
    eva = make_person(now=now)
    path = f"/contacts/{eva.key}/edit"
    form = opened(client, path) | {"title": "Poet"}
    change_contact(eva, replace(draft_of(eva), title="Poet"), now=now)
    assert client.post(path, form).status_code == 302
    assert Touch.objects.count() == 1


ODD = {
    "a tag with a comma": {"tags": ("Smith, John",)},
    "many tags": {"tags": tuple(f"tag number {n:03} of many tags" for n in range(60))},
    "many traits": {"traits": {f"trait_{n}": "x" * 60 for n in range(80)}},
    "a line break": {"traits": {"note": "two\nlines"}},
    "a colon in a name": {"traits": {"time: of day": "noon"}},
    "a blank in a name": {"traits": {"Lead Quality": "high"}},
    "nothing": {"traits": {"budget": None, "note": ""}},
    "a number as text": {"traits": {"code": "0017", "share": 0.1 + 0.2}},
    "a trait with a field": {"traits": {"country": "NL", "role": "author"}},
    "no address": {"emails": ("somebody at home",), "phones": ("ask 12 at the desk",)},
    "an unusual post": {"seniority": "wizard", "country": "XX", "time_zone": "Mars/Olympus"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_saving_what_was_opened_changes_nothing(
    client: Client, now: datetime, odd: dict[str, object]
) -> None:
    eva = add_contacts([replace(ContactDraft(name="Eva  M. Lind"), **odd)], now=now)[0]  # type: ignore[arg-type]
    before = (draft_of(eva), list(Identity.objects.values_list("pk")))
    path = f"/contacts/{eva.key}/edit"
    assert client.post(path, opened(client, path)).status_code == 302
    assert (draft_of(Contact.objects.get()), list(Identity.objects.values_list("pk"))) == before
    assert not Touch.objects.exists()


def test_one_line_changed_leaves_the_others_of_its_field_as_they_are(client: Client, now: datetime) -> None:
    traits = {"Lead Quality": "high", "time: of day": "noon", "note": "two\nlines", "budget": None}
    draft = ContactDraft(name="Eva Lind", tags=("Smith, John",), emails=("no address",), traits=traits)  # type: ignore[arg-type]
    eva = add_contacts([draft], now=now)[0]
    path = f"/contacts/{eva.key}/edit"
    form = opened(client, path)
    form["traits"] = form["traits"].replace("noon", "night").replace("high", "low") + "\r\nnew one: 3"
    form["tags"] += "\r\nvip, fair"
    form["emails"] += "\r\neva@home.example"
    assert client.post(path, form).status_code == 302
    eva = Contact.objects.get()
    assert eva.traits == traits | {"Lead Quality": "low", "time: of day": "night", "new_one": 3}
    assert eva.tags == ["Smith, John", "vip", "fair"]
    assert draft_of(eva).emails == ("no address", "eva@home.example")


def test_a_field_emptied_stays_empty_though_a_trait_of_its_name_was_brought_in(
    client: Client, now: datetime
) -> None:
    eva = add_contacts([ContactDraft(name="Eva", traits={"country": "NL", "title": "Poet"})], now=now)[0]
    path = f"/contacts/{eva.key}/edit"
    client.post(path, opened(client, path) | {"country": ""})
    assert opened(client, path)["country"] == ""
    assert Contact.objects.get().traits == {"title": "Poet"}


def test_an_owner_who_has_left_stays_the_owner_until_another_is_chosen(client: Client, now: datetime) -> None:
    gone = colleague("sales", "Gone Girl")
    eva = make_person(now=now, owner=gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    path = f"/contacts/{eva.key}/edit"
    assert client.post(path, opened(client, path) | {"title": "Poet"}).status_code == 302
    assert Contact.objects.get().owner == gone


def test_a_companys_form_keeps_what_others_changed(client: Client, now: datetime) -> None:
    house = Company.objects.create(name="Boekhuis", industry="books", created_at=now, updated_at=now)
    path = f"/companies/{house.pk}/edit"
    form = opened(client, path)
    Company.objects.update(employees=80, industry="publishing")
    assert client.post(path, form | {"country": "NL"}).status_code == 302
    house.refresh_from_db()
    assert (house.employees, house.industry, house.country) == (80, "publishing", "NL")
    answer = client.post(path, form | {"industry": "print"})
    assert "it is “publishing” now, you wrote “print”" in read(answer.content.decode())


def test_a_company_of_too_many_people_says_so_and_keeps_what_was_typed(
    client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_PEOPLE", 1)
    house = Company.objects.create(name="Boekhuis", industry="books", created_at=now, updated_at=now)
    for name in ("Eva Lind", "Jan Vos"):
        make_person(name, now=now, company=house)
    path = f"/companies/{house.pk}/edit"
    answer = client.post(path, opened(client, path) | {"industry": "print"})
    assert answer.status_code == 422
    assert "More than 1 people are at Boekhuis" in read(answer.content.decode())
    assert 'value="print"' in answer.content.decode()
    house.refresh_from_db()
    assert house.industry == "books"
