"""Files hold personal data: those nobody goes on with are cleared away after a week."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from ripeline.gateway.imports import apply
from ripeline.gateway.imports.run import Refused, give_again, go_on, look_at, start, unfinished
from ripeline.gateway.models import Import
from ripeline.kit.ids import new_key
from ripeline.people.models import Contact
from ripeline.worker import sweeping
from tests.gateway.imports.bringing import csv_file, look, take_back

pytestmark = pytest.mark.django_db
ROWS = "email\n" + "".join(f"p{number}@many.example\n" for number in range(3_000))


def sweep(*, days: float) -> None:
    """What the worker clears away so many days from now."""
    sweeping()(timezone.now() + timedelta(days=days))


def draft(folder: Path) -> Import:
    return look(csv_file(folder, ROWS), now=timezone.now())[0]


def failed_half_way(folder: Path, patch: pytest.MonkeyPatch) -> Import:
    import_of = draft(folder)
    assert start(import_of, timezone.now()) is None
    real, calls = apply._write, []

    def breaks(*given: object) -> object:
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError("nobody foresaw this")
        return real(*given)  # type: ignore[arg-type]

    with patch.context() as broken:
        broken.setattr(apply, "_write", breaks)
        return go_on(import_of, clock=timezone.now, stop=lambda: False)


def test_a_draft_nobody_used_for_a_week_goes_with_its_file(tmp_path: Path) -> None:
    import_of = draft(tmp_path)
    sweep(days=6.9)
    assert Path(import_of.file).exists()
    sweep(days=7.1)
    assert not Path(import_of.file).exists()
    assert not Import.objects.exists()


def test_a_draft_somebody_looked_at_again_stays_a_week_longer(tmp_path: Path) -> None:
    import_of = draft(tmp_path)
    Import.objects.update(created_at=timezone.now() - timedelta(days=30))
    look_at(import_of)
    sweep(days=6.9)
    assert Import.objects.exists()
    assert Path(import_of.file).exists()


def test_the_file_of_an_import_that_stopped_goes_and_what_it_did_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_of = failed_half_way(tmp_path, monkeypatch)
    assert (import_of.state, import_of.position) == (Import.State.FAILED, 2_000)
    sweep(days=7.1)
    assert not Path(import_of.file).exists()
    import_of.refresh_from_db()
    refused = start(import_of, timezone.now())
    assert isinstance(refused, Refused)
    assert refused.why.startswith("The file of this import is gone: it is kept for 7 days.")
    assert Contact.objects.count() == 2_000
    assert take_back(import_of, now=timezone.now()).state == Import.State.UNDONE
    assert not Contact.objects.exists()


def test_an_import_whose_file_went_goes_on_with_the_same_file_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = failed_half_way(tmp_path, monkeypatch)
    sweep(days=7.1)
    file = csv_file(tmp_path, ROWS, "the same.csv")
    found = unfinished(file, Import.Form.ROWS)
    assert found == stopped
    assert found is not None
    give_again(found, file)
    assert start(found, timezone.now()) is None
    assert go_on(found, clock=timezone.now, stop=lambda: False).state == Import.State.DONE
    assert Contact.objects.count() == 3_000
    assert unfinished(file, Import.Form.ROWS) is None


def test_an_import_that_is_under_way_keeps_its_file(tmp_path: Path) -> None:
    import_of = draft(tmp_path)
    assert start(import_of, timezone.now()) is None
    sweep(days=30)
    assert Path(import_of.file).exists()
    assert go_on(import_of, clock=timezone.now, stop=lambda: False).state == Import.State.DONE


def test_a_file_that_no_import_needs_goes_after_a_day(tmp_path: Path) -> None:
    import_of = draft(tmp_path)
    kept = Path(import_of.file)
    half_taken_in, somebodys_own = kept.with_name(new_key()), kept.with_name("notes.txt")
    for file in (half_taken_in, somebodys_own):
        file.write_text("anna@firm.example")
    sweep(days=0.9)
    assert half_taken_in.exists()
    sweep(days=1.1)
    assert (kept.exists(), half_taken_in.exists(), somebodys_own.exists()) == (True, False, True)


def test_a_file_that_its_done_import_was_killed_before_removing_goes_after_a_day(tmp_path: Path) -> None:
    import_of = draft(tmp_path)
    assert start(import_of, timezone.now()) is None
    done = go_on(import_of, clock=timezone.now, stop=lambda: False)
    left = Path(done.file)
    left.write_text(ROWS)
    long_ago = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(left, (long_ago, long_ago))
    sweep(days=0)
    assert not left.exists()
    assert Import.objects.get().state == Import.State.DONE


def test_without_a_folder_of_imports_there_is_nothing_to_clear_away() -> None:
    assert not (Path(settings.CONFIG.data_dir) / "imports").exists()
    sweep(days=1)
    assert not (Path(settings.CONFIG.data_dir) / "imports").exists()
