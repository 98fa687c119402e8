"""What a change of definition did to somebody, and what the second definition beside the one in force says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ripeline.contacts.person.ladder import Rung, climb, latest_move
from ripeline.contacts.person.picture import Outdated, Picture
from ripeline.kit.instants import to_datetime, to_instant
from ripeline.lifecycle.instant import say_day
from ripeline.lifecycle.ladders import is_same_stage
from ripeline.lifecycle.outcome import Standing
from ripeline.timeline.camps.keeping import running_camp
from ripeline.timeline.definitions.versions import readable_version
from ripeline.timeline.models import PlaybookVersion
from ripeline.timeline.sentences import as_sentence


@dataclass(frozen=True, slots=True)
class Second:
    """Somebody by the definition of the camp that runs: where, since when, why, and the whole ladder.

    `agreed` is the title of the stage that both have them in, "" where they differ.
    """

    name: str
    version: PlaybookVersion
    picture: Picture
    standing: Standing
    entered_at: datetime
    reason: str
    rungs: Sequence[Rung]
    agreed: str


def second_opinion(picture: Picture) -> Second | None:
    """What the camp says at present; None for the past, without a camp, and of whom nothing has happened to."""
    camp = running_camp() if picture.as_of.is_now and picture.standing is not None else None
    if camp is None or picture.standing is None:
        return None
    theirs = readable_version(camp.version_id)
    other = None if theirs is None else picture.by_other(theirs)
    if theirs is None or other is None or other.standing is None:
        return None
    move, stage, there = latest_move(other), picture.standing.stage, other.standing.stage
    return Second(
        name=camp.name,
        version=camp.version,
        picture=other,
        standing=other.standing,
        entered_at=to_datetime(other.standing.entered_at),
        reason=other.say(move) if move else "No rule of it has moved them since their first touch.",
        rungs=climb(other),
        agreed=_title(picture, stage) if is_same_stage(picture.playbook, theirs, stage, there) else "",
    )


def say_dropped(picture: Picture, outdated: Sequence[Outdated]) -> str:
    """Where somebody stood until the definition changed, if that and nothing else took them from there; else ""."""
    if not picture.as_of.is_now or not outdated or picture.standing is None:
        return ""
    before, publication, move = outdated[0], outdated[0].publication, latest_move(picture)
    if publication is None or before.to_stage == picture.standing.stage:
        return ""
    if move is not None and (picture.cause_of(move) or move.at >= to_instant(publication.at)):
        return ""
    note = f" ({publication.note.rstrip('.')})" if publication.note else ""
    return as_sentence(
        f"until {say_day(to_instant(publication.at))} they stood at {_title(picture, before.to_stage)}: then the "
        f"definition changed{note}, and what had made them so does not count any more"
    )


def _title(picture: Picture, key: str) -> str:
    titles = {stage.key: stage.title for stage in picture.playbook.stages}
    return titles.get(key, key)
