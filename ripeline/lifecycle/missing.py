"""What a person still lacks for a stage: a tree of conditions, each met or not, with how much is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ripeline.lifecycle.conditions import (
    AllOf,
    AnswerIs,
    AnyOf,
    Bounds,
    FitIs,
    Idle,
    InStage,
    Not,
    PersonaIs,
    ScoreIs,
    SignalIs,
    Test,
)
from ripeline.lifecycle.evidence import condition_evidence
from ripeline.lifecycle.fold import Fold
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, parse_instant, say_day_beside, say_duration
from ripeline.lifecycle.journey import Journey
from ripeline.lifecycle.model import Playbook, Stage
from ripeline.lifecycle.nouns import noun_of, say_lacking, say_there
from ripeline.lifecycle.reasons import say_reasons
from ripeline.lifecycle.rules import Rules, compile_playbook
from ripeline.lifecycle.words import (
    listing,
    number,
    say_leaf,
    say_near,
    say_personas,
    say_test,
    say_times,
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
        found.append(Missing(False, "placed by hand, so a new sign of life is needed first"))
    if stage.from_ is not None:
        here, ways = rules.keys[journey.stage], listing((rules.titles[key] for key in stage.from_), "or")
        met = here in stage.from_
        text = f"coming from {ways}" if met else f"entered from {ways} only (now {rules.titles[here]})"
        found.append(Missing(met, text))
    return found


def _missing(rules: Rules, journey: Journey, condition: Any, *, at: int, one_of: bool = False) -> Missing:
    """`one_of`: it is one of several that would do, so it is said as what would do."""
    if isinstance(condition, AllOf):
        parts = tuple(_missing(rules, journey, part, at=at, one_of=one_of) for part in condition.all)
        lacks = [part.text for part in parts if not part.met]
        text = listing(lacks or [part.text for part in parts]) or "nothing"
        return Missing(not lacks, text, parts, "all")
    if isinstance(condition, AnyOf):
        ways = [_missing(rules, journey, part, at=at, one_of=True) for part in _ways(condition)]
        return _nearest_first(ways, nested=one_of)
    seen = condition_evidence(rules, journey, condition, at=at)
    if isinstance(condition, Not):
        return Missing(seen["met"], _say_not(rules.playbook, condition.not_, seen, at))
    return Missing(seen["met"], _say(rules.playbook, condition, seen, at=at, one_of=one_of))


def _ways(condition: AnyOf) -> Iterator[Any]:
    """The ways that would do; those of one that is itself one of several count as ways of the whole."""
    for part in condition.any:
        yield from _ways(part) if isinstance(part, AnyOf) else (part,)


def _nearest_first(ways: list[Missing], *, nested: bool) -> Missing:
    """Any one way is enough: what holds already, or else the ways, first the one that lacks the fewest parts."""
    parts = tuple(sorted(ways, key=_count_lacks))
    holds = [part.text for part in parts if part.met]
    if holds or len(parts) < 2:
        text = listing(holds or [part.text for part in parts] or ["nothing can"])
        return Missing(bool(holds), text, parts, "any")
    texts = [part.text for part in parts]
    plain = not any(" and " in part.text for part in parts if len(part.children) > 1)
    either = listing(texts, "or") if plain else ", or ".join(texts)
    return Missing(False, f"either {either}" if nested else f"one of: {either}", parts, "any")


def _count_lacks(missing: Missing) -> int:
    """How many conditions are not met, of several ways those of the nearest."""
    if missing.met:
        return 0
    counts = [_count_lacks(part) for part in missing.children]
    return (min(counts) if missing.joint == "any" else sum(counts)) if counts else 1


def _say_not(playbook: Playbook, condition: Any, seen: dict[str, Any], at: int) -> str:
    """What stands in the way; where nothing does, what would."""
    part = seen["parts"][0]
    if (
        isinstance(condition, ScoreIs)
        and not seen["met"]
        and None in (condition.score.gte, condition.score.lt)
    ):
        return _say_score(Bounds(gte=condition.score.lt, lt=condition.score.gte), part["score"])
    if isinstance(condition, Idle) and not seen["met"]:
        return f"a new sign of life (nothing heard for {say_duration(part['wanted'])})"
    if part["is"] == "answer" and not seen["met"]:
        return listing(_say_objection(answer, at) for answer in part["answers"])
    if part["is"] != "signal" or part["count"] > 1:
        reason = say_reasons(playbook, seen)
        return reason if seen["met"] else f"in the way: {reason}"
    noun = noun_of(playbook, part["signal"])
    span = "" if part["within"] is None else say_duration(part["within"])
    if seen["met"]:
        return say_lacking(noun, f" in {span}" if span else "").removesuffix(" yet")
    last = parse_instant(part["touches"][-1]["at"])
    if not span:
        return f"in the way: {say_there(noun)} on {say_day_beside(last, at)}"
    return f"in the way: {say_there(noun)} in the last {span} (until {say_day_beside(last + part['within'], at)})"


def _say_objection(answer: dict[str, Any], at: int) -> str:
    value, question = say_value(answer["value"]), spaced(answer["question"])
    said = f"they said {value} on {question} on {say_day_beside(parse_instant(answer['touch']['at']), at)}"
    if answer.get("until") is None:
        return said
    return f"{said} (ask again after {say_day_beside(parse_instant(answer['until']), at)})"


def _say(playbook: Playbook, condition: Any, seen: dict[str, Any], *, at: int, one_of: bool) -> str:
    if isinstance(condition, ScoreIs):
        return _say_score(condition.score, seen["score"])
    if isinstance(condition, SignalIs):
        return _say_signal(playbook, condition, seen, one_of=one_of)
    if isinstance(condition, FitIs):
        return f"{say_leaf(playbook, condition)} ({_now(seen['grade'])})"
    if isinstance(condition, PersonaIs):
        persona = seen["persona"] and say_personas(playbook, [seen["persona"]])
        return say_leaf(playbook, condition) + ("" if seen["met"] else f" ({_now(persona)})")
    if isinstance(condition, AnswerIs):
        return listing(_say_answer(answer) for answer in seen["answers"])
    if isinstance(condition, Idle | InStage):
        wanted = say_duration(seen["wanted"])
        passed = say_whole(at - parse_instant(seen["since"]))
        end = "of silence" if isinstance(condition, Idle) else "in the stage"
        return f"{wanted} {end}" if seen["met"] else f"{wanted} {end} (so far {passed})"
    traits = ((name, test, seen["traits"][name]) for name, test in condition.trait.items())
    return listing(_say_trait(name, test, value) for name, test, value in traits)


def _say_trait(name: str, test: Test, value: object) -> str:
    """A test that nothing is known needs no word of that where it holds."""
    told = f"{spaced(name)} {say_test(test)}"
    return told if value is None and test.exists is False else f"{told} ({_now(value)})"


def _now(value: object) -> str:
    return "not known" if value is None else f"now {say_value(value)}"


def _say_score(wanted: Bounds, score: float) -> str:
    floor, ceiling = wanted.gte, wanted.lt
    texts = []
    if floor is not None and score < floor - 1e-9:
        texts.append(f"{number(max(floor - score, 0.1))} more points of {number(floor)}")
    elif floor is not None:
        texts.append(f"score {say_near(score, floor)}, {number(floor)} needed")
    if ceiling is not None:
        texts.append(f"score below {number(ceiling)} (now {number(score)})")
    return listing(texts)


def _say_signal(playbook: Playbook, condition: SignalIs, seen: dict[str, Any], *, one_of: bool) -> str:
    noun, found, wanted = noun_of(playbook, condition.signal), seen["found"], condition.count
    span = "" if condition.within is None else f" in the last {say_duration(condition.within)}"
    if wanted == 1:
        return say_there(noun) + span if seen["met"] or one_of else say_lacking(noun, span)
    if seen["met"]:
        return f"{noun} {say_times(wanted)}{span}"
    if one_of:
        return f"{noun} {say_times(wanted)}{span} (so far {say_times(found) if found else 'none'})"
    so_far = f"{noun} only {say_times(found)}{span}" if found else say_lacking(noun, span)
    return f"{so_far}, {say_times(wanted)} needed"


def _say_answer(answer: dict[str, Any]) -> str:
    question, wanted, value = spaced(answer["question"]), say_value(answer["wanted"]), answer["value"]
    if answer["valid"] and value == answer["wanted"]:
        return f"they said {wanted} on {question}"
    start = (
        f"a {wanted} on {question}" if wanted in ("yes", "no") else f"{wanted} as the answer on {question}"
    )
    if value is None:
        return f"{start} (not answered yet)"
    if answer["valid"]:
        return f"{start} (they said {say_value(value)})"
    return f"{start} (their {say_value(value)} is too old to count)"


def say_whole(length: int) -> str:
    """A length rounded down to whole days, hours or minutes."""
    for unit in (DAY, HOUR, MINUTE):
        if length >= unit:
            return say_duration(length // unit * unit)
    return "less than a minute"
