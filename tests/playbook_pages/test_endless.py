"""People whom a definition moves without end, on the pages of camps and of previews."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from ripeline.lifecycle.playbook import load_playbook
from ripeline.people.models import User
from ripeline.playbooks.camps.reading import read_pair
from ripeline.playbooks.preview.models import PreviewMove, PreviewRun
from ripeline.playbooks.preview.packing import pack
from ripeline.playbooks.preview.people import read_people
from ripeline.timeline.camps.keeping import start_camp
from ripeline.timeline.camps.models import Camp, CampStanding
from ripeline.timeline.definitions.versions import keep_version
from ripeline.timeline.record import record
from tests.contacts.test_endless import CIRCLE, SAID
from tests.factories import LADDER, NOW, make_contact, make_playbook, make_user
from tests.playbook_pages.preview.test_preview import draft_of, previewed
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=900)


@pytest.fixture
def mia() -> User:
    make_playbook()
    return make_user("marketing", "Mia Market")


def test_the_reason_of_a_camp_is_that_it_moves_them_without_end(mia: User) -> None:
    now = timezone.now()
    contact = make_contact("Eva Lind")
    record([fact(contact, "page_viewed", now - LONG_AGO)], now=now - LONG_AGO)
    camp = start_camp("Circles", keep_version(CIRCLE, now=now).version, by=mia, note="", now=now)
    assert isinstance(camp, Camp)
    CampStanding.objects.create(contact=contact, camp=camp, ours="suspect", theirs="high")
    ours, theirs = load_playbook(LADDER), load_playbook(CIRCLE)
    people, _ = read_pair(ours, theirs, ("suspect", "high"), after=0, now=now)
    assert [SAID in person.theirs for person in people] == [True]


def test_the_reason_in_a_preview_is_that_it_moves_them_without_end(mia: User) -> None:
    contact = make_contact("Eva Lind")
    happened = NOW - LONG_AGO
    record(
        [fact(contact, "page_viewed", happened), fact(contact, "form_submitted", happened, uid="form")],
        now=happened,
    )
    run = previewed(mia, draft_of(mia))
    PreviewRun.objects.filter(pk=run.pk).update(other_text=CIRCLE)
    PreviewMove.objects.create(
        run=run, from_stage="suspect", to_stage="high", count=1, people=pack(np.array([contact.pk]))
    )
    run.refresh_from_db()
    page = read_people(run, start="", end="high", after=0, now=NOW)
    assert [SAID in row.why for row in page.rows] == [True]
    assert [row.is_as_found for row in page.rows] == [False]
