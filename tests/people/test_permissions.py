"""The one place that says who may do what."""

from __future__ import annotations

import pytest

from ripeline.people.models import Contact
from ripeline.people.permissions import (
    changeable_by,
    may_change,
    may_export_all,
    may_run_the_place,
    may_write_definitions,
)
from tests.factories import make_contact, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "changes", "exports", "runs"),
    [
        ("admin", {"Own", "Other", "Free"}, True, True),
        ("marketing", {"Own", "Other", "Free"}, True, False),
        ("sales", {"Own", "Free"}, False, False),
    ],
)
def test_what_each_role_may_do(role: str, changes: set[str], exports: bool, runs: bool) -> None:
    user = make_user(role, "The reader")
    make_contact("Own", owner=user)
    make_contact("Other", owner=make_user("sales", "Another"))
    make_contact("Free")
    assert {contact.name for contact in Contact.objects.all() if may_change(user, contact)} == changes
    assert set(Contact.objects.filter(changeable_by(user)).values_list("name", flat=True)) == changes
    assert (may_export_all(user), may_run_the_place(user)) == (exports, runs)
    assert may_write_definitions(user) == (role != "sales")
