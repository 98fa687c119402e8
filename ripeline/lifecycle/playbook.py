"""From the text of a playbook to the playbook, or to every mistake in it at once.

The text is read with positions, the names are gathered first, then one pass of the model and one over the
ladder find everything that is wrong. A mistake has the line, the path of the key and what would be right.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from ripeline.lifecycle import conditions, model
from ripeline.lifecycle.circles import find_circles
from ripeline.lifecycle.conditions import CONDITIONS, TAG
from ripeline.lifecycle.model import BUILT_IN, QUESTIONS, Playbook, Stage
from ripeline.lifecycle.sizes import find_too_much
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.values import Names, Part, did_you_mean
from ripeline.lifecycle.written import TOO_DEEP, NotYaml, Written, read_yaml

__all__ = [
    "LONGEST_TEXT",
    "Mistake",
    "Playbook",
    "PlaybookMistakes",
    "Stage",
    "find_doubts",
    "load_kept",
    "load_playbook",
    "read_plain",
    "read_written",
    "say_path",
    "say_too_long",
]

Path = tuple[str | int, ...]

LONGEST_TEXT: Final = 100_000
"""Letters of a new text: two seconds to read at worst. The longest shipped playbook has twelve thousand. What was
kept before there was a limit is read however long it is."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a playbook: the line (from 1), the path of the key, and what would be right."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return (
            f"line {self.line}: {self.path}: {self.message}"
            if self.path
            else f"line {self.line}: {self.message}"
        )


