"""The one door: once by id, nobody forgotten, strangers named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.lifecycle.touch import Touch as Fact
from ripeline.timeline.models import Reassessment, Standing, Touch
from ripeline.timeline.record import CHUNK, record
from tests.timeline.people import fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_a_touch_given_twice_is_there_once_and_the_first_wins() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    first = fact(eva, "page_viewed", NOW, uid="t1", subject="/pricing")
    second = fact(eva, "page_viewed", NOW, uid="t1", subject="/other")
    recorded = record([first, second], now=NOW)
    assert (recorded.new, recorded.known) == (1, 1)
    assert record([second], now=NOW).new == 0
    assert Touch.objects.get().subject == "/pricing"


def test_only_people_with_something_new_fall_due() -> None:
    eva, jan = make_contact("Eva Lind", now=NOW), make_contact("Jan Vos", now=NOW)
    record([fact(eva, "subscribed", NOW, uid="t1"), fact(jan, "subscribed", NOW, uid="t2")], now=NOW)
    Reassessment.objects.update(due_at=None)
    record([fact(eva, "subscribed", NOW, uid="t1"), fact(jan, "subscribed", NOW, uid="t3")], now=NOW)
    assert [row.contact_id for row in Reassessment.objects.filter(due_at__lte=NOW)] == [jan.pk]


def test_a_touch_dated_tomorrow_counts_tomorrow() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "subscribed", NOW + timedelta(days=1))], now=NOW)
    assert Reassessment.objects.get().due_at == NOW + timedelta(days=1)


def test_touches_of_people_nobody_knows_are_refused_by_name_and_the_rest_is_kept() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    strangers = [Fact("s1", "ghost", 0, "subscribed", "in", "human", None, None, {})] * 2
    recorded = record([*strangers, fact(eva, "subscribed", NOW)], now=NOW)
    assert recorded.strangers == ("ghost",)
    assert recorded.new == Touch.objects.count() == 1


def test_more_than_a_chunk_is_recorded_whole() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    many = [fact(eva, "page_viewed", NOW - timedelta(minutes=n), uid=f"t{n}") for n in range(CHUNK * 2 + 7)]
    assert record(many, now=NOW).new == CHUNK * 2 + 7
    assert record(many, now=NOW).known == CHUNK * 2 + 7


def test_a_contact_has_a_standing_from_its_first_touch_on_if_not_yet_assessed() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    record([fact(eva, "subscribed", NOW)], now=NOW)
    assert Standing.objects.get().stage == ""


def test_when_we_heard_is_kept_beside_when_it_happened() -> None:
    eva = make_contact("Eva Lind", now=NOW)
    ago = NOW - timedelta(days=30)
    record(
        [fact(eva, "subscribed", ago, uid="t1"), fact(eva, "subscribed", ago, uid="t2")],
        now=NOW,
        heard={"t2": ago},
    )
    heard = dict(Touch.objects.values_list("uid", "received_at"))
    assert heard == {"t1": NOW, "t2": ago}
