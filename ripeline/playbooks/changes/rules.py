"""What changed in one rule, in sentences: `MQL now asks for a score of at least 40 instead of 30`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ripeline.lifecycle.conditions import AllOf, AnyOf, Idle, InStage, Not, ScoreIs, SignalIs, leaves, which
from ripeline.lifecycle.instant import say_duration
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.values import Part
from ripeline.lifecycle.words import number, say_condition, say_signal, say_times
from ripeline.playbooks.changes.pairing import pairs_alike, same, without_common, written

JOINTS: dict[type[Part], str] = {AllOf: "all", AnyOf: "any"}
FALLING = "Falling from"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands in a sentence. `who` begins it (`MQL`, `Falling from Prospect to Lead`); `several` says that
    it is one of several ways, and `beside` what else that way asks for; `negated` is within a `not`."""

    who: str
    old: Playbook
    new: Playbook
    beside: str = ""
    several: bool = False
    negated: bool = False

    @property
    def end(self) -> str:
        """The end of the sentence."""
        return f" (beside: {self.beside})" if self.beside else ""


def say_changed_rule(old: Any, new: Any, place: Place) -> Iterator[str]:
    """The sentences for a rule that was `old` and is `new`, neither of them None. None where they are the same."""
    if same(old, new):
        return
    if isinstance(old, Not) and isinstance(new, Not):
        yield from say_changed_rule(old.not_, new.not_, replace(place, negated=not place.negated))
    elif type(old) is type(new) and type(old) in JOINTS:
        yield from _say_parts(old, new, place)
    elif _holds(new, old):
        yield from _say_parts(_alone(old, new), new, place)
    elif _holds(old, new):
        yield from _say_parts(old, _alone(new, old), place)
    else:
        yield _say_other(old, new, place)


def _say_parts(old: Any, new: Any, place: Place) -> Iterator[str]:
    """What changed between two groups of the same joint: parts that came, went, or changed."""
    joint = JOINTS[type(old)]
    before, after = without_common(_parts(old), _parts(new))
    if not before and not after:
        yield f"{place.who} asks for the same, written in another order{place.end}"
        return
    for one, other in pairs_alike(before, after, likeness):
        yield from say_changed_rule(one, other, _within(place, old, one))
    for part in before:
        yield _say_gone(part, joint, place)
    for part in after:
        yield _say_come(part, joint, place)


def _holds(group: Any, part: Any) -> bool:
    return type(group) in JOINTS and any(same(part, it) for it in _parts(group))


def _alone(part: Any, group: Any) -> Any:
    """A group of the same joint that has this one part."""
    return type(group).model_construct(**{JOINTS[type(group)]: (part,)})


def likeness(one: Any, other: Any) -> float:
    """From 0 (about different things) up: how much two unequal conditions have in common."""
    if type(one) is not type(other):
        return 1 if _holds(one, other) or _holds(other, one) else 0
    if isinstance(one, Not):
        return likeness(one.not_, other.not_) if not same(one.not_, other.not_) else 1
    if isinstance(one, SignalIs):
        return 1 if one.signal == other.signal else 0
    if type(one) in JOINTS:
        mine, theirs = ({written(leaf) for leaf in leaves(it)} for it in (one, other))
        about, told = ({_topic(leaf) for leaf in leaves(it)} for it in (one, other))
        return len(mine & theirs) + 0.5 * len(about & told) / (len(about | told) or 1)
    return 1 if _topic(one) == _topic(other) else 0


def _topic(leaf: Any) -> str:
    """What a leaf is about: the score, the signal reply, the trait role ..."""
    kind = str(which(leaf))
    if isinstance(leaf, SignalIs):
        return f"{kind} {leaf.signal}"
    about = getattr(leaf, "answer", None) or getattr(leaf, "trait", None)
    return f"{kind} {' '.join(sorted(about))}" if about else kind


def _within(place: Place, group: Any, part: Any) -> Place:
    """The place of a part of a group: what stands beside it is told where the group is one of several ways."""
    if isinstance(group, AnyOf):
        return replace(place, several=place.several or len(group.any) > 1)
    rest = tuple(it for it in group.all if it is not part)
    if not place.several or not rest:
        return place
    return replace(place, beside=say_condition(place.old, AllOf.model_construct(all=rest)), several=False)


