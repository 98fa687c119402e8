"""What a score is made of, told by what people did: `white paper +14, pricing page +10, +10 and 5 others +7.3`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ripeline.lifecycle.words import number, say_signal, say_thing, say_times

SHOWN_THINGS = 3
"""How many things people did a sentence names; the rest are told as one sum."""
SHOWN_EACH = 3
"""How many contributions of one thing a sentence names."""
FAINT = 0.05
"""Less than this shows as 0.0, so it is left out."""


def say_contributions(contributions: Iterable[Mapping[str, Any]]) -> str:
    """What the score is made of, the most first; what has faded away is left out."""
    told = list(contributions)
    things = sorted(_things(told), key=lambda it: -abs(sum(it.gifts)))
    texts = [_say_thing(it) for it in things[:SHOWN_THINGS]]
    shown = sum(sum(it.gifts) for it in things[:SHOWN_THINGS])
    rest = sum(it["present"] for it in told) - shown
    if abs(rest) < FAINT:
        return ", ".join(texts)
    count = sum(len(it.gifts) for it in things[SHOWN_THINGS:])
    others = f"{count} {'other' if count == 1 else 'others'}" if count and _is_whole(told) else "others"
    return f"{', '.join(texts)} and {others} {signed(rest)}" if texts else signed(rest)


def given_at(contributions: Iterable[Mapping[str, Any]], at: str) -> float:
    """The points given at this very instant (RFC 3339)."""
    return float(sum(it["present"] for told in contributions for it in told["latest"] if it.get("at") == at))


@dataclass(slots=True)
class _Thing:
    """Several touches of one name and what is left of each one's points."""

    name: str
    gifts: list[float] = field(default_factory=list)


def _things(contributions: list[Mapping[str, Any]]) -> list[_Thing]:
    """The touches by name; the points one touch earned by several rules are one gift."""
    names: dict[str, str] = {}
    gifts: dict[str, float] = {}
    for told in contributions:
        for place, it in enumerate(told["latest"]):
            key = it.get("id") or f"{told['signal']} {place}"
            names[key] = say_thing(it["kind"], it["subject"]) if "kind" in it else say_signal(told["signal"])
            gifts[key] = gifts.get(key, 0.0) + it["present"]
    things: dict[str, _Thing] = {}
    for key, gift in gifts.items():
        if abs(gift) >= FAINT:
            things.setdefault(names[key], _Thing(names[key])).gifts.append(gift)
    return list(things.values())


def _is_whole(contributions: list[Mapping[str, Any]]) -> bool:
    """Whether every touch behind the score is named, so that they can be counted."""
    return all(
        told["times"] == len(told["latest"]) and all(abs(it["present"]) >= FAINT for it in told["latest"])
        for told in contributions
    )


def _say_thing(thing: _Thing) -> str:
    """Each gift where there are few and alike; what has faded unevenly is told as one sum."""
    texts = [signed(gift) for gift in thing.gifts]
    if len(texts) > SHOWN_EACH or len(set(texts)) > 1:
        return f"{thing.name} {say_times(len(texts))} {signed(sum(thing.gifts))}"
    return f"{thing.name} {', '.join(texts)}"


def signed(value: float) -> str:
    """Points given or taken: `+10`, `-5`."""
    return number(value) if value < 0 else f"+{number(value)}"
