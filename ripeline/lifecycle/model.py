"""What a playbook is: the frozen model, and the hash that names its version.

Every rule of the model comes from section 3 of the engine's contract; `playbook.load_playbook` reads one.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from ripeline.lifecycle.conditions import TAG, Condition, SignalIs, Test, TraitIs, leaves, which
from ripeline.lifecycle.touch import KINDS, Actor, Direction
from ripeline.lifecycle.values import (
    Added,
    Duration,
    Key,
    Name,
    Number,
    OneOrMore,
    Part,
    Positive,
    SignalName,
    StageName,
    Text,
    Times,
    Titled,
    Weight,
    filled,
    listed,
    mistake,
    whole_days,
)

Band = Literal["A", "B", "C", "D"]
QUESTIONS: Final = ("need", "budget", "authority", "timeline", "intent")
"""The questions every sales talk asks; `answers` may add others."""
BUILT_IN: Final = (*KINDS, "inbound")
"""Signals that need no definition: every known kind's own name, and `inbound`."""


class Signal(Part):
    """Which touches count as this signal."""

    kind: OneOrMore | None = None
    subject: OneOrMore | None = None
    value: Test | None = None
    attrs: dict[str, Test] = {}
    direction: Direction | None = None
    actors: Annotated[tuple[Actor, ...], AfterValidator(filled)] | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "Signal":
        if not self.model_fields_set:
            raise mistake("the signal tests nothing; give it a kind, for example {kind: form_submitted}")
        return self


class Limit(Part):
    """Fewer than `times` contributions in the last `per` microseconds."""

    times: Times
    per: Duration


class Points(Part):
    """What a signal adds to the score."""

    signal: SignalName
    add: Added
    limit: Annotated[
        Annotated[Limit, Tag(TAG + "limit")] | Annotated[Literal["each", "once"], Tag(TAG + "word")],
        Discriminator(lambda given: TAG + ("limit" if isinstance(given, dict | Limit) else "word")),
    ] = "each"


class Score(Part):
    """How points add up and fade. `half_life` is in days, None for never."""

    half_life: Annotated[int | None, BeforeValidator(whole_days)] = None
    max: Positive | None = None
    points: tuple[Points, ...] = ()


class Criterion(Test):
    """One trait of a good customer and its weight."""

    trait: Text
    weight: Weight = 1.0

    @model_validator(mode="after")
    def _tests_something(self) -> "Criterion":
        if not self.model_fields_set - {"trait", "weight"}:
            raise mistake("the criterion tests nothing; add in: [..], gte: x or another test")
        return self


def _falling(grades: dict[Band, float]) -> dict[Band, float]:
    shares = [grades[grade] for grade in sorted(grades)]
    if not shares:
        raise mistake("no grades; write for example {A: 0.8, B: 0.6, C: 0.4, D: 0.2}")
    if any(not 0 < share <= 1 for share in shares):
        raise mistake("a grade asks for a share of the weight, more than 0 and at most 1")
    if any(better <= worse for better, worse in pairwise(shares)):
        raise mistake("grades must fall from A to D, for example {A: 0.8, B: 0.6, C: 0.4, D: 0.2}")
    return grades


_USUAL_GRADES: Final[dict[Band, float]] = {"A": 0.8, "B": 0.6, "C": 0.4, "D": 0.2}


class Fit(Part):
    """How well a person fits: criteria, and the share of their weight each grade asks for."""

    criteria: Annotated[tuple[Criterion, ...], AfterValidator(filled)]
    grades: Annotated[dict[Band, Number], AfterValidator(_falling)] = _USUAL_GRADES


class Answer(Part):
    """How long an answer to a question counts, in microseconds; None for ever."""

    valid_for: Duration | None = None


def _of_traits_and_signals(condition: Any) -> Any:
    for part in leaves(condition):
        if not isinstance(part, TraitIs | SignalIs):
            name = str(which(part)).removeprefix(TAG)
            raise mistake(f"a persona is told by traits and signals only, not by {name!r}")
    return condition


class Persona(Titled):
    """A kind of person; without `when` everybody is one."""

    when: Annotated[Condition, AfterValidator(_of_traits_and_signals)] | None = None


class Rating(Titled):
    """How warm a person is; without `when` everybody is."""

    when: Condition | None = None


class Exit(Part):
    """When a person leaves a stage downwards."""

    when: Condition
    to: StageName
    reason: Text | None = None


class Stage(Titled):
    """One step of the ladder. Without `enter` it is entered by hand or by an exit's `to` only."""

    enter: Condition | None = None
    from_: Annotated[tuple[StageName, ...], BeforeValidator(listed), AfterValidator(filled)] | None = Field(
        None, alias="from"
    )
    exit: tuple[Exit, ...] = ()


class Playbook(Titled):
    """What counts as a lead, an MQL, a prospect ...; `version` names it and never changes."""

    key: Name
    actors: Annotated[tuple[Actor, ...], AfterValidator(filled)] = ("human", "unknown")
    signals: dict[Key, Signal] = {}
    score: Score = Score()
    fit: Fit | None = None
    personas: tuple[Persona, ...] = ()
    answers: dict[Key, Answer] = {}
    stages: Annotated[tuple[Stage, ...], AfterValidator(filled)]
    recycle_to: StageName = ""
    rating: tuple[Rating, ...] = ()

    @cached_property
    def version(self) -> str:
        """SHA-256 (hex) of the canonical form, in which only meaning and the order of lists count."""
        form = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(form.encode()).hexdigest()

    def __hash__(self) -> int:
        return hash(self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Playbook) and self.version == other.version

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {stage.key: position for position, stage in enumerate(self.stages)}

    def stage_index(self, key: str) -> int:
        """The position of a stage on the ladder, 0 the lowest. Raises KeyError for an unknown one."""
        return self._positions[key]

    def signal(self, name: str) -> Signal:
        """What a signal's name means here, built-in ones included."""
        defined = self.signals.get(name)
        if defined is not None:
            return defined
        return Signal(direction="in") if name == "inbound" else Signal(kind=(name,))
