"""What must be written of somebody's transitions so that they say what a look says. Nothing here writes.

The rows in force are the fold under the version in force; a row that says no longer what is true is superseded and
stays, since it is what was known then. A row of an earlier version that the present one agrees with (the same change at
the same moment) stays as it is: it keeps the version and the evidence it was told with. A row that a publication took
away and going back brings again says what it said: who had made the change by themselves did so still.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import zip_longest

from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.fold import Transition as Moved
from ripeline.timeline.looking import Look
from ripeline.timeline.models import Publication, Transition

Entry = tuple[int, str]
"""A stage entered: the instant and its key."""


class Revision:
    """Somebody's transitions: `fresh` rows to be added, and stored ones that are `outdated`, with the moment; those of
    them that a definition outdated are `redefined`.

    What was taken out of the log at `not_before` counted until then: what is true instead was not known earlier.
    `entered_before` tells what the definition before a publication says. `own` are superseded rows of what they did by
    themselves under the version that comes back.
    """

    def __init__(
        self,
        contact_id: int,
        stored: Sequence[Transition],
        *,
        not_before: datetime | None = None,
        entered_before: Callable[[Publication], Collection[Entry]],
        own: Sequence[Transition] = (),
    ) -> None:
        self.contact_id = contact_id
        self.fresh: list[Transition] = []
        self.outdated: dict[int, datetime] = {}
        self.redefined: set[int] = set()
        self._live = list(stored)
        self._not_before = not_before
        self._entered_before = entered_before
        self._own = {_change(row): row for row in own}

    def follow(self, seen: Look, *, now: datetime, caused_by: Publication | None = None) -> Transition | None:
        """Makes the rows say what was seen; returns the last that had to be added, if any.

        With `caused_by` the definition made the difference: it became known `now`, at its publication.
        """
        agreed = self._agreed(seen) if seen.is_whole else 0
        old = self._live[agreed:] if seen.is_whole else []
        self._supersede(old, now)
        if caused_by is not None:
            self.redefined |= {row.pk for row in old if not row._state.adding}
        # Who entered a stage at that moment by either definition did so by themselves, wherever they came from.
        entered = {_entry(row) for row in old}
        new = [
            self._row(seen, moved, position=seen.moves + place, known_at=now if caused_by else None, now=now)
            for place, moved in enumerate(seen.fold.transitions[agreed:], agreed)
        ]
        for row, moved in zip(new, seen.fold.transitions[agreed:], strict=True):
            past = self._own.get(_change(row)) if caused_by else None
            if past is not None and _is_same(past, moved):
                _say_again(row, past)
            elif _entry(row) not in entered:
                row.publication = caused_by
        if caused_by is None:
            self._inherit(old, new)
        del self._live[len(self._live) - len(old) :]
        self.fresh += new
        self._live += new
        return new[-1] if new else None

    def _agreed(self, seen: Look) -> int:
        """How many of the rows, from the first on, say just what was seen."""
        count = 0
        for row, moved in zip_longest(self._live, seen.fold.transitions):
            if row is None or moved is None or not _is_same(row, moved):
                break
            count += 1
        return count

    def _inherit(self, old: Sequence[Transition], new: Sequence[Transition]) -> None:
        """What takes the place of a row that the definition caused is its doing too, unless by what is known now the
        definition before would have said the same."""
        former: dict[str, deque[Transition]] = defaultdict(deque)
        for row in old:
            former[row.to_stage].append(row)
        for row in new:
            replaced = former[row.to_stage].popleft() if former[row.to_stage] else None
            cause = None if replaced is None else replaced.publication
            if replaced is None or cause is None or row.at > cause.at:
                continue
            if _entry(row) not in self._entered_before(cause):
                row.publication = cause
                row.known_at = max(row.known_at, replaced.known_at)

    def _supersede(self, rows: Sequence[Transition], now: datetime) -> None:
        for row in rows:
            if row._state.adding:
                row.superseded_at = now
            else:
                self.outdated[row.pk] = now

    def _row(
        self, seen: Look, moved: Moved, *, position: int, known_at: datetime | None, now: datetime
    ) -> Transition:
        return Transition(
            contact_id=self.contact_id,
            position=position,
            at=to_datetime(moved.at),
            from_stage=moved.from_stage,
            to_stage=moved.to_stage,
            cause=moved.cause,
            rule=moved.rule,
            score=moved.score,
            grade=moved.grade,
            evidence=moved.evidence,
            playbook_id=moved.playbook_version,
            known_at=known_at or self._known_at(seen, moved, now),
        )

    def _known_at(self, seen: Look, moved: Moved, now: datetime) -> datetime:
        """When the log first said so: at the change itself, at the latest receipt of what led to it, or when what had
        said otherwise was taken out."""
        moments = (to_datetime(moved.at), seen.heard_by(moved.at) or now, self._not_before)
        return min(max(moment for moment in moments if moment is not None), now)


def _entry(row: Transition) -> Entry:
    return to_instant(row.at), row.to_stage


def _change(row: Transition) -> tuple[int, str, str]:
    return to_instant(row.at), row.from_stage, row.to_stage


def _say_again(row: Transition, past: Transition) -> None:
    """Gives a row the cause and the evidence it was told with before. It stands in our books since the publication
    all the same: between the two it did not."""
    for name in ("cause", "rule", "score", "grade", "evidence", "playbook_id"):
        setattr(row, name, getattr(past, name))


def _is_same(row: Transition, moved: Moved) -> bool:
    if to_instant(row.at) != moved.at or (row.from_stage, row.to_stage) != (moved.from_stage, moved.to_stage):
        return False
    if row.playbook_id != moved.playbook_version:
        return True
    told = (row.cause, row.rule, row.grade) == (moved.cause, moved.rule, moved.grade)
    return told and abs(row.score - moved.score) < 1e-6
