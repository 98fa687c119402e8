"""The command `ripeline compare`: two definitions on one history, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ripeline.replay.commands import (
    FILE,
    SHORT_VERSION,
    TOUCHES_HELP,
    InstantParam,
    mistakes_reported,
    plain,
    present,
    shown_progress,
    warn,
    workers,
)

if TYPE_CHECKING:
    from ripeline.replay.compare import Median, Share
    from ripeline.replay.comparing import Comparison, Definition

SHOWN = 20
"""So many people who differ are shown on a screen; --json lists a thousand."""

BEFORE = (
    "“Before” goes by when things happened. Written after: of those a stage found, so many it would not have found,",
    "for what led there was written down only after their outcome (-: files do not say when that was).",
)


@click.command("compare")
@click.option(
    "--playbook",
    "one",
    required=True,
    type=FILE,
    help="One definition: a file (YAML), or the name of a shipped one.",
)
@click.option("--with", "other", required=True, type=FILE, help="The other, likewise.")
@click.option("--touches", required=True, type=FILE, help=TOUCHES_HELP)
@click.option("--as-of", type=InstantParam(), help="Stop at this instant; default: the latest touch.")
@click.option(
    "--outcome",
    metavar="SIGNAL",
    default="deal_won",
    show_default=True,
    help="What a good definition would have told beforehand: a signal of both playbooks.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def compare_command(
    one: Path, other: Path, touches: Path, as_of: int | None, outcome: str, as_json: bool
) -> None:
    """Hold two definitions side by side: who is what, who differs, and which told the outcome."""
    with mistakes_reported(), shown_progress() as progress, workers(touches) as executor:
        from ripeline.replay.compare_run import compare_files

        found = compare_files(
            one,
            other,
            touches,
            as_of=as_of,
            outcome=outcome,
            progress=progress,
            executor=executor,
            now=present(),
        )
    names = found.one.playbook.key, found.other.playbook.key
    warn(found.unused, end=found.as_of, was_asked=as_of is not None, names=names)
    if as_json:
        click.echo(json.dumps(to_json(found), ensure_ascii=False, indent=2))
        return
    for line in _lines(found):
        click.echo(line)


def to_json(found: Comparison) -> dict[str, Any]:
    """The comparison as plain values: keys and numbers, shares from 0 to 1, lengths in days."""
    from dataclasses import asdict

    from ripeline.lifecycle.instant import format_instant
    from ripeline.replay.unused_words import to_json as unused_to_json

    return {
        "as_of": format_instant(found.as_of),
        "people": found.people,
        "outcome": found.outcome,
        "playbook": _definition_json(found.one),
        "with": _definition_json(found.other),
        "flow": [
            {"from": one.stage, "to": other.stage, "people": found.flow[row][column]}
            for row, one in enumerate(found.one.stages)
            for column, other in enumerate(found.other.stages)
            if found.flow[row][column]
        ],
        "differ": found.differ,
        "differing": [
            {"person": it["person"], "playbook": it["one"], "with": it["other"]}
            for it in map(asdict, found.listed)
        ],
        "unused": unused_to_json(found.unused),
    }


def _definition_json(definition: Definition) -> dict[str, Any]:
    from dataclasses import asdict

    playbook = definition.playbook
    return {
        "key": playbook.key,
        "title": playbook.title,
        "version": playbook.version,
        "outcomes": definition.outcomes,
        "stages": [
            asdict(stage) | {key: value for key, value in found.items() if key != "stage"}
            for stage, found in zip(definition.stages, map(asdict, definition.found), strict=True)
        ],
    }


def _lines(found: Comparison) -> Iterator[str]:
    for definition in (found.one, found.other):
        playbook = definition.playbook
        titles = {stage.key: plain(stage.title) for stage in playbook.stages}
        yield f"{plain(playbook.title)} ({plain(playbook.key)}, version {playbook.version[:SHORT_VERSION]})"
        yield from _table(
            ("Stage", "People", "Reached", "Of those below", "Days since first", "Days before"),
            [
                (
                    titles[it.stage],
                    f"{it.stands:,}",
                    f"{it.reached:,}",
                    _percent(it.conversion) if it.reached or not it.conversion else "- (passed over)",
                    _days(it.since_first),
                    _days(it.stayed_before),
                )
                for it in definition.stages
            ],
        )
        yield f"Against {plain(str(found.outcome))}: {definition.outcomes:,} of {found.people:,} people"
        yield from _table(
            ("Stage", "Precision", "Recall", "Written after", "Lift", "Lead in days"),
            [
                (
                    titles[it.stage],
                    _shares(it.precision),
                    _shares(it.recall),
                    "-" if it.written_after is None else f"{it.written_after:,} of {it.recall.count:,}",
                    _lift(it.lift, it.lift_low, it.lift_high),
                    _days(it.lead),
                )
                for it in definition.found
            ],
        )
        yield ""
    yield from BEFORE
    yield f"{found.differ:,} of {found.people:,} people stand elsewhere under the other definition"
    one, other = ({it.key: it.title for it in side.playbook.stages} for side in (found.one, found.other))
    for each in found.listed[:SHOWN]:
        stages = one[each.one], other[each.other]
        if stages[0] == stages[1]:
            stages = f"{stages[0]} ({each.one})", f"{stages[1]} ({each.other})"
        yield f"  {plain(each.person)}: {plain(stages[0])} / {plain(stages[1])}"
    if found.differ > SHOWN:
        yield f"  ... and {found.differ - min(SHOWN, len(found.listed)):,} more"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], wide[1:], strict=True)]
        yield "  ".join([f"{row[0]:{wide[0]}}", *cells]).rstrip()


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _shares(share: Share) -> str:
    if share.low is None or share.high is None:
        return "-"
    return f"{_percent(share.value)} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _lift(value: float | None, low: float | None, high: float | None) -> str:
    return "-" if value is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _days(median: Median) -> str:
    return "-" if median.days is None else f"{median.days:.1f}"
