"""Previews for tests: a company to preview, and what is asked through the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from ripeline.people.models import User
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.saving import start_draft
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.playbooks.preview.running import attend_previews
from ripeline.timeline.models import PlaybookVersion
from ripeline.timeline.record import record
from tests.factories import LADDER, NOW, make_contact, make_playbook, make_user, sign_in
from tests.timeline.people import fact

EASIER = LADDER.replace("gte: 60}}}\n  - {key: customer", "gte: 20}}}\n  - {key: customer")


def a_company() -> User:
    """A marketer at a company of forty people who sent forms and of whom some bought."""
    make_playbook()
    for number in range(40):
        contact = make_contact(f"Person {number:02}")
        facts = [
            fact(contact, "form_submitted", NOW - timedelta(days=20 - each), uid=f"{number}-{each}")
            for each in range(number % 5)
        ]
        facts.append(fact(contact, "page_viewed", NOW - timedelta(days=30)))
        if number % 4 == 3:
            facts.append(fact(contact, "deal_won", NOW - timedelta(days=2)))
        record(facts, now=NOW)
    return make_user("marketing", "Mia Market")


def draft_of(by: User, text: str = EASIER) -> Draft:
    """A draft beside the playbook in force."""
    return start_draft(PlaybookVersion.objects.get(is_active=True), by=by, now=NOW, text=text)


def ask(by: User, draft: Draft, **sent: str) -> Any:
    """What the button on a draft does."""
    form = {"one": "in force", "other": f"draft {draft.pk}", **sent}
    return sign_in(by).post("/playbook/previews/start", form)


def previewed(by: User, draft: Draft, **sent: str) -> PreviewRun:
    """A preview, worked to its end."""
    answer = ask(by, draft, **sent)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    run = PreviewRun.objects.latest("pk")
    attend_previews(run.created_at, clock=lambda: run.created_at, stop=lambda: False)
    run.refresh_from_db()
    assert (run.state, run.error) == ("done", "")
    return run


def read(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, address
    return response.content.decode()
