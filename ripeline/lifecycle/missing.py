"""What a person still lacks for a stage: a tree of conditions, each met or not, with how much is missing."""

from dataclasses import dataclass
from typing import Any, Literal

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
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, parse_instant, say_day, say_duration
from ripeline.lifecycle.journey import Journey
from ripeline.lifecycle.model import Playbook, Signal, Stage
from ripeline.lifecycle.reasons import say_reasons
from ripeline.lifecycle.rules import Rules, compile_playbook
from ripeline.lifecycle.words import (
    listing,
    number,
    say_leaf,
    say_near,
    say_signal,
    say_test,
    say_value,
    spaced,
)


@dataclass(frozen=True, slots=True)
class Missing:
    """One condition: whether it holds, in words with how much is missing, and its parts.

    `joint` says whether all of the parts are needed or any one of them will do; None where there are no parts.
    """

    met: bool
    text: str
    children: tuple["Missing", ...] = ()
    joint: Literal["all", "any"] | None = None


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
        parts.extend(_split(_missing(rules, journey, stage.enter, at=at), stage.enter))
    met = all(part.met for part in parts)
    lacks = [part.text for part in parts if not part.met]
    return Missing(met, f"{stage.title}: {'; '.join(lacks) or 'nothing is missing'}", tuple(parts), "all")


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


def _missing(rules: Rules, journey: Journey, condition: Any, *, at: int, one_of: bool = False) -> Missing:
    """`one_of`: it is one of several that would do, so it is said as what would do."""
    if isinstance(condition, AllOf):
        parts = tuple(_missing(rules, journey, part, at=at, one_of=one_of) for part in condition.all)
        lacks = [part.text for part in parts if not part.met]
        text = listing(lacks or [part.text for part in parts]) or "nothing"
        return Missing(not lacks, text, parts, "all")
    if isinstance(condition, AnyOf):
        parts = tuple(_missing(rules, journey, part, at=at, one_of=True) for part in condition.any)
        holds = [part.text for part in parts if part.met]
        texts = holds or [part.text for part in parts] or ["nothing can"]
        text = f"one of: {listing(texts, 'or')}" if len(texts) > 1 else texts[0]
        return Missing(bool(holds), text, parts, "any")
    seen = condition_evidence(rules, journey, condition, at=at)
    if isinstance(condition, Not):
        return Missing(seen["met"], _say_not(rules.playbook, seen, at))
    return Missing(seen["met"], _say(rules.playbook, condition, seen, at=at, one_of=one_of))


def _say_not(playbook: Playbook, seen: dict[str, Any], at: int) -> str:
    """What stands in the way; where nothing does, what would."""
    part = seen["parts"][0]
    if part["is"] == "answer" and not seen["met"]:
        return listing(_say_objection(answer, at) for answer in part["answers"])
    if part["is"] == "signal" and part["count"] == 1:
        noun = _noun(playbook, part["signal"])
        span = "" if part["within"] is None else f"{say_duration(part['within'])}"
        if seen["met"]:
            return f"no {noun}{span and f' in {span}'}"
        if not span:
            return f"{_with_article(noun)} on {_day(parse_instant(part['touches'][-1]['at']), at)}"
        ends = parse_instant(part["touches"][-1]["at"]) + part["within"]
        return f"{_with_article(noun)} in the last {span} (until {_day(ends, at)})"
    return say_reasons(playbook, seen)


def _say_objection(answer: dict[str, Any], at: int) -> str:
    value, question = say_value(answer["value"]), spaced(answer["question"])
    said = f"they said {value} on {question} on {_day(parse_instant(answer['touch']['at']), at)}"
    if answer.get("until") is None:
        return said
    return f"{said}; ask again after {_day(parse_instant(answer['until']), at)}"


def _with_article(noun: str) -> str:
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _day(instant: int, now: int) -> str:
    """The day, with its year where that is not this year."""
    day, today = say_day(instant, year=True), say_day(now, year=True)
    return say_day(instant) if day[-4:] == today[-4:] else day


def _say(playbook: Playbook, condition: Any, seen: dict[str, Any], *, at: int, one_of: bool) -> str:
    if isinstance(condition, ScoreIs):
        return _say_score(condition, seen["score"])
    if isinstance(condition, SignalIs):
        return _say_signal(playbook, condition, seen, one_of=one_of)
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
        texts.append(f"score {say_near(score, floor)}, {number(floor)} needed")
    if ceiling is not None:
        texts.append(f"score below {number(ceiling)} (now {number(score)})")
    return listing(texts)


def _say_signal(playbook: Playbook, condition: SignalIs, seen: dict[str, Any], *, one_of: bool) -> str:
    noun = _noun(playbook, condition.signal)
    span = "" if condition.within is None else f" in the last {say_duration(condition.within)}"
    if condition.count > 1:
        return f"{noun} {seen['found']} of {condition.count} times{span}"
    return f"{noun}{span}" if seen["met"] or one_of else f"no {noun}{span or ' yet'}"


def _noun(playbook: Playbook, name: str) -> str:
    """A signal as a noun; one that is a kind and nothing else goes by what that kind is called."""
    signal = playbook.signals.get(name)
    if signal is not None and signal.kind and signal == Signal(kind=signal.kind[:1]):
        return say_signal(signal.kind[0])
    return say_signal(name)


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
