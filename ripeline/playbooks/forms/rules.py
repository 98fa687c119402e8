"""Rules as forms: each condition a sentence with fields, groups of them indented. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ripeline.lifecycle.conditions import CONDITIONS
from ripeline.lifecycle.model import QUESTIONS
from ripeline.lifecycle.playbook import Mistake, say_path
from ripeline.lifecycle.touch import KINDS
from ripeline.lifecycle.words import KIND_WORDS, say_signal, spaced
from ripeline.playbooks.forms.fields import (
    ABSENT,
    Choices,
    Field,
    Input,
    listed,
    name_of,
    read_duration,
    read_number,
    read_scalar,
    say_as_typed,
    show_duration,
    show_scalar,
    show_typed,
    snippet,
)
from ripeline.playbooks.forms.tests import inputs_of_test, join_test, split_test
from ripeline.playbooks.lines import Path

DEEPEST: Final = 4
"""Groups within groups that a form shows; what is deeper is shown as text."""
NEW_CONDITIONS: Final = (
    ("signal", "a signal"),
    ("score", "the score"),
    ("fit", "the fit"),
    ("answer", "an answer"),
    ("trait", "a trait"),
    ("persona", "the persona"),
    ("idle", "silence"),
    ("in_stage", "time in the stage"),
    ("group", "a group of its own"),
)


@dataclass(frozen=True, slots=True)
class Act:
    """A button that changes the document: `do` is sent, `label` read aloud."""

    do: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class Adder:
    """A button that adds something at a path: to be chosen, or to be named."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    is_named: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A condition with its fields, or a group with its parts."""

    name: str
    fields: tuple[Field, ...]
    acts: tuple[Act, ...]
    parts: tuple[RuleForm, ...] = ()
    adder: Adder | None = None
    is_group: bool = False
    errors: tuple[str, ...] = ()


@dataclass
class Names:
    """What the document calls its things, and which mistakes it has: taken one by one by the fields they are of."""

    plain: Any
    mistakes: tuple[Mistake, ...]
    taken: set[Mistake] = field(default_factory=set)

    def errors_at(self, path: Path, *, within: bool = True) -> tuple[str, ...]:
        """What is wrong at a path (and `within` it), and is not told elsewhere yet."""
        said = say_path(path)
        found = [
            it
            for it in self.mistakes
            if it not in self.taken
            and (it.path == said or (within and it.path.startswith((f"{said}.", f"{said}["))))
        ]
        self.taken.update(found)
        return tuple(say_as_typed(it.message) for it in found)

    def keyed(self, section: str) -> tuple[tuple[str, str], ...]:
        """Keys and titles of the stages, personas or ratings."""
        parts = listed(self.plain.get(section, ABSENT))
        known = [it for it in parts if isinstance(it, dict) and isinstance(it.get("key"), str)]
        return tuple((it["key"], str(it.get("title") or it["key"])) for it in known)

    @property
    def signals(self) -> Choices:
        """The signals to choose from: this playbook's own, and every kind of touch."""
        own = self.plain.get("signals")
        keys = [str(it) for it in own] if isinstance(own, dict) else []
        kinds = [
            (it, KIND_WORDS[it][0] if it in KIND_WORDS else spaced(it)) for it in KINDS if it not in keys
        ]
        return (
            ("Signals of this playbook", tuple((it, say_signal(it)) for it in keys)),
            ("Anything", (("inbound", "sign of life"),)),
            ("Kinds of touch", tuple(kinds)),
        )

    @property
    def questions(self) -> tuple[tuple[str, str], ...]:
        """The questions sales asks."""
        own = self.plain.get("answers")
        keys = [*(str(it) for it in own), *QUESTIONS] if isinstance(own, dict) else list(QUESTIONS)
        return tuple((it, spaced(it)) for it in dict.fromkeys(keys))


