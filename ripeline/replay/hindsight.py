"""What was written down only after an outcome: a stage that tells it beforehand by its dates may have told nobody.

"Before the outcome" goes by when things happened. Whoever notes a call of Monday on Friday, with the deal of Wednesday
between, has found nothing. So whoever had something noted late is replayed once more, with what had been heard of by
their outcome and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ripeline.replay.bulk import Program, replay_history
from ripeline.replay.compare import Heard, first_entries
from ripeline.replay.history import Column, History
from ripeline.replay.kernel_state import NEVER, Array


@dataclass(frozen=True, slots=True)
class _Rows:
    """For each touch: whose it is, and when their outcome was."""

    person: Array
    happened: Array


def heard_in_time(program: Program, history: History, as_of: int, happened_at: Array) -> Heard | None:
    """When those of whom something was noted late first stood in each stage, by what had been heard of by their
    outcome (`happened_at`, by person; NEVER: none). None where it is not known when touches were heard of.

    The history must have been read with `received_at`; one of nobody needs none.
    """
    if history.received_at is None and history.touches:
        return None
    stages = len(program.names.stages)
    person = np.repeat(np.arange(len(history.people)), np.diff(history.starts))
    rows = _Rows(person, happened_at[person])
    received = np.zeros(0, np.int64) if history.received_at is None else history.received_at
    is_before = (rows.happened < NEVER) & (history.at <= rows.happened)
    is_late = is_before & (received > rows.happened) & (history.at < rows.happened)
    people = np.unique(rows.person[is_late])
    kept = np.flatnonzero(is_before & (received <= rows.happened) & np.isin(rows.person, people))
    entered = np.full((len(people), stages), NEVER)
    if len(kept):
        known = np.unique(rows.person[kept])
        found, _ = first_entries(replay_history(program, _of_rows(history, kept, rows.person[kept]), as_of))
        entered[np.searchsorted(people, known)] = found
    return Heard(people, entered)


def _of_rows(history: History, rows: Array, person: Array) -> History:
    """The history of some touches alone."""
    people, starts = np.unique(person, return_index=True)

    def column(given: Column) -> Column:
        return replace(given, codes=given.codes[rows])

    return History(
        people=history.people.take(pa.array(people)),
        starts=np.append(starts, len(rows)).astype(np.int64),
        at=history.at[rows],
        received_at=None if history.received_at is None else history.received_at[rows],
        kind=column(history.kind),
        direction=column(history.direction),
        actor=column(history.actor),
        subject=column(history.subject),
        attrs=column(history.attrs),
        value=None if history.value is None else history.value[rows],
        ids=None,
    )
