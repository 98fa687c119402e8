"""Why, in sentences a salesperson believes, told from evidence alone; and the story of a person.

`missing_for` and `next_stages` (what a person still lacks) are in `missing`, reasons in `reasons`, what a score is
made of in `points`, the words of rules in `words`; all are offered here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ripeline.lifecycle.fold import Fold, fold, in_order
from ripeline.lifecycle.instant import say_day, say_day_beside, say_duration
from ripeline.lifecycle.missing import Missing, missing_for, next_stages
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.outcome import Standing, Transition
from ripeline.lifecycle.points import say_contributions, signed
from ripeline.lifecycle.reasons import say_reasons
from ripeline.lifecycle.rules import PointRule, compile_playbook
from ripeline.lifecycle.touch import Touch
from ripeline.lifecycle.words import number, say_condition, say_personas, say_touch

__all__ = [
    "Missing",
    "missing_for",
    "next_stages",
    "say_condition",
    "say_contributions",
    "say_limits",
    "say_reasons",
    "say_standing",
    "say_touch",
    "say_transition",
    "tell_story",
]

Evidence = Mapping[str, Any]


def say_transition(playbook: Playbook, transition: Transition, *, now: int | None = None) -> str:
    """One sentence saying what happened and why: `MQL on 3 March because the score reached 34 of 30 needed: ...`.

    Needs the transition's evidence; without it, it names the rule. With `now` a day of another year has its year.
    """
    evidence = transition.evidence
    title = evidence.get("to_title") or transition.to_stage
    day = say_day(transition.at) if now is None else say_day_beside(transition.at, now)
    if transition.cause == "manual":
        return _say_by_hand(transition.rule, title, day, evidence.get("touch") or {})
    start = title if evidence.get("up", True) else f"back to {title}"
    condition = evidence.get("condition")
    if condition is None:
        return f"{start} on {day} by the rule {transition.rule}"
    reasons = say_reasons(
        playbook,
        condition,
        evidence.get("contributions") or (),
        at=transition.at,
        by_time=transition.cause == "timer",
    )
    text = f"{start} on {day} because {reasons}"
    return f"{text} ({evidence['reason']})" if evidence.get("reason") else text


def say_standing(playbook: Playbook, standing: Standing) -> str:
    """Where somebody stands, in one sentence."""
    title = playbook.stages[playbook.stage_index(standing.stage)].title
    parts = [f"{title} since {_dated(standing.entered_at)}", f"score {number(standing.score)}"]
    if standing.grade is not None:
        parts.append(f"fit {standing.grade}")
    if standing.rating is not None:
        parts.append(next(it.title for it in playbook.rating if it.key == standing.rating))
    if standing.persona is not None:
        parts.append(say_personas(playbook, [standing.persona]))
    if standing.status != "active":
        parts.append(standing.status)
    if standing.suspended:
        parts.append("placed by hand until they are heard again")
    heard = standing.last_inbound_at
    parts.append("never heard" if heard is None else f"last heard on {_dated(heard)}")
    return ", ".join(parts)


def say_limits(result: Fold, touches: Iterable[Touch]) -> dict[int, str]:
    """What the limits of the point rules left out, by number of the rule: `24 times, +10 of at most +10; 23 left out by
    the limit`. Rules whose limit left out nothing are not in it. `touches` are those that were folded."""
    rules = compile_playbook(result.playbook)
    given = Counter(each.rule for each in result.contributions)
    came: Counter[int] = Counter()
    if any(rule.times for rule in rules.points):
        for touch in in_order(touches, result.as_of):
            for effect in rules.effects_of(touch.kind, touch.actor):
                if effect.points and (effect.test is None or effect.test(touch)):
                    came.update(rule.number for rule in effect.points)
    return {
        rule.number: _say_limit(rule, came[rule.number], given[rule.number])
        for rule in rules.points
        if came[rule.number] > given[rule.number]
    }


def tell_story(playbook: Playbook, touches: Iterable[Touch], as_of: int) -> list[str]:
    """A person's story up to `as_of`, oldest first: how it began, every move with its reason, where they stand."""
    known = list(touches)
    result = fold(playbook, known, as_of)
    if result.standing is None:
        return ["nothing is known of this person yet"]
    standing = result.standing
    first = min((touch for touch in known), key=lambda touch: (touch.at, touch.id))
    began = f"{playbook.stages[0].title} on {_dated(first.at)}: first seen when {say_touch(first.kind, first.subject)}"
    events = [(it.at, say_transition(playbook, it)) for it in result.transitions]
    events += [(it.at, _say_ignored(it.at, it.subject)) for it in result.ignored]
    events += [(it.at, _say_status(it)) for it in _placings(known, as_of)]
    events.sort(key=lambda event: event[0])
    return [
        began,
        *_with_years(events, _year(first.at)),
        f"now {say_standing(playbook, standing)}",
        *_say_next(playbook, result),
    ]


def _say_limit(rule: PointRule, came: int, counted: int) -> str:
    most = f"of at most {signed(rule.add)}"
    if rule.per:
        most = f"with at most {signed(rule.add * rule.times)} in {say_duration(rule.per)}"
    return f"{came} times, {signed(rule.add * counted)} {most}; {came - counted} left out by the limit"


def _say_next(playbook: Playbook, result: Fold) -> list[str]:
    stages = next_stages(playbook, result)
    return [f"next {missing_for(playbook, result, stages[0], result.as_of).text}"] if stages else []


def _with_years(events: list[tuple[int, str]], last: str) -> list[str]:
    """The sentences, each with its year where it is the first of a new year."""
    told = []
    for at, text in events:
        year = _year(at)
        told.append(text if year == last else f"{year}: {text}")
        last = year
    return told


def _placings(touches: Iterable[Touch], as_of: int) -> list[Touch]:
    """The touches that took somebody out of the game or back, each id once."""
    kinds = ("disqualified", "reopened")
    found = sorted(
        (it for it in touches if it.kind in kinds and it.at <= as_of), key=lambda it: (it.at, it.id)
    )
    return list({touch.id: touch for touch in reversed(found)}.values())[::-1]


def _say_status(touch: Touch) -> str:
    return f"{touch.kind}{_by(touch.attrs)} on {say_day(touch.at)}{_why(touch.attrs)}"


def _say_ignored(at: int, subject: str | None) -> str:
    return f"a move by hand to {subject or 'no stage'} on {say_day(at)} was ignored: this playbook has no such stage"


def _say_by_hand(rule: str, title: str, day: str, touch: Evidence) -> str:
    start = {
        "recycled": f"recycled to {title}{_by(touch)} on {day}",
        "rejected": f"rejected by sales and back to {title}{_by(touch)} on {day}",
    }.get(rule, f"moved to {title} by hand{_by(touch)} on {day}")
    return start + _why(touch)


def _by(told: Mapping[str, Any]) -> str:
    return f" by {told['by']}" if told.get("by") else ""


def _why(told: Mapping[str, Any]) -> str:
    why = told.get("reason") or told.get("text")
    return f": {why}" if why else ""


def _year(at: int) -> str:
    return _dated(at).rsplit(" ", 1)[1]


def _dated(at: int) -> str:
    return say_day(at, year=True)
