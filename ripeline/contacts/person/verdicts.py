"""What the rules say of one contact at a moment: persona, rating, and what is missing for the stages above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ripeline.contacts.person.picture import Picture
from ripeline.lifecycle.evidence import condition_evidence
from ripeline.lifecycle.explain import Missing, missing_for, say_condition, say_reasons
from ripeline.lifecycle.outcome import Standing
from ripeline.lifecycle.outcome import Transition as Moved
from ripeline.lifecycle.rules import compile_playbook


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of several named rules that held: its title, the rule in words ("" for: everybody else), and what of
    this contact made it hold. `others` are the rules not chosen."""

    key: str
    title: str
    rule: str
    because: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """A stage above the present one, and the parts of its rule: those that hold and those that are missing."""

    key: str
    title: str
    parts: tuple[Missing, ...]

    @property
    def met(self) -> list[Missing]:
        return [part for part in self.parts if part.met]

    @property
    def missing(self) -> list[Missing]:
        return [part for part in self.parts if not part.met]


def reason_persona(picture: Picture, standing: Standing) -> Verdict | None:
    """Why they are this persona; None where the playbook knows no personas."""
    return _verdict(picture, picture.playbook.personas, standing.persona)


def reason_rating(picture: Picture, standing: Standing) -> Verdict | None:
    """Why they are rated so; None where the playbook rates nobody."""
    return _verdict(picture, picture.playbook.rating, standing.rating)


def missing_above(picture: Picture, standing: Standing) -> list[Goal]:
    """What is missing for each stage above the present one, nearest first."""
    playbook = picture.playbook
    above = playbook.stages[playbook.stage_index(standing.stage) + 1 :]
    at = picture.fold.as_of
    return [
        Goal(stage.key, stage.title, missing_for(playbook, picture.fold, stage.key, at).children)
        for stage in above
    ]


def touches_behind(moved: Moved) -> list[str]:
    """The ids of the touches a move rests on: those its rule looked at, then, where it looked at the score, those
    that gave points."""
    evidence = moved.evidence
    found = [*_ids(evidence.get("touch")), *_ids(evidence.get("condition"))]
    if _looks_at_score(evidence.get("condition")):
        found += _ids(evidence.get("contributions"))
    return list(dict.fromkeys(found))


def _verdict(picture: Picture, rules: Any, key: str | None) -> Verdict | None:
    if not rules:
        return None
    said = {rule.key: say_condition(picture.playbook, rule.when) if rule.when else "" for rule in rules}
    titles = {rule.key: rule.title for rule in rules}
    when = next((rule.when for rule in rules if rule.key == key), None)
    others = tuple((titles[other], words) for other, words in said.items() if other != key)
    return Verdict(
        key or "", titles.get(key or "", ""), said.get(key or "", ""), _because(picture, when), others
    )


def _because(picture: Picture, when: Any) -> str:
    state = picture.fold.state
    if when is None or state is None:
        return ""
    rules = compile_playbook(picture.playbook)
    held = condition_evidence(rules, state.journey, when, at=picture.fold.as_of)
    return say_reasons(picture.playbook, held, ())


def _ids(evidence: object) -> Iterator[str]:
    """Every touch named anywhere in a piece of evidence: a mapping with an id and a kind is one."""
    if isinstance(evidence, Mapping):
        if "id" in evidence and "kind" in evidence:
            yield str(evidence["id"])
        for value in evidence.values():
            yield from _ids(value)
    elif isinstance(evidence, list | tuple):
        for each in evidence:
            yield from _ids(each)


def _looks_at_score(condition: object) -> bool:
    if not isinstance(condition, Mapping):
        return False
    return condition.get("is") == "score" or any(_looks_at_score(part) for part in condition.get("parts", ()))
