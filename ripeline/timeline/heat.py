"""A score that keeps its order while it fades.

Every contribution fades by the same factor each UTC midnight (the playbook's half-life), so the order of two
people never changes by time alone. `heat` = log2(raw) + day / half-life is constant between touches; the score
of any day is read back from it. A list sorted by heat is sorted by present score, without nightly rewriting.
"""

from __future__ import annotations

import math

# Below every real heat: nobody without a positive raw score is warmer than anybody with one.
NO_HEAT = -1e9


def heat_of(raw: float, day: int, half_life: int | None) -> float:
    """Heat of a raw score on UTC day number `day`; `half_life` in days, None: does not fade."""
    if raw <= 0:
        return NO_HEAT
    return math.log2(raw) + _age(day, half_life)


def score_from(heat: float, day: int, *, half_life: int | None, limit: float | None) -> float:
    """The score shown on `day`, clamped to [0, limit]."""
    if heat <= NO_HEAT:
        return 0.0
    power = heat - _age(day, half_life)
    score = 2.0**power if power < 1000 else math.inf
    return score if limit is None else min(score, limit)


def heat_for_score(score: float, day: int, half_life: int | None) -> float:
    """The least heat that shows `score` or more on `day`; for filters."""
    return heat_of(score, day, half_life)


def _age(day: int, half_life: int | None) -> float:
    return day / half_life if half_life else 0.0
