"""The conditions and tests of a playbook, as frozen values.

Each class is one row of the contract's table of conditions; which one a mapping means is told by its key.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from ripeline.lifecycle.values import (
    Duration,
    Number,
    Part,
    PersonaName,
    Plain,
    Question,
    SignalName,
    Text,
    Times,
    filled,
    listed,
    mistake,
    scalar,
)

Grade = Literal["A", "B", "C", "D", "F"]
CONDITIONS: Final = (
    "all",
    "any",
    "not",
    "score",
    "fit",
    "persona",
    "signal",
    "answer",
    "trait",
    "idle",
    "in_stage",
)
TAG: Final = "condition:"
"""Begins the steps pydantic adds to the place of a mistake to say which condition it is in."""


class Test(Part):
    """What a value must be; every test given must pass. A plain value means `in` with that one value.

    A missing value passes only `exists: false` and `not`.
    """

    in_: Annotated[tuple[Plain, ...], AfterValidator(filled)] | None = Field(None, alias="in")
    gte: Number | None = None
    gt: Number | None = None
    lte: Number | None = None
    lt: Number | None = None
    not_: Plain | None = Field(None, alias="not")
    exists: bool | None = Field(None, strict=True)
    glob: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_plain(cls, given: object) -> object:
        if not isinstance(given, dict):
            return {"in": (scalar(given),)}
        if not given:
            raise mistake(
                "the test is empty; write a value, {in: [..]}, {gte: x}, {not: v} or {exists: true}"
            )
        return given


class AllOf(Part):
    """True when every part is."""

    all: "tuple[Condition, ...]"


class AnyOf(Part):
    """True when at least one part is."""

    any: "tuple[Condition, ...]"


class Not(Part):
    """True when its part is not."""

    not_: "Condition" = Field(alias="not")


class Bounds(Part):
    """What the shown score must reach (`gte`) or stay under (`lt`)."""

    gte: Number | None = None
    lt: Number | None = None

    @model_validator(mode="after")
    def _asks(self) -> "Bounds":
        if self.gte is None and self.lt is None:
            raise mistake("the score is compared with nothing; write {gte: 30} or {lt: 30}")
        return self


class ScoreIs(Part):
    """True when the shown score is within the bounds."""

    score: Bounds


class FitIs(Part):
    """True when the grade is this or better."""

    fit: Grade


class PersonaIs(Part):
    """True when the current persona is one of these."""

    persona: Annotated[tuple[PersonaName, ...], BeforeValidator(listed), AfterValidator(filled)]


class SignalIs(Part):
    """True when at least `count` matching touches lie in the last `within` microseconds (None: ever)."""

    signal: SignalName
    count: Times = 1
    within: Duration | None = None


class AnswerIs(Part):
    """True when the latest answer to each question has this value and is still valid."""

    answer: Annotated[dict[Question, Plain], Field(min_length=1)]


class TraitIs(Part):
    """True when every named trait passes its test."""

    trait: Annotated[dict[Text, Test], Field(min_length=1)]


class Idle(Part):
    """True when nothing inbound came for this long (microseconds)."""

    idle: Duration


class InStage(Part):
    """True when the current stage was entered at least this long ago (microseconds)."""

    in_stage: Duration


def which(given: object) -> str | None:
    if isinstance(given, Part):
        return TAG + next(
            name.rstrip("_") for name in type(given).model_fields if name.rstrip("_") in CONDITIONS
        )
    if not isinstance(given, Mapping):
        return None
    found = [name for name in CONDITIONS if name in given]
    return TAG + found[0] if len(found) == 1 else None


Condition = Annotated[
    Annotated[AllOf, Tag(TAG + "all")]
    | Annotated[AnyOf, Tag(TAG + "any")]
    | Annotated[Not, Tag(TAG + "not")]
    | Annotated[ScoreIs, Tag(TAG + "score")]
    | Annotated[FitIs, Tag(TAG + "fit")]
    | Annotated[PersonaIs, Tag(TAG + "persona")]
    | Annotated[SignalIs, Tag(TAG + "signal")]
    | Annotated[AnswerIs, Tag(TAG + "answer")]
    | Annotated[TraitIs, Tag(TAG + "trait")]
    | Annotated[Idle, Tag(TAG + "idle")]
    | Annotated[InStage, Tag(TAG + "in_stage")],
    Discriminator(which),
]


def leaves(condition: Any) -> "list[Any]":
    """The conditions a condition is made of, without `all`, `any` and `not`, in reading order."""
    if isinstance(condition, AllOf):
        return [leaf for part in condition.all for leaf in leaves(part)]
    if isinstance(condition, AnyOf):
        return [leaf for part in condition.any for leaf in leaves(part)]
    if isinstance(condition, Not):
        return leaves(condition.not_)
    return [condition]
