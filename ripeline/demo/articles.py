"""`ripeline articles`: what the shipped definitions would call a prospect, on the demo company and on real data.

Five articles for marketers say what a prospect is, and do not agree; the shipped playbooks are their definitions (and
ours). This replays each over the same people and says how many it calls so, and whether that told who bought.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from ripeline.lifecycle.playbook import Playbook, load_playbook
from ripeline.playbooks.shipped import shipped_keys, shipped_playbook
from ripeline.replay.parts.opening import Parts, open_parts

BEGIN: Final = "<!-- made by `ripeline articles`: begin -->"
END: Final = "<!-- made by `ripeline articles`: end -->"
DEMO_ENDS: Final = datetime(2026, 3, 1, tzinfo=UTC)
"""The demo company's year ends here, so that its figures are the same whenever they are made."""
SEED: Final = 1
CHECKOUT: Final = Path(__file__).parents[2]
OUTCOME: Final = "deal_won"
HEADS: Final = (
    "Definition",
    "Came as far as",
    "Called a prospect",
    "Of 100 of them, bought later",
    "Of 100 buyers, found before",
    "Days before (median)",
)


@dataclass(frozen=True, slots=True)
class DataSet:
    """Files of people, and the mappings they are read with, in this order. `folder` is below the data folder."""

    title: str
    folder: str
    files: tuple[tuple[str, str], ...]


REAL: Final = (
    DataSet(
        "The Olist funnel",
        "olist_funnel",
        (
            ("olist_marketing_qualified_leads_dataset.csv", "olist/mapping-leads.yaml"),
            ("olist_closed_deals_dataset.csv", "olist/mapping-deals.yaml"),
        ),
    ),
    DataSet("X Education's leads", "xeducation", (("Leads.csv", "xeducation/mapping.yaml"),)),
)


@click.command("articles")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with olist_funnel/ and xeducation/. Without it: the demo company alone.",
)
@click.option(
    "--write",
    "page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put the tables between the marks in this page instead of printing them.",
)
def articles_command(data: Path | None, page: Path | None) -> None:
    """Say what each shipped definition would call a prospect, on the demo company and on two real data sets."""
    if page is None:
        click.echo("\n\n".join(sections(data)))
        return
    before = page.read_text(encoding="utf-8")
    try:
        put_between(before, "")  # what cannot be written is said before the minutes of work
    except ValueError as wrong:
        raise click.UsageError(f"{page}: {wrong}") from None
    page.write_text(put_between(before, "\n\n".join(sections(data))), encoding="utf-8")
    click.echo(f"{page} was written.")


def sections(data: Path | None) -> Iterator[str]:
    """A table for each data set, as Markdown, with its heading."""
    with TemporaryDirectory(prefix="ripeline-articles-") as folder:
        yield section("The demo company", demo_parts(Path(folder) / "demo"))
        for each in REAL if data is not None else ():
            assert data is not None
            home = Path(folder) / each.folder
            yield section(each.title, imported_parts(each, data, home))


def demo_parts(folder: Path) -> Parts:
    """The simulated year as history parts."""
    from ripeline.demo.simulate import simulate
    from ripeline.replay.history import from_touches
    from ripeline.replay.parts.updating import write_parts

    return write_parts(str(folder), [from_touches(simulate(SEED, DEMO_ENDS).touches)], now=0)


def imported_parts(data_set: DataSet, data: Path, home: Path) -> Parts:
    """The files imported into a database of their own, as history parts. Raises ClickException."""
    new = home.parent / "new"
    if not new.exists():
        new.mkdir()
        _ripeline(new, "migrate")
    shutil.copytree(new, home)
    for name, mapping in data_set.files:
        given = [
            str(data / data_set.folder / name),
            "--mapping",
            str(CHECKOUT / "examples" / mapping),
            "--yes",
        ]
        _ripeline(home, "import", "contacts", *given)
    _ripeline(home, "history", "build")
    return open_parts(str(home / "history"))


def _ripeline(home: Path, *words: str) -> None:
    mine = {
        "RIPELINE_DATA_DIR": str(home),
        "RIPELINE_DATABASE_URL": "",
        "RIPELINE_HISTORY": str(home / "history"),
    }
    command = [sys.executable, "-m", "ripeline", *words]
    done = subprocess.run(command, env={**os.environ, **mine}, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"`ripeline {' '.join(words)}` failed: {done.stderr.strip()[-2000:]}")


def section(title: str, parts: Parts) -> str:
    """One data set under every definition."""
    found = [(load_playbook(shipped_playbook(key)), judged(key, parts)) for key in shipped_keys()]
    people, outcomes = parts.people, found[0][1]["outcomes"]
    lines = [
        f"## {title}",
        f"{people:,} people, {parts.touches:,} touches, {outcomes:,} of the people bought.",
        "",
        *_table(HEADS, [_row(playbook, definition) for playbook, definition in found]),
    ]
    return "\n".join(lines)


def judged(key: str, parts: Parts) -> Mapping[str, Any]:
    """A shipped definition over these people, up to the last touch."""
    from ripeline.playbooks.preview.passing import Pair, compare_all
    from ripeline.playbooks.preview.results import definition_of
    from ripeline.replay.bulk import compile_program

    program, end = compile_program(load_playbook(shipped_playbook(key))), parts.latest or 0
    found = compare_all(Pair(program, program, end, end, OUTCOME), parts)
    return definition_of(program, found.sides[0])


def prospect_of(playbook: Playbook) -> str:
    """The key of the stage that this definition calls a prospect."""
    return next(stage.key for stage in playbook.stages if stage.title.startswith("Prospect"))


def _row(playbook: Playbook, definition: Mapping[str, Any]) -> Sequence[str]:
    stages = definition["stages"]
    place = playbook.stage_index(prospect_of(playbook))
    stage = stages[place]
    lead = stage["lead"]["days"]
    return (
        f"{playbook.title} (`{playbook.key}`)",
        ", ".join(f"{it['title']} {it['reached']:,}" for it in stages[1:place]),
        f"{stage['reached']:,}",
        _of_hundred(stage["precision"]),
        _of_hundred(stage["recall"]),
        "–" if lead is None else f"{lead:,.1f}",
    )


def _of_hundred(share: Mapping[str, Any]) -> str:
    if share["value"] is None:
        return "–"
    value, low, high = (100 * share[name] for name in ("value", "low", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|---|---|{'---:|' * (len(heads) - 2)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def put_between(page: str, text: str) -> str:
    """The page with `text` between its marks. Raises ValueError where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks are missing: {BEGIN} and {END}")
    return f"{before}{begin}\n{text}\n{end}{after}"
