"""Why, in sentences a salesperson believes, told from evidence alone; and the story of a person.

`missing_for` and `next_stages` (what a person still lacks) are in `missing`, the words of rules in `words`; all are
offered here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ripeline.lifecycle.fold import Fold, fold
from ripeline.lifecycle.instant import say_day, say_duration
from ripeline.lifecycle.missing import Missing, missing_for, next_stages
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.outcome import Standing, Transition
from ripeline.lifecycle.touch import Touch
from ripeline.lifecycle.words import (
    listing,
    number,
    say_condition,
    say_personas,
    say_signal,
    say_touch,
    say_value,
    spaced,
)

__all__ = [
    "Missing",
    "missing_for",
    "next_stages",
    "say_condition",
    "say_contributions",
    "say_standing",
    "say_touch",
    "say_transition",
    "tell_story",
]

Evidence = Mapping[str, Any]
SHOWN_RULES = 4
"""How many point rules a sentence names; the rest are told as one sum."""
SHOWN_EACH = 3
"""How many contributions of one rule a sentence names."""


def say_transition(playbook: Playbook, transition: Transition) -> str:
    """One sentence saying what happened and why: `MQL on 3 March because the score reached 34 of 30: ...`.

    Needs the transition's evidence; without it, it names the rule.
    """
    evidence = transition.evidence
    title = evidence.get("to_title") or transition.to_stage
    day = say_day(transition.at)
    if transition.cause == "manual":
        return _say_by_hand(transition.rule, title, day, evidence.get("touch") or {})
    start = title if evidence.get("up", True) else f"back to {title}"
    condition = evidence.get("condition")
    if condition is None:
        return f"{start} on {day} by the rule {transition.rule}"
    text = f"{start} on {day} because {say_reasons(playbook, condition, evidence.get('contributions') or ())}"
    return f"{text} ({evidence['reason']})" if evidence.get("reason") else text


def say_reasons(playbook: Playbook, condition: Evidence, contributions: Iterable[Evidence]) -> str:
    """Why a condition holds, from its evidence: only the parts that made it true."""
    texts = list(dict.fromkeys(_reasons(playbook, condition, list(contributions), holds=True)))
    return _joined(texts) or "its rule always holds"


def say_contributions(contributions: Iterable[Evidence]) -> str:
    """What the score is made of: `pricing visit +10, +10, white paper +14`; what has faded away is left out."""
    told = [it for it in contributions if abs(it["present"]) >= 0.05]
    told.sort(key=lambda it: -abs(it["present"]))
    texts = [_say_rule(it) for it in told[:SHOWN_RULES]]
    if told[SHOWN_RULES:]:
        texts.append(f"others {_signed(sum(it['present'] for it in told[SHOWN_RULES:]))}")
    return ", ".join(texts)


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


def _reasons(playbook: Playbook, node: Evidence, contributions: list[Evidence], *, holds: bool) -> list[str]:
    """Why a node holds (or why it does not), as parts of a sentence."""
    name = node["is"]
    if name == "not":
        return _reasons(playbook, node["parts"][0], contributions, holds=not holds)
    if name in ("all", "any"):
        parts = [part for part in node["parts"] if part["met"] == holds]
        if (name == "any") == holds:
            parts = parts[:1]
        return [text for part in parts for text in _reasons(playbook, part, contributions, holds=holds)]
    if name == "score":
        return [_say_score(node, contributions)]
    return [_SAYERS[name](playbook, node, holds)]


def _say_score(node: Evidence, contributions: list[Evidence]) -> str:
    score = number(node["score"])
    floor, ceiling = node.get("gte"), node.get("lt")
    if floor is not None and node["score"] >= floor - 1e-9:
        made_of = say_contributions(contributions)
        return f"the score reached {score} of {number(floor)}" + (f": {made_of}" if made_of else "")
    if ceiling is not None and node["score"] < ceiling - 1e-9:
        return f"the score is {score}, below {number(ceiling)}"
    if floor is not None:
        return f"the score is {score}, below {number(floor)}"
    return f"the score is {score}, not below {number(ceiling or 0)}"


def _say_signal(_: Playbook, node: Evidence, holds: bool) -> str:
    span = "" if node["within"] is None else f" in {say_duration(node['within'])}"
    if not holds:
        if node["found"]:
            return f"only {node['found']} of {node['count']} times {say_signal(node['signal'])}{span}"
        return f"there was no {say_signal(node['signal'])}{span or ' ever'}"
    if node["count"] > 1:
        return f"{say_signal(node['signal'])} came {node['count']} times{span}"
    touch = node["touches"][-1]
    return say_touch(touch["kind"], touch["subject"])


def _say_fit(_: Playbook, node: Evidence, holds: bool) -> str:
    if node["grade"] is None:
        return "the fit is not known"
    if holds:
        return f"the fit is {node['grade']}"
    return f"the fit is {node['grade']}, not {node['wanted']} or better"


def _say_persona(playbook: Playbook, node: Evidence, holds: bool) -> str:
    if node["persona"] is None:
        return "the persona is not known"
    text = f"the persona is {say_personas(playbook, [node['persona']])}"
    return text if holds else f"{text}, not {say_personas(playbook, node['wanted'])}"


def _say_answers(_: Playbook, node: Evidence, holds: bool) -> str:
    texts = []
    for answer in node["answers"]:
        question, value = spaced(answer["question"]), answer["value"]
        if holds:
            texts.append(f"{question} was answered {say_value(value)}")
        elif value is None:
            texts.append(f"{question} was not answered")
        elif not answer["valid"]:
            texts.append(f"the answer on {question} is too old")
        elif value != answer["wanted"]:
            texts.append(f"{question} was answered {say_value(value)}, not {say_value(answer['wanted'])}")
    return listing(texts)


def _say_traits(_: Playbook, node: Evidence, _holds: bool) -> str:
    return listing(f"{spaced(name)} is {say_value(value)}" for name, value in node["traits"].items())


def _say_idle(_: Playbook, node: Evidence, holds: bool) -> str:
    length = say_duration(node["wanted"])
    if holds:
        return f"nothing was heard for {length}"
    if node.get("last"):
        return f"something was heard in the last {length}"
    return f"they are known for less than {length}"


def _say_in_stage(_: Playbook, node: Evidence, holds: bool) -> str:
    length = say_duration(node["wanted"])
    return f"{length} passed in the stage" if holds else f"they are in the stage for less than {length}"


_SAYERS = {
    "signal": _say_signal,
    "fit": _say_fit,
    "persona": _say_persona,
    "answer": _say_answers,
    "trait": _say_traits,
    "idle": _say_idle,
    "in_stage": _say_in_stage,
}


def _say_rule(told: Evidence) -> str:
    """One point rule's part: `pricing visit +10, +10`; the newest few one by one, older ones as a sum."""
    latest = [it["present"] for it in told["latest"] if abs(it["present"]) >= 0.05]
    name = say_signal(told["signal"])
    if len(latest) <= SHOWN_EACH and told["times"] == len(told["latest"]):
        return f"{name} {', '.join(_signed(present) for present in latest)}"
    return f"{name} {told['times']} times {_signed(told['present'])}"


def _signed(value: float) -> str:
    return number(value) if value < 0 else f"+{number(value)}"


def _joined(texts: list[str]) -> str:
    """Reasons in a row; a comma before the last `and` where the reasons have commas themselves."""
    if any("," in text for text in texts[:-1]) and len(texts) > 1:
        return f"{', '.join(texts[:-1])}, and {texts[-1]}"
    return listing(texts)


def _year(at: int) -> str:
    return _dated(at).rsplit(" ", 1)[1]


def _dated(at: int) -> str:
    return say_day(at, year=True)
