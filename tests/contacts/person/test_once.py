"""What is sent twice counts once, and one address leads to one contact even for two at the same time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from html import unescape
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ripeline.people.contacts import ContactDraft
from ripeline.people.models import Company, Contact, User
from ripeline.timeline import changes
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Touch
from tests.contacts.people import PLAYBOOK, colleague, make_person, read, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - timedelta(days=900))
    return timezone.now()


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing", "Mia Market"))


def token(client: Client, path: str, name: str = "once") -> dict[str, str]:
    """The token a page's form carries."""
    found = re.search(f'name="{name}" value="([^"]+)"', client.get(path).content.decode())
    assert found, f"{path} has no {name}"
    return {name: unescape(found[1])}


@pytest.mark.parametrize(
    ("what", "prefix", "content"),
    [
        ("touches", "log", {"log-kind": "call_held", "log-words": "spoke"}),
        ("answers", "answer", {"answer-question": "budget", "answer-value": "yes"}),
        ("moves", "move", {"move-move": "stage_set:mql", "move-reason": "met"}),
    ],
)
def test_a_form_sent_twice_counts_once(
    client: Client, now: datetime, what: str, prefix: str, content: dict[str, str]
) -> None:
    eva = make_person(now=now)
    form = token(client, f"/contacts/{eva.key}", f"{prefix}-once") | content
    for _ in range(2):
        assert client.post(f"/contacts/{eva.key}/{what}", form).status_code == 302
    assert Touch.objects.count() == 1
    # The page opened anew, or another content in the old one, means another.
    fresh = token(client, f"/contacts/{eva.key}", f"{prefix}-once")
    another = {"move-move": "recycled"} if what == "moves" else {}
    client.post(f"/contacts/{eva.key}/{what}", form | fresh | another)
    assert Touch.objects.count() == 2


def test_a_call_logged_twice_is_said_and_another_from_the_same_page_counts(
    client: Client, now: datetime
) -> None:
    eva = make_person(now=now)
    path = f"/contacts/{eva.key}/touches"
    form = token(client, f"/contacts/{eva.key}", "log-once") | {"log-kind": "call_held"}
    client.post(path, form)
    said = read(client.post(path, form, follow=True).content.decode())
    assert "That was noted already, and counts once." in said
    client.post(path, form | {"log-words": "and again"})
    assert Touch.objects.count() == 2


def test_a_new_contact_sent_twice_is_one_contact(client: Client) -> None:
    form = token(client, "/contacts/new") | {
        "first_name": "Anna",
        "last_name": "Berg",
        "emails": "anna@firm.example",
        "company": "Brand New",
        "arrival": "identified",
    }
    answers = [client.post("/contacts/new", form) for _ in range(2)]
    anna = Contact.objects.get()
    assert [answer["Location"] for answer in answers] == [f"/contacts/{anna.key}"] * 2
    assert (Touch.objects.count(), Company.objects.count()) == (1 + 1, 1)
    client.post("/contacts/new", form | {"first_name": "Otto", "emails": ""})
    assert Contact.objects.count() == 2


def _together(client_of: User, forms: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The answers to new contacts sent at the same moment: each has looked before any has written."""
    barrier, look = Barrier(len(forms), timeout=5), changes._there_already
    met: set[int] = set()

    def looked(wanted: ContactDraft) -> object:
        found = look(wanted)
        if id(wanted) not in met:
            met.add(id(wanted))
            barrier.wait()
        return found

    def send(form: dict[str, str]) -> int:
        try:
            return signed_in(client_of).post("/contacts/new", form).status_code
        finally:
            connection.close()

    monkeypatch.setattr(changes, "_there_already", looked)
    with ThreadPoolExecutor(len(forms)) as pool:
        return sorted(pool.map(send, forms))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one write at a time")
@pytest.mark.parametrize(("once", "answers"), [(("a", "b"), [302, 422]), (("a", "a"), [302, 302])])
def test_of_two_who_add_the_same_address_at_once_one_is_told(
    client: Client, monkeypatch: pytest.MonkeyPatch, once: tuple[str, str], answers: list[int]
) -> None:
    content = {"first_name": "Anna", "emails": "anna@firm.example", "arrival": "identified", "company": "New"}
    found = _together(User.objects.get(), [content | {"once": each} for each in once], monkeypatch)
    assert found == answers
    assert (Contact.objects.count(), Company.objects.count()) == (1, 1)
