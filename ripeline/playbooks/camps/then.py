"""Where two camps disagreed on a past day: both definitions worked out again from the history, in either reading.

Nothing of that is kept, so everybody is replayed while the page is asked for: a moment for a million touches. A longer
history is left to a preview, which the worker makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.playbooks.camps.reading import Disagreement, disagreement_of
from ripeline.replay.bulk import compile_program
from ripeline.replay.comparing import compare_parts
from ripeline.replay.executors import open_executor
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.over_parts import Asked
from ripeline.replay.parts.problems import PartsProblem
from ripeline.timeline.asof import AsOf
from ripeline.timeline.camps.keeping import StagePair, hand_offs
from ripeline.timeline.history.opening import NotReady, OpenHistory, look_at_history
from ripeline.timeline.past import playbook_as_of

MOST_TOUCHES: Final = 3_000_000
"""More are not replayed while somebody waits for a page."""


@dataclass(frozen=True, slots=True)
class Then:
    """What a past day looked like by `ours`, the definition of that reading, and the camp's; None and `why` where that
    cannot be told. `missing` says what the history does not hold yet."""

    ours: Playbook
    found: Disagreement | None
    why: str = ""
    missing: str = ""


def read_then(theirs: Playbook, as_of: AsOf) -> Then:
    """Reads the page of a past day; changes nothing. Raises NoPlaybook."""
    ours = playbook_as_of(as_of)
    history = look_at_history()
    if isinstance(history, NotReady):
        return Then(ours, None, f"The history is not prepared for replays yet. {history.trouble}".rstrip())
    if history.parts.touches > MOST_TOUCHES:
        many = f"{history.parts.touches:,}"
        return Then(ours, None, f"The history has {many} touches: too many to be replayed while you wait.")
    try:
        pairs = _pairs(ours, theirs, history, as_of)
    except (PartsProblem, ReplayMistake) as trouble:
        return Then(ours, None, str(trouble))
    counted = hand_offs(until=as_of.at) if as_of.view == "was" else ()
    return Then(ours, disagreement_of(ours, theirs, pairs, counted), missing=_missing(history))


def _pairs(ours: Playbook, theirs: Playbook, history: OpenHistory, as_of: AsOf) -> list[StagePair]:
    """How many people stood where by either, of those who had a touch by then (that we had heard of by then)."""
    at = to_instant(as_of.at)
    asked = Asked(at, received_by=at if as_of.view == "known" else None)
    with open_executor() as executor:
        found = compare_parts(
            compile_program(ours), compile_program(theirs), history.parts, asked, executor=executor, listed=0
        )
    pairs = [
        StagePair(one.key, other.key, people)
        for one, row in zip(ours.stages, found.flow, strict=True)
        for other, people in zip(theirs.stages, row, strict=True)
        if people
    ]
    return sorted(pairs, key=lambda pair: (-pair.people, pair.ours, pair.theirs))


def _missing(history: OpenHistory) -> str:
    if history.trouble:
        return f"The newest touches are not in it: {history.trouble}"
    if history.is_fresh:
        return ""
    return "What was recorded in the last moments is not in it yet."
