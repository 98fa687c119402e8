"""Merging by hand: who is suggested, what a comparison shows, what is done and taken back, and by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ripeline.contacts.lists.search_tables import make_search
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Company, Contact, User
from ripeline.timeline.changes import change_contact, draft_of
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities import looking
from ripeline.timeline.identities.living import living
from ripeline.timeline.identities.looking import look_again
from ripeline.timeline.identities.models import KeptApart, Merge
from ripeline.timeline.models import Standing, Touch
from tests.contacts.people import PLAYBOOK, colleague, happen, read, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - timedelta(days=900))
    cache.clear()
    return timezone.now()


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing", "Mia Market"))


def two(now: datetime, owner: User | None = None) -> tuple[Contact, Contact]:
    """Two of a name at one company, each with a form sent."""
    firm = Company.objects.create(name="Boekhuis", created_at=now, updated_at=now)
    one, other = add_contacts(
        [
            ContactDraft(
                name="Eva Lind", emails=("eva@boekhuis.example",), company=firm, owner=owner, country="NL"
            ),
            ContactDraft(
                name="Eva Lind", emails=("e.lind@boekhuis.example",), company=firm, title="Buyer", owner=owner
            ),
        ],
        now=now,
    )
    for hours, each in enumerate((one, other), 1):
        happen(each, "form_submitted", now - timedelta(hours=hours), subject="news")
    return one, other


def test_namesakes_are_suggested_compared_merged_and_apart_again(client: Client, now: datetime) -> None:
    kept, gone = two(now)
    page = read(client.get("/contacts/merges").content.decode())
    assert "Both are called Eva Lind and work at Boekhuis." in page
    address = f"/contacts/{kept.key}/merge/{gone.key}"
    compared = read(client.get(address).content.decode())
    assert "Title Buyer Buyer filled" in compared
    assert "Touches 1 1 2" in compared
    assert "Stage Lead Lead MQL" in compared.replace("L Lead", "Lead")
    done = client.post(address, {"why": "same desk"}, follow=True)
    assert done.redirect_chain[-1][0] == f"/contacts/{kept.key}"
    shown = read(done.content.decode())
    assert "Eva Lind and Eva Lind are one contact now." in shown
    assert "This is also Eva Lind" in shown
    assert "by Mia Market: same desk" in shown
    assert Touch.objects.filter(contact=kept, kind="form_submitted").count() == 2
    undone = client.post(f"/contacts/merges/{Merge.objects.get().pk}/undo", follow=True)
    assert "are two contacts again" in read(undone.content.decode())
    assert "This is also" not in read(undone.content.decode())
    assert Touch.objects.filter(contact=kept).count() == Touch.objects.filter(contact=gone).count() == 1


@pytest.mark.parametrize("by", ["key", "id"])
def test_an_address_of_old_leads_to_the_living_contact(client: Client, now: datetime, by: str) -> None:
    kept, gone = two(now)
    client.post(f"/contacts/{kept.key}/merge/{gone.key}")
    old = gone.key if by == "key" else gone.pk
    answer = client.get(f"/contacts/{old}?list=x&place=y")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/contacts/{kept.key}?list=x&place=y")
    client.post(f"/contacts/{gone.key}/edit", {})
    assert client.get(f"/contacts/{gone.key}/edit").status_code == 200


def test_what_was_edited_since_is_said_when_a_merge_is_undone(client: Client, now: datetime) -> None:
    kept, gone = two(now)
    client.post(f"/contacts/{kept.key}/merge/{gone.key}")
    kept.refresh_from_db()
    change_contact(kept, replace(draft_of(kept), title="Head of buying"), now=now)
    answer = client.post(f"/contacts/merges/{Merge.objects.get().pk}/undo", follow=True)
    said = "Title of Eva Lind was changed since, to Head of buying, and stays."
    assert said in read(answer.content.decode())
    assert said in read(client.get("/contacts/merges").content.decode())


def test_who_is_merged_is_in_no_list_no_count_and_no_search(client: Client, now: datetime) -> None:
    kept, gone = two(now)
    client.post(f"/contacts/{kept.key}/merge/{gone.key}")
    for query in (
        "",
        "?sort=name",
        "?sort=-created",
        "?q=lind",
        "?owner=none",
        "?source=none",
        "?q=e&sort=name",
    ):
        html = client.get(f"/contacts/{query}").content.decode()
        assert f"/contacts/{kept.key}" in html, query
        assert f"/contacts/{gone.key}" not in html, query
        assert "1 contact" in read(html), query
    assert gone.key not in client.get("/palette?q=eva").content.decode()
    exported = b"".join(client.get("/contacts/export.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert exported.count("Eva Lind") == 1
    assert client.get("/contacts/?as_of=2020-01-01&sort=name").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_is_merged_stands_nowhere_also_when_the_search_is_made_anew(
    client: Client, now: datetime
) -> None:
    kept, gone = two(now)
    client.post(f"/contacts/{kept.key}/merge/{gone.key}")
    with transaction.atomic():
        make_search(connection)
    assert not Standing.objects.filter(contact=gone).exists()
    assert gone.key not in client.get("/contacts/").content.decode()


def test_two_who_are_said_to_be_two_are_suggested_no_more(client: Client, now: datetime) -> None:
    one, other = two(now)
    answer = client.post(f"/contacts/{one.key}/apart/{other.key}", follow=True)
    assert "nobody is asked again" in read(answer.content.decode())
    assert "Both are called" not in read(answer.content.decode())
    assert KeptApart.objects.count() == 1


def test_among_very_many_the_worker_looks_and_the_page_tells_when(
    client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FEW", 1)
    two(now)
    assert "Not looked for yet" in read(client.get("/contacts/merges").content.decode())
    look_again(now - timedelta(minutes=5))
    page = read(client.get("/contacts/merges").content.decode())
    assert "Both are called Eva Lind" in page
    assert "Looked for 5 min ago" in page


def test_the_other_is_found_by_a_search(client: Client, now: datetime) -> None:
    one, other = two(now)
    html = client.get(f"/contacts/{one.key}/merge").content.decode()
    assert f"/contacts/{one.key}/merge/{other.key}" in html
    assert "Nobody found" in read(client.get(f"/contacts/{one.key}/merge?q=zzz").content.decode())


def test_a_salesperson_merges_their_own_and_nobodys_and_no_colleagues(now: datetime) -> None:
    sam, ann = colleague("sales", "Sam Sales"), colleague("sales", "Ann Sales")
    mine = two(now, owner=sam)
    browser = signed_in(sam)
    assert browser.post(f"/contacts/{mine[0].key}/merge/{mine[1].key}").status_code == 302
    assert living(mine[1].key) == mine[0]
    Contact.objects.filter(pk=mine[0].pk).update(owner=ann)
    assert browser.post(f"/contacts/merges/{Merge.objects.get().pk}/undo").status_code == 403
    theirs = add_contacts([ContactDraft(name="X", owner=ann), ContactDraft(name="Y", owner=sam)], now=now)
    assert browser.get(f"/contacts/{theirs[1].key}/merge/{theirs[0].key}").status_code == 403
    assert Merge.objects.filter(undone_at=None).count() == 1


def test_looking_changes_nothing(client: Client, now: datetime) -> None:
    one, other = two(now)
    before = list(Contact.objects.order_by("pk").values())
    for address in ("merges", f"{one.key}/merge", f"{one.key}/merge/{other.key}"):
        client.get(f"/contacts/{address}")
    assert list(Contact.objects.order_by("pk").values()) == before
    assert not Merge.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_suggestions_ask_the_database_as_often_for_one_pair_as_for_three(
    client: Client, now: datetime, count: int
) -> None:
    drafts = [
        ContactDraft(name=f"{who} {n}", phones=(f"+3120{n}",)) for n in range(count) for who in ("A", "B")
    ]
    people = add_contacts(drafts, now=now)
    spare = add_contacts([ContactDraft(name=f"S {n}") for n in range(2 * count)], now=now)
    for n in range(count):
        client.post(f"/contacts/{spare[2 * n].key}/merge/{spare[2 * n + 1].key}")
    cache.clear()
    client.get("/contacts/merges")
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        html = client.get("/contacts/merges").content.decode()
    assert html.count("They have the same phone number") == count
    assert people[0].key in html
    tables = (
        "ripeline_merge",
        "ripeline_contact",
        "ripeline_identity",
        "ripeline_proof",
        "ripeline_keptapart",
    )
    mine = [each["sql"] for each in queries if any(f'FROM "{table}"' in each["sql"] for table in tables)]
    # How many there are; proofs, claims, addresses, numbers, namesakes; who lives, who is kept apart (twice); people,
    # merges.
    assert len(mine) == 11, mine
