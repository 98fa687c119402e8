"""What the kernel reads and writes: the playbook, the touches and one person under way, all as arrays.

The names beside the columns are those of `lifecycle`; `kernel` says how they are used.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

DAY: Final = 86_400_000_000
NEVER: Final = 4_000_000_000_000_000_000
"""After every instant that can be written."""
NONE: Final = -NEVER
"""An instant there is none of."""
INFINITY: Final = float("inf")

# Conditions: what a node asks.
EVER, WITHIN, SCORE, FIT, ANSWER, TRAIT, IDLE, IN_STAGE = range(8)
FALSE, TRUE = -1, -2
"""Where a branch ends; other ends of a choice among n are -1 .. -n, and -1 - n for none of them."""

# What a kind does besides matching signals.
PLAIN, TRAITS_CHANGED, ANSWERED, STAGE_SET, RECYCLED, REJECTED, DISQUALIFIED, REOPENED = range(8)
BY_TOUCH, BY_TIMER, BY_HAND = range(3)

# A person's whole numbers.
STAGE, ENTERED, DUE, RAW_DAY, SUSPENDED, ACTIVE, SETTLED, LAST_IN, HEARD, CHANGED = range(10)
FIRST, LOOKS, GRADE, QUIET_SINCE, PERSON, PASSES, NEXT, WAKES_INBOUND, MADE = range(10, 19)
PERSON_INTS: Final = 19
# A person's real numbers.
RAW, LOW, HIGH = range(3)
PERSON_FLOATS: Final = 3

# Columns of `Rules.effects` and `Rules.settings`.
SIGNAL, FIRST_POINT, END_POINT, IS_INBOUND = range(4)
HALF_LIFE, IS_SCORED, RECYCLE_TO, WINDOWED, PERSONAS_AT, RATINGS_AT, HAND_RULES, IS_COMPENSATED = range(8)
MOST = 8
SETTINGS: Final = 9

# Columns of the results.
MOVE_INTS: Final = 7
"""Person, at, from, to, cause, rule, grade."""
STANDING_INTS: Final = 10
"""Is present, stage, entered_at, grade, persona, rating, active, last inbound, suspended, first touch."""

# Places in `Results.counts`.
MOVES, IGNORED, IS_FULL, LATER, IS_ENDLESS = range(5)
COUNTS: Final = 5


class Rules(NamedTuple):
    """A playbook. `nodes`: what is asked, three operands, the next node if so, the next if not."""

    nodes: Array
    bounds: Array
    """Scores a node compares with: at least, below (infinity: nothing)."""
    ways: Array
    """To, first node, rule; those out of stage s are the rows ways_of[s]:ways_of[s + 1], in order."""
    ways_of: Array
    effects: Array
    points: Array
    """Times (0: no limit), per (0: ever), where its ring begins."""
    adds: Array
    windows: Array
    """Signal, within."""
    lasting: Array
    """Question, valid_for."""
    idles: Array
    in_stages: Array
    floors: Array
    criteria: Array
    """Trait word, trait bit of each criterion."""
    weights: Array
    grades: Array
    """Share asked, code of the grade."""
    scale: Array
    """The highest score shown (infinity: none), the total weight (0: no fit)."""
    masks: Array
    """The 64 bits of a word."""
    settings: Array


class Tables(NamedTuple):
    """What the playbook says of each distinct value: words of one bit per effect, and the rest by slot."""

    kind: Array
    direction: Array
    actor: Array
    subject: Array
    value: Array
    attrs: Array
    asks: Array
    """Whether an effect tests subject, value, attrs: words by column."""
    special: Array
    stage_of: Array
    """By subject: the stage it names, or -1."""
    question_of: Array
    """By subject: the question, -1 for one no rule asks, -2 for null."""
    edges: Array
    """Numbers that value tests mention; value classes are between, at, between ... and null."""
    slots: Array
    """By attrs: the row of the three tables below and of `attrs`."""
    touched: Array
    given: Array
    """Which trait tests attrs touch, and what they then say."""
    answer_is: Array


class Touches(NamedTuple):
    """The columns of a history in the types the kernel is compiled for."""

    starts: Array
    at: Array
    received_at: Array
    kind: Array
    direction: Array
    actor: Array
    subject: Array
    attrs: Array
    value: Array
    decay: Array
    """What is left of one point after so many midnights; the last holds for all later ones."""


class Person(NamedTuple):
    """One person under way, used again for the next."""

    ints: Array
    floats: Array
    counts: Array
    """Matches of each signal."""
    wakes: Array
    """The pass over the rules at which each signal was found wanting."""
    times: Array
    """When each signal with a window matched."""
    given: Array
    """Contributions of each point rule."""
    rings: Array
    """When each limited point rule contributed last."""
    answers: Array
    """At, slot (-1: none) of each question."""
    traits: Array
    traits_at_first: Array
    entered: Array
    """The look at which each stage was last entered."""


class Results(NamedTuple):
    """Room for what comes out."""

    moves: Array
    scores: Array
    ignored: Array
    standings: Array
    standing_scores: Array
    """Score, raw."""
    counts: Array


def read_only(values: Array, kind: Any = None) -> Array:
    """The array as the kernels take what they only read: aligned, in one piece, and closed to writing.

    Arrays differ in these by where they come from, and each difference would be compiled by itself.
    """
    view: Array = np.require(values, kind, ["C", "A"]).view()
    view.setflags(write=False)
    return view


def empty_person(sizes: tuple[int, int, int, int, int], longest: int, traits: Array, stages: int) -> Person:
    """Room for a person of at most `longest` touches; sizes: signals, windowed, point rules, rings, questions."""
    signals, windowed, points, rings, questions = sizes
    return Person(
        ints=np.zeros(PERSON_INTS, np.int64),
        floats=np.zeros(PERSON_FLOATS),
        counts=np.zeros(signals, np.int64),
        wakes=np.zeros(signals, np.int64),
        times=np.empty((windowed, longest), np.int64),
        given=np.zeros(points, np.int64),
        rings=np.empty(rings, np.int64),
        answers=np.zeros((questions, 2), np.int64),
        traits=traits.copy(),
        traits_at_first=traits,
        entered=np.zeros(stages, np.int64),
    )