class PlaybookMistakes(ValueError):
    """A playbook that cannot be used; `mistakes` holds all that is wrong, by line."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def read_written(text: str, *, is_kept: bool = False) -> Written:
    """What a YAML text says, for the functions below. Raises PlaybookMistakes where it is not YAML, or is too long and
    was not kept before."""
    if len(text) > LONGEST_TEXT and not is_kept:
        raise PlaybookMistakes((Mistake(1, "", say_too_long(text)),))
    try:
        return read_yaml(text)
    except NotYaml as wrong:
        raise PlaybookMistakes((Mistake(wrong.line, "", wrong.message),)) from None


def say_too_long(text: str) -> str:
    """The sentence that refuses a text of more than LONGEST_TEXT letters."""
    return f"A playbook has at most {LONGEST_TEXT:,} letters; this one has {len(text):,}."


def read_plain(text: str) -> Any:
    """The values of a YAML text, without positions. Raises PlaybookMistakes where it is not YAML."""
    return read_written(text).plain


def load_playbook(text: str | Written) -> Playbook:
    """The playbook a YAML text means. Raises PlaybookMistakes with every mistake in it."""
    try:
        return _load(read_written(text) if isinstance(text, str) else text)
    except RecursionError:
        raise PlaybookMistakes((Mistake(1, "", TOO_DEEP),)) from None


def load_kept(text: str) -> Playbook:
    """The same of a text that was kept as a definition, which may be longer than a new one. Raises PlaybookMistakes."""
    return load_playbook(read_written(text, is_kept=True))


def find_doubts(text: str | Written) -> tuple[Mistake, ...]:
    """What a playbook may say and hardly means: kinds like a slip of the keyboard, ways down that lead up again.

    An unknown kind is legal, since others may send touches of kinds of their own. Empty for what is not YAML.
    """
    try:
        written = read_written(text) if isinstance(text, str) else text
    except PlaybookMistakes:
        return ()
    positions, plain = written.positions, written.plain
    if not isinstance(plain, dict):
        return ()
    found = [
        (path, f"no touch of the kind {kind!r} is known; {meant}")
        for path, kind in _kinds_of(plain.get("signals"))
        if kind not in KINDS and (meant := did_you_mean(kind, tuple(KINDS))).startswith("did you mean")
    ]
    found += find_circles(plain.get("stages"))
    return tuple(Mistake(_line(positions, path), say_path(path), message) for path, message in found)


def _kinds_of(signals: Any) -> Iterator[tuple[Path, str]]:
    for key, signal in (signals if isinstance(signals, dict) else {}).items():
        kinds = signal.get("kind") if isinstance(signal, dict) else None
        for number, kind in enumerate(kinds if isinstance(kinds, list) else [kinds]):
            path: Path = ("signals", key, "kind", *((number,) if isinstance(kinds, list) else ()))
            if isinstance(kind, str):
                yield path, kind


def _load(written: Written) -> Playbook:
    positions, plain = written.positions, written.plain
    if not isinstance(plain, dict):
        raise PlaybookMistakes((Mistake(1, "", "a playbook is a mapping; start with key, title and stages"),))
    if too_much := list(find_too_much(plain)):
        raise _mistakes(positions, too_much)  # looking further could take for ever
    found = list(_ladder_mistakes(plain))
    try:
        playbook = _validate(plain)
    except ValidationError as wrong:
        found += [_explained(error) for error in wrong.errors(include_url=False)]
    if not found:
        return playbook
    raise _mistakes(positions, found)


def _mistakes(positions: Any, found: list[tuple[Path, str]]) -> PlaybookMistakes:
    mistakes = {Mistake(_line(positions, path), say_path(path), message) for path, message in found}
    return PlaybookMistakes(tuple(sorted(mistakes, key=lambda it: (it.line, it.path, it.message))))


def _validate(plain: dict[Any, Any]) -> Playbook:
    names = _names(plain)
    if "recycle_to" not in plain and names.stages:
        plain = {**plain, "recycle_to": names.stages[0]}
    return Playbook.model_validate(plain, context=names)


def _names(plain: dict[Any, Any]) -> Names:
    """What is called what, taken from what can be read of it."""
    return Names(
        signals=(*_keys_of(plain.get("signals")), *BUILT_IN),
        stages=_listed_keys(plain.get("stages")),
        personas=_listed_keys(plain.get("personas")),
        questions=tuple(dict.fromkeys((*_keys_of(plain.get("answers")), *QUESTIONS))),
    )


def _keys_of(mapping: Any) -> tuple[str, ...]:
    return tuple(key for key in mapping if isinstance(key, str)) if isinstance(mapping, dict) else ()


def _listed_keys(parts: Any) -> tuple[str, ...]:
    keys = (part["key"] for _, part in _dicts(parts) if isinstance(part.get("key"), str))
    return tuple(dict.fromkeys(keys))


def _dicts(parts: Any) -> Iterator[tuple[int, dict[Any, Any]]]:
    for position, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield position, part


def _ladder_mistakes(plain: dict[Any, Any]) -> Iterator[tuple[Path, str]]:
    """What is wrong between the stages: keys given twice, exits that go up, ways in that cannot be walked."""
    for section in ("stages", "personas", "rating"):
        yield from _repeated(section, plain.get(section))
    stages = _listed_keys(plain.get("stages"))
    for position, stage in _dicts(plain.get("stages")):
        path: Path = ("stages", position)
        lower = stages[: stages.index(stage["key"])] if stage.get("key") in stages else stages
        for number, way in _dicts(stage.get("exit")):
            if way.get("to") in stages and way["to"] not in lower:
                yield (
                    (*path, "exit", number, "to"),
                    f"an exit goes down, and {way['to']!r} does not; {_down(lower)}",
                )
        yield from _entry_mistakes(path, stage, lower, stages)


def _entry_mistakes(
    path: Path, stage: dict[Any, Any], lower: tuple[str, ...], stages: tuple[str, ...]
) -> Iterator[tuple[Path, str]]:
    if path[1] == 0 and "enter" in stage:
        yield (
            (*path, "enter"),
            "everybody starts in the first stage; remove its enter or put a stage before it",
        )
    if "from" not in stage:
        return
    if "enter" not in stage:
        yield (*path, "from"), "from says where enter may be used; give the stage an enter or remove from"
    names = stage["from"] if isinstance(stage["from"], list) else [stage["from"]]
    for number, name in enumerate(names):
        if name in stages and name not in lower:
            at = (*path, "from", number) if isinstance(stage["from"], list) else (*path, "from")
            yield (
                at,
                f"a stage is entered from below, and {name!r} is not below it; {_down(lower)}",
            )


def _down(lower: tuple[str, ...]) -> str:
    return f"below are {', '.join(lower)}" if lower else "nothing is below it"


def _repeated(section: str, parts: Any) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for position, part in _dicts(parts):
        key = part.get("key")
        if isinstance(key, str) and key in seen:
            yield (section, position, "key"), f"the key {key!r} is used twice; give each its own"
        if isinstance(key, str):
            seen.add(key)


def _explained(error: Any) -> tuple[Path, str]:
    """The path and the sentence for one of pydantic's errors."""
    raw: Path = error["loc"]
    path = tuple(
        step for step in raw if not (isinstance(step, str) and (step.startswith(TAG) or step == "[key]"))
    )
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden" and raw == ("version",):
        return path, "a playbook is versioned by what it says; remove this line"
    if kind == "extra_forbidden":
        return path, f"unknown key {path[-1]!r}; {did_you_mean(path[-1], _fields(raw))}"
    if kind == "union_tag_not_found":
        return path, _no_condition(given)
    if kind == "missing":
        return path[:-1], f"{path[-1]!r} is missing"
    if kind == "literal_error":
        allowed = tuple(re.findall(r"'([^']*)'", error["ctx"]["expected"]))
        return path, f"{given!r} is not allowed; {did_you_mean(given, allowed)}"
    return path, _WANTED.get(kind, str(error["msg"]))


