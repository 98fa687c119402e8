"""What segments ask, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ripeline.lifecycle.instant import say_duration
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.words import KIND_WORDS, listing, number, say_test, spaced
from ripeline.nurture.segments import definition as d
from ripeline.people.consent import title_of

GROUPS = {"all": "All of these hold", "any": "At least one of these holds", "none": "None of these holds"}
_COLUMNS = {
    "rating": "rating",
    "grade": "fit",
    "status": "status",
    "source": "source",
    "country": "country",
    "language": "language",
}
_CONSENT = {"given": "allow {}", "withdrawn": "withdrew {}", "unknown": "said nothing of {}"}


@dataclass(frozen=True, slots=True)
class Titles:
    """What things are called on pages, by the keys that definitions name; what is not here is called by its key."""

    stages: Mapping[str, str] = field(default_factory=dict)
    personas: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)


def titles_of(playbook: Playbook | None, segments: Mapping[str, str] | None = None) -> Titles:
    """The titles that a definition of the lifecycle gives."""
    if playbook is None:
        return Titles(segments=segments or {})
    return Titles(
        {each.key: each.title for each in playbook.stages},
        {each.key: each.title for each in playbook.personas},
        segments=segments or {},
    )


def say(condition: Any, titles: Titles) -> str:
    """A condition as a line: `stage is Lead or MQL`; a group as all of its lines."""
    match condition:
        case d.AllOf(all=parts):
            return _joined(parts, titles, "and")
        case d.AnyOf(any=parts):
            return _joined(parts, titles, "or")
        case d.NoneOf(none=parts):
            return f"not ({_joined(parts, titles, 'or')})"
        case d.StageIs(stage=keys):
            return f"stage is {_named(keys, titles.stages, 'not assessed')}"
        case d.PersonaIs(persona=keys):
            return f"persona is {_named(keys, titles.personas, 'unknown')}"
        case d.OwnerIs(owner=keys):
            return f"owner is {_named(keys, titles.owners, 'nobody')}"
        case d.TagIs(tag=tags):
            return f"tagged {listing(tags, 'or')}"
        case d.ScoreIs(score=asked):
            bounds = (("at least", asked.gte), ("below", asked.lt))
            return "score " + listing(
                f"{words} {number(bound)}" for words, bound in bounds if bound is not None
            )
        case d.TraitIs(trait=tests):
            return listing(f"{spaced(name)} {say_test(test)}" for name, test in tests.items())
        case d.CompanyIs(company=asked):
            return listing(
                f"company’s {name} {say_test(getattr(asked, name))}"
                for name in type(asked).model_fields
                if getattr(asked, name) is not None
            )
        case d.TouchIs(touch=touches):
            return say_touches(touches)
        case d.ConsentIs(consent=purpose, is_=state):
            return "they " + _CONSENT[state].format(title_of(purpose))
        case d.SegmentIs(segment=key):
            return f"in the segment {titles.segments.get(key, key)}"
    word = next(iter(type(condition).model_fields))
    return f"{_COLUMNS[word]} is {_named(getattr(condition, word), {}, 'unknown')}"


def say_touches(touches: d.Touches) -> str:
    """`page view of /pricing*, 3 times or more, in the last 30 days`."""
    kinds = touches.kind or ("touch",)
    said = listing((KIND_WORDS[each][0] if each in KIND_WORDS else spaced(each) for each in kinds), "or")
    if touches.subject is not None:
        said += f" of {listing(touches.subject, 'or')}"
    if touches.attrs:
        said += " where " + listing(
            f"{spaced(name)} {say_test(test)}" for name, test in touches.attrs.items()
        )
    if touches.count > 1:
        said += f", {touches.count} times or more,"
    if touches.within is not None:
        said += f" in the last {say_duration(touches.within)}"
    said = said.rstrip(",")
    who = frozenset(touches.actor)
    if who == {"human", "unknown"}:
        return said
    return f"{said} ({'machines too' if 'machine' in who and len(who) > 1 else f'by {listing(sorted(who))} alone'})"


def _joined(parts: Iterable[Any], titles: Titles, joint: str) -> str:
    lines = [say(part, titles) for part in parts]
    return f" {joint} ".join(f"({line})" if len(lines) > 1 and " or " in line else line for line in lines)


def _named(keys: Iterable[str], titles: Mapping[str, str], nothing: str) -> str:
    return listing((nothing if key == d.NONE else titles.get(key, key) for key in keys), "or")
