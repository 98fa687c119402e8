"""What a segment asks of people: conditions, and groups of them, as frozen values read from plain data.

A definition is one group, such as `{"all": [{"stage": ["lead"]}, {"touch": {"kind": ["page_viewed"], "count": 3}}]}`.
Each condition is a mapping whose one word tells which it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)

from ripeline.lifecycle.conditions import Bounds, Test
from ripeline.lifecycle.touch import Actor
from ripeline.lifecycle.values import (
    Duration,
    OneOrMore,
    Part,
    Text,
    Times,
    did_you_mean,
    filled,
    listed,
    mistake,
)

NONE: Final = "none"
"""How a list of values says "has none"."""
MOST: Final = 50
"""Conditions in one segment."""
DEEPEST: Final = 5
"""Groups within groups."""
MOST_STARS: Final = 6
"""What a pattern may hold: each more makes a database try more ways."""
WORDS: Final = (
    *("all", "any", "none", "stage", "rating", "grade", "persona", "status", "source", "owner", "country"),
    *("language", "tag", "score", "trait", "company", "touch", "consent", "segment"),
)
TAG: Final = "condition:"


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to ask about. None: anything may be named, since what was once there may be gone."""

    stages: tuple[str, ...] | None = None
    ratings: tuple[str, ...] | None = None
    personas: tuple[str, ...] | None = None
    owners: tuple[str, ...] | None = None
    segments: tuple[str, ...] | None = None


def _known(what: str, field: str, *, has_none: bool = True) -> AfterValidator:
    def check(given: str, info: ValidationInfo) -> str:
        known: tuple[str, ...] | None = getattr(info.context, field, None)
        if known is not None and given not in known and not (has_none and given == NONE):
            raise mistake(f"there is no {what} '{given}'; {did_you_mean(given, known)}")
        return given

    return AfterValidator(check)


def _bounded(test: Test) -> Test:
    for name, value in test.model_dump(exclude_none=True).items():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str) and "\0" in each:
                raise mistake(f"{name} holds a letter that no text may hold")
    if test.glob is not None and test.glob.count("*") > MOST_STARS:
        raise mistake(f"'{test.glob}' has more than {MOST_STARS} stars; write a simpler pattern")
    return test


def _pattern(given: str) -> str:
    if given.count("*") > MOST_STARS:
        raise mistake(f"'{given}' has more than {MOST_STARS} stars; write a simpler pattern")
    return given


def _plain_text(given: str) -> str:
    if "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given):
        raise mistake("a letter in this is none that a text may hold")
    return given


Word = Annotated[Text, AfterValidator(_plain_text)]
Words = Annotated[tuple[Word, ...], BeforeValidator(listed), AfterValidator(filled)]
AValue = Annotated[Test, AfterValidator(_bounded)]


def _some(what: str, field: str) -> Any:
    one = Annotated[Word, _known(what, field)]
    return Annotated[tuple[one, ...], BeforeValidator(listed), AfterValidator(filled)]


class AllOf(Part):
    """True when every part is."""

    all: Annotated[tuple[Condition, ...], AfterValidator(filled)]


class AnyOf(Part):
    """True when at least one part is."""

    any: Annotated[tuple[Condition, ...], AfterValidator(filled)]


class NoneOf(Part):
    """True when no part is."""

    none: Annotated[tuple[Condition, ...], AfterValidator(filled)]


class StageIs(Part):
    """In one of these stages."""

    stage: _some("stage", "stages")  # type: ignore[valid-type]


class RatingIs(Part):
    """Rated so."""

    rating: _some("rating", "ratings")  # type: ignore[valid-type]


class GradeIs(Part):
    """Of one of these grades of fit."""

    grade: Annotated[
        tuple[Literal["A", "B", "C", "D", "F", "none"], ...], BeforeValidator(listed), AfterValidator(filled)
    ]


class PersonaIs(Part):
    """One of these personas."""

    persona: _some("persona", "personas")  # type: ignore[valid-type]


class StatusIs(Part):
    """Active, or disqualified."""

    status: Annotated[
        tuple[Literal["active", "disqualified"], ...], BeforeValidator(listed), AfterValidator(filled)
    ]


class SourceIs(Part):
    """First heard of through one of these."""

    source: Words


class OwnerIs(Part):
    """Owned by one of these colleagues, by their address."""

    owner: _some("colleague", "owners")  # type: ignore[valid-type]


class CountryIs(Part):
    """In one of these countries, by their two letters."""

    country: Words


class LanguageIs(Part):
    """Of one of these languages, by their codes; `en` is also `en-gb`."""

    language: Words


