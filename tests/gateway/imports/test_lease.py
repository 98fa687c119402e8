"""Looking through a large file takes longer than a worker's lease; nobody else begins the same look meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ripeline.gateway.imports import source, survey
from ripeline.gateway.imports.run import ask_to_look, attend_imports, go_on, start
from ripeline.gateway.imports.sniff import Shape
from ripeline.gateway.imports.table import Rejected, Row, read_rows
from ripeline.gateway.models import Import
from ripeline.people.models import Contact
from tests.gateway.imports.bringing import NOW, csv_file, look

pytestmark = pytest.mark.django_db
PEOPLE = 20_000
FEW = 5_000


class SlowDisk:
    """A disk on which 5,000 rows take 35 seconds; after each 5,000 another worker looks for work."""

    def __init__(self) -> None:
        self.now = NOW
        self.others = 0

    def clock(self) -> datetime:
        return self.now

    def read(self, path: Path, shape: Shape) -> Iterator[Row | Rejected]:
        for number, row in enumerate(read_rows(path, shape)):
            if number and number % FEW == 0:
                self.now += timedelta(seconds=35)
                assert self.others == 0, "another worker began the same look"
                self.others += attend_imports(self.now, clock=self.clock, stop=lambda: False)
            yield row


def slow_disk(patch: pytest.MonkeyPatch) -> SlowDisk:
    disk = SlowDisk()
    for module in (survey, source):
        patch.setattr(module, "read_rows", disk.read)
    return disk


def people(folder: Path) -> Path:
    return csv_file(folder, "email\n" + "".join(f"p{number}@many.example\n" for number in range(PEOPLE)))


def test_a_look_that_takes_longer_than_a_lease_is_taken_once_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_of, _ = look(people(tmp_path))
    ask_to_look(import_of, NOW)
    disk = slow_disk(monkeypatch)
    assert attend_imports(NOW, clock=disk.clock, stop=lambda: False) == 1
    import_of.refresh_from_db()
    assert disk.now > NOW + timedelta(minutes=2)
    assert (disk.others, import_of.state, import_of.error) == (0, Import.State.DRAFT, "")
    assert import_of.preview["counts"]["created"] == PEOPLE


def test_an_import_gone_on_with_from_afar_is_not_taken_by_another_before_its_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_of, _ = look(people(tmp_path))
    assert start(import_of, NOW) is None
    go_on(
        import_of,
        clock=lambda: NOW,
        stop=lambda: Import.objects.get().position >= 3 * FEW,
    )
    disk = slow_disk(monkeypatch)
    assert attend_imports(NOW, clock=disk.clock, stop=lambda: False) == 1
    assert (disk.others, Import.objects.get().state) == (0, Import.State.DONE)
    assert Contact.objects.count() == PEOPLE
