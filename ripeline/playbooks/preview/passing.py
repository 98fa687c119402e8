"""One pass over the history under two definitions: both funnels, who differs, and what could not be used.

Knows no database, so that a task can run wherever the parts can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from ripeline.lifecycle.ladders import same_stages
from ripeline.lifecycle.model import BUILT_IN, Playbook
from ripeline.lifecycle.touch import KINDS
from ripeline.replay import compare
from ripeline.replay.bulk import Outcome, Program, replay_history
from ripeline.replay.compare import Side
from ripeline.replay.comparing import outcome_instants
from ripeline.replay.history import History, from_touches
from ripeline.replay.judging import one_signal
from ripeline.replay.kernel_state import Array
from ripeline.replay.outcome import Skipped
from ripeline.replay.over_parts import Asked, Progress, each_part
from ripeline.replay.parts.loading import PartRef, load
from ripeline.replay.parts.opening import Parts

EXAMPLES: Final = 5
"""So many touches of each sort that could not be used are named; all are counted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What is asked: `one` (what counts now) and `other` (what is proposed) up to `as_of`, in microseconds.

    `outcome` names a signal of both; None: nothing is measured. What is later than `now` lies in the future.
    """

    one: Program
    other: Program
    as_of: int
    now: int
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A touch that could not be used: whose, when, and what is written in it."""

    person: str
    at: int
    what: str


@dataclass(frozen=True, slots=True)
class Unused:
    """Touches of one sort that could not be used."""

    count: int = 0
    examples: tuple[Example, ...] = ()

    def __add__(self, other: Unused) -> Unused:
        return Unused(self.count + other.count, (*self.examples, *other.examples)[:EXAMPLES])


@dataclass(frozen=True, slots=True)
class Found:
    """Two definitions over some people; adds up over people.

    `flow[i][j]` counts those in stage i of the one and j of the other; `moved` are the persons whose stages differ,
    with their cell of it (i times the number of the other's stages, plus j). `unused` goes by sort: "future",
    "kind NAME", "attrs", "stage one", "stage other".
    """

    touches: int
    sides: tuple[Side, Side]
    flow: Array
    persons: tuple[pa.Array, ...]
    cells: tuple[Array, ...]
    unused: Mapping[str, Unused] = field(default_factory=dict)

    @property
    def differ(self) -> int:
        """How many people stand elsewhere."""
        return sum(map(len, self.cells))


def outcomes_of(one: Playbook, other: Playbook) -> tuple[str, ...]:
    """The signals two definitions both know: a won deal, those of their own, then each kind's own name."""
    shared = [name for name in one.signals if name in other.signals]
    return tuple(dict.fromkeys(("deal_won", *shared, *BUILT_IN)))


