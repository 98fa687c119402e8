"""One bucket of people folded: a pure step that any executor may run, here or elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import pyarrow as pa

from ripeline.lifecycle.fold import Standing, Transition, fold
from ripeline.lifecycle.instant import format_instant
from ripeline.lifecycle.outcome import TooManyMoves
from ripeline.lifecycle.playbook import Playbook
from ripeline.replay.gathering import Bucket, unpack
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.outcome import Outcome, Skipped, moves_table, standings_table
from ripeline.replay.packing import Row
from ripeline.replay.unused import Listing, unused_of

TRANSITION_COLUMNS = (
    ("person", "text"),
    ("at", "instant"),
    ("from", "text"),
    ("to", "text"),
    ("cause", "text"),
    ("rule", "text"),
    ("score", "number"),
    ("grade", "text"),
)
STANDING_COLUMNS = (
    ("person", "text"),
    ("stage", "text"),
    ("entered_at", "instant"),
    ("score", "number"),
    ("grade", "text"),
    ("persona", "text"),
    ("rating", "text"),
    ("status", "text"),
    ("last_inbound_at", "instant"),
)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a bucket came to: rows by the columns above, sorted by person (UTF-8 bytes); what was ignored.

    Counted by stage: who stands there, and the moves that led there. `later`: touches after the end. `unused`: what
    else could not be used, where that was asked for.
    """

    transitions: list[Row]
    standings: list[Row]
    ignored: list[str]
    stands: Counter[str]
    moves: Counter[str]
    later: int = 0
    unused: Listing = field(default_factory=Listing)


def fold_bucket(playbook: Playbook, bucket: Bucket, as_of: int, now: int | None = None) -> Folded:
    """Folds each person of the bucket; somebody without a touch up to `as_of` has no standing and no row.

    With `now` it lists what could not be used as it is; what is dated later lies in the future.
    Raises ReplayMistake for somebody who goes in circles.
    """
    transitions: list[Row] = []
    standings: list[Row] = []
    ignored: list[str] = []
    people = unpack(bucket)
    for person in sorted(people, key=str.encode):
        try:
            outcome = fold(playbook, people[person], as_of, explained=False)
        except TooManyMoves as endless:
            raise ReplayMistake(f"{endless}.") from None
        transitions.extend(map(_transition_row, outcome.transitions))
        if outcome.standing is not None:
            standings.append(_standing_row(outcome.standing))
        ignored.extend(ignored_sentence(person, it.touch_id, it.at, it.subject) for it in outcome.ignored)
    return Folded(
        transitions,
        standings,
        ignored,
        stands=Counter(row[1] for row in standings),
        moves=Counter(row[3] for row in transitions),
        later=sum(touch.at > as_of for touches in people.values() for touch in touches),
        unused=Listing() if now is None else unused_of(chain(*people.values()), playbook, future=now),
    )


def folded_rows(outcome: Outcome, *, is_kept: bool) -> Folded:
    """The outcome of the bulk engine in the same form; without rows unless they are kept."""
    names = outcome.names.stages
    told = [ignored_sentence(*each) for each in _each_skipped(outcome, outcome.ignored)]
    return Folded(
        _rows(moves_table(outcome)) if is_kept else [],
        _rows(standings_table(outcome)) if is_kept else [],
        told,
        stands=Counter(dict(zip(names, outcome.stands_in, strict=True))),
        moves=Counter(dict(zip(names, outcome.moves_into, strict=True))),
        later=outcome.later,
        unused=outcome.unused,
    )


def ignored_sentence(person: str, touch_id: str, at: int, subject: str | None) -> str:
    """What is said of a `stage_set` that names no stage."""
    return (
        f"{person}: the stage_set {touch_id} of {format_instant(at)} was ignored, "
        f"for {subject!r} is no stage of the playbook"
    )


def _each_skipped(outcome: Outcome, skipped: Skipped) -> Iterator[tuple[str, str, int, str | None]]:
    people = outcome.people.take(pa.array(skipped.person)).to_pylist()
    for person, id, at, subject in zip(people, skipped.id, skipped.at.tolist(), skipped.subject, strict=True):
        yield person, str(id), at, subject


def _rows(table: pa.Table) -> list[Row]:
    columns = [
        column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column for column in table.columns
    ]
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _transition_row(moved: Transition) -> Row:
    return (
        moved.person,
        moved.at,
        moved.from_stage,
        moved.to_stage,
        moved.cause,
        moved.rule,
        moved.score,
        moved.grade,
    )


def _standing_row(standing: Standing) -> Row:
    return (
        standing.person,
        standing.stage,
        standing.entered_at,
        standing.score,
        standing.grade,
        standing.persona,
        standing.rating,
        standing.status,
        standing.last_inbound_at,
    )
