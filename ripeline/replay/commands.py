"""The commands `ripeline playbook`, `ripeline replay` and `ripeline explain`; what `ripeline compare` shares.

Stable: scripts rely on them. Exit code 0 when all went well, 2 when what was given cannot be used, 1 when the
machine failed us. Quiet unless on a terminal. What a command needs is loaded when it runs, so that the others
start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ripeline.lifecycle.playbook import Playbook
    from ripeline.replay.gathering import Progress
    from ripeline.replay.run import Engine, ReplaySummary
    from ripeline.replay.unused import Listing

FILE = click.Path(path_type=Path)
MOST_PROCESSES = 8
"""More would wait for the one that reads."""
SHORT_VERSION = 8
"""Letters of a version that tell two playbooks apart on a screen."""
TOUCHES_HELP = "A .jsonl or .parquet file, a folder of Parquet files, or history parts."
PLAYBOOK_HELP = "The playbook: a file (YAML), or the name of a shipped one, such as `default`."
OUT_HELP = "A file for the {}: .jsonl, .csv or .parquet. Without any file the funnel is printed."


class InstantParam(click.ParamType[int]):
    """An RFC 3339 instant, as microseconds."""

    name = "rfc3339"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The instant, or a usage error that says how to write one."""
        from ripeline.lifecycle.instant import parse_instant

        if isinstance(value, int):
            return value
        try:
            return parse_instant(str(value).strip())
        except ValueError as mistake:
            self.fail(str(mistake), param, ctx)


@click.group("playbook")
def playbook_group() -> None:
    """Work with playbooks, the definitions of who is what."""


@playbook_group.command("check")
@click.argument("file", type=FILE)
def check_command(file: Path) -> None:
    """Say whether FILE is a playbook, or its mistakes with their lines."""
    with mistakes_reported():
        from ripeline.lifecycle.playbook import find_doubts
        from ripeline.replay.run import read_playbook

        playbook = read_playbook(file)
        doubts = find_doubts(file.read_text(encoding="utf-8-sig"))
    for doubt in doubts:
        click.echo(
            plain(f"{file}:{doubt.line}: {doubt.path}: {doubt.message} (a doubt, no mistake)"), err=True
        )
    stages = _counted(len(playbook.stages), "stage")
    said = f"{playbook.title}, {stages}, version {playbook.version[:SHORT_VERSION]}"
    click.echo(plain(f"{file.name} is a playbook: {said}"))


@playbook_group.command("kinds")
def kinds_command() -> None:
    """List the kinds of touch that are signals by their own name, with direction and meaning."""
    from ripeline.lifecycle.touch import KINDS
    from ripeline.lifecycle.words import KIND_WORDS

    widest = max(map(len, KINDS))
    for kind, direction in KINDS.items():
        click.echo(f"{kind:<{widest}}  {direction:<8}  {KIND_WORDS[kind][0]}")
    click.echo(f"{'inbound':<{widest}}  {'in':<8}  any sign of life")


@click.command("replay")
@click.option("--playbook", required=True, type=FILE, help=PLAYBOOK_HELP)
@click.option("--touches", required=True, type=FILE, help=TOUCHES_HELP)
@click.option("--as-of", type=InstantParam(), help="Stop at this instant; default: the latest touch.")
@click.option("--transitions", type=FILE, help=OUT_HELP.format("transitions"))
@click.option("--standings", type=FILE, help=OUT_HELP.format("standings"))
@click.option(
    "--engine",
    type=click.Choice(["bulk", "fold"]),
    default="bulk",
    help="bulk: compiled, for whole histories; fold: the plain one, person by person. Both give the same.",
)
def replay_command(
    playbook: Path,
    touches: Path,
    as_of: int | None,
    transitions: Path | None,
    standings: Path | None,
    engine: Engine,
) -> None:
    """Replay a history under a playbook: who was what, and when."""
    runner = _processes() if engine == "fold" else workers(touches)
    with mistakes_reported(), shown_progress() as progress, runner as executor:
        from ripeline.replay.run import read_playbook, replay_files

        loaded = read_playbook(playbook)
        summary = replay_files(
            loaded,
            touches,
            as_of=as_of,
            transitions_out=transitions,
            standings_out=standings,
            progress=progress,
            executor=executor,
            engine=engine,
            now=present(),
        )
    warn(summary.unused, end=summary.as_of, was_asked=as_of is not None)
    _report(summary)
    if sys.stdout.isatty() or (transitions is None and standings is None):
        for line in _funnel(loaded, summary):
            click.echo(line)


