"""Where two camps disagreed on a past day: both definitions worked out again from the history, in either reading.

Nothing of that is kept, so everybody is replayed while the page is asked for: a moment for a million touches. A longer
history is replayed by the worker, as a preview of the two; the page shows how far it is, and then what came out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

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

    Of a long history `touches` says how long, and `run` is the latest preview that was to work it out; None: nobody
    asked yet. `told` is one that did: it names the people.
    """

    ours: Playbook
    found: Disagreement | None
    why: str = ""
    missing: str = ""
    touches: int = 0
    run: PreviewRun | None = None
    told: PreviewRun | None = None


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
    found = _disagreement(ours, theirs, pairs, as_of)
    return Then(ours, found, missing=_missing(history), told=_told(_asked(ours, theirs, as_of), as_of))


def _worked_out(ours: Playbook, theirs: Playbook, as_of: AsOf, touches: int) -> Then:
    """What the worker made of it, if anybody asked."""
    asked = _asked(ours, theirs, as_of)
    run, told = asked.first(), _told(asked, as_of)
    why = run.error if run and run.state == PreviewRun.State.FAILED else ""
    if told is None:
        return Then(ours, None, why, touches=touches, run=run)
    one, other = ([stage["key"] for stage in told.result[side]["stages"]] for side in ("one", "other"))
    pairs = (StagePair(one[row], other[column], people) for row, column, people in told.result["flow"])
    found = _disagreement(ours, theirs, pairs, as_of)
    return Then(ours, found, why, missing=_missing_in(told), touches=touches, run=run, told=told)


def _asked(ours: Playbook, theirs: Playbook, as_of: AsOf) -> QuerySet[PreviewRun]:
    """The previews of this day in this sense, latest first: a colleague's too, whose day ended at another moment."""
    refs = {"one_ref": f"version {ours.version}", "other_ref": f"version {theirs.version}"}
    that_day = Q(as_of=as_of.at)
    if (day := as_of.day) is not None:
        that_day |= Q(day=day)
    return PreviewRun.objects.filter(that_day, **refs, view=as_of.view).order_by("-pk")


def _told(asked: QuerySet[PreviewRun], as_of: AsOf) -> PreviewRun | None:
    """The latest that was worked out, first of all up to the very moment."""
    done = asked.filter(state=PreviewRun.State.DONE)
    return done.filter(as_of=as_of.at).first() or done.first()


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


def _missing_in(told: PreviewRun) -> str:
    """The same of what was worked out before."""
    history = told.result.get("history", {})
    if history.get("trouble"):
        return f"The newest touches are not in it: {history['trouble']}"
    return "What was recorded while it ran is not in it." if history.get("waiting") else ""


def _missing(history: OpenHistory) -> str:
    if history.trouble:
        return f"The newest touches are not in it: {history.trouble}"
    if history.is_fresh:
        return ""
    return "What was recorded in the last moments is not in it yet."
