"""Where two camps disagreed on a past day: both definitions worked out again from the history, in either reading.

Nothing of that is kept, so everybody is replayed while the page is asked for: a moment for a million touches. A longer
history is replayed by the worker, as a preview of the two; the page shows how far it is, and then what came out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.playbooks.camps.reading import Disagreement, disagreement_of
from ripeline.playbooks.preview.models import PreviewRun
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
    cannot be told. `missing` says what the history does not hold yet.

    Of a long history `touches` says how long; `run` is the preview that works it out, or did; None: nobody asked yet.
    """

    ours: Playbook
    found: Disagreement | None
    why: str = ""
    missing: str = ""
    touches: int = 0
    run: PreviewRun | None = None


def read_then(theirs: Playbook, as_of: AsOf) -> Then:
    """Reads the page of a past day; changes nothing. Raises NoPlaybook."""
    ours = playbook_as_of(as_of)
    history = look_at_history()
    if isinstance(history, NotReady):
        return Then(ours, None, f"The history is not prepared for replays yet. {history.trouble}".rstrip())
    if history.parts.touches > MOST_TOUCHES:
        return _worked_out(ours, theirs, as_of, history.parts.touches)
    try:
        pairs = _pairs(ours, theirs, history, as_of)
    except (PartsProblem, ReplayMistake) as trouble:
        return Then(ours, None, str(trouble))
    return Then(ours, _disagreement(ours, theirs, pairs, as_of), missing=_missing(history))


def _worked_out(ours: Playbook, theirs: Playbook, as_of: AsOf, touches: int) -> Then:
    """What the worker made of it, if anybody asked."""
    refs = {"one_ref": f"version {ours.version}", "other_ref": f"version {theirs.version}"}
    asked = PreviewRun.objects.filter(**refs, as_of=as_of.at, view=as_of.view)
    run = asked.exclude(state=PreviewRun.State.CANCELLED).order_by("-pk").first()
    if run is None or run.state != PreviewRun.State.DONE:
        return Then(ours, None, run.error if run else "", touches=touches, run=run)
    sides = ([stage["key"] for stage in run.result[side]["stages"]] for side in ("one", "other"))
    one, other = sides
    pairs = (StagePair(one[row], other[column], people) for row, column, people in run.result["flow"])
    return Then(ours, _disagreement(ours, theirs, pairs, as_of), touches=touches, run=run)


def _pairs(ours: Playbook, theirs: Playbook, history: OpenHistory, as_of: AsOf) -> Iterator[StagePair]:
    """How many people stood where by either, of those who had a touch by then (that we had heard of by then)."""
    at = to_instant(as_of.at)
    asked = Asked(at, received_by=at if as_of.view == "known" else None)
    with open_executor() as executor:
        found = compare_parts(
            compile_program(ours), compile_program(theirs), history.parts, asked, executor=executor, listed=0
        )
    return (
        StagePair(one.key, other.key, people)
        for one, row in zip(ours.stages, found.flow, strict=True)
        for other, people in zip(theirs.stages, row, strict=True)
        if people
    )


def _disagreement(ours: Playbook, theirs: Playbook, pairs: Iterator[StagePair], as_of: AsOf) -> Disagreement:
    counted = hand_offs(until=as_of.at) if as_of.view == "was" else ()
    ordered = sorted(pairs, key=lambda pair: (-pair.people, pair.ours, pair.theirs))
    return disagreement_of(ours, theirs, ordered, counted)


def _missing(history: OpenHistory) -> str:
    if history.trouble:
        return f"The newest touches are not in it: {history.trouble}"
    if history.is_fresh:
        return ""
    return "What was recorded in the last moments is not in it yet."