_WANTED: Final = {
    "model_type": "this must be a mapping, such as {key: value}",
    "model_attributes_type": "this must be a mapping, such as {key: value}",
    "dict_type": "this must be a mapping, such as {key: value}",
    "tuple_type": "this must be a list, such as [one, two]",
    "bool_type": "write true or false",
    "too_short": "name at least one",
    "invalid_key": "a key must be a text; put it in quotes",
}


def _no_condition(given: Any) -> str:
    if not isinstance(given, dict):
        return "this must be a condition, such as {signal: reply, within: 90d} or {score: {gte: 30}}"
    found = [name for name in CONDITIONS if name in given]
    if found:
        return f"{' and '.join(found)} cannot stand together; put them in {{all: [..]}} or {{any: [..]}}"
    if not given:
        return f"the condition is empty; write one of {', '.join(CONDITIONS)}"
    return f"unknown condition {next(iter(given))!r}; {did_you_mean(next(iter(given)), CONDITIONS)}"


_PARTS: Final[tuple[tuple[str, type[Part]], ...]] = (
    (r"", model.Playbook),
    (r"signals/[^/]+", model.Signal),
    (r"score", model.Score),
    (r"score/points/\d+", model.Points),
    (rf"score/points/\d+/limit/{TAG}limit", model.Limit),
    (r"fit", model.Fit),
    (r"fit/criteria/\d+", model.Criterion),
    (r"answers/[^/]+", model.Answer),
    (r"personas/\d+", model.Persona),
    (r"rating/\d+", model.Rating),
    (r"stages/\d+", model.Stage),
    (r"stages/\d+/exit/\d+", model.Exit),
    (rf".*{TAG}score/score", conditions.Bounds),
    (rf".*{TAG}signal", conditions.SignalIs),
)


def _fields(raw: Path) -> tuple[str, ...]:
    """The keys known where an unknown one stands."""
    parent = "/".join(str(step) for step in raw[:-1])
    part = next((part for form, part in _PARTS if re.fullmatch(form, parent)), None)
    if part is None and re.fullmatch(rf".*{TAG}\w+", parent):
        return (parent.rpartition(TAG)[2],)
    return tuple(field.alias or name for name, field in (part or conditions.Test).model_fields.items())


def _line(positions: Any, path: Path) -> int:
    """The line of the deepest key of the path that is written down."""
    line = int(getattr(getattr(positions, "lc", None), "line", 0) or 0)
    node: Any = positions
    for step in path:
        try:
            place = node.lc.item if isinstance(node, list) else node.lc.key  # type: ignore[attr-defined]
            line = int(place(step)[0])
            node = node[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line + 1


def say_path(path: Path) -> str:
    """A path as mistakes name it: `stages[3].enter.all[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
