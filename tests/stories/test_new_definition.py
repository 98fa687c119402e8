"""A definition changes: from a draft to everybody recomputed, silently, through HTTP and real workers; and back.

Workers are killed in the middle of it, as machines are.
"""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.people.models import Contact, Notification, User
from ripeline.playbooks.drafts.models import Draft
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import PlaybookVersion, Publication, Reassessment, Standing
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.factories import make_user, sign_in
from tests.processes import worker
from tests.timeline.people import PLAYBOOK, fact, make_contact

CROWD = 300
EASIER = PLAYBOOK.replace("gte: 30", "gte: 20")
PATIENCE = 90


@pytest.mark.django_db(transaction=True)
def test_a_draft_takes_over_everybody_silently_and_one_click_takes_it_back() -> None:
    mia, sam = make_user("marketing", "Mia"), make_user("sales", "Sam")
    browser, people = sign_in(mia), leads_of(sam)
    bells = Notification.objects.count()
    draft = write_a_draft(browser)
    assert standings() == {"lead": CROWD}, "a draft changes nothing for anybody"
    publish(browser, draft)
    die_in_the_middle(browser)
    with worker():
        wait_for(browser, "has been assessed by this definition")
    assert standings() == {"mql": CROWD}
    assert Notification.objects.count() == bells, "nobody's bell rang: nothing was ticked"
    told_as_the_definitions_doing(browser, people[0])
    go_back(browser)
    with worker():
        wait_for(browser, "has been assessed by this definition")
    assert standings() == {"lead": CROWD}
    assert Notification.objects.count() == bells
    history = browser.get("/playbook/publications/").content.decode()
    assert history.index("Back to “Leads convert, prospects answer”") < history.index("a form is enough")


@pytest.mark.django_db(transaction=True)
def test_what_the_publisher_ticked_follows_once_for_everybody_whom_it_moves() -> None:
    mia, sam = make_user("marketing", "Mia"), make_user("sales", "Sam")
    browser = sign_in(mia)
    leads_of(sam)
    bells = Notification.objects.count()
    publish(browser, write_a_draft(browser), reach="all", reactions="tell_the_owner")
    die_in_the_middle(browser)
    with worker():
        wait_for(browser, "has been assessed by this definition")
    rung = Notification.objects.filter(stage="mql").values_list("contact_id", flat=True)
    assert (len(rung), len(set(rung))) == (CROWD, CROWD)
    assert Notification.objects.count() == bells + CROWD
    assert "because the definition changed on" in sign_in(sam).get("/notifications/").content.decode()


def leads_of(owner: User) -> list[Contact]:
    """People who are leads by one form each, long ago."""
    long_ago = timezone.now() - timedelta(days=20)
    activate(PLAYBOOK, now=long_ago)
    people = [make_contact(f"Person {n}", now=long_ago, owner=owner) for n in range(CROWD)]
    record(
        [fact(each, "form_submitted", long_ago + timedelta(days=15)) for each in people], now=timezone.now()
    )
    catch_up()
    assert standings() == {"lead": CROWD}
    return people


def write_a_draft(browser: Client) -> Draft:
    """A draft through the pages: begun from what is in force, its text changed."""
    version = PlaybookVersion.objects.get(is_active=True).version
    browser.post("/playbook/drafts/start", {"version": version})
    draft = Draft.objects.get()
    browser.post(f"/playbook/drafts/{draft.pk}/text/", {"seen": "1", "text": EASIER})
    return draft


def publish(browser: Client, draft: Draft, **ticked: str) -> None:
    """Publishes through the page, with what its form holds."""
    address = f"/playbook/drafts/{draft.pk}/publish/"
    page = browser.get(address).content.decode()
    assert "MQL now needs 20 points instead of 30" in page
    hidden = dict(re.findall(r'<input type="hidden" name="(instead_of|seen)" value="([^"]*)"', page))
    sent = hidden | {"note": "a form is enough", "reach": "from_now"} | ticked
    assert browser.post(address, sent).status_code == 302


def die_in_the_middle(browser: Client) -> None:
    """A worker that has looked at some, and is killed before it has looked at all."""
    done = 0
    with worker() as process:
        until = time.monotonic() + PATIENCE
        while not done:
            assert time.monotonic() < until, "nobody was assessed"
            done = Standing.objects.filter(stage="mql").count()
        process.kill()
        process.wait()
    Reassessment.objects.exclude(claimed_by="").update(claimed_until=timezone.now())
    if Standing.objects.filter(stage="mql").count() < CROWD:
        assert "being assessed anew" in browser.get("/playbook/").content.decode()


def wait_for(browser: Client, words: str) -> None:
    """Asks how far it is, as the page does, until it says so."""
    until = time.monotonic() + PATIENCE
    while words not in browser.get("/playbook/progress/").content.decode():
        assert time.monotonic() < until, "it did not end"
        time.sleep(0.2)


def told_as_the_definitions_doing(browser: Client, somebody: Contact) -> None:
    """On the contact's page, on Today, and on the publication's own page."""
    publication = Publication.objects.get(is_in_force=True)
    assert "because the definition changed on" in browser.get(f"/contacts/{somebody.key}").content.decode()
    today = browser.get("/").content.decode()
    assert f'/playbook/publications/{publication.pk}/">{CROWD} people</a>' in today
    assert "Moved up since yesterday" not in today
    moved = browser.get(f"/playbook/publications/{publication.pk}/").content.decode()
    assert moved.count("because the definition changed on") == 50


def go_back(browser: Client) -> None:
    """One click on the page of versions."""
    page = browser.get("/playbook/versions/").content.decode()
    (address,) = re.findall(r'action="(/playbook/[0-9a-f]{64}/back)"', page)
    (seen,) = set(re.findall(r'name="instead_of" value="([^"]*)"', page))
    assert browser.post(address, {"instead_of": seen}).status_code == 302


def standings() -> dict[str, int]:
    """How many stand where."""
    found: dict[str, int] = {}
    for stage in Standing.objects.values_list("stage", flat=True):
        found[stage] = found.get(stage, 0) + 1
    return found
