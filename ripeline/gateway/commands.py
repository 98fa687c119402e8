"""`ripeline import`: files of contacts and touches from the command line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import NoReturn

import click
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ripeline.gateway.imports.mapping import MappingMistakes, load_mapping, read_mapping, write_mapping
from ripeline.gateway.imports.rejections import rejected_csv
from ripeline.gateway.imports.report import preview_lines, result_lines, rows_done
from ripeline.gateway.imports.run import (
    UNREADABLE,
    Refused,
    discard,
    give_again,
    go_on,
    is_half_undone,
    is_unseen,
    look_at,
    start,
    start_undo,
    take_in,
    unfinished,
)
from ripeline.gateway.imports.source import Source, survey_whole
from ripeline.gateway.imports.survey import survey_of
from ripeline.gateway.imports.touch_table import touch_mapping
from ripeline.gateway.models import Import

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("import")
def import_group() -> None:
    """Bring in contacts and touches from files, and take them back."""


def _of_a_file(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands have in common: `command` is called with a FILE and the text of its mapping; an import that
    is to be taken back or gone on with is seen to here."""

    @click.argument("file", type=_FILE, required=False)
    @click.option("--mapping", "mapping_file", type=_FILE, help="Which column is which, as YAML.")
    @click.option("--yes", is_flag=True, help="Import without asking.")
    @click.option("--undo", "undo_key", metavar="ID", help="Take an import back.")
    @click.option("--resume", "resume_key", metavar="ID", help="Go on with an import that was stopped.")
    @wraps(command)
    def run(
        file: Path | None,
        mapping_file: Path | None,
        undo_key: str | None,
        resume_key: str | None,
        **own: bool,
    ) -> None:
        if undo_key or resume_key:
            _take_up(undo_key, resume_key, yes=own["yes"])
        elif file is None:
            _refuse("Say which FILE to import.")
        else:
            command(file, _mapping_text(mapping_file), **own)

    return run


@import_group.command("contacts")
@click.option(
    "--show-mapping", is_flag=True, help="Print the mapping this file would be read with, and stop."
)
@_of_a_file
def contacts_command(file: Path, mapping: str, *, yes: bool, show_mapping: bool) -> None:
    """Import contacts from FILE (CSV), each row matched by email address, else by an outside key."""
    if show_mapping:
        _show_mapping(file, mapping)
    elif not mapping and _of_touches(file):
        _refuse(
            "Its columns 'kind' and 'at' are those of touches: ripeline import touches FILE. Say with --mapping what"
            " they are if they are fields of contacts."
        )
    else:
        _bring_in(file, mapping, Import.Form.ROWS, yes=yes)


@import_group.command("touches")
@click.option("--create", is_flag=True, help="Make contacts of people nobody here knows.")
@_of_a_file
def touches_command(file: Path, mapping: str, *, yes: bool, create: bool) -> None:
    """Import touches from FILE: JSON Lines, or CSV with a mapping. Late and repeated ones are welcome."""
    is_json = file.suffix.lower() in (".jsonl", ".ndjson", ".json")
    if not is_json and not mapping and not (mapping := _of_touches(file)):
        _refuse(
            "A CSV file of touches needs --mapping FILE, which says which column is whose, when and what; or columns"
            " called person, at and kind."
        )
    form = Import.Form.TOUCHES if is_json else Import.Form.ROWS
    _bring_in(file, _touch_mapping(mapping, create=create, needs_touches=not is_json), form, yes=yes)


@import_group.command("list")
def list_command() -> None:
    """Show the latest imports with their ids."""
    now = timezone.now()
    found = list(Import.objects.order_by("-pk")[:20])
    if not found:
        click.echo("Nothing was brought in yet. Begin with: ripeline import contacts FILE")
    for each in found:
        done = "not looked at" if is_unseen(each) else rows_done(each)
        at = f"{timezone.localtime(each.created_at):%Y-%m-%d %H:%M %Z}"
        click.echo(f"{each.key}  {at}  {each.say_state(now):15}  {done}  {each.name}")


@import_group.command("rejected")
@click.argument("key", metavar="ID")
def rejected_command(key: str) -> None:
    """Print the rows an import left out, with their reasons, as CSV."""
    for line in rejected_csv(_find(key)):
        click.echo(line, nl=False)


def _bring_in(file: Path, mapping: str, form: Import.Form, *, yes: bool) -> None:
    if before := unfinished(file, form):
        _go_on_with(before, file, mapping, yes=yes)
        return
    with file.open("rb") as opened:
        import_of = take_in(opened, file.name, form=form, mapping=mapping, by=None, now=timezone.now())
    source = _look(import_of, yes=yes)
    if source is None:
        discard(import_of)
        _leave("Nothing was imported. Say --yes to import without being asked.")
        return
    if refused := start(import_of, timezone.now()):
        _refuse(refused.why)
    _work(import_of, source)


def _look(import_of: Import, *, yes: bool) -> Source | None:
    """Shows what the import would do, and asks; None where the answer is no."""
    try:
        with _bar("Reading", None) as told:
            source, seen = look_at(import_of, told)
    except UNREADABLE as trouble:
        discard(import_of)
        _refuse(str(trouble))
    for line in preview_lines(seen):
        click.echo(line)
    return source if yes or _agrees("Import this?") else None


