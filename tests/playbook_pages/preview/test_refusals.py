"""Previews that cannot be made: told on the page they are asked for at, with nothing typed lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ripeline.people.models import User
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.saving import start_draft
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.timeline.models import PlaybookVersion
from tests.factories import LADDER, NOW, make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    make_playbook()
    return make_user("marketing", "Mia Market")


def test_a_draft_that_does_not_check_is_refused_with_its_mistakes(mia: User) -> None:
    draft = draft_of(mia, LADDER.replace("recycle_to: suspect", "recycle_to: nowhere"))
    said = told_by(mia, ask(mia, draft))
    assert "cannot be previewed yet: it has a mistake, and with it nobody" in said
    assert "nowhere" in said
    assert f"/playbook/drafts/{draft.pk}/stages/#recycle_to" in said
    assert not PreviewRun.objects.exists()


def test_several_mistakes_are_spoken_of_as_several(mia: User) -> None:
    text = LADDER.replace("recycle_to: suspect", "recycle_to: nowhere\nrecycle_too: 1")
    assert "it has 2 mistakes, and with them nobody" in told_by(mia, ask(mia, draft_of(mia, text)))


def test_previews_are_told_apart_by_their_day_and_what_they_are_measured_by(mia: User) -> None:
    ask(mia, draft_of(mia), as_of="2026-01-05", outcome="form_submitted")
    page = read(sign_in(mia), "/playbook/previews/")
    listed = page[page.index("Latest previews") :]
    assert "5 January 2026" in listed
    assert "came to “form_submitted”" in listed


def test_the_address_that_previews_are_asked_at_leads_to_their_page(mia: User) -> None:
    answer = sign_in(mia).get("/playbook/previews/start")
    assert (answer.status_code, answer["Location"]) == (302, "/playbook/previews/")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"outcome": "no_such_signal"}, "is not a signal of both definitions"),
        ({"as_of": "2999-01-01"}, "the day may not lie in the future"),
        ({"as_of": "yesterday"}, "is not a day"),
        ({"other": "draft 99999"}, "That draft is not there any more"),
        ({"other": "version 0000"}, "That version is not there any more"),
        ({"other": "shipped ../../etc/passwd"}, "Choose two definitions"),
        ({"other": ""}, "Choose two definitions"),
    ],
)
def test_what_cannot_be_previewed_is_refused_with_its_sentence(
    mia: User, sent: dict[str, str], said: str
) -> None:
    assert said in told_by(mia, ask(mia, draft_of(mia), **sent))
    assert not PreviewRun.objects.exists()


def draft_of(by: User, text: str = LADDER.replace("gte: 60", "gte: 20")) -> Draft:
    """A draft beside the playbook in force."""
    return start_draft(PlaybookVersion.objects.get(is_active=True), by=by, now=NOW, text=text)


def ask(by: User, draft: Draft, **sent: str) -> Any:
    """What the button on a draft does."""
    form = {"one": "in force", "other": f"draft {draft.pk}", **sent}
    return sign_in(by).post("/playbook/previews/start", form)


def told_by(by: User, answer: Any) -> str:
    """The page that a refusal leads to."""
    assert answer.status_code == 302
    assert answer["Location"].startswith("/playbook/previews/?")
    return read(sign_in(by), answer["Location"])


def read(browser: Client, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, address
    return response.content.decode()
