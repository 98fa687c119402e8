"""The form in which a definition is written: fields by their place in it, and back. What was typed stays as it was, so
that a mistake is shown beside it.

The field `r.0.1|kind` is that of the second condition in the first group in the outermost group `r`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from ripeline.nurture.segments.definition import MOST
from ripeline.nurture.segments.reading import Mistake

ROOT = "r"
GROUPS = ("all", "any", "none")
CHOSEN = ("stage", "rating", "grade", "persona", "status", "owner")
"""Conditions of values that are ticked."""
TYPED = ("source", "country", "language", "tag")
"""Conditions of values that are typed, with commas between."""
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
OPERATORS = {
    "in": "is",
    "not": "is not",
    "gte": "is at least",
    "gt": "is more than",
    "lte": "is at most",
    "lt": "is less than",
    "glob": "is like",
    "exists": "is known",
    "missing": "is not known",
}
ACTORS = {"": "people, and who may be one", "human": "people alone", "machine": "machines too"}
_ACTORS: Mapping[str, list[str]] = {"human": ["human"], "machine": ["human", "unknown", "machine"]}
_FIELD = re.compile(r"r((?:\.\d{1,3}){0,8})\|([a-z_]{1,12})\Z")
_LENGTH = re.compile(r"(\d{1,6})([smhdw])\Z")
START: Mapping[str, Any] = {
    **dict.fromkeys((*CHOSEN, *TYPED), ()),
    "score": {},
    "trait": {"": {}},
    "company": {"industry": {}},
    "touch": {},
    "consent": "newsletter",
    "segment": "",
}
"""What a condition holds that was just added."""


@dataclass(frozen=True, slots=True)
class Node:
    """A group or a condition as the form shows it: its place, its word, the values of its fields, what is in it and
    what is wrong with it."""

    path: str
    word: str
    values: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Node, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether others stand in it."""
        return self.word in GROUPS


def read_form(posted: QueryDict) -> dict[str, Any]:
    """The definition that a form says, as it would be kept, mistakes and all."""
    fields: dict[tuple[int, ...], dict[str, list[str]]] = {}
    for name in posted:
        if found := _FIELD.match(name):
            place = tuple(int(step) for step in found[1].split(".")[1:])
            fields.setdefault(place, {})[found[2]] = posted.getlist(name)
    places = sorted(place for place, values in fields.items() if values.get("is"))[: MOST * 4]
    return _read((), places, fields)


def nodes_of(definition: Mapping[str, Any], mistakes: Sequence[Mistake] = ()) -> Node:
    """A definition as the form shows it, each mistake where it stands."""
    return _node(spread(definition), ROOT, "", mistakes)


def add(definition: dict[str, Any], path: str, word: str) -> dict[str, Any]:
    """The definition with one more condition, or group, at the end of the group at a path."""
    group = _at(definition, path)
    fresh = {word: [{"stage": []}]} if word in GROUPS else {word: _start(word)}
    if group is not None and (word in GROUPS or word in START):
        group[next(iter(group))].append(fresh)
    return definition


def remove(definition: dict[str, Any], path: str) -> dict[str, Any]:
    """The definition without what stands at a path."""
    above, _, last = path.rpartition(".")
    group = _at(definition, above)
    if group is not None and last.isdigit():
        parts = group[next(iter(group))]
        if int(last) < len(parts):
            del parts[int(last)]
    return definition


def spread(definition: Any) -> Any:
    """The same, where one condition asks several things of traits or the company, as several conditions: the form shows
    one each."""
    if not isinstance(definition, Mapping) or len(definition) == 0:
        return definition
    word = next(iter(definition))
    inner = definition[word]
    if word in GROUPS and isinstance(inner, list | tuple):
        return {word: [spread(part) for part in inner]}
    if word in ("trait", "company") and isinstance(inner, Mapping):
        single = [{word: {name: test}} for name, given in inner.items() for test in _single(given)]
        return single[0] if len(single) == 1 else {"all": single}
    return definition


def _single(test: Any) -> list[Any]:
    if isinstance(test, Mapping) and len(test) > 1:
        return [{name: value} for name, value in test.items()]
    return [test]


def _start(word: str) -> Any:
    value = START[word]
    return list(value) if isinstance(value, tuple) else json.loads(json.dumps(value))


