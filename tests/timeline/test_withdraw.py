"""Taking back a slip of the hand: one's own, told by id and not by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.models import Contact, User
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import Touch
from ripeline.timeline.moves import Refused, move
from ripeline.timeline.withdraw import take_back
from tests.timeline.people import PLAYBOOK, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)

pytestmark = pytest.mark.django_db


def user(address: str, *, name: str, role: str = "sales") -> User:
    return User.objects.create_user(address, "a-long-password", name=name, role=role)


def moved(contact: Contact, by: User) -> str:
    """The id of a move that `by` made just now."""
    playbook = activate(PLAYBOOK, now=NOW)
    done = move(contact, "recycled", playbook=playbook, by=by, reason="no budget", now=NOW)
    assert not isinstance(done, Refused)
    return done.id


def test_a_colleague_of_the_same_name_cannot_take_it_back() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    sara, other = user("sara@firm.example", name="Sara"), user("sara.b@firm.example", name="Sara")
    uid = moved(eva, sara)
    assert take_back([uid], by=other, now=SOON) == frozenset()
    assert take_back([uid], by=sara, now=SOON) == {eva.pk}


def test_whoever_changed_their_name_meanwhile_still_can() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    sara = user("sara@firm.example", name="Sara")
    uid = moved(eva, sara)
    User.objects.update(name="Sara Holm")
    assert take_back([uid], by=User.objects.get(), now=SOON) == {eva.pk}


def test_a_move_from_before_ids_were_kept_is_told_by_name() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    sara, tom = user("sara@firm.example", name="Sara"), user("tom@firm.example", name="Tom")
    uid = moved(eva, sara)
    Touch.objects.update(attrs={"by": "Sara", "reason": "no budget"})
    assert take_back([uid], by=tom, now=SOON) == frozenset()
    assert take_back([uid], by=sara, now=SOON) == {eva.pk}