def _go_on_with(import_of: Import, file: Path, mapping: str, *, yes: bool) -> None:
    """What to do with a file that was being brought in already, by an import that came to no end: go on with that."""
    command, key = click.get_current_context().info_name, import_of.key
    began = f"{timezone.localtime(import_of.started_at):%Y-%m-%d %H:%M %Z}"
    take_back = f"ripeline import {command} --undo {key}"
    click.echo(
        f"This file was being brought in already, begun {began}, and stopped after {rows_done(import_of)}"
        f" (import {key})."
    )
    if is_half_undone(import_of):
        _refuse(f"It is being taken back. See that through first: {take_back}")
    if load_mapping(mapping) != load_mapping(import_of.mapping):
        _refuse(f"It was read by another mapping. Take it back first: {take_back}")
    if not yes and not _agrees("Go on with it?"):
        _leave(f"Go on with it: ripeline import {command} --resume {key} --yes\nOr take it back: {take_back}")
        return
    give_again(import_of, file)
    if import_of.state != Import.State.RUNNING and (refused := start(import_of, timezone.now())):
        _refuse(refused.why)
    _work(import_of)


def _work(import_of: Import, source: Source | None = None) -> None:
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
    steps = import_of.steps.filter(undone_at=None).count()
    undoing = import_of.state == Import.State.UNDOING
    try:
        with _bar("Undoing" if undoing else "Importing", steps if undoing else import_of.rows) as told:
            after = go_on(
                import_of,
                clock=timezone.now,
                stop=lambda: bool(stopped),
                source=source,
                told=lambda each: told(
                    steps - each.steps.filter(undone_at=None).count() if undoing else each.position
                ),
            )
    finally:
        signal.signal(signal.SIGINT, before)
    for line in result_lines(after, click.get_current_context().info_name or "contacts"):
        click.echo(line)
    if after.state == Import.State.FAILED:
        sys.exit(1)


def _take_up(undo_key: str | None, resume_key: str | None, *, yes: bool) -> None:
    if undo_key and resume_key:
        _refuse("Say either --undo or --resume.")
    import_of = _find(undo_key or resume_key or "")
    _check_kind(import_of, "--undo" if undo_key else "--resume")
    now, source = timezone.now(), None
    refused = None
    # Whoever goes on with one of which nobody has seen what it would do is asked, as whoever begins one.
    if resume_key and is_unseen(import_of) and import_of.state in (Import.State.DRAFT, Import.State.FAILED):
        source = _look(import_of, yes=yes)
        if source is None:
            _leave("Nothing was imported. Say --yes to import without being asked.")
            return
    if undo_key and import_of.state != Import.State.UNDOING:
        refused = start_undo(import_of, now)
    elif resume_key and import_of.state not in (Import.State.RUNNING, Import.State.UNDOING):
        refused = start(import_of, now)
    if isinstance(refused, Refused):
        _refuse(refused.why)
    _work(import_of, source)


def _find(key: str) -> Import:
    found = list(Import.objects.filter(key__startswith=key)[:2]) if len(key) >= 4 else []
    if len(found) != 1:
        _refuse(f"There is no import '{key}'. `ripeline import list` shows them all.")
    return found[0]


def _check_kind(import_of: Import, option: str) -> None:
    """One command brings in contacts, the other touches: an id copied for the wrong one is not acted upon."""
    asked = click.get_current_context().info_name
    kinds = ["touches"]
    if import_of.form == Import.Form.ROWS:
        kinds = ["contacts", "touches"] if load_mapping(import_of.mapping).touches else ["contacts"]
    if asked not in kinds:
        _refuse(
            f"{import_of.key} ({import_of.name}) is an import of {kinds[0]}:"
            f" ripeline import {kinds[0]} {option} {import_of.key}"
        )


def _of_touches(file: Path) -> str:
    """The mapping of a table whose columns are called as the fields of touches; "" for any other."""
    try:
        look = survey_of(str(file), load_mapping(""))
    except UNREADABLE as trouble:
        _refuse(str(trouble))
    return touch_mapping(look.shape.columns, look.examples)


def _mapping_text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return read_mapping(file.read_bytes())
    except MappingMistakes as mistakes:
        _refuse("\n".join(f"{file}: {mistake}" for mistake in mistakes.mistakes))
    except OSError as trouble:
        _refuse(f"{file}: {trouble.strerror or trouble}.")


def _touch_mapping(text: str, *, create: bool, needs_touches: bool) -> str:
    """A file of touches makes no contacts and changes none, unless the mapping or the command says so."""
    mapping = load_mapping(text)
    if needs_touches and not mapping.touches:
        _refuse("The mapping names no touches: add `touches:` with a `kind` and an `at`.")
    makes = create or (mapping.create and "create" in mapping.model_fields_set)
    return write_mapping(mapping.model_copy(update={"create": makes}))


def _show_mapping(file: Path, mapping: str) -> None:
    try:
        look = survey_whole(file, mapping)
    except UNREADABLE as trouble:
        _refuse(str(trouble))
    click.echo(write_mapping(look.mapping), nl=False)


def _agrees(question: str) -> bool:
    return _may_ask() and click.confirm(question, default=False)


def _leave(why: str) -> None:
    """Ends without having done anything: well for whoever said no, but not for a script, where nobody was asked."""
    if not _may_ask():
        _refuse(why)
    click.echo(why)


def _may_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; nothing where the output goes elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def _refuse(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(2)
