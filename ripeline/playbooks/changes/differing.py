"""What changed between two versions of a playbook, in sentences a marketer understands. Pure.

Two different versions always have a sentence, two equal ones never: a difference no sentence knows of is told as
what it is, another way of writing the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ripeline.lifecycle.instant import say_duration
from ripeline.lifecycle.model import Exit
from ripeline.lifecycle.playbook import Playbook, Stage
from ripeline.lifecycle.words import listing, say_condition, spaced
from ripeline.playbooks.changes.pairing import gone, listed, pairs_alike, same, without_common
from ripeline.playbooks.changes.rules import FALLING, Place, likeness, say_changed_rule
from ripeline.playbooks.changes.score import say_changed_fit, say_changed_score
from ripeline.playbooks.changes.signals import say_changed_signals

NAME, LADDER, SOON, SCORE, FIT = "Name", "The ladder", "How soon", "Score", "Fit"
PERSONAS, ANSWERS, SIGNALS = "Personas", "Answers", "Signals"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: the part of the playbook it belongs to, and a sentence without its full stop."""

    part: str
    text: str


def compare_playbooks(old: Playbook, new: Playbook) -> tuple[Change, ...]:
    """What changed from `old` to `new`, part by part in the order of the page; empty where they mean the same."""
    if old.version == new.version:
        return ()
    parts: tuple[tuple[str, Iterator[str]], ...] = (
        (NAME, _names(old, new)),
        (LADDER, _stages(old, new)),
        (SOON, _ratings(old, new)),
        (SCORE, say_changed_score(old, new)),
        (FIT, say_changed_fit(old, new)),
        (PERSONAS, _personas(old, new)),
        (ANSWERS, _answers(old, new)),
        (SIGNALS, say_changed_signals(old, new)),
    )
    found = [Change(part, text[:1].upper() + text[1:]) for part, texts in parts for text in texts]
    unique = tuple(dict.fromkeys(found))
    return unique or (Change(NAME, "Written otherwise; it means the same"),)


def _names(old: Playbook, new: Playbook) -> Iterator[str]:
    if old.title != new.title:
        yield f"The playbook is now called “{new.title}” instead of “{old.title}”"
    if old.key != new.key:
        yield f"Its key is now {new.key} instead of {old.key}"


def _stages(old: Playbook, new: Playbook) -> Iterator[str]:
    before, after = _keyed(old.stages), _keyed(new.stages)
    for key in gone(before, after):
        yield f"Stage {before[key].title} removed"
    for position, stage in enumerate(new.stages):
        if stage.key not in before:
            yield _say_new_stage(stage, position, new)
        elif not same(before[stage.key], stage):
            yield from _say_stage(before[stage.key], stage, old, new) or [
                f"{stage.title} is written otherwise"
            ]
    yield from _reordered("The stages are in another order", old.stages, new.stages)
    if old.recycle_to != new.recycle_to:
        was, back = _title(old, old.recycle_to), _title(new, new.recycle_to)
        yield f"Whoever sales rejects or recycles now goes back to {back} instead of {was}"
    if old.actors != new.actors:
        yield f"Touches by {listing(new.actors)} actors now count, instead of {listing(old.actors)}"


def _say_new_stage(stage: Stage, position: int, new: Playbook) -> str:
    place = f"above {new.stages[position - 1].title}" if position else "at the bottom"
    rule = "entered by hand or by falling back" if stage.enter is None else say_condition(new, stage.enter)
    said = f"New stage {stage.title}, {place}: {rule if position else 'where everybody begins'}"
    falls = [f"falls back to {_title(new, way.to)} when {say_condition(new, way.when)}" for way in stage.exit]
    return listing([said, *falls])


def _say_stage(old: Stage, new: Stage, was: Playbook, now: Playbook) -> list[str]:
    said = []
    if old.title != new.title:
        said.append(f"{old.title} is now called {new.title}")
    said += _say_optional(old.enter, new.enter, Place(new.title, was, now), "can now be entered")
    if not same(listed(old.from_), listed(new.from_)):
        said.append(_say_sources(old, new, was, now))
    said += _say_exits(old, new, was, now)
    return said


def _say_sources(old: Stage, new: Stage, was: Playbook, now: Playbook) -> str:
    if new.from_ is None:
        return f"{new.title} can now be entered from any stage below it"
    told = listing((_title(now, key) for key in new.from_), "or")
    if old.from_ is None:
        return f"{new.title} is now entered from {told} only"
    before = listing((_title(was, key) for key in old.from_), "or")
    if before == told:
        return f"Where {new.title} is entered from is written otherwise"
    return f"{new.title} is now entered from {told} instead of {before}"


