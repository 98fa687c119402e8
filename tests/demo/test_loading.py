"""The demo company on PostgreSQL; on SQLite tests/pages/test_demo.py loads it, and looks at it."""

from __future__ import annotations

import pytest
from rich.console import Console

from ripeline.demo.commands import load
from ripeline.installing import migrate
from ripeline.people.models import Contact
from ripeline.timeline.models import Reassessment, Standing
from tests.factories import make_user, sign_in
from tests.pages.test_demo import rooms


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_demo_is_loaded_and_every_page_of_it_answers() -> None:
    migrate()
    load(Console(quiet=True))
    assert Contact.objects.count() == 2000
    assert not Standing.objects.filter(stage="").exists()
    assert not Reassessment.objects.exclude(error="").exists()
    visitor = sign_in(make_user())
    for name, path in rooms():
        assert visitor.get(path).status_code == 200, name
