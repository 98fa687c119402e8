"""The demo's emails: those that come along, for personas that there are, published once."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from ripeline.demo.emails import load_emails
from ripeline.lifecycle.playbook import load_playbook
from ripeline.nurture.emails.models import Email, EmailVersion
from ripeline.nurture.emails.shipping import shipped_emails
from tests.demo.conftest import PLAYBOOK
from tests.factories import make_user

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_they_are_published_for_personas_that_there_are_and_loading_again_doubles_nothing() -> None:
    users = {"jonas": make_user("marketing", "Jonas")}
    load_emails(users, now=NOW)
    load_emails(users, now=NOW)
    assert (
        Email.objects.exclude(version=None).count() == EmailVersion.objects.count() == len(shipped_emails())
    )
    known = {each.key for each in load_playbook(PLAYBOOK.read_text(encoding="utf-8")).personas}
    named = {
        key
        for each in shipped_emails()
        for key in re.findall(r'persona\.key == "(\w+)"|persona is (?:not )?(\w+)', each.content.body)
        for key in key
        if key
    }
    assert named
    assert named <= known