def rule_form(names: Names, path: Path, value: Any, depth: int = 0) -> RuleForm:
    """The form of the rule at `path`."""
    negated = isinstance(value, dict) and list(value) == ["not"]
    inner_path, inner = ((*path, "not"), value["not"]) if negated else (path, value)
    kind = _kind_of(inner)
    remove = Act(f"remove {name_of(path)}", "Remove this condition", "x")
    if kind is None or depth >= DEEPEST or (kind in ("all", "any") and not isinstance(inner[kind], list)):
        field = snippet(path, value, names.errors_at(path), "Condition as YAML")
        return RuleForm(name_of(path), (field,), (remove,))
    if kind in ("all", "any"):
        return _group(names, path, inner_path, (negated, kind, inner[kind]), depth)
    wrap = Act(f"wrap {name_of(path)}", "Make a group of this condition and others", "hierarchy")
    fields = (_negation(path, negated), *LEAVES[kind](names, inner_path, inner))
    adder = None if depth else adder_of(path, "and")
    return RuleForm(
        name_of(path),
        fields,
        (wrap, remove) if depth < DEEPEST - 1 else (remove,),
        adder=adder,
        errors=names.errors_at(path, within=depth == 0),
    )


def _kind_of(value: Any) -> str | None:
    """Which condition a mapping is, where a form can show it."""
    if not isinstance(value, dict):
        return None
    extra = {"count", "within"} if "signal" in value else set()
    found = [key for key in value if key in CONDITIONS]
    if len(found) != 1 or found[0] == "not" or set(value) - {found[0]} - extra:
        return None
    kind = found[0]
    return kind if kind in ("all", "any") or _is_simple(kind, value[kind]) else None


def _is_simple(kind: str, inner: Any) -> bool:
    if kind == "score":
        return isinstance(inner, dict) and len(inner) == 1 and next(iter(inner)) in ("gte", "lt")
    if kind in ("answer", "trait"):
        return (
            isinstance(inner, dict)
            and bool(inner)
            and (kind == "answer" or all(split_test(it) is not None for it in inner.values()))
        )
    return not isinstance(inner, dict) and (kind == "persona" or not isinstance(inner, list))


def _group(
    names: Names, path: Path, inner_path: Path, shape: tuple[bool, str, list[Any]], depth: int
) -> RuleForm:
    negated, kind, parts = shape
    joint = Input(
        f"{name_of(inner_path)}:joint", kind, "How the conditions below go together", "select",
        choices=(("", (("all", "all of these"), ("any", "at least one of these"))),),
    )  # fmt: skip
    joined = Field(inner_path, (joint,), lambda given, old: _rejoined(given[0], old), shapes=True)
    return RuleForm(
        name_of(path),
        (_negation(path, negated), joined),
        (Act(f"remove {name_of(path)}", "Remove this group", "x"),),
        tuple(rule_form(names, (*inner_path, kind, at), part, depth + 1) for at, part in enumerate(parts)),
        adder_of((*inner_path, kind), "add"),
        is_group=True,
        errors=names.errors_at(path, within=False),
    )


def _rejoined(joint: str, old: Any) -> Any:
    return {joint: next(iter(old.values()))} if joint in ("all", "any") else old


def adder_of(path: Path, label: str) -> Adder:
    """What adds a condition at a path."""
    return Adder(name_of(path), label, NEW_CONDITIONS)


def _negation(path: Path, negated: bool) -> Field:
    control = Input(
        f"{name_of(path)}:not", "not" if negated else "", "Whether it must hold or must not", "select",
        choices=(("", (("", "if"), ("not", "if not"))),),
    )  # fmt: skip
    return Field(path, (control,), lambda given, old: _negated(bool(given[0]), old), shapes=True)


def _negated(wanted: bool, old: Any) -> Any:
    is_so = isinstance(old, dict) and list(old) == ["not"]
    if wanted == is_so:
        return old
    return {"not": old} if wanted else old["not"]