def _say_come(part: Any, joint: str, place: Place) -> str:
    if joint == "all" and isinstance(part, Not) and not place.negated:
        return f"{place.who} is now held back by {say_condition(place.new, part.not_)}{place.end}"
    said = say_condition(place.new, part)
    if place.negated:
        return f"{place.who} is now held back by {said} as well{place.end}"
    if joint == "any":
        return f"{said} will now do as well for {_within_sentence(place.who)}{place.end}"
    return f"{place.who} now also asks for {said}{place.end}"


def _within_sentence(who: str) -> str:
    return who[:1].lower() + who[1:] if who.startswith(FALLING) else who


def _say_gone(part: Any, joint: str, place: Place) -> str:
    if joint == "all" and isinstance(part, Not) and not place.negated:
        return f"{place.who} is no longer held back by {say_condition(place.old, part.not_)}{place.end}"
    said = say_condition(place.old, part)
    if place.negated:
        return f"{place.who} is no longer held back by {said}{place.end}"
    if joint == "any":
        return f"{said} will no longer do for {_within_sentence(place.who)}{place.end}"
    return f"{place.who} no longer asks for {said}{place.end}"


def _say_other(old: Any, new: Any, place: Place) -> str:
    """One condition in the place of another."""
    short = _say_measure(old, new)
    if short and not place.negated:
        return f"{place.who} now {short}{place.end}"
    verb = "is now held back by" if place.negated else "now asks for"
    before, after = say_condition(place.old, old), say_condition(place.new, new)
    if before == after:
        return f"{place.who} {verb} {after}, which is written otherwise{place.end}"
    return f"{place.who} {verb} {after} instead of {before}{place.end}"


def _say_measure(old: Any, new: Any) -> str:
    """The short form for the same condition with another measure; "" where there is none."""
    if isinstance(old, ScoreIs) and isinstance(new, ScoreIs):
        return _say_bounds(old, new)
    if isinstance(old, SignalIs) and isinstance(new, SignalIs) and old.signal == new.signal:
        return _say_signal(old, new)
    if isinstance(old, Idle) and isinstance(new, Idle):
        return f"asks for {say_duration(new.idle)} of silence instead of {say_duration(old.idle)}"
    if isinstance(old, InStage) and isinstance(new, InStage):
        return f"asks for {say_duration(new.in_stage)} in the stage instead of {say_duration(old.in_stage)}"
    return ""


def _say_bounds(old: ScoreIs, new: ScoreIs) -> str:
    before, after = old.score, new.score
    if before.lt is None and after.lt is None and before.gte is not None and after.gte is not None:
        return f"needs {_points(after.gte)} instead of {_figure(before.gte, after.gte)}"
    if before.gte is None and after.gte is None and before.lt is not None and after.lt is not None:
        return (
            f"asks for a score below {_figure(after.lt, before.lt)} instead of {_figure(before.lt, after.lt)}"
        )
    return ""


def _points(value: float) -> str:
    return f"{_plain(value)} point{'' if value == 1 else 's'}"


def _figure(value: float, other: float) -> str:
    """A number, with all its digits where it would read like the other."""
    return number(value) if number(value) != number(other) else _plain(value)


def _plain(value: float) -> str:
    return f"{value:.15g}"


def _say_signal(old: SignalIs, new: SignalIs) -> str:
    noun = say_signal(new.signal)
    if old.count == new.count:
        times = "" if new.count == 1 else f" ({say_times(new.count)})"
        return f"looks for {noun}{times} {_span(new.within)} instead of {_span(old.within)}"
    said = f"needs {noun} {say_times(new.count)}"
    if old.within == new.within:
        return (
            f"{said}{'' if new.within is None else ' ' + _span(new.within)} instead of {say_times(old.count)}"
        )
    return f"{said} {_span(new.within)} instead of {say_times(old.count)} {_span(old.within)}"


def _span(within: int | None) -> str:
    return "at any time" if within is None else f"in the last {say_duration(within)}"


def _parts(group: Any) -> Sequence[Any]:
    parts: Sequence[Any] = group.all if isinstance(group, AllOf) else group.any
    return parts
