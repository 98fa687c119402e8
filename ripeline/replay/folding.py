"""One bucket of people folded: a pure step that any executor may run, here or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from ripeline.lifecycle.fold import Ignored, Standing, Transition, fold
from ripeline.lifecycle.instant import format_instant
from ripeline.lifecycle.playbook import Playbook
from ripeline.replay.gathering import Bucket, unpack
from ripeline.replay.packing import Row

TRANSITION_COLUMNS = (
    ("person", "text"),
    ("at", "instant"),
    ("from", "text"),
    ("to", "text"),
    ("cause", "text"),
    ("rule", "text"),
    ("score", "number"),
    ("grade", "text"),
)
STANDING_COLUMNS = (
    ("person", "text"),
    ("stage", "text"),
    ("entered_at", "instant"),
    ("score", "number"),
    ("grade", "text"),
    ("persona", "text"),
    ("rating", "text"),
    ("status", "text"),
    ("last_inbound_at", "instant"),
)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a bucket came to: rows by the columns above, sorted by person (UTF-8 bytes); what was ignored."""

    transitions: list[Row]
    standings: list[Row]
    ignored: list[str]


def fold_bucket(playbook: Playbook, bucket: Bucket, as_of: int) -> Folded:
    """Folds each person of the bucket; somebody without a touch up to `as_of` has no standing and no row."""
    folded = Folded([], [], [])
    people = unpack(bucket)
    for person in sorted(people, key=str.encode):
        outcome = fold(playbook, people[person], as_of)
        folded.transitions.extend(map(_transition_row, outcome.transitions))
        if outcome.standing is not None:
            folded.standings.append(_standing_row(outcome.standing))
        folded.ignored.extend(_ignored_sentence(person, each) for each in outcome.ignored)
    return folded


def _transition_row(moved: Transition) -> Row:
    return (
        moved.person,
        moved.at,
        moved.from_stage,
        moved.to_stage,
        moved.cause,
        moved.rule,
        moved.score,
        moved.grade,
    )


def _standing_row(standing: Standing) -> Row:
    return (
        standing.person,
        standing.stage,
        standing.entered_at,
        standing.score,
        standing.grade,
        standing.persona,
        standing.rating,
        standing.status,
        standing.last_inbound_at,
    )


def _ignored_sentence(person: str, ignored: Ignored) -> str:
    return (
        f"{person}: the stage_set {ignored.touch_id} of {format_instant(ignored.at)} was ignored, "
        f"for {ignored.subject!r} is no stage of the playbook"
    )
