"""The plain values a playbook is written in, each checked with a sentence that says what would be right.

Names of signals, stages, personas and questions are checked against the `Names` handed in as pydantic's
validation context.
"""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from ripeline.lifecycle.instant import DAY, parse_duration
from ripeline.lifecycle.touch import KINDS, Scalar

_KEY = re.compile(r"[A-Za-z0-9_-]+")
LONGEST_KEY: Final = 64
"""Letters of the key of a stage, a persona or a rating: what is kept of people holds no more."""
LONGEST_NAME: Final = 80
"""Letters of the key of a playbook."""
LONGEST_TITLE: Final = 200
"""Letters of a title."""
MOST_ADDED: Final = 1_000_000_000
"""Points and weights beyond this could add up to more than a number holds."""

SHOWN_LETTERS: Final = 20
"""So many letters of what is too long are repeated in the sentence."""
NAMED: Final = 8
"""How many names a sentence lists."""
MEANINGFUL: Final = 4
"""Words of a name with fewer letters tell nothing of what was meant."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a playbook calls its things, gathered before it is checked. Stages are lowest first."""

    signals: tuple[str, ...]
    stages: tuple[str, ...]
    personas: tuple[str, ...]
    questions: tuple[str, ...]


def mistake(text: str) -> PydanticCustomError:
    """A validation error that says `text` as it is."""
    return PydanticCustomError("mistake", "{text}", {"text": text})


def did_you_mean(given: object, known: tuple[str, ...]) -> str:
    """` did you mean 'x'?` where one known name is close, else the list of what is known."""
    close = get_close_matches(str(given), known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(known)}" if known else "none is defined"


def _which_signal(given: str, known: tuple[str, ...]) -> str:
    """The near ones, else this playbook's own and where the many kinds are listed."""
    if get_close_matches(given, known, n=1):
        return did_you_mean(given, known)
    near = [repr(name) for name in known if _words(name) & _words(given)][:NAMED]
    if near:
        return f"near it {'is' if len(near) == 1 else 'are'} {', '.join(near)}"
    own = [name for name in known if name not in KINDS and name != "inbound"]
    more = f" and {len(own) - NAMED} more" if len(own) > NAMED else ""
    listed = f"this playbook's own are {', '.join(own[:NAMED])}{more}; " if own else ""
    return f"{listed}the kinds of touch, which need no definition, are listed by `ripeline playbook kinds`"


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[_-]", name.lower()) if len(word) >= MEANINGFUL}


def _duration(given: object) -> int:
    if isinstance(given, str):
        try:
            return parse_duration(given)
        except ValueError as wrong:
            raise mistake(str(wrong)) from None
    raise mistake(f"{given!r} is not a duration; write a number and a unit: 45s, 90m, 12h, 30d or 2w")


def whole_days(given: object) -> int | None:
    if given == "none":
        return None
    length = _duration(given)
    if length % DAY:
        raise mistake(f"{given!r} is not whole days; scores fade overnight: write 30d, 2w or none")
    return length // DAY


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise mistake(f"{_shown(given)} is not a number")
    if not math.isfinite(given):
        raise mistake(f"{given!r} is not a finite number")
    return float(given)


def _positive(given: object) -> float:
    number = _number(given)
    if number <= 0:
        raise mistake(f"{given!r} must be more than nought")
    return number


def _bounded(given: float) -> float:
    if abs(given) > MOST_ADDED:
        raise mistake(f"{given!r} is too large; write a number up to {MOST_ADDED:,}")
    return given


def _times(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 1_000_000:
        raise mistake(f"{_shown(given)} is not a count; write a whole number from 1")
    return given


def scalar(given: object) -> Scalar:
    if isinstance(given, str | bool):
        return given
    if given is None:
        raise mistake("null matches nothing; write {exists: false} for what is missing")
    return _number(given)


def listed(given: object) -> object:
    return given if isinstance(given, list | tuple) else [given]


def filled(given: tuple[Any, ...]) -> tuple[Any, ...]:
    if not given:
        raise mistake("the list is empty; name at least one")
    return given


def _text(given: object) -> str:
    if isinstance(given, str) and given.strip():
        return given
    raise mistake(f"{_shown(given)} is not a text; write some words, in quotes where YAML needs them")


def _key(given: object) -> str:
    text = _text(given)
    if not _KEY.fullmatch(text):
        raise mistake(f"{text!r} is not a key; use letters, digits, _ and - only")
    return text


def _at_most(longest: int, what: str) -> AfterValidator:
    def check(given: str) -> str:
        if len(given) > longest:
            start = given[:SHOWN_LETTERS].rstrip()
            raise mistake(f"“{start}...” has {len(given):,} letters; {what} has at most {longest}")
        return given

    return AfterValidator(check)


def _known(what: str, field: str) -> AfterValidator:
    def check(given: str, info: ValidationInfo) -> str:
        known: tuple[str, ...] = getattr(info.context, field)
        if given not in known:
            which = _which_signal if field == "signals" else did_you_mean
            raise mistake(f"unknown {what} {given!r}; {which(given, known)}")
        return given

    return AfterValidator(check)


def _shown(given: object) -> str:
    text = repr(given) if isinstance(given, str | int | float | bool | None) else f"a {type(given).__name__}"
    return {"None": "nothing", "a dict": "a mapping", "a list": "a list"}.get(text, text)


Text = Annotated[str, BeforeValidator(_text)]
Key = Annotated[str, BeforeValidator(_key)]
ShortKey = Annotated[Key, _at_most(LONGEST_KEY, "such a key")]
Name = Annotated[Key, _at_most(LONGEST_NAME, "the key of a playbook")]
Title = Annotated[Text, _at_most(LONGEST_TITLE, "a title")]
Duration = Annotated[int, BeforeValidator(_duration)]
Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[float, BeforeValidator(_positive)]
Added = Annotated[Number, AfterValidator(_bounded)]
Weight = Annotated[Positive, AfterValidator(_bounded)]
Times = Annotated[int, BeforeValidator(_times)]
Plain = Annotated[str | float | bool, BeforeValidator(scalar)]
SignalName = Annotated[Text, _known("signal", "signals")]
StageName = Annotated[Text, _known("stage", "stages")]
PersonaName = Annotated[Text, _known("persona", "personas")]
Question = Annotated[Text, _known("question", "questions")]
OneOrMore = Annotated[tuple[Text, ...], BeforeValidator(listed), AfterValidator(filled)]


class Part(BaseModel):
    """A piece of a playbook: frozen, and without keys nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Titled(Part):
    """A piece with a key; without a title of its own the key is shown."""

    key: ShortKey
    title: Title

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, given: object) -> object:
        if isinstance(given, dict) and "title" not in given and isinstance(given.get("key"), str):
            # One that is too long is told of its key alone.
            return {**given, "title": given["key"][:LONGEST_TITLE]}
        return given