def _signal(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    signal, count, within = ((*path, key) for key in ("signal", "count", "within"))
    return (
        _one(names, signal, Input(name_of(signal), str(value["signal"]), "Signal", "select",
                                  choices=with_present(names.signals, value["signal"])), lambda it, _: it[0]),
        _one(names, count, Input(name_of(count), show_scalar(value.get("count", ABSENT)) or "1", "How often", size=3,
                                 before="at least", after="×"),
             lambda it, old: ABSENT if it[0].strip() == "1" and old is ABSENT else read_number(it)),
        _one(names, within, Input(name_of(within), show_duration(value.get("within", ABSENT)),
                                  "In which time; empty for ever", size=9, before="in the last", hint="ever"),
             read_duration),
    )  # fmt: skip


def _score(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    place, bound = (*path, "score"), next(iter(value["score"]))
    inputs = (
        Input(f"{name_of(place)}:op", bound, "How the score is compared", "select", before="score is",
              choices=(("", (("gte", "at least"), ("lt", "below"))),)),
        Input(f"{name_of(place)}:value", show_typed(value["score"][bound]), "Points", size=6),
    )  # fmt: skip
    return (
        Field(
            place, inputs, lambda it, _: {it[0]: _given(read_number(it[1:]))}, errors=names.errors_at(place)
        ),
    )


def _given(value: Any) -> Any:
    return "" if value is ABSENT else value


def _fit(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    place = (*path, "fit")
    grades = with_present((("", tuple((it, it) for it in "ABCDF")),), value["fit"])
    control = Input(
        name_of(place),
        str(value["fit"]),
        "Grade",
        "select",
        before="fit is",
        after="or better",
        choices=grades,
    )
    return (_one(names, place, control, lambda it, _: it[0]),)


def _persona(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    place = (*path, "persona")
    keys = [str(it) for it in listed(value["persona"])]
    known = {**{it: it for it in keys if it}, **dict(names.keyed("personas"))}
    choices = (("", tuple(known.items())),)
    control = Input(
        name_of(place), "\n".join(keys), "Personas", "checks", before="persona is one of", choices=choices
    )
    return (_one(names, place, control, lambda it, old: _one_or_more(it[0], old)),)


def _one_or_more(given: str, old: Any) -> Any:
    keys = given.split("\n") if given else []
    return keys[0] if len(keys) == 1 and not isinstance(old, list) else keys


def _answer(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    place = (*path, "answer")
    return tuple(
        Field(
            place,
            (
                Input(f"{name_of(place)}:{at}:question", str(question), "Question", "select", before="answer about",
                      choices=with_present((("", names.questions),), question)),
                Input(f"{name_of(place)}:{at}:value", show_scalar(answer), "Answer", size=8, before="is"),
            ),
            _entry(at, lambda it, _: (it[0], read_scalar(it[1]))),
            errors=names.errors_at((*place, question)) + (names.errors_at(place) if not at else ()),
        )
        for at, (question, answer) in enumerate(value["answer"].items())
    )  # fmt: skip


def _trait(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    place = (*path, "trait")
    return tuple(
        Field(
            place,
            (
                Input(f"{name_of(place)}:{at}:trait", str(trait), "Trait", size=12, before="trait"),
                *inputs_of_test(f"{name_of(place)}:{at}", *(split_test(test) or ("", "")), about="the trait"),
            ),
            _entry(at, lambda it, old: (it[0].strip(), join_test(it[1], it[2], old))),
            errors=names.errors_at((*place, trait)) + (names.errors_at(place) if not at else ()),
        )
        for at, (trait, test) in enumerate(value["trait"].items())
    )


def _entry(
    at: int, read: Callable[[list[str], Any], tuple[str, Any]]
) -> Callable[[list[str], Any], dict[str, Any]]:
    """Reads the entry numbered `at` of a mapping whose keys are typed too."""

    def read_entry(given: list[str], old: Any) -> dict[str, Any]:
        entries = list(old.items())
        entries[at] = read(given, entries[at][1])
        return dict(entries)

    return read_entry


def _idle(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    return (_lasting(names, (*path, "idle"), value["idle"], "nothing heard for"),)


def _in_stage(names: Names, path: Path, value: dict[str, Any]) -> tuple[Field, ...]:
    return (_lasting(names, (*path, "in_stage"), value["in_stage"], "in the stage for at least"),)


def _lasting(names: Names, path: Path, value: Any, before: str) -> Field:
    control = Input(name_of(path), show_duration(value), "How long", size=9, before=before)
    return _one(names, path, control, lambda it, _: _given(read_duration(it)))


def _one(names: Names, path: Path, control: Input, read: Callable[[list[str], Any], Any]) -> Field:
    return Field(path, (control,), read, errors=names.errors_at(path))


def with_present(choices: Choices, present: Any) -> Choices:
    """The choices, and the present value before them where it is none of them."""
    known = {value for _, group in choices for value, _ in group}
    return choices if str(present) in known else (("", ((str(present), str(present)),)), *choices)


LEAVES: Final[dict[str, Callable[[Names, Path, dict[str, Any]], tuple[Field, ...]]]] = {
    "signal": _signal,
    "score": _score,
    "fit": _fit,
    "persona": _persona,
    "answer": _answer,
    "trait": _trait,
    "idle": _idle,
    "in_stage": _in_stage,
}
