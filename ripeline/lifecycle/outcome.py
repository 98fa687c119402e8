"""What comes out of a fold, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ripeline.lifecycle.touch import Scalar

MOST_MOVES: Final = 10_000
"""So often one person moves in one fold at most: twice a day for 13 years. Whoever moves more often goes in circles."""


_WAY_OUT: Final = (
    "Probably an exit by time leads down to a stage from which the way up holds at once; let the way up ask for "
    "something new, such as a signal within 7d"
)


class TooManyMoves(ValueError):
    """A person whom a definition moves without end; the text is a sentence that says so and why it may be."""

    def __init__(self, person: str) -> None:
        super().__init__(f"{person!r} would move more than {MOST_MOVES:,} times. {_WAY_OUT}")
        self.person = person

    @property
    def said(self) -> str:
        """The same as sentences of a page that shows who it is about."""
        return f"By this definition they would move more than {MOST_MOVES:,} times. {_WAY_OUT}."

    def __reduce__(self) -> tuple[type["TooManyMoves"], tuple[str]]:
        return TooManyMoves, (self.person,)


@dataclass(frozen=True, slots=True)
class Transition:
    """One dated change of stage. `cause` is touch, timer or manual; `rule` is like `mql.enter` or `stage_set`."""

    person: str
    at: int
    from_stage: str
    to_stage: str
    cause: str
    rule: str
    score: float
    grade: str | None
    playbook_version: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a person at `at`. `share` is the share of the fit's weight behind the grade (0 to 1)."""

    person: str
    at: int
    stage: str
    entered_at: int
    score: float
    raw: float
    grade: str | None
    share: float | None
    persona: str | None
    rating: str | None
    status: str
    last_inbound_at: int | None
    suspended: bool
    first_touch_at: int
    traits: Mapping[str, Scalar]
    answers: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One touch's gift to the score: what it added at `at`, and what is left of it (`present`)."""

    rule: int
    signal: str
    touch_id: str
    kind: str
    subject: str | None
    at: int
    add: float
    present: float


@dataclass(frozen=True, slots=True)
class Ignored:
    """A `stage_set` that names no stage of the playbook."""

    touch_id: str
    at: int
    subject: str | None