@click.command("explain")
@click.option("--playbook", required=True, type=FILE, help=PLAYBOOK_HELP)
@click.option("--touches", required=True, type=FILE, help=TOUCHES_HELP)
@click.option("--person", required=True, help="Whose story.")
@click.option("--as-of", type=InstantParam(), help="Tell it up to this instant; default: the latest touch.")
def explain_command(playbook: Path, touches: Path, person: str, as_of: int | None) -> None:
    """Tell a person's story in sentences: every stage, with its reasons."""
    with mistakes_reported(), shown_progress() as progress:
        from ripeline.replay.run import explain_person
        from ripeline.replay.unused import Listing

        story = explain_person(playbook, touches, person, as_of, progress=progress)
    warn(Listing(), end=story.as_of, was_asked=as_of is not None)
    for sentence in story.sentences:
        click.echo(plain(sentence))


def present() -> int:
    """Now, in microseconds."""
    return time_ns() // 1000


def warn(unused: Listing, *, end: int | None, was_asked: bool, names: tuple[str, str] = ("", "")) -> None:
    """Says on standard error, piped or not, what could not be used as it is, and where the end lies in the future."""
    from ripeline.replay.unused_words import say_end, say_unused

    now = present()
    lines = [*say_end(end, now=now, was_asked=was_asked)]
    if end is not None:
        lines += say_unused(unused, end=end, now=now, names=names)
    for line in lines:
        click.echo(plain(line), err=True)


@contextmanager
def mistakes_reported() -> Iterator[None]:
    """Turns what went wrong into sentences on standard error and an exit code; a traceback helps nobody."""
    from concurrent.futures import BrokenExecutor

    from ripeline.replay.mistakes import ReplayMistake

    try:
        yield
    except ReplayMistake as mistake:
        _give_up(mistake.sentences, code=2)
    except BrokenExecutor:
        _give_up(["a process ended before its work was done; was there too little memory?"], code=1)
    except OSError as mistake:
        _give_up([f"{mistake.filename or 'the machine'}: {mistake.strerror or mistake}"], code=1)


def _give_up(sentences: list[str] | tuple[str, ...], *, code: int) -> NoReturn:
    for sentence in sentences:
        click.echo(plain(sentence), err=True)
    sys.exit(code)


@contextmanager
def shown_progress() -> Iterator[Progress | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    looks = (TextColumn("{task.description:8}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*looks, console=Console(stderr=True), transient=True) as bars:
        tasks = {step: bars.add_task(step, total=None, visible=False) for step in ("reading", "folding")}
        yield lambda step, done, total: bars.update(tasks[step], completed=done, total=total, visible=True)


@contextmanager
def workers(touches: Path) -> Iterator[Executor]:
    """What the bulk engine runs on: threads, or a cluster where the history lies in parts it can reach."""
    from ripeline.replay.executors import open_executor
    from ripeline.replay.reading import is_history

    cluster = os.environ.get("RIPELINE_CLUSTER", "") if is_history(touches) else ""
    with open_executor(cluster) as executor:
        yield executor


@contextmanager
def _processes() -> Iterator[Executor | None]:
    """One process per core; none at all where there is one core. They start only when work is handed over."""
    cores = _core_count()
    if cores == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: the reader's libraries run threads, and a fork would copy their locks.
    executor = ProcessPoolExecutor(cores, mp_context=get_context("spawn"), initializer=_leave_interrupts)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C is for the command, which ends its processes in order; they would each print a traceback."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _core_count() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, MOST_PROCESSES)


def _report(summary: ReplaySummary) -> None:
    for sentence in summary.ignored:
        click.echo(plain(sentence), err=True)
    if summary.ignored_count > len(summary.ignored):
        click.echo(f"... and {summary.ignored_count - len(summary.ignored)} more", err=True)
    if not sys.stderr.isatty():
        return
    left_out = f" ({summary.repeated:,} repeated)" if summary.repeated else ""
    left_out += f" ({summary.later:,} after the end)" if summary.later else ""
    people = "1 person" if summary.people == 1 else f"{summary.people:,} people"
    stages = ", ".join(f"{count:,} {stage}" for stage, count in summary.standings_by_stage.items())
    click.echo(f"{_counted(summary.touches, 'touch', 'touches')}{left_out} of {people}", err=True)
    click.echo(f"{_counted(summary.transitions, 'transition')}; now {stages}", err=True)


def _funnel(playbook: Playbook, summary: ReplaySummary) -> Iterator[str]:
    """A line a stage: how many people stand there in the end, and how many moves led into it."""
    titles = {stage.key: plain(stage.title) for stage in playbook.stages}
    wide = max(len("Stage"), *map(len, titles.values()))
    yield f"{'Stage':{wide}}  {'People':>10}  {'Moves in':>10}"
    for key, title in titles.items():
        people, moves = summary.standings_by_stage[key], summary.moves_by_stage[key]
        yield f"{title:{wide}}  {people:>10,}  {moves:>10,}"
    yield f"{'All':{wide}}  {summary.people:>10,}  {summary.transitions:>10,}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def plain(text: str) -> str:
    """The text without control characters: names come from outside and must not steer the terminal."""
    one_line = " ".join(text.splitlines())
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in one_line)
