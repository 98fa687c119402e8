"""What a person still lacks for a stage: a tree of conditions, each met or not, with how much is missing."""

from dataclasses import dataclass
from typing import Any

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
)
from ripeline.lifecycle.evidence import condition_evidence
from ripeline.lifecycle.fold import Fold
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, parse_instant, say_duration
from ripeline.lifecycle.journey import Journey
from ripeline.lifecycle.model import Playbook, Stage
from ripeline.lifecycle.rules import Rules, compile_playbook
from ripeline.lifecycle.words import listing, number, say_leaf, say_signal, say_test, say_value, spaced


@dataclass(frozen=True, slots=True)
class Missing:
    """One condition: whether it holds, in words with how much is missing, and its parts."""

    met: bool
    text: str
    children: tuple["Missing", ...] = ()


def missing_for(playbook: Playbook, result: Fold, stage_key: str, at: int) -> Missing:
    """What holds and what is missing at `at` for a person to enter a stage by rule.

    `at` is `result.as_of` or later, with nothing heard since. Raises KeyError for an unknown stage and ValueError
    for a fold of nobody.
    """
    rules = compile_playbook(playbook)
    stage = playbook.stages[playbook.stage_index(stage_key)]
    if result.state is None:
        raise ValueError("nothing is known of this person, so nothing can be said to be missing")
    journey = result.state.journey
    parts = [*_hindrances(rules, journey, stage)]
    if stage.enter is None:
        parts.append(Missing(False, "entered by hand only"))
    else:
        parts.extend(_split(_missing(rules, journey, stage.enter, at), stage.enter))
    met = all(part.met for part in parts)
    lacks = [part.text for part in parts if not part.met]
    return Missing(met, f"{stage.title}: {'; '.join(lacks) or 'nothing is missing'}", tuple(parts))


def next_stages(playbook: Playbook, result: Fold) -> tuple[str, ...]:
    """The stages a person may enter by rule from where they are, nearest first."""
    if result.standing is None:
        return ()
    here = playbook.stage_index(result.standing.stage)
    above = playbook.stages[here + 1 :]
    current = result.standing.stage
    return tuple(it.key for it in above if it.enter is not None and (it.from_ is None or current in it.from_))


def _split(missing: Missing, condition: Any) -> tuple[Missing, ...]:
    return missing.children if isinstance(condition, AllOf) else (missing,)


def _hindrances(rules: Rules, journey: Journey, stage: Stage) -> list[Missing]:
    """What stands in the way besides the rule itself."""
    found = []
    if not journey.active:
        found.append(Missing(False, "disqualified until somebody reopens them"))
    if journey.suspended_at is not None:
        found.append(Missing(False, "placed by hand: a new sign of life"))
    if stage.from_ is not None:
        met = rules.keys[journey.stage] in stage.from_
        found.append(Missing(met, "coming from " + listing((rules.titles[key] for key in stage.from_), "or")))
    return found


def _missing(rules: Rules, journey: Journey, condition: Any, at: int) -> Missing:
    if isinstance(condition, AllOf | AnyOf | Not):
        return _joined(rules, journey, condition, at)
    seen = condition_evidence(rules, journey, condition, at=at)
    return Missing(seen["met"], _say(rules.playbook, condition, seen, at))


def _joined(rules: Rules, journey: Journey, condition: AllOf | AnyOf | Not, at: int) -> Missing:
    if isinstance(condition, Not):
        part = _missing(rules, journey, condition.not_, at)
        return Missing(not part.met, f"not ({part.text})", (part,))
    if isinstance(condition, AllOf):
        parts = tuple(_missing(rules, journey, part, at) for part in condition.all)
        lacks = [part.text for part in parts if not part.met]
        return Missing(not lacks, listing(lacks or [part.text for part in parts]) or "nothing", parts)
    parts = tuple(_missing(rules, journey, part, at) for part in condition.any)
    holds = [part.text for part in parts if part.met]
    texts = holds or [part.text for part in parts] or ["nothing can"]
    return Missing(bool(holds), f"one of: {listing(texts, 'or')}" if len(texts) > 1 else texts[0], parts)


def _say(playbook: Playbook, condition: Any, seen: dict[str, Any], at: int) -> str:
    if isinstance(condition, ScoreIs):
        return _say_score(condition, seen["score"])
    if isinstance(condition, SignalIs):
        return _say_signal(condition, seen)
    if isinstance(condition, FitIs):
        return f"{say_leaf(playbook, condition)} (now {seen['grade'] or 'not known'})"
    if isinstance(condition, PersonaIs):
        return say_leaf(playbook, condition)
    if isinstance(condition, AnswerIs):
        return listing(_say_answer(answer) for answer in seen["answers"])
    if isinstance(condition, Idle | InStage):
        wanted = say_duration(seen["wanted"])
        passed = say_whole(at - parse_instant(seen["since"]))
        end = "of silence" if isinstance(condition, Idle) else "in the stage"
        return f"{wanted} {end}" if seen["met"] else f"{wanted} {end} (so far {passed})"
    traits = ((name, test, seen["traits"][name]) for name, test in condition.trait.items())
    return listing(
        f"{spaced(name)} {say_test(test)} (now {say_value(value)})" for name, test, value in traits
    )


def _say_score(condition: ScoreIs, score: float) -> str:
    floor, ceiling = condition.score.gte, condition.score.lt
    texts = []
    if floor is not None and score < floor - 1e-9:
        texts.append(f"{number(max(floor - score, 0.1))} more points of {number(floor)}")
    elif floor is not None:
        texts.append(f"score {number(score)} of {number(floor)}")
    if ceiling is not None:
        texts.append(f"score below {number(ceiling)} (now {number(score)})")
    return listing(texts)


def _say_signal(condition: SignalIs, seen: dict[str, Any]) -> str:
    noun = say_signal(condition.signal)
    span = "" if condition.within is None else f" in the last {say_duration(condition.within)}"
    if condition.count > 1:
        return f"{noun} {seen['found']} of {condition.count} times{span}"
    return f"{noun}{span}" if seen["met"] else f"no {noun}{span or ' yet'}"


def _say_answer(answer: dict[str, Any]) -> str:
    question, wanted = spaced(answer["question"]), say_value(answer["wanted"])
    if answer["value"] is None:
        return f"{question} answered {wanted} (not answered yet)"
    age = "" if answer["valid"] else ", too long ago"
    if answer["valid"] and answer["value"] == answer["wanted"]:
        return f"{question} answered {wanted}"
    return f"{question} answered {wanted} (last answer: {say_value(answer['value'])}{age})"


def say_whole(length: int) -> str:
    """A length rounded down to whole days, hours or minutes."""
    for unit in (DAY, HOUR, MINUTE):
        if length >= unit:
            return say_duration(length // unit * unit)
    return "less than a minute"
