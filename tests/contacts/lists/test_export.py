"""The list as a file: who is in it, for whom, and that no cell is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.contacts.lists import export
from ripeline.contacts.lists.export import HEADS
from ripeline.people.models import User
from ripeline.timeline.models import Standing
from tests.factories import make_company, make_contact, make_playbook, make_user, sign_in, stand

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer() -> User:
    make_playbook()
    return make_user("marketing", "Mia Market")


def lines(client: Client, query: str = "") -> list[dict[str, str]]:
    """The rows of the exported file."""
    answer = client.get(f"/contacts/export.csv{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everybody_is_in_the_file_in_the_order_they_came_in(
    marketer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    house = make_company("Zoë, Sons & Co")
    for name, score in (("Ann", 5), ("Bea", 50), ("Cas", 20)):
        stand(
            make_contact(name, company=house, tags=("a", "b"), owner=marketer),
            score=score,
            now=timezone.now(),
            rating="warm",
        )
    make_contact("Dee")
    rows = lines(sign_in(marketer))
    assert [row["name"] for row in rows] == ["Ann", "Bea", "Cas", "Dee"]
    assert tuple(rows[0]) == HEADS
    assert rows[0]["company"] == "Zoë, Sons & Co"
    assert (rows[0]["tags"], rows[0]["owner"], rows[0]["rating"]) == ("a, b", "Mia Market", "warm")
    assert [row["name"] for row in lines(sign_in(marketer), "?sort=name&score_from=0.1&q=a")] == ["Ann"]


def test_who_warms_up_or_cools_down_while_the_file_is_sent_is_in_it_once(
    marketer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 10)
    people = [stand(make_contact(f"A{n:02}"), score=50 - n, now=timezone.now()) for n in range(30)]
    parts = iter(sign_in(marketer).get("/contacts/export.csv").streaming_content)
    got = [next(parts), next(parts)]
    Standing.objects.filter(pk=people[25].pk).update(heat=200.0)
    Standing.objects.filter(pk=people[2].pk).update(heat=-200.0)
    text = b"".join([*got, *parts]).decode("utf-8-sig")
    names = [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert names == [f"A{n:02}" for n in range(30)]


def test_a_salesperson_takes_their_own_contacts_only(marketer: User) -> None:
    seller = make_user("sales", "Sam Sales")
    make_contact("Own", owner=seller)
    make_contact("Free")
    make_contact("Other", owner=marketer)
    client = sign_in(seller)
    assert [row["name"] for row in lines(client)] == ["Own"]
    assert lines(client, "?owner=none") == []
    assert lines(client, f"?owner={marketer.pk}") == []
    assert len(lines(sign_in(make_user("admin")))) == 3


def test_cells_that_a_spreadsheet_would_run_are_disarmed(marketer: User) -> None:
    bad = '=HYPERLINK("http://evil.example","look")'
    make_contact(bad, emails=("@sum",), phones=("+31612345678",), title="-1+1", source="\t=1", tags=("=1",))
    row = lines(sign_in(marketer))[0]
    assert row["name"] == f"'{bad}"
    assert (row["email"], row["phone"], row["title"], row["tags"]) == (
        "'@sum",
        "'+31612345678",
        "'-1+1",
        "'=1",
    )
    assert row["source"] == "'\t=1"
