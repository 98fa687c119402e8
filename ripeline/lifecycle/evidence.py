"""Why a transition happened, as plain JSON values from which the sentence can be told without folding again.

Instants are RFC 3339 texts, durations microseconds. See `condition_evidence` for one entry per condition.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Any

from ripeline.lifecycle.clocks import faded
from ripeline.lifecycle.conditions import (
    AllOf,
    AnswerIs,
    AnyOf,
    FitIs,
    Idle,
    Not,
    PersonaIs,
    ScoreIs,
    SignalIs,
    TraitIs,
)
from ripeline.lifecycle.instant import DAY, LAST_INSTANT, format_instant
from ripeline.lifecycle.journey import TOLD, Journey
from ripeline.lifecycle.matching import compile_test
from ripeline.lifecycle.rules import Rules, Way
from ripeline.lifecycle.touch import Touch

TOLD_TOUCHES = 5
"""How many touches of one signal are named; `found` says how many of the wanted count there are."""


def rule_evidence(rules: Rules, journey: Journey, way: Way, *, at: int) -> dict[str, Any]:
    """Why an automatic move is made, looked at just before it is made."""
    evidence = _moved(rules, journey, way.to, at=at)
    evidence["condition"] = condition_evidence(rules, journey, way.condition, at=at)
    if way.reason:
        evidence["reason"] = way.reason
    return evidence


def manual_evidence(rules: Rules, journey: Journey, to: int, touch: Touch) -> dict[str, Any]:
    """Who moved a person by hand, and why they said they did."""
    return _moved(rules, journey, to, at=touch.at) | {"touch": touch_evidence(touch)}


def touch_evidence(touch: Touch) -> dict[str, Any]:
    """A touch as it is quoted: id, at, kind, subject, and who and why where it says so."""
    told = {name: touch.attrs[name] for name in TOLD if touch.attrs.get(name) is not None}
    return {
        "id": touch.id,
        "at": format_instant(touch.at),
        "kind": touch.kind,
        "subject": touch.subject,
    } | told


def contributions_evidence(rules: Rules, journey: Journey, at: int) -> list[dict[str, Any]]:
    """The contributions behind the score, by point rule: how many, what they are worth now, the latest ones."""
    half_life, day = rules.playbook.score.half_life, at // DAY
    told = []
    for rule, tally in zip(rules.points, journey.tallies, strict=True):
        if tally.times:
            latest = [
                touch_evidence(touch) | {"present": faded(rule.add, day - touch.at // DAY, half_life)}
                for touch in tally.recent
            ]
            present = faded(tally.sum, day - tally.day, half_life)
            told.append(
                {"rule": rule.number, "signal": rule.signal, "add": rule.add, "times": tally.times}
                | {"present": present, "latest": latest}
            )
    return told


def condition_evidence(rules: Rules, journey: Journey, condition: Any, *, at: int) -> dict[str, Any]:
    """One condition with all it was judged by: `is` (its name), `met`, and for `all`, `any`, `not` its `parts`.

    A signal's `expired` is the touch that left its window at this very instant; an answer's `until` the instant from
    which it no longer counts. Evidence of earlier versions may lack both.
    """
    if isinstance(condition, AllOf | AnyOf | Not):
        return _joined(rules, journey, condition, at=at)
    if isinstance(condition, ScoreIs):
        return _score(rules, journey, condition, at=at)
    if isinstance(condition, SignalIs):
        return _signal(rules, journey, condition, at=at)
    if isinstance(condition, AnswerIs):
        return _answers(rules, journey, condition, at=at)
    if isinstance(condition, TraitIs):
        tests = {name: compile_test(test) for name, test in condition.trait.items()}
        values = {name: journey.traits.get(name) for name in tests}
        return {
            "is": "trait",
            "met": all(test(values[name]) for name, test in tests.items()),
            "traits": values,
        }
    if isinstance(condition, FitIs):
        met = journey.grade is not None and journey.grade <= condition.fit
        return {
            "is": "fit",
            "met": met,
            "wanted": condition.fit,
            "grade": journey.grade,
            "share": journey.share,
        }
    if isinstance(condition, PersonaIs):
        persona = rules.persona(journey, at)
        return {
            "is": "persona",
            "met": persona in condition.persona,
            "wanted": [*condition.persona],
            "persona": persona,
        }
    if isinstance(condition, Idle):
        heard = journey.last_inbound
        since = journey.first_at if heard is None else heard.at
        told = {"last": touch_evidence(heard)} if heard else {}
        return _waited("idle", condition.idle, since=since, at=at) | told
    return _waited("in_stage", condition.in_stage, since=journey.entered_at, at=at)


def _moved(rules: Rules, journey: Journey, to: int, *, at: int) -> dict[str, Any]:
    key, other = rules.keys[journey.stage], rules.keys[to]
    return {
        "from_title": rules.titles[key],
        "to_title": rules.titles[other],
        "up": to > journey.stage,
        "in_stage_since": format_instant(journey.entered_at),
        "share": journey.share,
        "contributions": contributions_evidence(rules, journey, at),
    }


def _joined(rules: Rules, journey: Journey, condition: AllOf | AnyOf | Not, *, at: int) -> dict[str, Any]:
    if isinstance(condition, Not):
        part = condition_evidence(rules, journey, condition.not_, at=at)
        return {"is": "not", "met": not part["met"], "parts": [part]}
    inner = condition.all if isinstance(condition, AllOf) else condition.any
    parts = [condition_evidence(rules, journey, part, at=at) for part in inner]
    if isinstance(condition, AllOf):
        return {"is": "all", "met": all(part["met"] for part in parts), "parts": parts}
    return {"is": "any", "met": any(part["met"] for part in parts), "parts": parts}


def _score(rules: Rules, journey: Journey, condition: ScoreIs, *, at: int) -> dict[str, Any]:
    bounds = {
        name: bound
        for name, bound in (("gte", condition.score.gte), ("lt", condition.score.lt))
        if bound is not None
    }
    return {
        "is": "score",
        "met": rules.holds(journey, condition, at),
        "score": rules.shown(journey, at),
    } | bounds


def _signal(rules: Rules, journey: Journey, condition: SignalIs, *, at: int) -> dict[str, Any]:
    touches = journey.matches[rules.signals[condition.signal]]
    expired: dict[str, Any] = {}
    if condition.within is not None:
        start = bisect_right(touches, at - condition.within, key=attrgetter("at"))
        if start and touches[start - 1].at == at - condition.within:
            expired = {"expired": touch_evidence(touches[start - 1])}
        touches = touches[start:]
    told = [touch_evidence(touch) for touch in touches[-min(condition.count, TOLD_TOUCHES) :]]
    return expired | {
        "is": "signal",
        "met": len(touches) >= condition.count,
        "signal": condition.signal,
        "count": condition.count,
        "within": condition.within,
        "found": min(len(touches), condition.count),
        "touches": told,
    }


def _answers(rules: Rules, journey: Journey, condition: AnswerIs, *, at: int) -> dict[str, Any]:
    valid = {name: answer.valid_for for name, answer in rules.playbook.answers.items()}
    told = []
    for question, wanted in condition.answer.items():
        answer = journey.answers.get(question)
        lasts = valid.get(question)
        entry: dict[str, Any] = {"question": question, "wanted": wanted, "value": None, "valid": False}
        if answer:
            value, touch = answer
            entry |= {
                "value": value,
                "touch": touch_evidence(touch),
                "valid": lasts is None or at < touch.at + lasts,
            }
            if lasts is not None and touch.at + lasts <= LAST_INSTANT:
                entry["until"] = format_instant(touch.at + lasts)
        told.append(entry)
    return {"is": "answer", "met": rules.holds(journey, condition, at), "answers": told}


def _waited(name: str, length: int, *, since: int, at: int) -> dict[str, Any]:
    return {"is": name, "met": at - since >= length, "wanted": length, "since": format_instant(since)}
