"""A playbook made ready to run: its conditions as functions of a journey and an instant.

Compiled once per playbook version and kept; nothing here knows a person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from ripeline.lifecycle.clocks import TOLERANCE, Clocks, faded, read_clocks
from ripeline.lifecycle.conditions import (
    AllOf,
    AnswerIs,
    AnyOf,
    FitIs,
    Idle,
    InStage,
    Not,
    PersonaIs,
    ScoreIs,
    SignalIs,
    TraitIs,
    leaves,
)
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.journey import Journey
from ripeline.lifecycle.matching import TouchTest, ValueTest, compile_signal, compile_test, same
from ripeline.lifecycle.model import Fit, Limit, Playbook
from ripeline.lifecycle.touch import Scalar

Check = Callable[[Journey, int], bool]
GRADES: Final = "ABCDF"
SPECIAL: Final = frozenset({"stage_set", "recycled", "rejected", "disqualified", "reopened"})
KNOWLEDGE: Final = frozenset({"traits_changed", "answered"})


@dataclass(frozen=True, slots=True)
class Way:
    """One rule out of a stage: where to, when, and its name. `condition` and `reason` are for telling."""

    to: int
    check: Check
    rule: str
    condition: Any
    reason: str | None


@dataclass(frozen=True, slots=True)
class PointRule:
    """One line of `score.points`; `times` 0 means no limit, `per` 0 means ever."""

    number: int
    signal: str
    add: float
    times: int
    per: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a touch does where it matches a signal: kept as a match, counted as points, heard as inbound."""

    test: TouchTest | None
    signal: int | None
    points: tuple[PointRule, ...]
    inbound: bool
    limit: int
    """How many matches the conditions can tell apart; 0 where a window makes each one matter."""


