"""Two imports at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from ripeline.gateway.imports.run import start
from ripeline.gateway.models import Import
from ripeline.people.models import Company, Contact
from tests.gateway.imports.bringing import csv_file, look
from tests.processes import environment

PEOPLE = 4_000


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_each_company_once(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        rows = "".join(f"{name}{n}@many.example,Company {n}\n" for n in range(PEOPLE))
        import_of, _ = look(csv_file(tmp_path, f"email,company\n{rows}", f"{name}.csv"), now=timezone.now())
        assert start(import_of, timezone.now()) is None
        keys.append(import_of.key)
    environ = environment() | {"RIPELINE_DATA_DIR": str(settings.CONFIG.data_dir)}
    command = [sys.executable, "-m", "ripeline", "import", "contacts", "--resume"]
    running = [subprocess.Popen([*command, key], env=environ, stdout=subprocess.DEVNULL) for key in keys]
    assert [process.wait(timeout=200) for process in running] == [0, 0]
    assert set(Import.objects.values_list("state", flat=True)) == {Import.State.DONE}
    assert Company.objects.count() == PEOPLE
    assert Contact.objects.filter(company__contacts__email__startswith="two").count() == 2 * PEOPLE
