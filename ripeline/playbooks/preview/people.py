"""The people who would stand elsewhere: a page of them, each with the reason told from their own touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from ripeline.kit.instants import to_instant
from ripeline.lifecycle.explain import missing_for, next_stages, say_transition
from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.outcome import TooManyMoves
from ripeline.lifecycle.playbook import Playbook, load_kept
from ripeline.lifecycle.touch import Touch as Fact
from ripeline.people.models import Contact
from ripeline.playbooks.preview.models import PreviewMove, PreviewRun
from ripeline.playbooks.preview.packing import unpack
from ripeline.replay.kernel_state import Array
from ripeline.timeline.log import read_touches, to_fact
from ripeline.timeline.sentences import as_sentence

PER_PAGE: Final = 25


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who would stand elsewhere. `why` is the reason by the definition proposed, `instead` by the other.

    `is_as_found` is False where touches that were recorded since tell another story.
    """

    contact: Contact
    from_stage: str
    to_stage: str
    why: str
    instead: str
    is_as_found: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of them, by contact id. `count` are all of the filter; `before` of them come before this page."""

    rows: tuple[Moved, ...]
    count: int
    before: int
    gone: int
    """How many of this page are no contacts any more."""
    newer: int | None
    """The cursor of the page before; nought is the first page, None: this is the first."""
    older: int | None


def read_people(run: PreviewRun, *, start: str, end: str, after: int, now: datetime) -> PeoplePage:
    """The people after the contact of this id; `start` and `end` are stages to filter by, or empty. Days of another
    year than that of `now` are told with it."""
    moves = PreviewMove.objects.filter(run=run)
    if start:
        moves = moves.filter(from_stage=start)
    if end:
        moves = moves.filter(to_stage=end)
    pairs = list(moves.order_by("pk"))
    ids, pair_of = _joined([unpack(each.people) for each in pairs])
    here = int(np.searchsorted(ids, after, "right"))
    shown = ids[here : here + PER_PAGE].tolist()
    stages = [(pairs[at].from_stage, pairs[at].to_stage) for at in pair_of[here : here + PER_PAGE].tolist()]
    contacts = Contact.objects.in_bulk(shown)
    touches = read_touches(shown, heard_until=run.as_of if run.is_as_known else None)
    playbooks = load_kept(run.one_text), load_kept(run.other_text)
    rows = [
        _moved(
            contacts[pk],
            pair,
            playbooks,
            [to_fact(it) for it in touches.get(pk, ())],
            as_of=to_instant(run.as_of),
            now=to_instant(now),
        )
        for pk, pair in zip(shown, stages, strict=True)
        if pk in contacts
    ]
    is_more = here + PER_PAGE < len(ids)
    return PeoplePage(
        rows=tuple(rows),
        count=len(ids),
        before=here,
        gone=len(shown) - len(rows),
        newer=_cursor_before(ids, here),
        older=shown[-1] if is_more else None,
    )


def _joined(lists: Sequence[Array]) -> tuple[Array, Array]:
    """All ids, ascending, and the number of the list each is from."""
    if not lists:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    ids = np.concatenate(lists)
    numbers = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    order = np.argsort(ids, kind="stable")
    return ids[order], numbers[order]


def _cursor_before(ids: Array, here: int) -> int | None:
    if here == 0:
        return None
    first = here - PER_PAGE - 1
    return int(ids[first]) if first >= 0 else 0


def _moved(
    contact: Contact,
    pair: tuple[str, str],
    playbooks: tuple[Playbook, Playbook],
    touches: Sequence[Fact],
    *,
    as_of: int,
    now: int,
) -> Moved:
    (before, instead), (after, why) = (
        _told(playbook, touches, as_of, than=than, now=now)
        for playbook, than in zip(playbooks, pair[::-1], strict=True)
    )
    return Moved(
        contact=contact,
        from_stage=pair[0],
        to_stage=pair[1],
        why=why,
        instead=instead,
        is_as_found=(before, after) == pair,
    )


def _told(playbook: Playbook, touches: Sequence[Fact], as_of: int, *, than: str, now: int) -> tuple[str, str]:
    """The stage ("": none) by one definition, and why."""
    try:
        folded = fold(playbook, touches, as_of)
    except TooManyMoves as endless:
        return "", endless.said
    return folded.standing.stage if folded.standing else "", say_why(playbook, folded, than=than, now=now)


def say_why(playbook: Playbook, result: Fold, *, than: str, now: int) -> str:
    """Why somebody stands where they do: the move that led there; without one, what they lack for `than` (a stage
    key), or for the next stage."""
    standing = result.standing
    if standing is None:
        return "Nothing is known of them by then."
    moves = [it for it in result.transitions if it.to_stage == standing.stage]
    if moves:
        return as_sentence(say_transition(playbook, moves[-1], now=now))
    title = playbook.stages[playbook.stage_index(standing.stage)].title
    ahead = next_stages(playbook, result)
    if not ahead:
        return f"{title} since they were first seen."
    wanted = than if than in ahead else ahead[0]
    return as_sentence(
        f"{title} since they were first seen; not {missing_for(playbook, result, wanted, result.as_of).text}"
    )
