"""How each number on the page came to be: the score out of its contributions, the grade out of its criteria."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any

from ripeline.contacts.person.picture import Picture
from ripeline.contacts.person.telling import Told, say_value, tell
from ripeline.kit.instants import to_datetime
from ripeline.lifecycle.conditions import AnswerIs, ScoreIs, leaves
from ripeline.lifecycle.explain import say_limits
from ripeline.lifecycle.matching import compile_test
from ripeline.lifecycle.model import QUESTIONS, Fit, Playbook
from ripeline.lifecycle.outcome import Contribution, Standing
from ripeline.lifecycle.touch import Scalar
from ripeline.lifecycle.words import say_signal, say_test, spaced
from ripeline.timeline.log import to_fact

# How many contributions of one rule are listed one by one; the rest stand as a sum.
LATEST = 5


@dataclass(frozen=True, slots=True)
class Gift:
    """One contribution: the touch in words, what it added then and what is left of it, as it is shown."""

    told: Told
    add: float
    shown: float


@dataclass(frozen=True, slots=True)
class Given:
    """What one rule has given to the score: `add` each time, `given` in all, `shown` what is left of it; the `latest`
    contributions, newest first, and of the `older` how many there are and what is left of them together; `limited`
    says what the rule's limit left out, "" for nothing."""

    signal: str
    words: str
    add: float
    times: int
    given: float
    shown: float
    latest: tuple[Gift, ...]
    older: tuple[int, float]
    limited: str


@dataclass(frozen=True, slots=True)
class ScoreReason:
    """The score: `parts` add up to `raw`; `shown` is raw within [0, `limit`]: `clamped` says so, and `cut` is what that
    takes off or adds."""

    shown: float
    raw: float
    limit: float | None
    half_life: int | None
    parts: tuple[Given, ...]
    clamped: str
    wanted: float | None
    wanted_by: str

    @property
    def cut(self) -> float:
        return self.shown - self.raw


@dataclass(frozen=True, slots=True)
class Criterion:
    """One trait looked for: what it should be, what it is, and whether it counts."""

    trait: str
    wanted: str
    value: str
    is_known: bool
    weight: float
    met: bool


@dataclass(frozen=True, slots=True)
class FitReason:
    """The grade: the weight matched out of `total`, and the share each grade asks for."""

    grade: str
    share: float
    matched: float
    total: float
    criteria: tuple[Criterion, ...]
    asked: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class AnswerNow:
    """What somebody said to a question; `value` None: never asked. `is_stale`: too old to count."""

    question: str
    value: str | None
    words: str
    by: str
    at: datetime | None
    touch: str
    valid_until: datetime | None
    is_stale: bool


def reason_score(picture: Picture, standing: Standing) -> ScoreReason:
    """The score opened into what each rule gave, largest present share first."""
    rules = picture.playbook.score
    wanted, by = _next_bar(picture.playbook, standing)
    return ScoreReason(
        shown=standing.score,
        raw=standing.raw,
        limit=rules.max,
        half_life=rules.half_life,
        parts=tuple(sorted(_given(picture, standing.raw), key=lambda part: -abs(part.shown))),
        clamped=_clamped(standing, rules.max),
        wanted=wanted,
        wanted_by=by,
    )


def reason_fit(playbook: Playbook, standing: Standing) -> FitReason | None:
    """The grade opened into criteria; None where the playbook grades nobody."""
    fit = playbook.fit
    if fit is None or standing.grade is None:
        return None
    criteria = tuple(_criteria(fit, standing))
    total = sum(each.weight for each in criteria)
    matched = sum(each.weight for each in criteria if each.met)
    return FitReason(
        grade=standing.grade,
        share=matched / total,
        matched=matched,
        total=total,
        criteria=criteria,
        asked=tuple(sorted(fit.grades.items())),
    )


def read_answers(picture: Picture) -> list[AnswerNow]:
    """Every question the playbook or the field asks, with the latest answer as of this moment."""
    state = picture.fold.state
    said = state.journey.answers if state else {}
    questions = dict.fromkeys((*QUESTIONS, *picture.playbook.answers, *said))
    return [_answer(picture, question) for question in questions]


