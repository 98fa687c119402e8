"""Who may read drafts and who may write them, and that nobody is led where they may not go."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from ripeline.playbooks.drafts.models import Draft
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.models import PlaybookVersion
from tests.factories import make_user, sign_in
from tests.playbook_pages.drafts.test_drafts import begin, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    activate(shipped_playbook("default"), now=datetime(2026, 3, 1, 12, tzinfo=UTC))
    return sign_in(make_user("marketing", "Mia Market"))


ROUTES = [
    ("get", "", True), ("get", "text/", True), ("get", "saves/", True),
    ("get", "score/", False), ("get", "stages/1/", False),
    ("post", "text/", False), ("post", "score/", False), ("post", "stages/1/", False), ("post", "check", False),
    ("post", "name", False), ("post", "back", False), ("post", "discard", False), ("post", "restore", False),
]  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(("method", "route", "sales_may"), ROUTES)
def test_sales_read_drafts_and_marketing_and_administrators_write_them(
    client: Client, method: str, route: str, sales_may: bool
) -> None:
    draft = begin(client)
    address = f"/playbook/drafts/{draft.pk}/{route}"
    sent = {"seen": "1", "text": "key: x", "to": "1", "title": "x"}
    for role in (None, "sales", "marketing", "admin"):
        reader = sign_in(make_user(role, f"A {role}")) if role else Client()
        answer = getattr(reader, method)(address, sent if method == "post" else {})
        if role is None:
            assert answer.status_code == 302
            assert "/accounts/login/" in answer.headers["Location"]
        else:
            assert (answer.status_code == 403) == (role == "sales" and not sales_may), role
        if role in ("sales", None):
            assert Draft.objects.get(pk=draft.pk).revision == 1


def test_sales_cannot_begin_a_draft_and_are_not_offered_to(client: Client) -> None:
    reader = sign_in(make_user("sales", "Sam Sales"))
    version = PlaybookVersion.objects.get().version
    assert reader.post("/playbook/drafts/start", {"version": version}).status_code == 403
    assert "Draft" not in re.sub(r"(?s)<title>.*?</title>|Versions and drafts|A draft is|Drafts", "",
                                 read(reader, "/playbook/versions/")).split("<main")[1]  # fmt: skip


def test_sales_are_led_to_no_page_of_a_draft_that_they_may_not_open(client: Client) -> None:
    draft = begin(client)
    home = f"/playbook/drafts/{draft.pk}/"
    client.post(home + "text/", {"seen": "1", "text": draft.text.replace("title: Lead,", "titel: Lead,")})
    sam, mia = sign_in(make_user("sales", "Sam Sales")), client
    for reader, forms in ((sam, False), (mia, True)):
        led = {link for link in re.findall(r'href="([^"#]*)', read(reader, home)) if link.startswith(home)}
        assert (home + "stages/" in led) == forms
        assert {reader.get(link).status_code for link in led} == {200}
    client.post(home + "discard")
    assert f'action="{home}restore"' in read(mia, home)
    assert f'action="{home}restore"' not in read(sam, home)
