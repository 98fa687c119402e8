"""`ripeline history`: the touch log as columns for replays, made, looked at, checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from django.utils import timezone

from ripeline.replay.parts.building import Progress
from ripeline.replay.parts.opening import verify
from ripeline.timeline.history.opening import (
    NotReady,
    OpenHistory,
    Refused,
    history_url,
    look_at_history,
    update_history,
)


@click.group("history")
def history_group() -> None:
    """The touch log as columns, from which definitions are replayed. The worker keeps it up to date."""


@history_group.command("build")
def build_command() -> None:
    """Make the history parts anew from the database, using nothing of those that are there."""
    _write(anew=True)


@history_group.command("update")
def update_command() -> None:
    """Bring the history parts up to date now; the worker does so by itself."""
    _write(anew=False)


@history_group.command("status")
def status_command() -> None:
    """Say where the history parts are, what they hold and how fresh they are. Exit 1 where there are none."""
    found = look_at_history()
    click.echo(f"Folder: {history_url()}")
    click.echo(say_history(found))
    if isinstance(found, NotReady):
        raise SystemExit(1)
    files, deltas = (
        len(found.parts.manifest.files),
        len(found.parts.manifest.files) - len(found.parts.buckets),
    )
    held = f"{_bytes(found.parts.bytes)} in {_counted(files, 'file', 'files')}"
    click.echo(f"{held}, {max(deltas, 0):,} of them small additions." if files > 1 else f"{held}.")


@history_group.command("verify")
def verify_command() -> None:
    """Read every byte of the history parts and say which are not as they were written. Exit 1 if any is."""
    found = look_at_history()
    if isinstance(found, NotReady):
        raise click.ClickException(found.why)
    with _bar("Checking") as progress:
        wrong = verify(found.parts, progress)
    for sentence in wrong.values():
        click.echo(sentence, err=True)
    if wrong:
        click.echo(
            "The worker mends them within a day; to do so now, run `ripeline history build`.", err=True
        )
        raise SystemExit(1)
    files = len(found.parts.manifest.files)
    click.echo(
        "The one file is as it was written."
        if files == 1
        else f"All {files:,} files are as they were written."
    )


def say_history(found: OpenHistory | NotReady | None = None) -> str:
    """The parts in a few sentences: what they hold, how fresh they are, what is wrong."""
    found = found or look_at_history()
    if isinstance(found, NotReady):
        if found.is_unreachable:
            return f"{found.why} Previews wait until they can. Check RIPELINE_HISTORY."
        tried = f" The last try came to nothing: {found.trouble}" if found.trouble else ""
        return f"{found.why} The worker makes them, or `ripeline history build`.{tried}"
    touches = _counted(found.parts.touches, "touch", "touches")
    said = [f"The history parts hold {touches} of {_counted(found.parts.people, 'person', 'people')}"]
    if found.updated_at:
        said[0] += f", brought up to date at {found.updated_at:%Y-%m-%d %H:%M:%S} UTC"
    said[0] += "."
    said.append("Nothing is waiting." if found.is_fresh else _waiting(found))
    if found.trouble:
        said.append(found.trouble)
    return " ".join(said)


def _waiting(found: OpenHistory) -> str:
    touches = [_counted(found.waiting, "newer touch", "newer touches")] if found.waiting else []
    people = [f"changes of {_counted(found.changed, 'contact', 'contacts')}"] if found.changed else []
    return f"Waiting: {' and '.join(touches + people)}."


def _write(*, anew: bool) -> None:
    with _bar("Writing") as progress:
        done = update_history(clock=timezone.now, anew=anew, progress=progress)
    if isinstance(done, Refused):
        raise click.ClickException(done.why)
    if sys.stdout.isatty() or anew:
        click.echo(say_history())


@contextmanager
def _bar(what: str) -> Iterator[Progress | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    looks = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*looks, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _bytes(size: int) -> str:
    if size < 10_000:
        return f"{size:,} bytes"
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.2f} GB"
