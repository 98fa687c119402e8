"""A playbook as people read it: every rule in words, with the line of the text it is written on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ripeline.lifecycle.conditions import AllOf, AnyOf, Not
from ripeline.lifecycle.instant import say_duration
from ripeline.lifecycle.model import Limit, Points, Signal
from ripeline.lifecycle.playbook import Playbook, Stage
from ripeline.lifecycle.words import KIND_WORDS, listing, number, say_leaf, say_signal, say_test, spaced
from ripeline.playbooks.lines import Path

MINUS = "\N{MINUS SIGN}"
DIRECTIONS = {"in": "by them", "out": "by us", "internal": "in our own books"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition in words, or (with `parts`) a heading over conditions: "all of these", "one of these"."""

    text: str
    line: int
    parts: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A name, what is said of it, and where it is written. `size` is a number people compare, if there is one, and
    `share` the length of its bar in per cent."""

    name: str
    text: str
    line: int
    size: float = 0.0
    share: float = 0.0

    @property
    def added(self) -> str:
        """The size with its sign: +10, −20."""
        return f"{'+' if self.size >= 0 else MINUS}{number(abs(self.size))}"


@dataclass(frozen=True, slots=True)
class Way:
    """How people fall out of a stage: to which, when, and why in the playbook's own words."""

    to: str
    rule: Rule
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the ladder with its rules. `enter` None: nothing but a hand or a fall leads here."""

    stage: Stage
    line: int
    enter: Rule | None
    sources: str
    exits: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A persona or a rating: its title and when it holds (None: for everybody left)."""

    title: str
    line: int
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole playbook in words. `lines` says where each part is written."""

    steps: tuple[Step, ...]
    signals: tuple[Said, ...]
    points: tuple[Said, ...]
    criteria: tuple[Said, ...]
    grades: tuple[tuple[str, float], ...]
    personas: tuple[Named, ...]
    answers: tuple[Said, ...]
    ratings: tuple[Named, ...]
    recycle_to: str
    actors: str
    half_life: str
    lines: Mapping[Path, int]


def read_aloud(playbook: Playbook, lines: Mapping[Path, int]) -> Reading:
    """Puts a playbook into words; `lines` are those of its text (see `lines.find_lines`)."""
    teller = _Teller(playbook, lines)
    days = playbook.score.half_life
    return Reading(
        steps=tuple(teller.steps()),
        signals=tuple(
            Said(say_signal(key), say_what_counts(signal), teller.line("signals", key))
            for key, signal in playbook.signals.items()
        ),
        points=tuple(teller.points()),
        criteria=tuple(teller.criteria()),
        grades=tuple(sorted(playbook.fit.grades.items())) if playbook.fit else (),
        personas=tuple(
            Named(it.title, teller.line("personas", at), teller.maybe(it.when, ("personas", at, "when")))
            for at, it in enumerate(playbook.personas)
        ),
        answers=tuple(
            Said(spaced(key), _validity(answer.valid_for), teller.line("answers", key))
            for key, answer in playbook.answers.items()
        ),
        ratings=tuple(
            Named(it.title, teller.line("rating", at), teller.maybe(it.when, ("rating", at, "when")))
            for at, it in enumerate(playbook.rating)
        ),
        recycle_to=playbook.stages[playbook.stage_index(playbook.recycle_to)].title,
        actors=listing(playbook.actors),
        half_life="" if days is None else f"{days} day{'' if days == 1 else 's'}",
        lines=lines,
    )


def say_what_counts(signal: Signal) -> str:
    """Which touches are this signal: `page view of /pricing* or /courses/*`, `purchase with a value that is ...`."""
    said = listing((_kind(kind) for kind in signal.kind), "or") if signal.kind else "anything"
    if signal.subject:
        said += f" of {listing(signal.subject, 'or')}"
    if signal.value:
        said += f" with a value that {say_test(signal.value)}"
    for name, test in signal.attrs.items():
        said += f", where {spaced(name)} {say_test(test)}"
    if signal.direction:
        said += f", {DIRECTIONS[signal.direction]}"
    if signal.actors:
        said += f", by {listing(signal.actors, 'or')} actors"
    return said


def say_limit(points: Points) -> str:
    """How often a rule adds its points."""
    if isinstance(points.limit, Limit):
        times = "once" if points.limit.times == 1 else f"at most {points.limit.times} times"
        return f"{times} in {say_duration(points.limit.per)}"
    return "only once" if points.limit == "once" else "each time"


def _kind(kind: str) -> str:
    return KIND_WORDS[kind][0] if kind in KIND_WORDS else spaced(kind)


def _validity(valid_for: int | None) -> str:
    return "counts for ever" if valid_for is None else f"counts for {say_duration(valid_for)}"


class _Teller:
    """Says the parts of one playbook, each with its line."""

    def __init__(self, playbook: Playbook, lines: Mapping[Path, int]) -> None:
        self.playbook = playbook
        self.lines = lines

    def line(self, *path: str | int) -> int:
        """The line of the nearest thing that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def steps(self) -> Iterator[Step]:
        for at, stage in enumerate(self.playbook.stages):
            yield Step(
                stage,
                self.line("stages", at),
                self.maybe(stage.enter, ("stages", at, "enter")),
                listing((self._title(key) for key in stage.from_), "or") if stage.from_ else "",
                tuple(
                    Way(
                        self._title(way.to),
                        self.rule(way.when, ("stages", at, "exit", number, "when")),
                        way.reason or "",
                        self.line("stages", at, "exit", number),
                    )
                    for number, way in enumerate(stage.exit)
                ),
            )

    def points(self) -> Iterator[Said]:
        most = max((abs(it.add) for it in self.playbook.score.points), default=1) or 1
        for at, it in enumerate(self.playbook.score.points):
            line = self.line("score", "points", at)
            yield Said(say_signal(it.signal), say_limit(it), line, it.add, 100 * abs(it.add) / most)

    def criteria(self) -> Iterator[Said]:
        criteria = self.playbook.fit.criteria if self.playbook.fit else ()
        total = sum(it.weight for it in criteria)
        for at, it in enumerate(criteria):
            line = self.line("fit", "criteria", at)
            yield Said(spaced(it.trait), say_test(it), line, it.weight, 100 * it.weight / total)

    def maybe(self, condition: Any, path: Path) -> Rule | None:
        return None if condition is None else self.rule(condition, path)

    def rule(self, condition: Any, path: Path, head: str = "") -> Rule:
        """A condition as a tree of sentences; a group of one is that one."""
        if isinstance(condition, AllOf | AnyOf):
            name, parts = ("all", condition.all) if isinstance(condition, AllOf) else ("any", condition.any)
            if len(parts) == 1:
                return self.rule(parts[0], (*path, name, 0), head)
            said = tuple(self.rule(part, (*path, name, number)) for number, part in enumerate(parts))
            return Rule(head + _heading(name, len(parts)), self.line(*path), said)
        if isinstance(condition, Not):
            return self.rule(condition.not_, (*path, "not"), "" if head else "not: ")
        return Rule(head + say_leaf(self.playbook, condition), self.line(*path))

    def _title(self, key: str) -> str:
        return self.playbook.stages[self.playbook.stage_index(key)].title


def _heading(name: str, parts: int) -> str:
    if not parts:
        return "always" if name == "all" else "never"
    return "all of these" if name == "all" else "at least one of these"
