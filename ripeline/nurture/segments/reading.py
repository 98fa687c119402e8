"""Reading definitions of segments: plain data becomes conditions, or sentences that say what is wrong and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from ripeline.lifecycle.playbook import say_path
from ripeline.lifecycle.values import did_you_mean
from ripeline.nurture.segments.definition import (
    DEEPEST,
    MOST,
    TAG,
    WORDS,
    AllOf,
    AnyOf,
    Definition,
    Group,
    Known,
    NoneOf,
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a definition: where, as in `all[0].touch.within`, and a sentence."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class DefinitionMistakes(ValueError):
    """A definition that is none; all that is wrong with it."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes


def read_definition(given: object, known: Known | None = None) -> Group:
    """What plain data asks. Raises DefinitionMistakes; with `known`, names that there are not are mistakes too."""
    if too_large := _too_large(given):
        raise DefinitionMistakes((Mistake("", too_large),))
    try:
        read = Definition.model_validate({"group": given}, context=known).group
    except ValidationError as wrong:
        found = tuple(_explained(error) for error in wrong.errors(include_url=False))
        raise DefinitionMistakes(tuple(dict.fromkeys(found))) from None
    if not isinstance(read, AllOf | AnyOf | NoneOf):
        raise DefinitionMistakes(
            (Mistake("", "begin with a group: {all: [..]}, {any: [..]} or {none: [..]}"),)
        )
    return read


def _too_large(given: object) -> str:
    count, deepest, waiting = 0, 0, [(given, 0)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = [node[word] for word in ("all", "any", "none") if isinstance(node, dict) and word in node]
        parts = [each for group in inner if isinstance(group, list | tuple) for each in group]
        count += not parts
        if count > MOST:
            return f"there are more than {MOST} conditions; make segments of some of them and ask for those"
        if depth > DEEPEST:
            return f"groups stand more than {DEEPEST} deep in each other; make a segment of the inner ones"
        waiting += [(part, depth + 1) for part in parts]
    return ""


def _explained(error: Any) -> Mistake:
    path = tuple(
        step
        for step in error["loc"][1:]
        if not (
            isinstance(step, str)
            and (step.startswith(TAG) or step in ("[key]", "function-after[_bounded(), Test]"))
        )
    )
    kind, given = error["type"], error["input"]
    where = say_path(path)
    if kind == "extra_forbidden":
        return Mistake(where, f"unknown key '{path[-1]}'")
    if kind == "union_tag_not_found":
        return Mistake(where, _no_condition(given))
    if kind == "missing":
        return Mistake(say_path(path[:-1]), f"'{path[-1]}' is missing")
    if kind == "literal_error":
        expected = str(error["ctx"]["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        return Mistake(where, f"{given!r} is not allowed; {did_you_mean(given, tuple(expected))}")
    return Mistake(where, _WANTED.get(kind, str(error["msg"])))


_WANTED: Final = {
    "model_type": "this must be a mapping, such as {gte: 30}",
    "model_attributes_type": "this must be a mapping, such as {gte: 30}",
    "dict_type": "this must be a mapping, such as {budget: {gte: 1000}}",
    "tuple_type": "this must be a list, such as [one, two]",
    "bool_type": "write true or false",
    "too_short": "name at least one",
    "invalid_key": "a key must be a text",
}


def _no_condition(given: object) -> str:
    if not isinstance(given, Mapping):
        return "this must be a condition, such as {stage: [lead]} or {score: {gte: 30}}"
    found = [name for name in WORDS if name in given]
    if found:
        return f"{' and '.join(found)} cannot stand together; put them in a group: {{all: [..]}} or {{any: [..]}}"
    if not given:
        return f"the condition is empty; write one of {', '.join(WORDS)}"
    return f"unknown condition {next(iter(given))!r}; {did_you_mean(next(iter(given)), WORDS)}"
