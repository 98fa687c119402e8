"""A marketer wants an easier MQL: begins a draft, previews it, reads who would move and why, and leaves all as it was.

Through HTTP and a real worker; one worker is killed before it can say anything.
"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.timeline.models import PlaybookVersion, Standing, Transition
from ripeline.timeline.record import record
from ripeline.worker import catch_up
from tests.factories import LADDER, make_contact, make_playbook, make_user, sign_in
from tests.processes import worker
from tests.timeline.people import fact


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_previewed_by_the_worker_and_nobody_is_moved() -> None:
    now = timezone.now()
    make_playbook()
    for number in range(30):
        contact = make_contact(f"Person {number:02}")
        days = [fact(contact, "form_submitted", now - timedelta(days=each + 1)) for each in range(number % 3)]
        record([fact(contact, "page_viewed", now - timedelta(days=9)), *days], now=now)
    catch_up()
    browser = sign_in(make_user("marketing", "Mia Market"))
    before = stored()
    draft = begin_draft(browser)
    preview(browser, draft)
    first = preview(browser, draft)
    with worker() as process:
        wait_until(first, PreviewRun.State.DONE)
        second = preview(browser, draft)
        process.kill()  # before, amid or after: the next worker finds it as it must
    with worker():
        wait_until(second, PreviewRun.State.DONE)
        page = browser.get(second).content.decode()
        assert "20 of 30 people would stand elsewhere" in page
        people = browser.get(f"{second}people/?from=lead&to=mql").content.decode()
        assert people.count("MQL on") == 20
        assert "because the score reached 20 of 10 needed" in people
    assert browser.get(first).status_code == 200
    assert stored() == before


@pytest.mark.django_db(transaction=True)
def test_a_preview_cancelled_before_a_worker_came_is_left_alone_by_it() -> None:
    make_playbook()
    browser = sign_in(make_user("marketing", "Mia Market"))
    draft = begin_draft(browser)
    cancelled = preview(browser, draft)
    browser.post(f"{cancelled}cancel")
    with worker():
        wait_until(preview(browser, draft), PreviewRun.State.DONE)
    page = browser.get(cancelled).content.decode()
    assert "Cancelled by Mia Market." in page


def begin_draft(browser: Client) -> Draft:
    version = PlaybookVersion.objects.get(is_active=True).version
    text = LADDER.replace("enter: {score: {gte: 60}}", "enter: {score: {gte: 10}}")
    browser.post("/playbook/drafts/start", {"version": version, "text": text})
    return Draft.objects.latest("pk")


def preview(browser: Client, draft: Draft) -> str:
    """Presses the button on the draft; the address of the preview."""
    assert b"previews/start" in browser.get(f"/playbook/drafts/{draft.pk}/").content
    answer = browser.post("/playbook/previews/start", {"one": "in force", "other": f"draft {draft.pk}"})
    return str(answer.headers["Location"])


def wait_until(address: str, state: str) -> None:
    key = address.strip("/").rsplit("/", 1)[-1]
    until = time.monotonic() + 120
    while (run := PreviewRun.objects.get(key=key)).state != state:
        assert run.state in ("waiting", "running"), f"{run.state}: {run.error}"
        assert time.monotonic() < until, "the preview did not come to its end"
        time.sleep(0.1)


def stored() -> tuple[list[object], list[object]]:
    """Where everybody stands, and every move there is."""
    return (
        list(Standing.objects.order_by("pk").values_list("contact_id", "stage", "playbook_id")),
        list(Transition.objects.order_by("pk").values_list("pk", "to_stage", "playbook_id")),
    )