def answer_values(playbook: Playbook) -> list[str]:
    """The values an answer may usefully have: yes, no, and whatever the rules ask for."""
    conditions = [
        condition
        for stage in playbook.stages
        for condition in (stage.enter, *(way.when for way in stage.exit))
        if condition is not None
    ]
    conditions += [rating.when for rating in playbook.rating if rating.when is not None]
    asked = [leaf for condition in conditions for leaf in leaves(condition) if isinstance(leaf, AnswerIs)]
    values = [value for leaf in asked for value in leaf.answer.values() if isinstance(value, str)]
    return list(dict.fromkeys(("yes", "no", *values)))


def _given(picture: Picture, raw: float) -> Iterator[Given]:
    groups: dict[int, list[Contribution]] = defaultdict(list)
    for each in picture.fold.contributions:
        groups[each.rule].append(each)
    limited = say_limits(picture.fold, map(to_fact, picture.touches))
    left = [sum(each.present for each in contributions) for contributions in groups.values()]
    for (rule, contributions), shown in zip(groups.items(), add_up(left, raw), strict=True):
        latest, older = contributions[: -LATEST - 1 : -1], contributions[:-LATEST]
        *each_shown, older_shown = add_up(
            [*(each.present for each in latest), sum(each.present for each in older)], shown
        )
        yield Given(
            signal=contributions[0].signal,
            words=say_signal(contributions[0].signal),
            add=picture.playbook.score.points[rule].add,
            times=len(contributions),
            given=sum(each.add for each in contributions),
            shown=shown,
            latest=tuple(
                Gift(tell(picture.rows[each.touch_id], picture.playbook), each.add, cents)
                for each, cents in zip(latest, each_shown, strict=True)
            ),
            older=(len(older), older_shown),
            limited=limited.get(rule, ""),
        )


def add_up(values: Sequence[float], total: float) -> list[float]:
    """The values in hundredths that come to the total in hundredths, each less than one of them from what it is.

    Who adds up what a page shows is to find the sum that it shows: those cut off most go up first. `total` is the sum
    of the values but for hundredths.
    """
    down = [floor(value * 100) for value in values]
    missing = min(max(round(total * 100) - sum(down), 0), len(values))
    most_cut = sorted(range(len(values)), key=lambda place: down[place] - values[place] * 100)
    up = set(most_cut[:missing])
    return [(cents + (place in up)) / 100 for place, cents in enumerate(down)]


def _clamped(standing: Standing, limit: float | None) -> str:
    if limit is not None and standing.raw > limit:
        return f"more than {limit:g}, the most this playbook gives"
    return "a score does not go below 0" if standing.raw < 0 else ""


def _next_bar(playbook: Playbook, standing: Standing) -> tuple[float | None, str]:
    """The score that the lowest stage still above asks for, and that stage's title."""
    for stage in playbook.stages[playbook.stage_index(standing.stage) + 1 :]:
        if stage.enter is None:
            continue
        bounds = [leaf.score.gte for leaf in leaves(stage.enter) if isinstance(leaf, ScoreIs)]
        asked = [bound for bound in bounds if bound is not None]
        if asked:
            return min(asked), stage.title
    return None, ""


def _criteria(fit: Fit, standing: Standing) -> Iterator[Criterion]:
    for each in fit.criteria:
        value: Scalar = standing.traits.get(each.trait)
        yield Criterion(
            trait=spaced(each.trait),
            wanted=say_test(each).removeprefix("is "),
            value="not known" if value is None else say_value(value),
            is_known=value is not None,
            weight=each.weight,
            met=compile_test(each)(value),
        )


def _answer(picture: Picture, question: str) -> AnswerNow:
    state = picture.fold.state
    said: Any = state.journey.answers.get(question) if state else None
    if said is None:
        return AnswerNow(question, None, "", "", None, "", None, is_stale=False)
    value, touch = said
    rule = picture.playbook.answers.get(question)
    lasts = rule.valid_for if rule else None
    return AnswerNow(
        question=question,
        value=say_value(value),
        words=str(touch.attrs.get("text") or ""),
        by=str(touch.attrs.get("by") or ""),
        at=to_datetime(touch.at),
        touch=touch.id,
        valid_until=None if lasts is None else to_datetime(touch.at + lasts),
        is_stale=lasts is not None and picture.fold.as_of >= touch.at + lasts,
    )
