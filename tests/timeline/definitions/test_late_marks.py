"""What the definition caused stays its doing when something noted late gives it another date or score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripeline.people.models import Contact
from ripeline.reactions import react
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.publish import publish
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.models import Publication, Standing, Transition
from ripeline.timeline.moved import count_moved
from ripeline.timeline.reassess import reassess_due
from ripeline.timeline.record import record
from ripeline.timeline.withdraw import withdraw
from tests.timeline.people import PLAYBOOK, fact, make_contact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = NOW + 2 * DAY
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")

pytestmark = pytest.mark.django_db


def assess(now: datetime) -> None:
    while reassess_due(now, react=react):
        pass


@pytest.fixture
def eva() -> Contact:
    """A lead by a form of five days ago, made an MQL by the definition alone."""
    activate(PLAYBOOK, now=NOW - 400 * DAY)
    eva = make_contact("Eva Lind", now=NOW - 90 * DAY)
    record([fact(eva, "form_submitted", NOW - 5 * DAY, uid="form")], now=NOW - 5 * DAY)
    assess(NOW - DAY)
    done = publish(keep_version(EASIER, now=NOW).version, by=None, note="a form is enough", now=NOW)
    assert isinstance(done, Publication)
    assess(NOW)
    assert present() == [("mql", done.pk)]
    return eva


def present() -> list[tuple[str, int | None]]:
    rows = Transition.objects.filter(superseded_at=None).order_by("position")
    return [(row.to_stage, row.publication_id) for row in rows]


def note_late(eva: Contact, kind: str, at: datetime, subject: str | None = None, uid: str = "") -> None:
    record([fact(eva, kind, at, subject=subject, uid=uid)], now=LATER)
    assess(LATER)


def test_a_late_touch_that_changes_the_score_leaves_the_mark(eva: Contact) -> None:
    cause = Publication.objects.get(is_in_force=True)
    note_late(eva, "page_viewed", NOW - 7 * DAY, "/pricing")
    row = Transition.objects.get(superseded_at=None)
    assert round(row.score, 1) == 29.5, "not yet 30: by the definition before she would be a lead"
    assert (row.to_stage, row.publication, row.known_at) == ("mql", cause, LATER)


def test_a_late_touch_that_gives_another_date_leaves_the_mark(eva: Contact) -> None:
    cause = Publication.objects.get(is_in_force=True)
    note_late(eva, "asset_downloaded", NOW - 9 * DAY)
    row = Transition.objects.get(superseded_at=None, to_stage="mql")
    assert (row.at, row.publication) == (NOW - 9 * DAY, cause)


def test_the_mark_goes_where_she_would_have_been_there_by_the_definition_before(eva: Contact) -> None:
    note_late(eva, "page_viewed", NOW - 5 * DAY - timedelta(hours=1), "/pricing")
    assert present() == [("mql", None)], "10 and 20 points of one day are the 30 it took before"


def test_what_she_does_after_the_publication_is_hers(eva: Contact) -> None:
    record([fact(eva, "email_replied", NOW + DAY)], now=NOW + DAY)
    assess(NOW + DAY)
    note_late(eva, "page_viewed", NOW - 7 * DAY, "/pricing")
    cause = Publication.objects.get(is_in_force=True)
    assert present() == [("mql", cause.pk), ("prospect", None)]


def test_the_mark_survives_one_late_touch_after_another(eva: Contact) -> None:
    cause = Publication.objects.get(is_in_force=True)
    note_late(eva, "page_viewed", NOW - 7 * DAY, "/pricing", uid="first")
    record([fact(eva, "asset_downloaded", NOW - 30 * DAY)], now=LATER + DAY)
    assess(LATER + DAY)
    assert [cause.pk] == [publication for stage, publication in present() if stage == "mql"]


def test_whom_a_publication_moved_is_counted_as_before(eva: Contact) -> None:
    cause = Publication.objects.get(is_in_force=True)
    note_late(eva, "page_viewed", NOW - 7 * DAY, "/pricing")
    withdraw(
        [Transition.objects.get(superseded_at=None).contact.touches.get(kind="page_viewed").uid], now=LATER
    )
    assess(LATER + DAY)
    row = Transition.objects.get(superseded_at=None)
    assert (row.publication, row.known_at) == (cause, LATER)
    assert count_moved(cause).people == 1
    assert Standing.objects.get().stage == "mql"
