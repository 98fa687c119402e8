"""What a bulk replay of some people came to, as columns; and as tables with the contract's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ripeline.lifecycle.rules import GRADES
from ripeline.replay.kernel_state import NONE, Array
from ripeline.replay.program import CAUSES, STATUSES, Names
from ripeline.replay.unused import Listing

_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Moves:
    """Transitions, by person and then in the order they happened. Codes are indices into `Names`.

    `person` is an index into `Outcome.people`; `grade` counts from A, -1 is none.
    """

    person: Array
    at: Array
    from_stage: Array
    to_stage: Array
    cause: Array
    rule: Array
    grade: Array
    score: Array


@dataclass(frozen=True, slots=True)
class Standings:
    """What is true in the end of everybody who had a touch by then, by person.

    `persona` and `rating` are indices into `Names`, their number meaning none; an instant there is none of is
    `kernel_state.NONE`; `first_at` is the first touch.
    """

    person: Array
    stage: Array
    entered_at: Array
    grade: Array
    persona: Array
    rating: Array
    active: Array
    last_inbound_at: Array
    suspended_at: Array
    first_at: Array
    score: Array
    raw: Array


@dataclass(frozen=True, slots=True)
class Skipped:
    """Touches that could not be applied as they are: person, instant, row of the history, subject, id.

    The id is None where the history was read without its ids.
    """

    person: Array
    at: Array
    row: Array
    subject: tuple[str | None, ...]
    id: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Some people replayed. `moves` is None where only counts were asked for.

    `ignored` are stage_sets that name no stage; `later` is how many touches lie after the end. `unused` lists what
    else could not be used, where that was asked for.
    """

    version: str
    names: Names
    as_of: int
    people: pa.Array
    touches: int
    later: int
    moves: Moves | None
    moves_into: tuple[int, ...]
    """How many transitions led into each stage."""
    standings: Standings
    ignored: Skipped
    unused: Listing = field(default_factory=Listing)

    @property
    def stands_in(self) -> tuple[int, ...]:
        """How many people stand in each stage."""
        return tuple(np.bincount(self.standings.stage, minlength=len(self.names.stages)).tolist())


def moves_table(outcome: Outcome) -> pa.Table:
    """The transitions, with the columns of a transitions file."""
    moves, names = outcome.moves, outcome.names
    if moves is None:
        raise ValueError("this replay was not asked for its transitions")
    return pa.table(
        {
            "person": outcome.people.take(pa.array(moves.person)),
            "at": pa.array(moves.at).cast(_INSTANT),
            "from": _named(moves.from_stage, names.stages),
            "to": _named(moves.to_stage, names.stages),
            "cause": _named(moves.cause, CAUSES),
            "rule": _named(moves.rule, names.rules),
            "score": pa.array(moves.score),
            "grade": _named(moves.grade, tuple(GRADES)),
        }
    )


def standings_table(outcome: Outcome) -> pa.Table:
    """The standings, with the columns of a standings file."""
    them, names = outcome.standings, outcome.names
    return pa.table(
        {
            "person": outcome.people.take(pa.array(them.person)),
            "stage": _named(them.stage, names.stages),
            "entered_at": _instants(them.entered_at),
            "score": pa.array(them.score),
            "grade": _named(them.grade, tuple(GRADES)),
            "persona": _named(them.persona, names.personas),
            "rating": _named(them.rating, names.ratings),
            "status": _named(them.active, STATUSES),
            "last_inbound_at": _instants(them.last_inbound_at),
        }
    )


def _named(codes: Array, names: Sequence[str]) -> pa.Array:
    """The names behind the codes; a code that is none of theirs is null."""
    known = (codes >= 0) & (codes < len(names))
    return pa.array(list(names), pa.string()).take(pa.array(codes.astype(np.int64), mask=~known))


def _instants(at: Array) -> pa.Array:
    return pa.array(at, mask=at == NONE).cast(_INSTANT)
