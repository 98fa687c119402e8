"""Emails that come along are ones that could be sent."""

from __future__ import annotations

import pytest

from ripeline.nurture.emails.compiling import Compiled, compile_email
from ripeline.nurture.emails.previewing import EXAMPLE
from ripeline.nurture.emails.rendering import Rendered, Shown, render
from ripeline.nurture.emails.seeing import see
from ripeline.nurture.emails.shipping import Shipped, shipped_emails
from ripeline.people.consent import BY_MAIL
from tests.nurture.emails.writing import SENDER, version_of

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("shipped", shipped_emails(), ids=lambda each: each.key)
def test_each_reads_well_for_every_persona_and_for_who_is_hardly_known(shipped: Shipped) -> None:
    made = compile_email(shipped.content)
    assert isinstance(made, Compiled), str(made)
    assert shipped.purpose in BY_MAIL
    contact = EXAMPLE["contact"]
    assert isinstance(contact, dict)
    people = [{"tags": [], "segments": [], "email": "a@b.example"}, contact]
    people += [{**contact, "persona": {"key": key}} for key in ("publishing_house", "aspiring_author")]
    texts = set()
    for person in people:
        found = render(version_of(made), {**EXAMPLE, "contact": person}, links=Shown(), sender=SENDER)
        assert isinstance(found, Rendered), found
        texts.add(found.text)
        seen = see(found.html)
        assert (seen.without_alt, seen.faint, seen.jumps, seen.vague) == ([], [], [], [])
        assert len(found.html) < 60_000
        assert "{" not in found.subject + found.text
    assert len(texts) > 1