class TagIs(Part):
    """Has one of these tags."""

    tag: Words


class ScoreIs(Part):
    """The score shown today is within the bounds."""

    score: Bounds


class TraitIs(Part):
    """Every named trait passes its test."""

    trait: Annotated[dict[Word, AValue], Field(min_length=1)]


class CompanyTests(Part):
    """Tests of what is known of the company."""

    name: AValue | None = None
    domain: AValue | None = None
    industry: AValue | None = None
    employees: AValue | None = None
    country: AValue | None = None

    @model_validator(mode="after")
    def _asks(self) -> CompanyTests:
        if not self.model_fields_set:
            raise mistake(
                "nothing is asked of the company; write {industry: publishing} or {employees: {gte: 50}}"
            )
        return self


class CompanyIs(Part):
    """The company passes every test; who has none passes only `not` and `exists: false`."""

    company: CompanyTests


class Touches(Part):
    """At least `count` touches that pass every test, in the last `within` (microseconds; None: ever).

    Without `actor` what machines did does not count.
    """

    kind: OneOrMore | None = None
    subject: (
        Annotated[
            tuple[Annotated[Word, AfterValidator(_pattern)], ...],
            BeforeValidator(listed),
            AfterValidator(filled),
        ]
        | None
    ) = None
    attrs: dict[Word, AValue] = {}
    actor: Annotated[tuple[Actor, ...], BeforeValidator(listed), AfterValidator(filled)] = (
        "human",
        "unknown",
    )
    count: Times = 1
    within: Duration | None = None


class TouchIs(Part):
    """Touches of theirs, those of everybody who is one with them included."""

    touch: Touches


class ConsentIs(Part):
    """What they allow: `given` as mail and calls go by it (an address that is closed ends it), or what they said."""

    consent: Word
    is_: Literal["given", "withdrawn", "unknown"] = Field("given", alias="is")


class SegmentIs(Part):
    """In another segment."""

    segment: Annotated[Word, _known("segment", "segments", has_none=False)]


def _which(given: object) -> str | None:
    if isinstance(given, Part):
        return TAG + next(iter(type(given).model_fields)).rstrip("_")
    if not isinstance(given, Mapping):
        return None
    found = [name for name in WORDS if name in given]
    return TAG + found[0] if len(found) == 1 else None


Condition = Annotated[
    Annotated[AllOf, Tag(TAG + "all")]
    | Annotated[AnyOf, Tag(TAG + "any")]
    | Annotated[NoneOf, Tag(TAG + "none")]
    | Annotated[StageIs, Tag(TAG + "stage")]
    | Annotated[RatingIs, Tag(TAG + "rating")]
    | Annotated[GradeIs, Tag(TAG + "grade")]
    | Annotated[PersonaIs, Tag(TAG + "persona")]
    | Annotated[StatusIs, Tag(TAG + "status")]
    | Annotated[SourceIs, Tag(TAG + "source")]
    | Annotated[OwnerIs, Tag(TAG + "owner")]
    | Annotated[CountryIs, Tag(TAG + "country")]
    | Annotated[LanguageIs, Tag(TAG + "language")]
    | Annotated[TagIs, Tag(TAG + "tag")]
    | Annotated[ScoreIs, Tag(TAG + "score")]
    | Annotated[TraitIs, Tag(TAG + "trait")]
    | Annotated[CompanyIs, Tag(TAG + "company")]
    | Annotated[TouchIs, Tag(TAG + "touch")]
    | Annotated[ConsentIs, Tag(TAG + "consent")]
    | Annotated[SegmentIs, Tag(TAG + "segment")],
    Discriminator(_which),
]


class Definition(Part):
    """The whole of it: one group."""

    group: Condition


for _each in (AllOf, AnyOf, NoneOf, Definition):
    _each.model_rebuild()

Group = AllOf | AnyOf | NoneOf


def parts_of(condition: Any) -> tuple[Any, ...]:
    """What a group holds; nothing for a condition that is no group."""
    if isinstance(condition, AllOf):
        return condition.all
    if isinstance(condition, AnyOf):
        return condition.any
    return condition.none if isinstance(condition, NoneOf) else ()


def leaves(condition: Any) -> Iterator[Any]:
    """The conditions without their groups, in reading order."""
    parts = parts_of(condition)
    if not parts:
        yield condition
    for part in parts:
        yield from leaves(part)


def asked_segments(definition: Group) -> tuple[str, ...]:
    """The keys of the segments that it asks about."""
    return tuple(dict.fromkeys(leaf.segment for leaf in leaves(definition) if isinstance(leaf, SegmentIs)))
