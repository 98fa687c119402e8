"""Moves by hand, answers and logged calls, through the pages and on to the worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.contacts.person.move_forms import LOGGED
from ripeline.people.models import Contact, Notification, User
from ripeline.timeline import moves
from ripeline.timeline import record as record_module
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Standing, Touch
from ripeline.timeline.record import Recorded
from ripeline.timeline.withdraw import NOTED, take_back
from ripeline.worker import catch_up
from tests.contacts.people import PLAYBOOK, colleague, happen, make_person, read, signed_in

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - 900 * DAY)
    return timezone.now()


@pytest.fixture
def eva(now: datetime) -> Contact:
    eva = make_person(now=now)
    happen(eva, "form_submitted", now - 3 * DAY, subject="contact")
    return eva


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing", "Mia Market"))


def move(client: Client, contact: Contact, what: str, reason: str = "They told me so.") -> str:
    data = {"move-move": what, "move-reason": reason}
    answer = client.post(f"/contacts/{contact.key}/moves", data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def stage_of(contact: Contact) -> str:
    catch_up()
    return Standing.objects.get(contact=contact).stage


def test_somebody_placed_by_hand_stays_there_with_the_reason(client: Client, eva: Contact) -> None:
    said = read(move(client, eva, "stage_set:prospect", "Met at the fair, wants an offer."))
    assert "Moved by hand." in said
    assert "Moved to Prospect by hand by Mia Market" in said
    assert "Met at the fair, wants an offer." in said
    assert stage_of(eva) == "prospect"


def undo_of(contact: Contact, kind: str) -> str:
    return f"/contacts/{contact.key}/touches/{Touch.objects.get(kind=kind).uid}/undo"


def standing_of(contact: Contact) -> tuple[str, str, bool]:
    catch_up()
    return Standing.objects.values_list("stage", "status", "suspended").get(contact=contact)


@pytest.mark.parametrize(
    "what", ["stage_set:customer", "recycled", "rejected", "disqualified"], ids=lambda what: what
)
def test_a_move_undone_leaves_everything_as_it_was_and_the_rules_in_force(
    client: Client, eva: Contact, now: datetime, what: str
) -> None:
    before = standing_of(eva)
    assert before == ("lead", "active", False)
    html = move(client, eva, what)
    undo = undo_of(eva, what.partition(":")[0])
    assert undo in html
    assert standing_of(eva) != before
    assert "Undone." in read(client.post(undo, follow=True).content.decode())
    assert standing_of(eva) == before
    # Not suspended: the next thing they do moves them by the rules.
    happen(eva, "deal_won", timezone.now())
    assert stage_of(eva) == "customer"


def test_an_undo_pressed_twice_counts_once(client: Client, eva: Contact) -> None:
    move(client, eva, "stage_set:customer")
    undo = undo_of(eva, "stage_set")
    client.post(undo)
    assert "nothing to undo" in read(client.post(undo, follow=True).content.decode())
    assert not Touch.objects.filter(kind="stage_set").exists()


def test_what_was_moved_again_since_is_not_undone(client: Client, eva: Contact) -> None:
    move(client, eva, "stage_set:customer")
    undo = undo_of(eva, "stage_set")
    move(client, eva, "recycled")
    assert "cannot be undone" in read(client.post(undo, follow=True).content.decode())
    assert Touch.objects.filter(kind__in=("stage_set", "recycled")).count() == 2


def test_after_a_quarter_of_an_hour_a_move_is_history(client: Client, eva: Contact, now: datetime) -> None:
    move(client, eva, "stage_set:customer")
    undo, long_ago = undo_of(eva, "stage_set"), now - timedelta(minutes=16)
    Touch.objects.filter(kind="stage_set").update(at=long_ago, received_at=long_ago)
    assert "cannot be undone" in read(client.post(undo, follow=True).content.decode())
    assert stage_of(eva) == "customer"


@pytest.mark.parametrize(("role", "is_undone"), [("marketing", False), ("admin", True)])
def test_a_colleagues_move_is_taken_back_by_an_administrator_alone(
    client: Client, eva: Contact, role: str, is_undone: bool
) -> None:
    move(client, eva, "stage_set:customer")
    signed_in(colleague(role, "Otto Other")).post(undo_of(eva, "stage_set"))
    assert Touch.objects.filter(kind="stage_set").exists() != is_undone


def test_what_an_import_brought_is_no_slip(client: Client, eva: Contact, now: datetime) -> None:
    at = now - timedelta(minutes=5)
    happen(eva, "stage_set", at, subject="customer", attrs={"by": "Mia Market", "reason": "x"}, heard=now)
    assert not take_back([Touch.objects.get(kind="stage_set").uid], by=User.objects.get(), now=now)
    assert Touch.objects.filter(kind="stage_set").exists()


def test_undoing_a_recycling_puts_them_back_where_they_were(
    client: Client, eva: Contact, now: datetime
) -> None:
    happen(eva, "stage_set", now - DAY, subject="prospect", attrs={"reason": "x"})
    move(client, eva, "recycled")
    assert stage_of(eva) == "lead"
    client.post(undo_of(eva, "recycled"))
    assert stage_of(eva) == "prospect"


def test_reopening_undone_is_disqualified_again(client: Client, eva: Contact, now: datetime) -> None:
    happen(eva, "disqualified", now - DAY, attrs={"reason": "Works for a competitor."})
    catch_up()
    move(client, eva, "reopened")
    client.post(undo_of(eva, "reopened"))
    catch_up()
    assert Standing.objects.get(contact=eva).status == "disqualified"


@pytest.mark.parametrize("verb", ["accepted", "fit_confirmed", "recycled", "rejected", "disqualified"])
def test_each_decision_is_one_touch_with_who_and_why(client: Client, eva: Contact, verb: str) -> None:
    move(client, eva, verb, "Because.")
    touch = Touch.objects.get(kind=verb)
    mia = User.objects.get()
    assert touch.attrs == {"by": "Mia Market", "by_id": mia.pk, "reason": "Because."}
    assert touch.actor == "human"


def test_a_move_without_a_reason_is_refused_and_keeps_what_was_chosen(client: Client, eva: Contact) -> None:
    answer = client.post(f"/contacts/{eva.key}/moves", {"move-move": "stage_set:mql", "move-reason": "  "})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert '<option value="stage_set:mql" selected>' in html
    assert "Say why" in html
    assert 'href="?' not in html  # the page stands at the address of the form, which nobody can visit
    assert not Touch.objects.filter(kind="stage_set").exists()


@pytest.mark.parametrize("what", ["stage_set:nowhere", "stage_set:", "email_replied", "", "reopened"])
def test_a_move_that_cannot_be_is_refused(client: Client, eva: Contact, what: str) -> None:
    before = Touch.objects.count()
    answer = client.post(f"/contacts/{eva.key}/moves", {"move-move": what, "move-reason": "why not"})
    assert answer.status_code == 422
    assert Touch.objects.count() == before


def test_an_answer_keeps_the_words_and_changes_the_rating(client: Client, eva: Contact) -> None:
    data = {"answer-question": "budget", "answer-value": "yes", "answer-words": "Two thousand at most"}
    said = read(client.post(f"/contacts/{eva.key}/answers", data, follow=True).content.decode())
    assert "Two thousand at most" in said
    catch_up()
    assert Standing.objects.get(contact=eva).rating == "hot"
    assert Touch.objects.get(kind="answered").attrs == {
        "value": "yes",
        "by": "Mia Market",
        "by_id": User.objects.get().pk,
        "text": "Two thousand at most",
    }


def test_a_logged_call_is_two_way_talk(client: Client, eva: Contact, now: datetime) -> None:
    at = timezone.localtime(now - DAY).replace(second=0, microsecond=0)
    data = {"log-kind": "call_held", "log-words": "Wants a price.", "log-at": at.strftime("%Y-%m-%dT%H:%M")}
    assert client.post(f"/contacts/{eva.key}/touches", data).status_code == 302
    touch = Touch.objects.get(kind="call_held")
    assert (touch.at, touch.direction, touch.attrs["text"]) == (at, "in", "Wants a price.")
    assert stage_of(eva) == "lead"
    happen(eva, "traits_changed", now, attrs={"role": "author"})
    assert stage_of(eva) == "prospect"


def test_an_objection_names_its_subject(client: Client, eva: Contact) -> None:
    data = {"log-kind": "objected", "log-objection": "price", "log-words": "Too dear"}
    client.post(f"/contacts/{eva.key}/touches", data)
    assert Touch.objects.get(kind="objected").subject == "price"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"log-kind": "noted"}, "Write the note."),
        ({"log-kind": "objected"}, "Say what they objected to."),
        ({"log-kind": "call_held", "log-at": "2999-01-01T10:00"}, "still to come"),
        ({"log-kind": "call_held", "log-at": "1066-01-01T10:00"}, "longer ago"),
        ({"log-kind": "deal_won"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_logged_is_refused_with_a_sentence(
    client: Client, eva: Contact, data: dict[str, str], why: str
) -> None:
    before = Touch.objects.count()
    answer = client.post(f"/contacts/{eva.key}/touches", {"log-words": "", **data})
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert Touch.objects.count() == before


FORMS = {
    "moves": {"move-move": "accepted", "move-reason": "Mine now."},
    "answers": {"answer-question": "need", "answer-value": "yes"},
    "touches": {"log-kind": "noted", "log-words": "Hello"},
}


@pytest.mark.parametrize("resource", FORMS)
@pytest.mark.parametrize(
    ("role", "owned_by", "status"),
    [
        ("admin", "other", 302),
        ("marketing", "other", 302),
        ("sales", "other", 403),
        ("sales", "self", 302),
        ("sales", "nobody", 302),
    ],
)
def test_sales_touch_only_their_own_and_nobodys(
    eva: Contact, resource: str, role: str, owned_by: str, status: int
) -> None:
    user = colleague(role, "Uma User")
    owners: dict[str, User | None] = {"self": user, "other": colleague("sales", "Otto Other"), "nobody": None}
    Contact.objects.filter(pk=eva.pk).update(owner=owners[owned_by])
    before = Touch.objects.count()
    answer = signed_in(user).post(f"/contacts/{eva.key}/{resource}", FORMS[resource])
    assert answer.status_code == status
    assert Touch.objects.count() == before + (status == 302)


def test_sales_cannot_undo_on_a_colleagues_contact(client: Client, eva: Contact) -> None:
    move(client, eva, "stage_set:mql")
    uid = Touch.objects.get(kind="stage_set").uid
    Contact.objects.filter(pk=eva.pk).update(owner=colleague("sales", "Otto Other"))
    other = signed_in(colleague("sales", "Uma User"))
    assert other.post(f"/contacts/{eva.key}/touches/{uid}/undo").status_code == 403
    html = other.get(f"/contacts/{eva.key}").content.decode()
    assert "Otto Other looks after them" in read(html)
    assert f"/contacts/{eva.key}/moves" not in html


@pytest.mark.parametrize("resource", [*FORMS, "touches/abc/undo"])
def test_what_changes_something_is_posted_and_signed_in(client: Client, eva: Contact, resource: str) -> None:
    assert client.get(f"/contacts/{eva.key}/{resource}").status_code == 405
    assert Client().post(f"/contacts/{eva.key}/{resource}").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(colleague("admin", "Ada Admin"))
    assert strict.post(f"/contacts/{eva.key}/{resource}").status_code == 403


def test_another_contacts_move_is_not_undone_here(client: Client, eva: Contact, now: datetime) -> None:
    move(client, eva, "stage_set:mql")
    other = make_person("Otto Andere", now=now)
    uid = Touch.objects.get(kind="stage_set").uid
    client.post(f"/contacts/{other.key}/touches/{uid}/undo")
    assert Touch.objects.filter(uid=uid).exists()


SLIPS = {
    "call_held": ("touches", {"log-kind": "call_held", "log-words": "Wrong person."}),
    "noted": ("touches", {"log-kind": "noted", "log-words": "Hello", "log-at": "2026-01-02T10:00"}),
    "answered": ("answers", {"answer-question": "budget", "answer-value": "yes"}),
    "accepted": ("moves", {"move-move": "accepted", "move-reason": "Mine now."}),
}


@pytest.mark.parametrize("kind", SLIPS)
def test_what_was_noted_by_hand_is_undone_as_if_it_had_not_been(
    client: Client, eva: Contact, now: datetime, kind: str
) -> None:
    happen(eva, "traits_changed", now - DAY, attrs={"role": "author"})
    catch_up()
    Contact.objects.filter(pk=eva.pk).update(owner=colleague("sales", "Sara Sales"))
    before, log = Standing.objects.values("stage", "rating", "score").get(contact=eva), Touch.objects.count()
    resource, data = SLIPS[kind]
    html = client.post(f"/contacts/{eva.key}/{resource}", data, follow=True).content.decode()
    undo = undo_of(eva, kind)
    assert undo in html
    catch_up()
    # A call made a prospect of them, of which the owner heard.
    assert Notification.objects.filter(stage="prospect").exists() == (kind == "call_held")
    assert "cannot be undone" in read(
        signed_in(colleague("marketing", "Otto Other")).post(undo, follow=True).content.decode()
    )
    assert "Undone." in read(client.post(undo, follow=True).content.decode())
    assert "nothing to undo" in read(client.post(undo, follow=True).content.decode())
    catch_up()
    assert Touch.objects.count() == log
    assert Standing.objects.values("stage", "rating", "score").get(contact=eva) == before
    assert not Notification.objects.filter(stage="prospect").exists()


def test_an_administrator_undoes_a_colleagues_call_but_nobody_what_an_import_brought_or_is_long_ago(
    client: Client, eva: Contact, now: datetime
) -> None:
    admin = colleague("admin", "Ada Admin")
    happen(eva, "call_held", now, attrs={"by": "Ada Admin"})
    assert not take_back([Touch.objects.get(kind="call_held").uid], by=admin, now=now)
    client.post(f"/contacts/{eva.key}/touches", {"log-kind": "noted", "log-words": "Hello"})
    uid = Touch.objects.get(kind="noted").uid
    assert not take_back([uid], by=admin, now=timezone.now() + timedelta(minutes=16))
    assert take_back([uid], by=admin, now=timezone.now())


def test_the_journey_offers_the_undo_to_whoever_may_and_as_long_as_they_may(
    client: Client, eva: Contact
) -> None:
    client.post(f"/contacts/{eva.key}/touches", {"log-kind": "noted", "log-words": "Hello"})
    touch = Touch.objects.get(kind="noted")
    undo = f'action="/contacts/{eva.key}/touches/{touch.uid}/undo"'

    def offers(reader: Client) -> int:
        return reader.get(f"/contacts/{eva.key}").content.decode().count(undo)

    assert offers(client) == 2, "in its toast and in the journey"
    assert offers(client) == 1, "when its toast has gone"
    assert offers(signed_in(colleague("admin", "Ada Admin"))) == 1
    assert offers(signed_in(colleague("marketing", "Mo Market"))) == 0
    Touch.objects.filter(pk=touch.pk).update(received_at=timezone.now() - timedelta(minutes=16))
    assert offers(client) == 0


def test_everything_a_page_offers_to_log_can_be_undone() -> None:
    assert {kind for kind, _ in LOGGED} <= set(NOTED)


@pytest.mark.parametrize("resource", FORMS)
def test_what_is_noted_of_somebody_who_is_removed_meanwhile_is_refused_with_a_sentence(
    client: Client, eva: Contact, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = record_module.record

    def too_late(*given: Any, **named: Any) -> Recorded:
        Contact.objects.filter(pk=eva.pk).delete()
        return real(*given, **named)

    monkeypatch.setattr(moves, "record", too_late)
    answer = client.post(f"/contacts/{eva.key}/{resource}", FORMS[resource])
    assert answer.status_code == 422
    assert "is no contact any more: an import that had brought them was taken back." in read(
        answer.content.decode()
    )
    assert not Touch.objects.exists()
