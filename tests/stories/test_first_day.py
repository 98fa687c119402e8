"""A company's first day: an empty installation, the first account, a file of contacts, a call, a customer.

Everything goes through HTTP and a real worker beside it, as it would for the people who install Ripeline.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ripeline.installing import shipped_playbook
from ripeline.people.models import Contact, Notification, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Standing, Transition
from tests.processes import worker

PEOPLE = """First name,Last name,E-mail,Company,Role,Job title
Ada,Lindqvist,ada@lindqvist.example,Lindqvist Press,publisher,Owner
Bram,de Wit,bram@dewit.example,,author,Writer
Bram,de Wit,bram@dewit.example,De Wit Boeken,author,
Broken,Address,not-an-address,,,
"""


@pytest.fixture
def browser() -> Client:
    activate(shipped_playbook("default"), now=timezone.now())
    return Client()


@pytest.mark.django_db(transaction=True)
def test_from_an_empty_installation_to_a_customer_whose_every_step_says_why(browser: Client) -> None:
    sign_up(browser)
    with worker():
        bring_in_a_file(browser)
        ada = Contact.objects.get(email="ada@lindqvist.example")
        give_to_me(browser, ada)
        log(
            browser,
            ada,
            "call_held",
            words="She wants to sell more copies and asked what a launch plan costs.",
        )
        for question in ("need", "budget", "authority", "intent"):
            browser.post(f"/contacts/{ada.key}/answers", {"answer-question": question, "answer-value": "yes"})
        browser.post(
            f"/contacts/{ada.key}/moves", {"move-move": "fit_confirmed", "move-reason": "Ours exactly."}
        )
        wait_for(lambda: Standing.objects.get(contact=ada).stage == "sql", "Ada to be a prospect")
        browser.post(
            f"/contacts/{ada.key}/moves", {"move-move": "stage_set:customer", "move-reason": "Signed today."}
        )
        wait_for(lambda: Standing.objects.get(contact=ada).stage == "customer", "Ada to be a customer")
    said = page(browser, f"/contacts/{ada.key}")
    assert "Signed today." in said
    assert "asked what a launch plan costs" in said
    assert "Ada Lindqvist" in page(browser, "/")
    last = Transition.objects.filter(contact=ada, superseded_at=None).latest("position")
    assert (last.cause, last.rule, last.to_stage) == ("manual", "stage_set", "customer")
    rung = set(Notification.objects.filter(contact=ada).values_list("stage", flat=True))
    assert "sql" in rung
    assert "customer" not in rung, "she put her there herself"


def sign_up(browser: Client) -> None:
    """The first account administers; after it the door is closed."""
    first = {
        "email": "owner@press.example",
        "password1": "a-long-pass-phrase",
        "password2": "a-long-pass-phrase",
    }
    assert browser.post("/accounts/signup/", first).status_code == 302
    assert User.objects.get().role == User.Role.ADMIN
    second = {**first, "email": "somebody@else.example"}
    Client().post("/accounts/signup/", second)
    assert User.objects.count() == 1


def bring_in_a_file(browser: Client) -> None:
    """A file is shown before it is believed; then a worker brings it in and the broken row is named."""
    file = SimpleUploadedFile("people.csv", PEOPLE.encode(), content_type="text/csv")
    columns = browser.post("/imports/", {"file": file}).headers["Location"]
    form = browser.get(columns).context["form"]
    answers = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    looked = browser.post(columns, answers)
    assert looked.status_code == 302, looked.content.decode()[:2000]
    assert Contact.objects.count() == 0
    address = looked.headers["Location"]
    browser.post(f"{address}start")
    wait_for(lambda: Contact.objects.count() == 2, "two contacts")
    wait_for(lambda: "not-an-address" in rejected(browser, address), "the broken row")
    bram = Contact.objects.get(email="bram@dewit.example")
    assert bram.company is not None
    assert (bram.title, bram.company.name) == ("Writer", "De Wit Boeken")


def rejected(browser: Client, address: str) -> str:
    answer = browser.get(f"{address}rejected.csv")
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def give_to_me(browser: Client, contact: Contact) -> None:
    form = browser.get(f"/contacts/{contact.key}/edit").context["form"]
    answers = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    answers[form.add_prefix("owner")] = str(User.objects.get().pk)
    assert browser.post(f"/contacts/{contact.key}/edit", answers).status_code == 302
    contact.refresh_from_db()
    assert contact.owner is not None


def log(browser: Client, contact: Contact, kind: str, *, words: str) -> None:
    form = browser.get(f"/contacts/{contact.key}").context["log_form"]
    answers = {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    answers |= {form.add_prefix("kind"): kind, form.add_prefix("words"): words}
    assert browser.post(f"/contacts/{contact.key}/touches", answers).status_code == 302


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def wait_for(happened: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until, f"waited 30 seconds for {what}"
        time.sleep(0.05)