def _at(definition: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The group at a path."""
    node: Any = definition
    for step in path.split(".")[1:]:
        word = next(iter(node), "")
        parts = node.get(word) if word in GROUPS else None
        if not parts or not step.isdigit() or int(step) >= len(parts):
            return None
        node = parts[int(step)]
    return node if isinstance(node, dict) and next(iter(node), "") in GROUPS else None


def _read(
    place: tuple[int, ...],
    places: Sequence[tuple[int, ...]],
    fields: Mapping[tuple[int, ...], dict[str, list[str]]],
) -> dict[str, Any]:
    values = fields.get(place, {})
    word = (values.get("is") or ["all"])[0]
    if word in GROUPS:
        chosen = (values.get("word") or [word])[0]
        inner = [each for each in places if len(each) == len(place) + 1 and each[: len(place)] == place]
        return {chosen if chosen in GROUPS else word: [_read(each, places, fields) for each in inner]}
    one = {name: (given[0] if given else "").strip() for name, given in values.items()}
    return _condition(word, one, values)


def _condition(word: str, one: Mapping[str, str], many: Mapping[str, list[str]]) -> dict[str, Any]:
    if word in CHOSEN:
        return {word: [each for each in many.get("v", []) if each]}
    if word in TYPED:
        return {word: _words(one.get("v", ""))}
    if word == "score":
        return {word: {name: _number(one[name]) for name in ("gte", "lt") if one.get(name)}}
    if word in ("trait", "company"):
        is_number = word == "company" and one.get("name") == "employees"
        is_text = word == "company" and not is_number
        test = _test(one.get("op", "in"), one.get("v", ""), is_text=is_text, is_number=is_number)
        return {word: {one.get("name", ""): test}}
    if word == "consent":
        return {"consent": one.get("v", ""), "is": one.get("state", "given")}
    if word == "touch":
        return {"touch": _touch(one, many)}
    return {word: one.get("v", "")}


def _touch(one: Mapping[str, str], many: Mapping[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if kinds := [each for each in many.get("kind", []) if each]:
        found["kind"] = kinds
    if subjects := _words(one.get("subject", "")):
        found["subject"] = subjects
    attrs = _rest(one.get("attrs", ""))
    if one.get("attr"):
        attrs = {one["attr"]: _test(one.get("op", "in"), one.get("v", ""))} | attrs
    if attrs:
        found["attrs"] = attrs
    if actors := _ACTORS.get(one.get("actor", "")):
        found["actor"] = list(actors)
    if one.get("count") not in (None, "", "1"):
        found["count"] = _number(one["count"])
    if one.get("within"):
        found["within"] = one["within"] + one.get("unit", "d") if one["within"].isdigit() else one["within"]
    return found


def _rest(text: str) -> dict[str, Any]:
    """Tests of attrs that the form has no fields for, as it carried them along."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _test(operator: str, typed: str, *, is_text: bool = False, is_number: bool = False) -> Any:
    if operator in ("exists", "missing"):
        return {"exists": operator == "exists"}
    if operator == "glob":
        return {"glob": typed}
    if operator == "not":
        return {"not": typed if is_text else _guess(typed)}
    if operator in ("gte", "gt", "lte", "lt"):
        return {operator: _number(typed)}
    words = _words(typed)
    if is_text:
        return {"in": words}
    if is_number:
        return {"in": [_number(each) for each in words]}
    # What looks like a number, or yes, is kept as one by some and as text by others.
    return {"in": list(dict.fromkeys(value for each in words for value in (_guess(each), each)))}


def _node(definition: Any, path: str, where: str, mistakes: Sequence[Mistake]) -> Node:
    word = next(iter(definition), "all") if isinstance(definition, Mapping) else "all"
    inner = definition.get(word) if isinstance(definition, Mapping) else ()
    if word in GROUPS:
        parts = tuple(
            _node(part, f"{path}.{number}", f"{where}{'.' if where else ''}{word}[{number}]", mistakes)
            for number, part in enumerate(inner or ())
        )
        own = tuple(
            each.message for each in mistakes if each.path in (where, f"{where}{'.' if where else ''}{word}")
        )
        return Node(path, word, parts=parts, wrong=own)
    wrong = tuple(
        each.message for each in mistakes if re.match(rf"{re.escape(where)}(?![\d\]\w])", each.path)
    )
    return Node(path, word, values=_values(word, definition), wrong=wrong)


def _values(word: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    given = definition[word]
    if word in CHOSEN:
        return {"v": [given] if isinstance(given, str) else list(given)}
    if word in TYPED:
        return {"v": given if isinstance(given, str) else ", ".join(map(str, given))}
    if word == "score":
        return {name: _shown(given.get(name)) for name in ("gte", "lt")}
    if word in ("trait", "company"):
        name, test = next(iter(given.items()), ("", {}))
        return {"name": name} | _shown_test(test)
    if word == "consent":
        return {"v": given, "state": definition.get("is", "given")}
    if word == "touch":
        return _shown_touch(given)
    return {"v": given}


def _shown_touch(given: Mapping[str, Any]) -> dict[str, Any]:
    kinds, subjects = given.get("kind") or (), given.get("subject") or ()
    length = _LENGTH.match(str(given.get("within") or ""))
    attrs = dict(given.get("attrs") or {})
    name = next(iter(attrs), "")
    test = attrs.pop(name, {})
    actors = set(given.get("actor") or ("human", "unknown"))
    return {
        "kind": [*([kinds] if isinstance(kinds, str) else kinds), ""],
        "subject": subjects if isinstance(subjects, str) else ", ".join(subjects),
        "attr": name,
        **_shown_test(test),
        "attrs": json.dumps(attrs) if attrs else "",
        "actor": "machine" if "machine" in actors else "human" if actors == {"human"} else "",
        "count": _shown(given.get("count", 1)),
        "within": length[1] if length else given.get("within") or "",
        "unit": length[2] if length else "d",
    }


def _shown_test(test: Any) -> dict[str, Any]:
    if not isinstance(test, Mapping):
        return {"op": "in", "v": _shown(test)}
    name, value = next(iter(test.items()), ("in", ""))
    if name == "exists":
        return {"op": "exists" if value else "missing", "v": ""}
    values = value if isinstance(value, list | tuple) else [value]
    return {"op": name, "v": ", ".join(dict.fromkeys(_shown(each) for each in values))}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, int | float) else str(value)


def _words(typed: str) -> list[str]:
    return list(dict.fromkeys(each.strip() for each in typed.split(",") if each.strip()))


def _number(typed: str) -> float | str:
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        return typed
    if not math.isfinite(number):
        return typed
    return int(number) if number.is_integer() else number


def _guess(typed: str) -> Any:
    if typed.lower() in ("true", "false"):
        return typed.lower() == "true"
    return _number(typed)
