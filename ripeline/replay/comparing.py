"""Two definitions over one history in parts: each bucket is read once and replayed under both."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from ripeline.lifecycle.ladders import same_stages
from ripeline.lifecycle.model import BUILT_IN, Playbook
from ripeline.lifecycle.touch import Touch
from ripeline.lifecycle.values import Names
from ripeline.replay import compare
from ripeline.replay.bulk import Outcome, Program, compile_program, replay_history
from ripeline.replay.compare import FoundFacts, Side, StageFacts
from ripeline.replay.hindsight import heard_in_time
from ripeline.replay.history import History, from_touches
from ripeline.replay.judging import as_touches, judge, one_signal
from ripeline.replay.kernel_state import NEVER, Array, read_only
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.over_parts import Asked, Progress, each_part
from ripeline.replay.parts.loading import PartRef, load
from ripeline.replay.parts.opening import Parts
from ripeline.replay.unused import Listing, find_unused, listing_of, named

_SMALLEST: Final = {
    "key": "all",
    "title": "All",
    "stages": ({"key": "all", "title": "All"},),
    "recycle_to": "all",
}
LISTED: Final = 1000
"""So many people who differ are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class Differs:
    """Somebody who stands elsewhere under the other definition."""

    person: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Definition:
    """What one definition makes of everybody; `found` is empty where no outcome was asked for."""

    playbook: Playbook
    stages: tuple[StageFacts, ...]
    outcomes: int
    found: tuple[FoundFacts, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two definitions side by side. `flow[i][j]`: people in stage i of the one and stage j of the other.

    `unused` lists the touches that could not be used as they are.
    """

    as_of: int
    people: int
    outcome: str | None
    one: Definition
    other: Definition
    flow: tuple[tuple[int, ...], ...]
    differ: int
    listed: tuple[Differs, ...]
    unused: Listing


@dataclass(frozen=True, slots=True)
class _Bucket:
    touches: int
    sides: tuple[Side, Side]
    flow: Array
    differ: int
    listed: tuple[Differs, ...]
    unused: Listing


@dataclass(frozen=True, slots=True)
class _Pair:
    """What a task needs to know."""

    one: Program
    other: Program
    asked: Asked
    outcome: str | None
    listed: int


def compare_parts(
    one: Program,
    other: Program,
    parts: Parts,
    asked: Asked,
    *,
    outcome: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    listed: int = LISTED,
) -> Comparison:
    """Both definitions over all people; `outcome` names a signal, evaluated under each definition.

    Raises ReplayMistake for a signal one of them does not know, and what `over_parts.replay_parts` raises.
    """
    for program in (one, other):
        if outcome is not None:
            check_signal(program.playbook, outcome)
    pair = _Pair(one, other, asked, outcome, listed)
    done, buckets = 0, list[_Bucket]()
    for bucket in each_part(_compare_part, (pair,), parts, executor=executor, cancelled=cancelled):
        buckets.append(bucket)
        done += bucket.touches
        if progress is not None:
            progress(done, parts.touches)
    return _comparison(pair, buckets or [_bucket(pair, from_touches([]))])


def warm_up() -> None:
    """Compiles the kernels, or loads them, so that no replay waits for it: seconds the first time on a machine."""
    from ripeline.replay.kernel_touches import mark_used

    program = compile_program(Playbook.model_validate(_SMALLEST, context=Names((), ("all",), (), ())))
    history = from_touches([Touch("t", "p", 0, "traits_changed", "internal", "unknown", None, None, {})])
    asked = Asked(0, received_by=0)
    replay_history(program, replace(history, received_at=history.at), 0, received_by=0)
    outcome_instants(program, "deal_won", replace(history, received_at=history.at), asked)
    codes = read_only(np.zeros(1, np.int32))
    mark_used(codes, codes, read_only(np.ones(1, np.bool_)), np.zeros(1, np.bool_))


def check_signal(playbook: Playbook, name: str) -> None:
    """Raises ReplayMistake where the playbook has no signal of that name."""
    if name not in playbook.signals and name not in BUILT_IN:
        own = f"its own are {', '.join(playbook.signals)}" if playbook.signals else "it has none of its own"
        raise ReplayMistake(
            f"the playbook {playbook.key!r} has no signal {name!r}: {own}; "
            "the name of each kind, such as deal_won, is one too, and inbound"
        )


def outcome_instants(program: Program, signal: str, history: History, asked: Asked) -> Array:
    """When each person's touches first matched the signal, up to the end; NEVER where none did.

    Whoever is disqualified or placed by hand counts too: an outcome is a fact, no stage.
    """
    from ripeline.replay.kernel_touches import first_matches  # here as in bulk.py

    single = one_signal(program, signal)
    is_dated = asked.received_by is not None
    touches = as_touches(single, history, asked.as_of, is_dated=is_dated)
    found = np.full(len(history.people), NEVER)
    until = asked.received_by if asked.received_by is not None else NEVER
    first_matches(judge(single, history), touches, asked.as_of, until, found)
    return found


def _compare_part(pair: _Pair, part: PartRef) -> _Bucket:
    wanted = pair.one.columns | pair.other.columns
    for program in (pair.one, pair.other):
        wanted |= one_signal(program, pair.outcome).columns if pair.outcome else frozenset()
    if pair.asked.received_by is not None or pair.outcome is not None:
        wanted |= {"received_at"}
    return _bucket(pair, load(part, wanted | part.doubtful), attrs=bool(part.doubtful))


def _bucket(pair: _Pair, history: History, *, attrs: bool = True) -> _Bucket:
    asked = pair.asked
    outcomes = [
        replay_history(program, history, asked.as_of, received_by=asked.received_by)
        for program in (pair.one, pair.other)
    ]
    sides = [
        _side(pair, it, history, outcome)
        for it, outcome in zip((pair.one, pair.other), outcomes, strict=True)
    ]
    mine, theirs = outcomes
    playbooks = pair.one.playbook, pair.other.playbook
    rows = compare.who_differs(mine, theirs, same_stages(*playbooks))
    return _Bucket(
        history.touches,
        (sides[0], sides[1]),
        compare.flow_of(*outcomes),
        len(rows),
        tuple(_listed(outcomes[0], outcomes[1], rows[: pair.listed])),
        unused_by_both(history, mine, theirs, playbooks, future=asked.now, attrs=attrs),
    )


def _side(pair: _Pair, program: Program, history: History, outcome: Outcome) -> Side:
    if pair.outcome is None:
        return compare.side_of(outcome)
    happened = outcome_instants(program, pair.outcome, history, pair.asked)
    heard = heard_in_time(program, history, pair.asked.as_of, happened)
    return compare.side_of(outcome, happened, heard)


def _listed(one: Outcome, other: Outcome, rows: Array) -> list[Differs]:
    people = one.people.take(pa.array(one.standings.person[rows])).to_pylist()
    mine = [one.names.stages[it] for it in one.standings.stage[rows]]
    theirs = [other.names.stages[it] for it in other.standings.stage[rows]]
    return [Differs(*each) for each in zip(people, mine, theirs, strict=True)]


def _comparison(pair: _Pair, buckets: list[_Bucket]) -> Comparison:
    one = compare.added([bucket.sides[0] for bucket in buckets])
    other = compare.added([bucket.sides[1] for bucket in buckets])
    listed = sorted((it for bucket in buckets for it in bucket.listed), key=lambda it: it.person.encode())
    return Comparison(
        as_of=pair.asked.as_of,
        people=one.people,
        outcome=pair.outcome,
        one=_definition(pair.one, one, pair.outcome),
        other=_definition(pair.other, other, pair.outcome),
        flow=tuple(tuple(row) for row in np.sum([bucket.flow for bucket in buckets], axis=0).tolist()),
        differ=sum(bucket.differ for bucket in buckets),
        listed=tuple(listed[: pair.listed]),
        unused=sum((bucket.unused for bucket in buckets), Listing()),
    )


def unused_by_both(
    history: History,
    mine: Outcome,
    theirs: Outcome,
    playbooks: tuple[Playbook, Playbook],
    *,
    future: int | None,
    attrs: bool,
) -> Listing:
    """What neither of two definitions, or one of them, could use as it is; arguments as in `find_unused`.

    Beside its sorts: "stage one" and "stage other" for moves to a stage one does not have.
    """
    found = find_unused(history, playbooks, future=future, attrs=attrs)
    more = listing_of(
        stage_one=named(history, mine.ignored.row, subjects=True),
        stage_other=named(history, theirs.ignored.row, subjects=True),
    )
    return replace(found, sorts={**found.sorts, **more})


def _definition(program: Program, side: Side, outcome: str | None) -> Definition:
    found = compare.found_of(side, program.names) if outcome else ()
    return Definition(program.playbook, compare.stages_of(side, program.names), side.outcomes, found)
