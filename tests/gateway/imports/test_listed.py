"""The people of an import as a list kept by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from ripeline.gateway.imports import listed
from ripeline.nurture.segments.members import in_segment
from ripeline.nurture.segments.models import SegmentEntry
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Contact
from tests.factories import make_user, sign_in
from tests.gateway.imports.bringing import NOW, bring_in, csv_file

pytestmark = pytest.mark.django_db


def test_everybody_an_import_was_about_becomes_a_list_whether_it_changed_them_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_contacts([ContactDraft(name="Ann", emails=("ann@firm.example",))], now=NOW)
    add_contacts([ContactDraft(name="Else", emails=("else@firm.example",))], now=NOW)
    done = bring_in(csv_file(tmp_path, "email,name\nann@firm.example,Ann\nben@firm.example,Ben\n"))
    browser = sign_in(make_user())
    monkeypatch.setattr(listed, "MOST", 1)
    refused = browser.post(f"/imports/{done.key}/list", follow=True)
    assert "too many for a list" in refused.text
    monkeypatch.setattr(listed, "MOST", 2)
    made = browser.post(f"/imports/{done.key}/list", follow=True)
    (key,) = {made.redirect_chain[0][0].split("/")[2]}
    assert set(in_segment(key)) == set(Contact.objects.exclude(name="Else").values_list("pk", flat=True))
    assert set(SegmentEntry.objects.values_list("how", "source")) == {("import", done.key)}
