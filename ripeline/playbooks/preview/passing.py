"""One pass over the history under two definitions: both funnels, who differs, and what could not be used.

Knows no database, so that a task can run wherever the parts can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ripeline.lifecycle.ladders import same_stages
from ripeline.lifecycle.model import BUILT_IN, Playbook
from ripeline.replay import compare
from ripeline.replay.bulk import Outcome, Program, replay_history
from ripeline.replay.compare import Side
from ripeline.replay.comparing import outcome_instants, unused_by_both
from ripeline.replay.hindsight import heard_in_time
from ripeline.replay.history import History, from_touches
from ripeline.replay.judging import one_signal
from ripeline.replay.kernel_state import Array
from ripeline.replay.over_parts import Asked, Progress, each_part
from ripeline.replay.parts.loading import PartRef, load
from ripeline.replay.parts.opening import Parts
from ripeline.replay.unused import Listing


@dataclass(frozen=True, slots=True)
class Pair:
    """What is asked: `one` (what counts now) and `other` (what is proposed) up to `as_of`, in microseconds.

    `outcome` names a signal of both; None: nothing is measured. What is later than `now` lies in the future. With
    `received_by` only what we had heard of by then counts.
    """

    one: Program
    other: Program
    as_of: int
    now: int
    outcome: str | None = None
    received_by: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Two definitions over some people; adds up over people.

    `flow[i][j]` counts those in stage i of the one and j of the other; `moved` are the persons whose stages differ,
    with their cell of it (i times the number of the other's stages, plus j). `unused` lists the touches that could
    not be used as they are.
    """

    touches: int
    sides: tuple[Side, Side]
    flow: Array
    persons: tuple[pa.Array, ...]
    cells: tuple[Array, ...]
    unused: Listing = field(default_factory=Listing)

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
    if pair.outcome is not None or pair.received_by is not None:
        wanted |= {"received_at"}
    return compare_bucket(pair, load(part, wanted | part.doubtful), attrs=bool(part.doubtful))


def compare_bucket(pair: Pair, history: History, *, attrs: bool = True) -> Found:
    """Both definitions over the people of one bucket; `attrs`: some of their touches' may be no flat map."""
    mine = replay_history(pair.one, history, pair.as_of, received_by=pair.received_by)
    theirs = mine
    if pair.other is not pair.one:
        theirs = replay_history(pair.other, history, pair.as_of, received_by=pair.received_by)
    rows = compare.who_differs(mine, theirs, same_stages(pair.one.playbook, pair.other.playbook))
    from_stage = mine.standings.stage[rows].astype(np.int64)
    return Found(
        touches=history.touches,
        sides=_sides(pair, history, mine, theirs),
        flow=compare.flow_of(mine, theirs),
        persons=(mine.people.take(pa.array(mine.standings.person[rows])),),
        cells=(from_stage * len(pair.other.names.stages) + theirs.standings.stage[rows],),
        unused=unused_by_both(
            history,
            mine,
            theirs,
            (pair.one.playbook, pair.other.playbook),
            future=max(pair.as_of, pair.now),
            attrs=attrs,
        ),
    )


def added(found: list[Found]) -> Found:
    """What was found of several buckets as of all their people."""
    return Found(
        touches=sum(each.touches for each in found),
        sides=(compare.added([it.sides[0] for it in found]), compare.added([it.sides[1] for it in found])),
        flow=np.sum([each.flow for each in found], axis=0),
        persons=tuple(it for each in found for it in each.persons),
        cells=tuple(it for each in found for it in each.cells),
        unused=sum((each.unused for each in found), Listing()),
    )


def _sides(pair: Pair, history: History, mine: Outcome, theirs: Outcome) -> tuple[Side, Side]:
    if pair.outcome is None:
        return compare.side_of(mine), compare.side_of(theirs)
    asked, name = Asked(pair.as_of, received_by=pair.received_by), pair.outcome
    happened = outcome_instants(pair.one, name, history, asked)
    ours = compare.side_of(mine, happened, heard_in_time(pair.one, history, pair.as_of, happened))
    if theirs is mine:
        return ours, ours
    if not _is_same_signal(pair, name):
        happened = outcome_instants(pair.other, name, history, asked)
    return ours, compare.side_of(theirs, happened, heard_in_time(pair.other, history, pair.as_of, happened))


def _is_same_signal(pair: Pair, name: str) -> bool:
    one, other = pair.one.playbook, pair.other.playbook
    return one.signal(name) == other.signal(name) and one.actors == other.actors