@dataclass(slots=True)
class Rules:
    """A playbook ready to run. `effects` grows by kind and actor as they are met."""

    playbook: Playbook
    keys: tuple[str, ...]
    positions: dict[str, int]
    titles: dict[str, str]
    exits: tuple[tuple[Way, ...], ...]
    entries: tuple[tuple[Way, ...], ...]
    personas: tuple[tuple[str, Check | None], ...]
    ratings: tuple[tuple[str, Check | None], ...]
    recycle_to: int
    signals: dict[str, int]
    points: tuple[PointRule, ...]
    clocks: Clocks
    standing_clocks: Clocks
    keep: tuple[tuple[int, int], ...]
    """For each numbered signal, how many matches and what window later looks can need."""
    grade: Callable[[Journey], tuple[float | None, str | None]]
    sources: tuple[tuple[frozenset[str] | None, frozenset[str], Effect], ...]
    check: Callable[[Any], Check]
    effects: dict[tuple[str, str], tuple[Effect, ...]] = field(default_factory=dict)

    def effects_of(self, kind: str, actor: str) -> tuple[Effect, ...]:
        """What touches of this kind by this actor can do."""
        found = self.effects.get((kind, actor))
        if found is None:
            found = tuple(
                effect
                for kinds, actors, effect in self.sources
                if actor in actors and (kinds is None or kind in kinds)
            )
            self.effects[(kind, actor)] = found
        return found

    def holds(self, journey: Journey, condition: Any, at: int) -> bool:
        """Whether a condition of this playbook holds at an instant."""
        return self.check(condition)(journey, at)

    def raw(self, journey: Journey, at: int) -> float:
        """The sum of the contributions as faded at an instant."""
        return faded(journey.raw, at // DAY - journey.raw_day, self.playbook.score.half_life)

    def shown(self, journey: Journey, at: int) -> float:
        """The score as shown: raw clamped to [0, max]."""
        raw = self.raw(journey, at)
        most = self.playbook.score.max
        if raw <= 0:
            return 0.0
        return raw if most is None or raw < most else most

    def persona(self, journey: Journey, at: int) -> str | None:
        """The first persona whose `when` holds."""
        return first_holding(self.personas, journey, at)

    def rating(self, journey: Journey, at: int) -> str | None:
        """The first rating whose `when` holds."""
        return first_holding(self.ratings, journey, at)


def first_holding(named: Iterable[tuple[str, Check | None]], journey: Journey, at: int) -> str | None:
    """The first name whose check holds or that has none."""
    for key, check in named:
        if check is None or check(journey, at):
            return key
    return None


@lru_cache(maxsize=64)
def compile_playbook(playbook: Playbook) -> Rules:
    """The playbook ready to run; kept by its version."""
    stage_conditions = [
        condition
        for stage in playbook.stages
        for condition in (*(way.when for way in stage.exit), stage.enter)
        if condition is not None
    ]
    standing = [it.when for it in playbook.personas if it.when] + [
        it.when for it in playbook.rating if it.when
    ]
    used = [leaf for condition in (*stage_conditions, *standing) for leaf in leaves(condition)]
    names = dict.fromkeys(leaf.signal for leaf in used if isinstance(leaf, SignalIs))
    signals = {name: number for number, name in enumerate(names)}
    keep = _keep(used, signals)
    compiler = _Compiler(playbook, signals)
    points = tuple(_point_rules(playbook))
    return Rules(
        playbook=playbook,
        keys=tuple(stage.key for stage in playbook.stages),
        positions={stage.key: position for position, stage in enumerate(playbook.stages)},
        titles={stage.key: stage.title for stage in playbook.stages},
        exits=tuple(compiler.exits()),
        entries=tuple(compiler.entries()),
        personas=compiler.personas,
        ratings=tuple((it.key, compiler.check(it.when) if it.when else None) for it in playbook.rating),
        recycle_to=playbook.stage_index(playbook.recycle_to),
        signals=signals,
        points=points,
        clocks=read_clocks(playbook, stage_conditions, signals),
        standing_clocks=read_clocks(playbook, standing, signals),
        keep=keep,
        grade=_grader(playbook.fit),
        sources=tuple(_sources(playbook, signals, keep, points)),
        check=compiler.check,
    )


def _keep(used: list[Any], signals: dict[str, int]) -> tuple[tuple[int, int], ...]:
    keep = [(0, 0)] * len(signals)
    for leaf in used:
        if isinstance(leaf, SignalIs):
            count, window = keep[signals[leaf.signal]]
            keep[signals[leaf.signal]] = max(count, leaf.count), max(window, leaf.within or 0)
    return tuple(keep)


def _point_rules(playbook: Playbook) -> Iterable[PointRule]:
    for number, line in enumerate(playbook.score.points):
        times, per = 0, 0
        if isinstance(line.limit, Limit):
            times, per = line.limit.times, line.limit.per
        elif line.limit == "once":
            times = 1
        yield PointRule(number, line.signal, line.add, times, per)


def _sources(
    playbook: Playbook,
    signals: dict[str, int],
    keep: tuple[tuple[int, int], ...],
    points: tuple[PointRule, ...],
) -> Iterable[tuple[frozenset[str] | None, frozenset[str], Effect]]:
    for name in dict.fromkeys(("inbound", *signals, *(rule.signal for rule in points))):
        kinds, actors, test = compile_signal(playbook, name)
        number = signals.get(name)
        count, window = keep[number] if number is not None else (0, 0)
        mine = tuple(rule for rule in points if rule.signal == name)
        yield kinds, actors, Effect(test, number, mine, name == "inbound", 0 if window else count)


def _grader(fit: Fit | None) -> Callable[[Journey], tuple[float | None, str | None]]:
    """The function that gives the share of the weight a person matches, and the grade it earns."""
    if fit is None:
        return lambda _: (None, None)
    criteria = [(it.trait, compile_test(it), it.weight) for it in fit.criteria]
    total = sum(weight for _, _, weight in criteria)
    grades = sorted(fit.grades.items())

    def grade(journey: Journey) -> tuple[float, str]:
        share = sum(weight for trait, test, weight in criteria if test(journey.traits.get(trait))) / total
        earned: str = next((name for name, asked in grades if share >= asked - TOLERANCE), "F")
        return share, earned

    return grade


class _Compiler:
    """Turns conditions into checks; holds what they refer to."""

    def __init__(self, playbook: Playbook, signals: dict[str, int]) -> None:
        self.playbook = playbook
        self.signals = signals
        self.personas = tuple((it.key, self.check(it.when) if it.when else None) for it in playbook.personas)

    def exits(self) -> Iterable[tuple[Way, ...]]:
        for stage in self.playbook.stages:
            yield tuple(
                Way(
                    self.playbook.stage_index(it.to),
                    self.check(it.when),
                    f"{stage.key}.exit[{n}]",
                    it.when,
                    it.reason,
                )
                for n, it in enumerate(stage.exit)
            )

    def entries(self) -> Iterable[tuple[Way, ...]]:
        """For each stage the ways up from it, highest first."""
        ways = [
            (stage, Way(position, self.check(stage.enter), f"{stage.key}.enter", stage.enter, None))
            for position, stage in reversed(list(enumerate(self.playbook.stages)))
            if stage.enter is not None
        ]
        for position, stage in enumerate(self.playbook.stages):
            yield tuple(
                way
                for target, way in ways
                if way.to > position and (target.from_ is None or stage.key in target.from_)
            )

    def check(self, condition: Any) -> Check:
        """The function that says whether a condition holds at an instant."""
        if isinstance(condition, AllOf):
            return _all([self.check(part) for part in condition.all])
        if isinstance(condition, AnyOf):
            return _any([self.check(part) for part in condition.any])
        if isinstance(condition, Not):
            part = self.check(condition.not_)
            return lambda journey, at: not part(journey, at)
        if isinstance(condition, SignalIs):
            return _signal(self.signals[condition.signal], condition.count, condition.within)
        if isinstance(condition, ScoreIs):
            return self._score(condition)
        if isinstance(condition, AnswerIs):
            return self._answer(condition)
        if isinstance(condition, PersonaIs):
            wanted, personas = frozenset(condition.persona), self.personas
            return lambda journey, at: first_holding(personas, journey, at) in wanted
        return _simple(condition)

    def _score(self, condition: ScoreIs) -> Check:
        half_life, most = self.playbook.score.half_life, self.playbook.score.max
        bounds = condition.score
        at_least = -1.0 if bounds.gte is None else bounds.gte - TOLERANCE
        below = None if bounds.lt is None else bounds.lt - TOLERANCE

        def check(journey: Journey, at: int) -> bool:
            score = max(0.0, faded(journey.raw, at // DAY - journey.raw_day, half_life))
            if most is not None and score > most:
                score = most
            return score >= at_least and (below is None or score < below)

        return check

    def _answer(self, condition: AnswerIs) -> Check:
        valid = {name: answer.valid_for for name, answer in self.playbook.answers.items()}
        wanted = [(question, value, valid.get(question)) for question, value in condition.answer.items()]

        def check(journey: Journey, at: int) -> bool:
            return all(
                _answered(journey, question, value, at=at, valid_for=lasts)
                for question, value, lasts in wanted
            )

        return check


def _answered(journey: Journey, question: str, value: Scalar, *, at: int, valid_for: int | None) -> bool:
    answer = journey.answers.get(question)
    return (
        answer is not None and same(answer[0], value) and (valid_for is None or at < answer[1].at + valid_for)
    )


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(journey: Journey, at: int) -> bool:
        for part in checks:  # noqa: SIM110 - a generator costs more than the checks themselves
            if not part(journey, at):
                return False
        return True

    return check


def _any(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(journey: Journey, at: int) -> bool:
        for part in checks:  # noqa: SIM110 - as above
            if part(journey, at):
                return True
        return False

    return check


def _signal(number: int, count: int, within: int | None) -> Check:
    if within is None:
        return lambda journey, _: len(journey.matches[number]) >= count
    window = within

    def check(journey: Journey, at: int) -> bool:
        touches = journey.matches[number]
        return len(touches) >= count and at < touches[-count].at + window

    return check


def _simple(condition: FitIs | TraitIs | Idle | InStage) -> Check:
    if isinstance(condition, FitIs):
        enough = frozenset(GRADES[: GRADES.index(condition.fit) + 1])
        return lambda journey, _: journey.grade in enough
    if isinstance(condition, TraitIs):
        return _traits([(name, compile_test(test)) for name, test in condition.trait.items()])
    if isinstance(condition, Idle):
        quiet = condition.idle
        return lambda journey, at: (
            at - (journey.first_at if journey.last_inbound is None else journey.last_inbound.at) >= quiet
        )
    stay = condition.in_stage
    return lambda journey, at: at - journey.entered_at >= stay


def _traits(tests: list[tuple[str, ValueTest]]) -> Check:
    return lambda journey, _: all(test(journey.traits.get(name)) for name, test in tests)
