"""The past after somebody was recognised, merged or taken apart: who was known then, and where they stood."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.identities.merging import Merged, merge, undo
from ripeline.timeline.identities.visitors import join, visitor_for
from ripeline.timeline.reassess import reassess_due
from tests.contacts.people import PLAYBOOK, colleague, happen, signed_in
from tests.timeline.identities.visiting import key_of, visit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    activate(PLAYBOOK, now=timezone.now() - timedelta(days=900))
    return timezone.now()


@pytest.fixture
def client(now: datetime) -> Client:
    return signed_in(colleague("marketing", "Mia Market"))


def people(*names: str, now: datetime) -> list[Contact]:
    """Contacts of these names."""
    return add_contacts([ContactDraft(name=name) for name in names], now=now)


def work(now: datetime) -> None:
    """Everybody who is due is assessed."""
    while reassess_due(now, react=lambda change: None):
        pass


def stages(client: Client, at: datetime, view: str) -> dict[str, str]:
    """The list of a moment: stages by name. The page of everybody in it must say the same."""
    query = f"as_of={at.strftime('%Y-%m-%dT%H:%M:%SZ')}&view={view}"
    answer = client.get(f"/contacts/?{query}&sort=name")
    found = {row.name: (row.key, row.stage) for row in answer.context["rows"]}
    for key, stage in found.values():
        standing = client.get(f"/contacts/{key}?{query}").context["standing"]
        assert (standing and standing.stage) == stage
    return {name: stage for name, (_, stage) in found.items()}


def test_who_was_recognised_later_was_not_known_when_they_came(client: Client, now: datetime) -> None:
    (eva,) = people("Eva", now=now)
    visit("t1", now - 10 * DAY, "b", now=now - 10 * DAY)
    join(visitor_for(key_of("b"), now=now), eva, how="form", at=now - 5 * DAY, now=now - 5 * DAY)
    work(now)
    assert stages(client, now - 8 * DAY, "known") == {}
    assert stages(client, now - 8 * DAY, "was") == {"Eva": "suspect"}
    assert stages(client, now - 4 * DAY, "known") == {"Eva": "suspect"}


def test_where_they_stood_is_as_it_was_to_us_before_and_after_a_merge_and_its_undoing(
    client: Client, now: datetime
) -> None:
    eva, ann = people("Eva", "Ann", now=now - 30 * DAY)
    for contact, days in ((eva, 20), (ann, 19)):
        happen(contact, "form_submitted", now - days * DAY)
        work(now - days * DAY)
    done = merge(eva, ann, by=None, why="", now=now - 10 * DAY)
    assert isinstance(done, Merged)
    work(now - 10 * DAY)
    # Two forms are an MQL: by what we know today since the second, by what we knew then since the merge.
    assert stages(client, now - 15 * DAY, "was") == {"Eva": "mql"}
    assert stages(client, now - 15 * DAY, "known") == {"Eva": "lead"}
    assert stages(client, now - 9 * DAY, "known") == {"Eva": "mql"}
    undo(done.merge, by=None, now=now - 5 * DAY)
    work(now - 5 * DAY)
    assert stages(client, now - 15 * DAY, "was") == {"Ann": "lead", "Eva": "lead"}
    assert stages(client, now - 15 * DAY, "known") == {"Ann": "lead", "Eva": "lead"}
    assert stages(client, now - 9 * DAY, "known")["Eva"] == "mql"
    assert stages(client, now - 4 * DAY, "known") == {"Ann": "lead", "Eva": "lead"}
