"""The stage ladder of one contact: each stage of the playbook, when it was reached, by what, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ripeline.contacts.person.picture import Picture
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.outcome import Transition as Moved

Place = Literal["here", "passed", "left", "skipped", "ahead"]
"""`passed`: been there on the way up; `left`: been there and fell back below; `skipped`: jumped over."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage. `reached_at` is when it was last entered, `by` the sentence; `times` how often;
    `is_by_definition` says that not the person but the definition put them there."""

    key: str
    title: str
    place: Place
    reached_at: datetime | None
    left_at: datetime | None
    by: str
    times: int
    is_by_definition: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time spent in one stage, as a share (percent) of the whole life line."""

    stage: str
    title: str
    start: float
    width: float


def climb(picture: Picture) -> list[Rung]:
    """The ladder, lowest stage first; empty without a standing."""
    standing = picture.standing
    if standing is None:
        return []
    here = picture.playbook.stage_index(standing.stage)
    return [
        _rung(picture, index, here=here, began=standing.first_touch_at)
        for index in range(len(picture.playbook.stages))
    ]


def life_line(picture: Picture, now: datetime) -> list[Stretch]:
    """The stages one after the other, from the first touch to the moment shown; the line ends now."""
    standing = picture.standing
    if standing is None:
        return []
    begin, whole = to_instant(picture.born), max(1, to_instant(now) - to_instant(picture.born))
    titles = {stage.key: stage.title for stage in picture.playbook.stages}
    return [
        Stretch(stage, titles[stage], 100 * (start - begin) / whole, 100 * (end - start) / whole)
        for stage, start, end in _spells(picture)
        if end > start
    ]


def _rung(picture: Picture, index: int, *, here: int, began: int) -> Rung:
    stage = picture.playbook.stages[index]
    arrivals = [move for move in picture.moves if move.to_stage == stage.key]
    reached = arrivals[-1].at if arrivals else began if index == 0 else None
    departures = [move for move in picture.moves if move.from_stage == stage.key]
    return Rung(
        key=stage.key,
        title=stage.title,
        place=_place(index, here, reached),
        reached_at=None if reached is None else to_datetime(reached),
        left_at=to_datetime(departures[-1].at) if departures and index != here else None,
        by=picture.say_why(arrivals[-1]) if arrivals else "The first touch." if index == 0 else "",
        times=len(arrivals) + (index == 0),
        is_by_definition=bool(arrivals) and picture.cause_of(arrivals[-1]) is not None,
    )


def _place(index: int, here: int, reached: int | None) -> Place:
    if index == here:
        return "here"
    if reached is None:
        return "skipped" if index < here else "ahead"
    return "passed" if index < here else "left"


def _spells(picture: Picture) -> Iterator[tuple[str, int, int]]:
    standing, moves = picture.standing, picture.moves
    assert standing is not None
    # What a move rested on may have been taken back since; the line begins with what is left.
    begin = to_instant(picture.born)
    stage, since = picture.playbook.stages[0].key, standing.first_touch_at
    for move in moves:
        yield stage, since, move.at
        stage, since = move.to_stage, max(begin, move.at)
    yield stage, since, standing.at


def latest_move(picture: Picture) -> Moved | None:
    """The move that led to the present stage; None for who never left the first."""
    return picture.moves[-1] if picture.moves else None
