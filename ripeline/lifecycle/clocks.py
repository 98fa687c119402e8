"""Boundaries: the instants at which time alone can change a condition.

The contract's list, read as follows. The boundaries are those of all stages' `enter` and `exit` rules, whichever
stage the person is in; where one of these rules names a persona, those of all personas' `when` too. `rating` and
personas no rule names move nobody, so they give no boundary (they only count for `due_at`).

Because no stage is entered twice at one instant, looking at the rules again with nothing changed can move a person,
so it matters exactly when they are looked at:
- `within: d`: at + d of *every* matching touch still in the window, whatever `count` asks (each is the n-th latest
  for some n);
- answers: at + valid_for of the latest answer to the question, whatever its value;
- idle: last + d; in_stage: entered + d;
- score: the first UTC midnight at which the comparison has changed; while the raw score is exactly nought, the next
  UTC midnight (there is no first one to wait for).
Once nothing more is to move (`Journey.settled`), a look at which nothing has changed finds nothing, so the search
then skips to boundaries at which something does change.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from ripeline.lifecycle.conditions import AnswerIs, Idle, InStage, PersonaIs, ScoreIs, SignalIs, leaves
from ripeline.lifecycle.instant import DAY, LAST_INSTANT
from ripeline.lifecycle.journey import Journey
from ripeline.lifecycle.model import Playbook

TOLERANCE: Final = 1e-9
NEVER: Final = LAST_INSTANT + 1
_AT = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time-dependent conditions of some rules. Windows are (signal number, count, within).

    `floors` are the scores below which a comparison turns, those left out that the shown score never crosses.
    """

    windows: tuple[tuple[int, int, int], ...]
    answers: tuple[tuple[str, int], ...]
    idles: tuple[int, ...]
    in_stages: tuple[int, ...]
    scored: bool
    floors: tuple[float, ...]
    half_life: int | None


def read_clocks(playbook: Playbook, conditions: Iterable[Any], signals: dict[str, int]) -> Clocks:
    """The clocks of some conditions; `signals` numbers the signals as in `Journey.matches`."""
    parts = [leaf for condition in conditions for leaf in leaves(condition)]
    if any(isinstance(part, PersonaIs) for part in parts):
        parts += [leaf for persona in playbook.personas if persona.when for leaf in leaves(persona.when)]
    windows = {(signals[p.signal], p.count, p.within) for p in parts if isinstance(p, SignalIs) and p.within}
    questions = {question for p in parts if isinstance(p, AnswerIs) for question in p.answer}
    valid = {
        name: answer.valid_for for name, answer in playbook.answers.items() if answer.valid_for is not None
    }
    bounds = {bound for p in parts if isinstance(p, ScoreIs) for bound in (p.score.gte, p.score.lt)}
    floors = [bound - TOLERANCE for bound in bounds if bound is not None]
    return Clocks(
        windows=tuple(sorted(windows)),
        answers=tuple((question, valid[question]) for question in sorted(questions) if question in valid),
        idles=tuple(sorted({p.idle for p in parts if isinstance(p, Idle)})),
        in_stages=tuple(sorted({p.in_stage for p in parts if isinstance(p, InStage)})),
        scored=bool(bounds),
        floors=tuple(sorted(floor for floor in floors if 0 < floor <= (playbook.score.max or math.inf))),
        half_life=playbook.score.half_life,
    )


def next_boundary(clocks: Clocks, journey: Journey, at: int) -> int | None:
    """The first boundary after `at`, None where there is none before the year 10000."""
    first = _first_window(clocks, journey, at)
    for question, valid_for in clocks.answers:
        answer = journey.answers.get(question)
        if answer and at < answer[1].at + valid_for < first:
            first = answer[1].at + valid_for
    heard = journey.last_inbound.at if journey.last_inbound else journey.first_at
    first = _first_wait(heard, clocks.idles, at=at, first=first)
    first = _first_wait(journey.entered_at, clocks.in_stages, at=at, first=first)
    if clocks.scored and clocks.half_life:
        first = min(first, _next_fading(clocks, journey, at, clocks.half_life))
    return first if first <= LAST_INSTANT else None


def turning_points(clocks: Clocks, journey: Journey, at: int) -> tuple[float, float]:
    """The raw scores from which, and below which, every comparison comes out as it does now."""
    now = faded(journey.raw, at // DAY - journey.raw_day, clocks.half_life)
    under = bisect_right(clocks.floors, now)
    low = clocks.floors[under - 1] if under else -math.inf
    return low, clocks.floors[under] if under < len(clocks.floors) else math.inf


def faded(raw: float, days: int, half_life: int | None) -> float:
    """What is left of a sum after so many UTC midnights."""
    # Nothing fades from nought, and a power over a stretch of centuries would not be a number.
    return raw if half_life is None or days == 0 or raw == 0.0 else raw * 2.0 ** (-days / half_life)


def _first_window(clocks: Clocks, journey: Journey, at: int) -> int:
    first = NEVER
    for signal, count, within in clocks.windows:
        touches = journey.matches[signal]
        position = -count if journey.settled else bisect_right(touches, at - within, key=_AT)
        if -len(touches) <= position < len(touches) and at < touches[position].at + within < first:
            first = touches[position].at + within
    return first


def _first_wait(start: int, lengths: tuple[int, ...], *, at: int, first: int) -> int:
    for length in lengths:
        if at < start + length:
            return min(first, start + length)
    return first


def _next_fading(clocks: Clocks, journey: Journey, at: int, half_life: int) -> int:
    """The next midnight at which the score falls through a floor (a sum below nought shows as 0 and stays 0)."""
    today = at // DAY
    if journey.raw == 0.0:
        return NEVER if journey.settled else (today + 1) * DAY
    now = faded(journey.raw, today - journey.raw_day, half_life)
    under = bisect_right(clocks.floors, now)
    return _crossing(journey, clocks.floors[under - 1], today, half_life) * DAY if under else NEVER


def _crossing(journey: Journey, floor: float, today: int, half_life: int) -> int:
    """The first day after `today` on which less than `floor` is left, in the very arithmetic the rules use."""
    day = max(today + 1, journey.raw_day + math.floor(half_life * math.log2(journey.raw / floor)) - 1)
    while faded(journey.raw, day - journey.raw_day, half_life) >= floor:
        day += 1
    return day
