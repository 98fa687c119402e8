"""An import that is killed stands between two steps; going on doubles nothing and loses nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from ripeline.gateway.imports.abandoned import folder
from ripeline.gateway.imports.run import attend_imports, start
from ripeline.gateway.models import Import, ImportStep
from ripeline.people.models import Contact, Identity
from ripeline.timeline.models import Touch
from tests.gateway.imports.bringing import bring_in, csv_file, look, take_back
from tests.processes import environment

PEOPLE = 6_000
ROWS = PEOPLE + PEOPLE // 3
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
    assert sum(ImportStep.objects.values_list("rows", flat=True)) == ROWS


@pytest.fixture
def cut_short(tmp_path: Path) -> tuple[Import, list[str], dict[str, str]]:
    """An import by the command that was killed half-way; the command's words and its environment."""
    words = [sys.executable, "-m", "ripeline", "import", "contacts", str(people(tmp_path)), "--yes"]
    environ = environment() | {"RIPELINE_DATA_DIR": str(settings.CONFIG.data_dir)}
    kill_after_some_steps(words, environ)
    import_of = Import.objects.get()
    assert (import_of.state, 0 < import_of.position < ROWS) == (Import.State.RUNNING, True)
    return import_of, words, environ


@pytest.mark.django_db(transaction=True)
def test_the_same_command_again_goes_on_with_what_was_killed(
    cut_short: tuple[Import, list[str], dict[str, str]],
) -> None:
    import_of, words, environ = cut_short
    asked = subprocess.run(words[:-1], env=environ, capture_output=True, text=True, timeout=200)
    # A commit that was on its way when the process was killed is done by PostgreSQL all the same.
    import_of.refresh_from_db()
    said = f"stopped after {import_of.position:,} of {ROWS:,} rows (import {import_of.key})."
    assert said in asked.stdout
    assert f"Go on with it: ripeline import contacts --resume {import_of.key}" in asked.stderr
    assert f"Or take it back: ripeline import contacts --undo {import_of.key}" in asked.stderr
    assert Contact.objects.count() < PEOPLE
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=200)
    assert (done.returncode, said in done.stdout) == (0, True), done.stderr
    import_of.refresh_from_db()
    assert (import_of.state, Import.objects.count()) == (Import.State.DONE, 1)
    assert Contact.objects.count() == import_of.counts["created"] == PEOPLE
    assert list(folder().iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_what_was_killed_is_told_with_how_to_take_it_back_where_the_file_is_to_be_read_otherwise(
    cut_short: tuple[Import, list[str], dict[str, str]], tmp_path: Path
) -> None:
    import_of, words, environ = cut_short
    (tmp_path / "other.yaml").write_text("columns: {no: ignore}")
    words += ["--mapping", str(tmp_path / "other.yaml")]
    refused = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=200)
    assert refused.returncode == 2
    assert refused.stderr == (
        "It was read by another mapping. Take it back first: "
        f"ripeline import contacts --undo {import_of.key}\n"
    )
    assert Import.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("undone_first", ["killed", "whole"])
def test_a_killed_import_and_a_whole_one_of_the_same_file_are_undone_in_either_order(
    cut_short: tuple[Import, list[str], dict[str, str]], tmp_path: Path, undone_first: str
) -> None:
    killed, _, _ = cut_short
    whole = bring_in(people(tmp_path), now=timezone.now())
    assert Contact.objects.count() == PEOPLE
    order = (killed, whole) if undone_first == "killed" else (whole, killed)
    undone = take_back(order[0], now=timezone.now())
    # Of those whom both have nobody goes before the last that has them does.
    assert Contact.objects.count() == (PEOPLE if undone_first == "killed" else killed.counts["created"])
    assert undone.counts.get("stay_shared", 0) == (
        killed.counts["created"] if undone_first == "killed" else 0
    )
    assert take_back(order[1], now=timezone.now()).state == Import.State.UNDONE
    assert not Contact.objects.exists()
    assert not Touch.objects.exists()


def killed_after_some_steps(import_of: Import, environ: dict[str, str]) -> None:
    kill_after_some_steps(command(import_of), environ)


def kill_after_some_steps(words: list[str], environ: dict[str, str]) -> None:
    before = ImportStep.objects.count()
    process = subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while ImportStep.objects.count() < before + 2 and process.poll() is None:
        assert time.monotonic() < until, "no step was done in a minute"
        time.sleep(0.002)
    process.kill()
    process.wait()


def command(import_of: Import) -> list[str]:
    return [sys.executable, "-m", "ripeline", "import", "contacts", "--resume", import_of.key]
