"""How fresh what is kept of a segment is, and what it costs: said on its pages, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ripeline.nurture.segments.models import Segment
from ripeline.people.models import ChangedContact

LATE = timedelta(minutes=5)
"""What is due longer than that is not being attended to."""
WAITS = timedelta(seconds=30)
SLOW = 10_000
"""Milliseconds from which on a segment is called slow."""


@dataclass(frozen=True, slots=True)
class State:
    """What to say of a segment: `word` is fresh, working, waiting, late, failed or archived; `said` is the sentence."""

    word: str
    said: str

    @property
    def is_wrong(self) -> bool:
        """Whether somebody should look after it."""
        return self.word in ("late", "failed")


def state_of(segment: Segment, now: datetime) -> State:
    """How fresh a segment is."""
    if segment.archived_at:
        return State("archived", "Not kept up since it was archived")
    if segment.error:
        return State("failed", f"It could not be worked out, and is tried again: {segment.error}")
    if segment.working_since:
        return State("working", "Being worked out for everybody at this moment")
    is_due = segment.due_at is not None and segment.due_at <= now
    if is_due and segment.due_at and now - segment.due_at > LATE:
        return State("late", "Should have been worked out by now: does the worker run?")
    if segment.worked_out != segment.revision:
        return State("waiting", "Changed: soon to be worked out for everybody")
    return State("waiting", "About to be worked out anew") if is_due else State("fresh", "")


def is_slow(segment: Segment) -> bool:
    """Whether working it out takes long."""
    return (segment.cost_ms or 0) >= SLOW


def behind_since(now: datetime) -> datetime | None:
    """Since when somebody waits to be looked at again, where that is longer than it should be."""
    oldest = ChangedContact.objects.filter(done_at=None).order_by("pk").values_list("at", flat=True).first()
    return oldest if oldest and now - oldest > WAITS else None
