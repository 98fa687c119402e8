"""What can be held beside what: not a draft that was discarded, nor one that was saved since it was seen."""

from __future__ import annotations

import pytest

from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.drafts.saving import discard_draft, restore_draft, save_draft, start_draft
from ripeline.playbooks.preview.asking import Refused, Text, choices, read_choice
from ripeline.playbooks.preview.models import PreviewRun
from ripeline.timeline.models import PlaybookVersion
from tests.factories import LADDER, NOW, make_playbook, make_user, sign_in

pytestmark = pytest.mark.django_db

EASIER = LADDER.replace("gte: 60", "gte: 20")


@pytest.fixture
def draft() -> Draft:
    make_playbook()
    by = make_user("marketing", "Mia Market")
    return start_draft(
        PlaybookVersion.objects.get(is_active=True), by=by, now=NOW, text=EASIER, title="Easier"
    )


def test_a_discarded_draft_cannot_be_previewed_until_it_is_brought_back(draft: Draft) -> None:
    assert draft.author is not None
    browser, form = sign_in(draft.author), {"one": "in force", "other": f"draft {draft.pk}"}
    discard_draft(draft, now=NOW)
    answer = browser.post("/playbook/previews/start", form)
    assert answer.status_code == 302
    page = browser.get(answer["Location"]).content.decode()
    assert "“Easier” was discarded. Bring it back first" in page
    assert not PreviewRun.objects.exists()
    restore_draft(draft)
    assert browser.post("/playbook/previews/start", form).status_code == 302


def test_a_draft_named_with_its_revision_means_just_that(draft: Draft) -> None:
    assert draft.author is not None
    (exact,) = (each.exact for _, those in choices() for each in those if each.ref == f"draft {draft.pk}")
    seen = read_choice(exact)
    assert isinstance(seen, Text)
    assert (seen.ref, seen.text) == (f"draft {draft.pk}", EASIER)
    save_draft(draft, LADDER, seen=1, by=draft.author, now=NOW, what="The text")
    refused = read_choice(exact)
    assert isinstance(refused, Refused)
    assert refused.why.startswith("Somebody saved “Easier” meanwhile.")
    assert isinstance(read_choice(f"draft {draft.pk}"), Text)
