"""An import that is killed stands between two steps; going on doubles nothing and loses nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from ripeline.gateway.imports.run import attend_imports, start
from ripeline.gateway.models import Import, ImportStep
from ripeline.people.models import Contact, Identity
from ripeline.timeline.models import Touch
from tests.gateway.imports.bringing import csv_file, look
from tests.processes import environment

PEOPLE = 6_000
MAPPING = "{columns: {email: email, no: trait}, touches: [{kind: form_submitted, at: day, id: 'f{no}'}]}"


def people(folder: Path) -> Path:
    """A file in which every third person is named twice, far apart."""
    rows = [f"p{n}@many.example,{n},2025-01-{1 + n % 28:02}\n" for n in range(PEOPLE)]
    rows += [f"p{n}@many.example,{n},2025-01-{1 + n % 28:02}\n" for n in range(0, PEOPLE, 3)]
    return csv_file(folder, "email,no,day\n" + "".join(rows))


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_again_and_again_ends_as_one_that_never_was(tmp_path: Path) -> None:
    import_of, seen = look(people(tmp_path), MAPPING, now=timezone.now())
    assert start(import_of, timezone.now()) is None
    environ = environment() | {"RIPELINE_DATA_DIR": str(settings.CONFIG.data_dir)}
    for _ in range(4):
        killed_after_some_steps(import_of, environ)
        assert ImportStep.objects.count() > 0
    import_of.refresh_from_db()
    if import_of.state != Import.State.DONE:  # the last killing may have come a moment too late
        done = subprocess.run(command(import_of), env=environ, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr
        import_of.refresh_from_db()
    assert import_of.state == Import.State.DONE
    assert Contact.objects.count() == Identity.objects.count() == PEOPLE
    kinds = {
        kind: Touch.objects.filter(kind=kind).count()
        for kind in ("imported", "traits_changed", "form_submitted")
    }
    assert kinds == {"imported": PEOPLE, "traits_changed": PEOPLE, "form_submitted": PEOPLE}
    assert sum(ImportStep.objects.values_list("rows", flat=True)) == import_of.position == seen.rows
    assert {name: import_of.counts.get(name, 0) for name in seen.counts} == seen.counts


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_up_an_import_whose_runner_died_and_the_dead_ones_claim_writes_nothing(
    tmp_path: Path,
) -> None:
    from ripeline.gateway.imports.apply import run_steps
    from ripeline.gateway.imports.source import open_source
    from ripeline.work.claims import claim_these

    import_of, _ = look(people(tmp_path), MAPPING, now=timezone.now())
    assert start(import_of, timezone.now()) is None
    claim_these(Import, [import_of.pk], timezone.now())
    import_of.refresh_from_db()
    dead = run_steps(import_of, open_source(import_of), clock=timezone.now, stop=lambda: False)
    next(dead)
    Import.objects.update(claimed_until=timezone.now())
    assert attend_imports(timezone.now(), clock=timezone.now, stop=lambda: False) == 1
    assert list(dead) == []
    assert Contact.objects.count() == PEOPLE
    assert sum(ImportStep.objects.values_list("rows", flat=True)) == PEOPLE + PEOPLE // 3


def killed_after_some_steps(import_of: Import, environ: dict[str, str]) -> None:
    before = ImportStep.objects.count()
    process = subprocess.Popen(command(import_of), env=environ, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while ImportStep.objects.count() < before + 2 and process.poll() is None:
        assert time.monotonic() < until, "no step was done in a minute"
        time.sleep(0.002)
    process.kill()
    process.wait()


def command(import_of: Import) -> list[str]:
    return [sys.executable, "-m", "ripeline", "import", "contacts", "--resume", import_of.key]
