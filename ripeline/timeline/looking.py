"""One look at somebody: what a definition says of them, from their whole log or from where a fold was saved."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.fold import State as FoldState
from ripeline.lifecycle.instant import FIRST_INSTANT
from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.log import to_fact
from ripeline.timeline.models import SavedFold, Touch

ENGINE = 1
"""The release of the engine that folded what is saved: one more whenever a state holds something else or a fold
counts otherwise, so that nobody is folded on from what an earlier release made of them."""

KEEP_FROM = 200
"""How many touches somebody must have before their fold is saved: below, folding all is quicker than saving."""

TAIL = 30
"""How many touches may have come since a fold was saved before it is saved anew."""


@dataclass(frozen=True)
class Look:
    """What `playbook` says of somebody. `touches` are those folded now; before them, in a saved fold, came `moves`
    transitions and `before` touches, and the stage was `began`; `heard` is when the last of those was received."""

    playbook: Playbook
    fold: Fold
    touches: Sequence[Touch]
    began: str
    moves: int = 0
    before: int = 0
    heard: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether this is a fold of the whole log."""
        return self.heard is None

    @property
    def stage(self) -> str:
        """The stage held, empty where nothing has happened yet."""
        return self.fold.standing.stage if self.fold.standing else ""

    def stage_before(self, instant: int) -> str:
        """The stage held just before an instant later than what the saved fold held."""
        earlier = [moved.to_stage for moved in self.fold.transitions if moved.at < instant]
        return earlier[-1] if earlier else self.began

    def heard_by(self, instant: int) -> datetime | None:
        """When the last of the touches up to an instant was known to be theirs."""
        heard = [received for at, received in self._receipts if at <= instant]
        return heard[-1] if heard else None

    @cached_property
    def _receipts(self) -> list[tuple[int, datetime]]:
        latest = self.heard
        receipts = [] if latest is None else [(FIRST_INSTANT, latest)]
        for row in self.touches:
            latest = row.heard_at if latest is None else max(latest, row.heard_at)
            receipts.append((to_instant(row.at), latest))
        return receipts


def look(
    playbook: Playbook, touches: Iterable[Touch], as_of: datetime, saved: SavedFold | None = None
) -> Look:
    """Looks at somebody as of a moment; with `saved`, `touches` are those later than it."""
    state = None if saved is None else _read(saved)
    rows = [row for row in touches if saved is None or to_instant(row.at) > saved.through]
    folded = fold(playbook, map(to_fact, rows), to_instant(as_of), state=state)
    counted = [row for row in rows if row.at <= as_of]
    if saved is None or state is None:
        return Look(playbook, folded, counted, playbook.stages[0].key)
    began = playbook.stages[state.journey.stage].key
    return Look(playbook, folded, counted, began, saved.moves, saved.touches, saved.heard)


def to_save(seen: Look, contact_id: int, slot: SavedFold.Slot) -> SavedFold | None:
    """The fold as it is kept for the next look; None where it is not worth it."""
    state, touches = seen.fold.state, seen.before + len(seen.touches)
    if state is None or touches < KEEP_FROM:
        return None
    # Folded on once more with nothing new, a journey lets go of the touches no later look can need.
    state = fold(seen.playbook, (), seen.fold.as_of, state=state).state or state
    heard = seen.heard_by(seen.fold.as_of)
    assert heard is not None
    return SavedFold(
        contact_id=contact_id,
        slot=slot,
        version=state.version,
        engine=ENGINE,
        through=state.journey.through,
        heard=heard,
        moves=seen.moves + len(seen.fold.transitions),
        touches=touches,
        state=_written(state),
    )


def is_worth_saving(seen: Look) -> bool:
    """Whether what was folded on from must be replaced: a few touches are read again sooner than all is written.

    Not so transitions, which would be written twice.
    """
    return seen.is_whole or bool(seen.fold.transitions) or len(seen.touches) >= TAIL


def next_moment(seen: Look, upcoming: Iterable[Touch]) -> datetime | None:
    """When to look again: time alone will change something, or a touch dated in the future has its time."""
    moments = [row.at for row in upcoming if to_instant(row.at) > seen.fold.as_of][:1]
    if seen.fold.due_at is not None:
        moments.append(to_datetime(seen.fold.due_at))
    return min(moments, default=None)


def _written(state: FoldState) -> bytes:
    # The log of contributions is for pages, which fold anew; a look needs the sums alone.
    kept = state.to_json() | {"log": []}
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), 1)


def _read(saved: SavedFold) -> FoldState:
    return FoldState.from_json(json.loads(zlib.decompress(saved.state)))
