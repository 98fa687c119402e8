"""Conditions as branches for the kernel: `all`, `any`, `not` and personas become the order of the questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, Final

import numpy as np

from ripeline.lifecycle.clocks import TOLERANCE
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
    Test,
    TraitIs,
    leaves,
)
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.rules import GRADES
from ripeline.lifecycle.touch import Scalar
from ripeline.replay.kernel_state import (
    ANSWER,
    EVER,
    FIT,
    IDLE,
    IN_STAGE,
    SCORE,
    TRAIT,
    WITHIN,
    Array,
)

Named = Iterable[tuple[str, Any]]
NO_BOUNDS: Final = (-1.0, inf)


class Branches:
    """Grows by the conditions given to it; remembers which traits and answers they ask for.

    `signals` numbers the signals. A condition is known by its first node, or by its end where it asks nothing.
    """

    def __init__(self, playbook: Playbook, signals: Mapping[str, int]) -> None:
        self._playbook = playbook
        self._signals = signals
        self._nodes: list[tuple[int, ...]] = []
        self._bounds: list[tuple[float, float]] = []
        self._traits: dict[str, tuple[int, str, Test]] = {}
        self.questions: dict[str, int] = {}
        self.wanted: list[Scalar] = []

    def condition(self, condition: Any, yes: int, no: int) -> int:
        """The node at which to begin, so that the branches end at `yes` or at `no`."""
        match condition:
            case AllOf():
                for part in reversed(_steadiest_first(condition.all)):
                    yes = self.condition(part, yes, no)
                return yes
            case AnyOf():
                for part in reversed(_steadiest_first(condition.any)):
                    no = self.condition(part, yes, no)
                return no
            case Not():
                return self.condition(condition.not_, no, yes)
            case PersonaIs():
                ends = [yes if it.key in condition.persona else no for it in self._playbook.personas]
                return self._first(self._playbook.personas, ends, no)
            case TraitIs():
                for name, test in reversed(condition.trait.items()):
                    bit = self.trait_bit(name, test)
                    yes = self._node(TRAIT, bit // 64, bit % 64, yes=yes, no=no)
                return yes
            case AnswerIs():
                for question, value in reversed(condition.answer.items()):
                    yes = self._answer(question, value, yes, no)
                return yes
            case _:
                return self._leaf(condition, yes, no)

    def choice(self, choices: Sequence[Any]) -> int:
        """The node at which to begin: the end is -1 - n for the first (n from 0) that holds, or for their number."""
        return self._first(choices, [-1 - number for number in range(len(choices))], -1 - len(choices))

    def trait_bit(self, name: str, test: Test) -> int:
        """The bit that says whether the trait passes the test."""
        asked = f"{name}\n{test.model_dump_json(include=set(Test.model_fields))}"
        return self._traits.setdefault(asked, (len(self._traits), name, test))[0]

    def trait_tests(self) -> tuple[tuple[str, Test], ...]:
        """Name and test by bit."""
        return tuple((name, test) for _, name, test in self._traits.values())

    def arrays(self) -> tuple[Array, Array]:
        """All nodes and the score bounds beside them."""
        return (
            np.array(self._nodes, np.int64).reshape(-1, 6),
            np.array(self._bounds, np.float64).reshape(-1, 2),
        )

    def _first(self, choices: Sequence[Any], ends: Sequence[int], none: int) -> int:
        for choice, end in zip(reversed(choices), reversed(ends), strict=True):
            none = end if choice.when is None else self.condition(choice.when, end, none)
        return none

    def _answer(self, question: str, value: Scalar, yes: int, no: int) -> int:
        number = self.questions.setdefault(question, len(self.questions))
        self.wanted.append(value)
        answer = self._playbook.answers.get(question)
        lasts = -1 if answer is None or answer.valid_for is None else answer.valid_for
        return self._node(ANSWER, number, len(self.wanted) - 1, lasts, yes=yes, no=no)

    def _leaf(self, condition: Any, yes: int, no: int) -> int:
        match condition:
            case SignalIs():
                number, within = self._signals[condition.signal], condition.within
                kind = EVER if within is None else WITHIN
                return self._node(kind, number, condition.count, within or 0, yes=yes, no=no)
            case ScoreIs():
                gte, lt = condition.score.gte, condition.score.lt
                bounds = (-1.0 if gte is None else gte - TOLERANCE, inf if lt is None else lt - TOLERANCE)
                return self._node(SCORE, int(lt is not None), yes=yes, no=no, bounds=bounds)
            case FitIs():
                return self._node(FIT, GRADES.index(condition.fit), yes=yes, no=no)
            case Idle():
                return self._node(IDLE, condition.idle, yes=yes, no=no)
            case InStage():
                return self._node(IN_STAGE, condition.in_stage, yes=yes, no=no)
        raise TypeError(f"{type(condition).__name__} is no condition")

    def _node(
        self,
        kind: int,
        one: int,
        two: int = 0,
        three: int = 0,
        *,
        yes: int,
        no: int,
        bounds: tuple[float, float] = NO_BOUNDS,
    ) -> int:
        self._nodes.append((kind, one, two, three, yes, no))
        self._bounds.append(bounds)
        return len(self._nodes) - 1


def _steadiest_first(parts: Iterable[Any]) -> list[Any]:
    """What seldom turns is asked first: what is not asked at all need not be watched. The logic is the same."""
    return sorted(parts, key=lambda part: max((_restlessness(leaf) for leaf in leaves(part)), default=0))


def _restlessness(leaf: Any) -> int:
    match leaf:
        case FitIs() | TraitIs() | PersonaIs():
            return 0
        case AnswerIs() | InStage():
            return 2
        case SignalIs():
            return 1 if leaf.within is None else 3
        case Idle():
            return 4
    return 5
