"""Many rows at once: those that are known already, what comes back, and keys taken beforehand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from ripeline.kit.bulk import insert_rows, reserve_ids
from ripeline.people.models import Company

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
COLUMNS = ("name", "domain", "industry", "country", "created_at", "updated_at")


def row(number: int, domain: str | None = None) -> tuple[object, ...]:
    return (f'Firm "{number}", {{ü}}\n\\', domain, "", "", NOW, NOW)


def test_rows_are_stored_as_they_were_given() -> None:
    insert_rows(Company, COLUMNS, [row(number) for number in range(2_500)])
    assert Company.objects.count() == 2_500
    kept = Company.objects.order_by("pk")[7]
    assert (kept.name, kept.domain, kept.employees, kept.created_at) == (row(7)[0], None, None, NOW)


def test_a_known_row_is_passed_over_and_new_ones_are_told() -> None:
    insert_rows(Company, COLUMNS, [row(1, "a.example")])
    told = insert_rows(
        Company, COLUMNS, [row(1, "a.example"), row(2, "b.example")], skip_known=True, returning="domain"
    )
    assert told == ["b.example"]
    assert Company.objects.count() == 2


def test_a_known_row_can_be_changed_instead() -> None:
    insert_rows(Company, COLUMNS, [row(1, "a.example")])
    changed = "ON CONFLICT (domain) DO UPDATE SET name = excluded.name"
    insert_rows(Company, COLUMNS, [row(2, "a.example")], on_conflict=changed)
    assert Company.objects.get().name == row(2)[0]


def test_a_row_that_is_known_is_an_error_where_nothing_else_was_said() -> None:
    insert_rows(Company, COLUMNS, [row(1, "a.example")])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Company, COLUMNS, [row(2, "b.example"), row(1, "a.example")])
    assert Company.objects.count() == 1


@pytest.mark.parametrize("skip_known", [False, True])
def test_a_text_that_is_too_long_is_never_cut_in_silence(skip_known: bool) -> None:
    if connection.vendor == "sqlite":
        insert_rows(Company, COLUMNS, [("x" * 201, *row(1)[1:])], skip_known=skip_known)
        assert len(Company.objects.get().name) == 201
        return
    with pytest.raises(DataError), transaction.atomic():
        insert_rows(Company, COLUMNS, [("x" * 201, *row(1)[1:])], skip_known=skip_known)


def test_keys_taken_beforehand_are_nobody_else_s() -> None:
    first = Company.objects.create(name="First", created_at=NOW, updated_at=NOW)
    ids = reserve_ids(Company, 3)
    insert_rows(Company, ("id", *COLUMNS), [(pk, *row(pk)) for pk in ids])
    last = Company.objects.create(name="Last", created_at=NOW, updated_at=NOW)
    assert first.pk < min(ids) <= max(ids) < last.pk
    Company.objects.filter(pk=last.pk).delete()
    assert min(reserve_ids(Company, 1)) > last.pk