def _say_optional(old: Any, new: Any, place: Place, verb: str) -> list[str]:
    """A rule that came, went or changed."""
    if old is None and new is None:
        return []
    if old is None:
        return [f"{place.who} {verb} by {say_condition(place.new, new)}"]
    if new is None:
        return [f"{place.who} has no rule any more (it was: {say_condition(place.old, old)})"]
    return list(say_changed_rule(old, new, place))


def _say_exits(old: Stage, new: Stage, was: Playbook, now: Playbook) -> list[str]:
    before, after = without_common(old.exit, new.exit)
    if not before and not after:
        moved = not same(listed(old.exit), listed(new.exit))
        return [f"The ways down from {new.title} are looked at in another order"] if moved else []
    said = []
    for one, other in pairs_alike(before, after, _leads_alike):
        who = f"{FALLING} {new.title} to {_title(now, other.to)}"
        said += list(say_changed_rule(one.when, other.when, Place(who, was, now)))
        if one.reason != other.reason:
            said.append(
                f"{who} is now told as “{other.reason or 'no reason'}” instead of “{one.reason or 'no reason'}”"
            )
    said += [
        f"{new.title} no longer falls back to {_title(was, way.to)} when {say_condition(was, way.when)}"
        for way in before
    ]
    said += [
        f"{new.title} now falls back to {_title(now, way.to)} when {say_condition(now, way.when)}"
        for way in after
    ]
    return said


def _ratings(old: Playbook, new: Playbook) -> Iterator[str]:
    yield from _named("rating", old, new, old.rating, new.rating)


def _personas(old: Playbook, new: Playbook) -> Iterator[str]:
    yield from _named("persona", old, new, old.personas, new.personas)


def _named(what: str, old: Playbook, new: Playbook, were: Sequence[Any], are: Sequence[Any]) -> Iterator[str]:
    before, after = _keyed(were), _keyed(are)
    for key in gone(before, after):
        yield f"There is no {what} {before[key].title} any more"
    for key, part in after.items():
        rule = "everybody who is left" if part.when is None else say_condition(new, part.when)
        if key not in before:
            yield f"New {what} {part.title}: {rule}"
        elif not same(before[key], part):
            yield from _say_named(before[key], part, old, new)
    yield from _reordered(f"The {what}s are looked at in another order", were, are)


def _say_named(old: Any, new: Any, was: Playbook, now: Playbook) -> Iterator[str]:
    if old.title != new.title:
        yield f"{old.title} is now called {new.title}"
    if old.when is not None and new.when is None:
        yield f"{new.title} is now everybody who is left (it was: {say_condition(was, old.when)})"
    else:
        yield from _say_optional(old.when, new.when, Place(new.title, was, now), "is now told")


def _answers(old: Playbook, new: Playbook) -> Iterator[str]:
    for key in gone(old.answers, new.answers):
        yield f"{spaced(key)} is no longer among the questions whose answers age"
    for key, answer in new.answers.items():
        if key not in old.answers:
            yield f"New question {spaced(key)}: an answer counts {_validity(answer.valid_for)}"
        elif old.answers[key].valid_for != answer.valid_for:
            was = _validity(old.answers[key].valid_for)
            yield f"An answer about {spaced(key)} now counts {_validity(answer.valid_for)} instead of {was}"


def _validity(valid_for: int | None) -> str:
    return "for ever" if valid_for is None else f"for {say_duration(valid_for)}"


def _keyed(parts: Iterable[Any]) -> dict[str, Any]:
    return {part.key: part for part in parts}


def _title(playbook: Playbook, key: str) -> str:
    return playbook.stages[playbook.stage_index(key)].title


def _leads_alike(one: Exit, other: Exit) -> bool:
    """Whether two ways down are one that was changed."""
    if one.to != other.to:
        return False
    return (
        same(one.when, other.when) or (one.reason or 0) == other.reason or likeness(one.when, other.when) > 0
    )


def _reordered(said: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    was, now = [it.key for it in old], [it.key for it in new]
    common = set(was) & set(now)
    if [key for key in was if key in common] != [key for key in now if key in common]:
        yield f"{said}: {listing(it.title for it in new)}"
