"""Which of two versions does better: a test that may be looked at every day, and says when it has not decided yet.

People are taken in pairs, the next who saw the one and the next who saw the other. Before each pair we bet on how
often either reaches its aim, by what the pairs before it showed; the wins multiply to an e-value. Were both alike,
that would exceed 1 / ALPHA with a chance of at most ALPHA, however often somebody looks and whenever they stop:
Turner, Ly and Grünwald, "Generic E-variables for exact sequential k-sample tests that allow for optional stopping",
Journal of Statistical Planning and Inference 230 (2024), with their prior Beta(0.18, 0.18).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt

ALPHA = 0.05
PRIOR = 0.18
POWER = 0.84
"""The quantile of a chance of 80 % to find what is there."""
LEARNING = 0.7
"""What it costs to learn the rates meanwhile, in logarithms of how much is learned; simulated."""
MOST = 5_000_000
"""People: nobody waits for more."""
LEAST_DIFFERENCE = 0.0001


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known after so many `pairs`: the strongest the evidence ever was as `e_value`, when it sufficed
    (`decided_at`, the number of the pair, None: not yet) and for which (`is_other`); how many more people it will take
    at these rates (None: no difference to be seen)."""

    pairs: int
    e_value: float
    decided_at: int | None
    is_other: bool | None
    more: int | None


def decide(one: Sequence[bool], other: Sequence[bool]) -> Decision:
    """Of people in the order they came, whether each reached the aim."""
    evidence = strongest = 0.0
    reached = [0, 0]
    decided_at, is_other = None, None
    pairs = min(len(one), len(other))
    for number in range(pairs):
        first, second = (_expected(count, number) for count in reached)
        middle = (first + second) / 2
        evidence += _gain(one[number], first, middle) + _gain(other[number], second, middle)
        reached[0] += one[number]
        reached[1] += other[number]
        strongest = max(strongest, evidence)
        if decided_at is None and evidence >= -log(ALPHA):
            decided_at, is_other = number + 1, reached[1] > reached[0]
    more = 0 if decided_at is not None else _more(reached, pairs, evidence)
    e_value = exp(min(strongest, 700.0))
    return Decision(pairs, e_value, decided_at, is_other, more)


def wrong_rates(base: float, wished: float) -> str:
    """What is wrong with what is looked for, from the rate of now to one that would be worth it; "" where nothing."""
    if not 0 < base < 1 or not 0 < wished < 1:
        return "Write two rates between 0 and 100 %."
    if wished - base < LEAST_DIFFERENCE:
        return "What would be worth it is a higher rate than the one of now."
    return ""


def people_needed(base: float, wished: float) -> int:
    """About how many people it takes, with a chance of 80 %, to tell these two rates apart; at most MOST."""
    growth = _growth(base, wished)
    if growth <= 0:
        return MOST
    # What is won varies by twice its mean; to learn the rates meanwhile costs a logarithm.
    spread = (base + wished) / 2 * (1 - (base + wished) / 2)
    low, high = 1, MOST // 2
    while low < high:
        middle = (low + high) // 2
        won = middle * growth - LEARNING * log(1 + middle * spread) - POWER * sqrt(2 * middle * growth)
        low, high = (low, middle) if won >= -log(ALPHA) else (middle + 1, high)
    return 2 * low


def is_uneven(one: int, other: int) -> bool:
    """Whether so many more saw the one than the other that something is wrong with the split (less than one in a
    thousand by chance)."""
    return one + other > 0 and abs(one - other) / sqrt(one + other) > 3.29


def _expected(reached: int, of: int) -> float:
    return (reached + PRIOR) / (of + 2 * PRIOR)


def _gain(has_reached: bool, expected: float, middle: float) -> float:
    return log(expected / middle) if has_reached else log((1 - expected) / (1 - middle))


def _growth(one: float, other: float) -> float:
    """What a pair adds on average, were these the rates and known."""
    middle = (one + other) / 2
    return sum(_divergence(rate, middle) for rate in (one, other))


def _divergence(rate: float, middle: float) -> float:
    parts: Iterable[tuple[float, float]] = ((rate, middle), (1 - rate, 1 - middle))
    found = sum(part * log(part / of) for part, of in parts if part > 0)
    return found if isfinite(found) else 0.0


def _more(reached: Sequence[int], pairs: int, evidence: float) -> int | None:
    """People still needed at the rates seen so far; None where they are alike, or too few are known."""
    if pairs < 10 or not any(reached):
        return None
    growth = _growth(*(_expected(count, pairs) for count in reached))
    wanted = -log(ALPHA) - min(evidence, 0.0) - max(evidence, 0.0)
    if growth <= 0 or 2 * wanted / growth > MOST:
        return None
    return max(2, round(2 * wanted / growth))
