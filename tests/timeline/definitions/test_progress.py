"""How far everybody is assessed by a definition just published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate, active_playbook
from ripeline.timeline.definitions.publish import SILENT, progress, publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication, Standing
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _playbook() -> None:
    activate(PLAYBOOK, now=NOW - 400 * DAY)


def put_in_force(text: str) -> None:
    done = publish(keep_version(text, now=NOW).version, by=None, note="", now=NOW, firing=SILENT)
    assert isinstance(done, Publication)


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


def test_progress_goes_from_none_to_all_and_those_who_act_go_first() -> None:
    people = [make_contact(f"Person {n}", now=NOW) for n in range(250)]
    record([fact(each, "form_submitted", NOW - DAY) for each in people], now=NOW - DAY)
    assess(NOW - DAY)
    put_in_force(EASIER)
    begun = progress()
    assert begun is not None
    assert (begun.done, begun.total, begun.is_done) == (0, 250, False)
    record([fact(people[-1], "email_replied", NOW)], now=NOW)
    reassess_due(NOW, react=react)
    assert Standing.objects.get(pk=people[-1].pk).stage == "prospect"
    under_way = progress()
    assert under_way is not None
    assert (under_way.done, under_way.is_done) == (99, False)
    assess(NOW)
    ended = progress()
    assert ended is not None
    assert (ended.done, ended.total, ended.is_done) == (250, 250, True)
    assert not Standing.objects.exclude(playbook=active_playbook().version).exists()


def test_progress_does_not_go_back_where_those_who_are_done_act_again() -> None:
    people = [make_contact(f"Person {n}", now=NOW) for n in range(150)]
    record([fact(each, "form_submitted", NOW - DAY) for each in people], now=NOW - DAY)
    assess(NOW - DAY)
    put_in_force(EASIER)
    reassess_due(NOW, react=react)
    record([fact(each, "email_replied", NOW) for each in people[:20]], now=NOW)
    under_way = progress()
    assert under_way is not None
    assert (under_way.done, under_way.is_done) == (100, False)
