"""What people and their browsers may send to the pages of drafts, however odd, is answered and breaks nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from ruamel.yaml import YAML

from ripeline.playbooks.drafts.checking import check_text
from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from tests.factories import make_user, sign_in
from tests.playbook_pages.drafts.test_drafts import begin

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO_NUMBERS = ("²", "٣", "9" * 30, "9" * 5000, "-1", "x", "")

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    activate(shipped_playbook("default"), now=NOW)
    return sign_in(make_user("marketing", "Mia Market"))


@pytest.fixture
def draft(client: Client) -> Draft:
    return begin(client)


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_no_number_of_a_save_is_no_save(client: Client, draft: Draft, number: str) -> None:
    home = f"/playbook/drafts/{draft.pk}/"
    assert client.post(f"{home}back", {"to": number, "seen": "1"}).status_code == 404
    assert client.get(f"{home}saves/", {"at": number}).status_code == 200


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_no_number_of_a_state_seen_is_a_state_that_was_overtaken(
    client: Client, draft: Draft, number: str
) -> None:
    home = f"/playbook/drafts/{draft.pk}/"
    assert client.post(f"{home}text/", {"text": "key: mine", "seen": number}).status_code == 409
    assert client.post(f"{home}name/", {"key": "mine", "seen": number, "do": "save"}).status_code == 409
    draft.refresh_from_db()
    assert draft.revision == 1


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_no_number_in_the_name_of_a_field_is_no_field(client: Client, draft: Draft, number: str) -> None:
    sent = {"seen": "1", "do": f"remove stages/{number}/enter"}
    assert client.post(f"/playbook/drafts/{draft.pk}/stages/", sent).status_code == 302
    draft.refresh_from_db()
    assert draft.revision == 1


@pytest.mark.parametrize("value", ["2026-99-99", "!!int abc", "0x_", "9" * 5000, r'"\ud800"', "[" * 3000])
def test_a_value_that_cannot_be_read_is_a_mistake_on_its_line_and_every_page_opens(
    client: Client, value: str
) -> None:
    text = shipped_playbook("default").replace("\ntitle: ", f"\ntitle: {value} # ", 1)
    line = next(number for number, said in enumerate(text.split("\n"), 1) if said.startswith("title: "))
    draft = begin(client)
    home = f"/playbook/drafts/{draft.pk}/"
    assert client.post(f"{home}text/", {"text": text, "seen": "1", "do": "save"}).status_code == 302
    draft.refresh_from_db()
    assert draft.text == text
    for part in ("", "text/", "saves/", "stages/", "stages/1/", "name/"):
        assert client.get(f"{home}{part}").status_code == 200, part
    assert client.get("/playbook/versions/").status_code == 200
    assert [mistake.line for mistake in check_text(draft.text).mistakes] == [line]


def test_a_text_of_more_than_a_hundred_thousand_letters_is_neither_begun_nor_saved_nor_looked_over(
    client: Client, draft: Draft
) -> None:
    text = "# comment\n" * 10_000 + "#"
    why = "A playbook has at most 100,000 letters; this one has 100,001."
    begun = {"version": draft.based_on.version, "text": text}
    answer = client.post("/playbook/drafts/start", begun, follow=True)
    assert f"No draft was begun. {why}" in answer.content.decode()
    assert Draft.objects.count() == 1
    home = f"/playbook/drafts/{draft.pk}/"
    saved = client.post(f"{home}text/", {"text": text, "seen": "1", "do": "save"})
    assert saved.status_code == 422
    assert why in saved.content.decode()
    assert why in client.post(f"{home}check", {"text": text}).content.decode()
    assert client.post(f"{home}text/", {"text": text[:-1], "seen": "1", "do": "save"}).status_code == 302


def test_a_text_is_parsed_once_to_be_looked_over(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    load = YAML.load

    def counted(self: YAML, text: str) -> Any:
        parsed.append(text)
        return load(self, text)

    monkeypatch.setattr(YAML, "load", counted)
    check_text.cache_clear()
    # Texts that nobody has read before: what was read lately is remembered.
    fine = f"{shipped_playbook('default')}# parsed once\n"
    wrong, odd = "key: 3\nstages: 4\n# parsed once\n", "key: [\n# parsed once\n"
    assert [check_text(text).playbook is None for text in (fine, wrong, odd)] == [False, True, True]
    assert parsed == [fine, wrong, odd]
