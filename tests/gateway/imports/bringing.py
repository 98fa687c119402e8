"""Importing a file as the command does, for tests; and where the real data is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from ripeline.gateway.imports.preview import Preview
from ripeline.gateway.imports.run import go_on, look_at, start, start_undo, take_in
from ripeline.gateway.models import Import

CHECKOUT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("RIPELINE_SHARED", CHECKOUT.parent / "shared")) / "data"
EXAMPLES = CHECKOUT / "examples"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"THE REAL DATA IS NOT READ: no {DATA} (set RIPELINE_SHARED)"
)


def look(
    path: Path, mapping: str = "", *, form: Import.Form = Import.Form.ROWS, now: datetime = NOW
) -> tuple[Import, Preview]:
    """The import of a file, looked at and not started."""
    Path(settings.CONFIG.data_dir).mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        import_of = take_in(file, path.name, form=form, mapping=mapping, by=None, now=now)
    _, seen = look_at(import_of)
    return import_of, seen


def bring_in(
    path: Path, mapping: str = "", *, form: Import.Form = Import.Form.ROWS, now: datetime = NOW
) -> Import:
    """The import of a file, run to its end."""
    import_of, _ = look(path, mapping, form=form, now=now)
    assert start(import_of, now) is None
    return carry_on(import_of, now=now)


def carry_on(import_of: Import, *, now: datetime = NOW) -> Import:
    """The import after a runner went on with it to its end."""
    return go_on(import_of, clock=lambda: now, stop=lambda: False)


def take_back(import_of: Import, *, now: datetime = NOW) -> Import:
    """The import after it was undone."""
    assert start_undo(import_of, now) is None
    return carry_on(import_of, now=now)


def csv_file(folder: Path, text: str, name: str = "people.csv", encoding: str = "utf-8") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path