def compare_all(
    pair: Pair,
    parts: Parts,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Found:
    """Both definitions over everybody. Raises ReplayCancelled, DamagedParts."""
    found: list[Found] = []
    done = 0
    for bucket in each_part(compare_part, (pair,), parts, executor=executor, cancelled=cancelled):
        found.append(bucket)
        done += bucket.touches
        if progress is not None:
            progress(done, parts.touches)
    return added(found or [compare_bucket(pair, from_touches([]))])


def compare_part(pair: Pair, part: PartRef) -> Found:
    """The people of one bucket: what a task does, wherever it runs."""
    wanted = pair.one.columns | pair.other.columns
    if pair.outcome is not None:
        wanted |= one_signal(pair.one, pair.outcome).columns | one_signal(pair.other, pair.outcome).columns
    return compare_bucket(pair, load(part, wanted))


def compare_bucket(pair: Pair, history: History) -> Found:
    """Both definitions over the people of one bucket."""
    mine = replay_history(pair.one, history, pair.as_of)
    theirs = mine if pair.other is pair.one else replay_history(pair.other, history, pair.as_of)
    rows = compare.who_differs(mine, theirs, same_stages(pair.one.playbook, pair.other.playbook))
    from_stage = mine.standings.stage[rows].astype(np.int64)
    return Found(
        touches=history.touches,
        sides=_sides(pair, history, mine, theirs),
        flow=compare.flow_of(mine, theirs),
        persons=(mine.people.take(pa.array(mine.standings.person[rows])),),
        cells=(from_stage * len(pair.other.names.stages) + theirs.standings.stage[rows],),
        unused=_unused(pair, history, mine, theirs),
    )


def added(found: list[Found]) -> Found:
    """What was found of several buckets as of all their people."""
    unused: dict[str, Unused] = {}
    for each in found:
        for sort, those in each.unused.items():
            unused[sort] = unused.get(sort, Unused()) + those
    return Found(
        touches=sum(each.touches for each in found),
        sides=(compare.added([it.sides[0] for it in found]), compare.added([it.sides[1] for it in found])),
        flow=np.sum([each.flow for each in found], axis=0),
        persons=tuple(it for each in found for it in each.persons),
        cells=tuple(it for each in found for it in each.cells),
        unused=unused,
    )


def _sides(pair: Pair, history: History, mine: Outcome, theirs: Outcome) -> tuple[Side, Side]:
    if pair.outcome is None:
        return compare.side_of(mine), compare.side_of(theirs)
    asked, name = Asked(pair.as_of), pair.outcome
    happened = outcome_instants(pair.one, name, history, asked)
    ours = compare.side_of(mine, happened)
    if theirs is mine:
        return ours, ours
    if not _is_same_signal(pair, name):
        happened = outcome_instants(pair.other, name, history, asked)
    return ours, compare.side_of(theirs, happened)


def _is_same_signal(pair: Pair, name: str) -> bool:
    one, other = pair.one.playbook, pair.other.playbook
    return one.signal(name) == other.signal(name) and one.actors == other.actors


def _unused(pair: Pair, history: History, mine: Outcome, theirs: Outcome) -> dict[str, Unused]:
    broken = theirs.broken if len(theirs.broken.row) else mine.broken
    found = {
        "future": _named(history, np.flatnonzero(history.at > max(pair.as_of, pair.now))),
        "attrs": _of_skipped(history, broken),
        "stage one": _of_skipped(history, mine.ignored),
        "stage other": _of_skipped(history, theirs.ignored),
        **_unknown_kinds(pair, history),
    }
    return {sort: those for sort, those in found.items() if those.count}


def _unknown_kinds(pair: Pair, history: History) -> dict[str, Unused]:
    """Kinds that are in nobody's vocabulary: no signal of the two names them."""
    known = set(KINDS)
    for playbook in (pair.one.playbook, pair.other.playbook):
        known.update(kind for signal in playbook.signals.values() for kind in signal.kind or ())
    kinds = history.kind.values
    spelled = kinds.to_pylist() if isinstance(kinds, pa.Array) else kinds
    strange = {code: kind for code, kind in enumerate(spelled) if kind is not None and kind not in known}
    if not strange:
        return {}
    found = {}
    for code, kind in strange.items():
        rows = np.flatnonzero(history.kind.codes == code)
        found[f"kind {kind}"] = _named(history, rows)
    return found


def _named(history: History, rows: Array) -> Unused:
    first = rows[:EXAMPLES]
    people = np.searchsorted(history.starts, first, "right") - 1
    persons = history.people.take(pa.array(people)).to_pylist()
    kinds = _texts(history, first)
    instants = history.at[first].tolist()
    return Unused(len(rows), tuple(Example(*each) for each in zip(persons, instants, kinds, strict=True)))


def _of_skipped(history: History, skipped: Skipped) -> Unused:
    said = _named(history, skipped.row)
    subjects = [subject or "" for subject in skipped.subject[:EXAMPLES]]
    return Unused(
        said.count,
        tuple(
            Example(each.person, each.at, f"{each.what} {subject}".strip())
            for each, subject in zip(said.examples, subjects, strict=True)
        ),
    )


def _texts(history: History, rows: Array) -> list[str]:
    values = history.kind.values
    spelled = values.to_pylist() if isinstance(values, pa.Array) else values
    return [spelled[code] or "" for code in history.kind.codes[rows].tolist()]
