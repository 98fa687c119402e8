"""What two definitions, held beside what became of people, say to the managers of either side. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ripeline.lifecycle.playbook import Playbook
from ripeline.timeline.camps.keeping import HandOffs
from ripeline.web.words import say_number

FEW = 30
"""Below so many decisions of sales a difference is a hint and no measure."""


def say_agreement(people: int, differ: int, name: str) -> str:
    """How far the two agree, in one sentence."""
    if not people:
        return "Nobody has been assessed by both yet."
    if not differ:
        return f"{_all(people)} {'stands' if people == 1 else 'stand'} at the same stage by both definitions."
    return (
        f"Of {_people(people)}, {_stand(people - differ)} at the same stage by both definitions; "
        f"{_stand(differ)} elsewhere by that of {name}."
    )


def say_agreement_then(people: int, differ: int, name: str) -> str:
    """How far the two agreed on a past day, in one sentence."""
    if not people:
        return "Nobody was known by then."
    if not differ:
        return f"{_all(people)} stood at the same stage by both definitions."
    return (
        f"Of {_people(people)}, {say_number(people - differ)} stood at the same stage by both definitions; "
        f"{say_number(differ)} stood elsewhere by that of {name}."
    )


def say_who_was_right(
    counted: Sequence[HandOffs], ours: Playbook, theirs: Playbook, name: str
) -> tuple[str, ...]:
    """What the hand-offs say of either definition; nothing where there were none."""
    if not counted:
        return ()
    if not _is_one_ladder(ours, theirs):
        return (
            "The two ladders have different stages, so neither is above the other: the tables tell each apart.",
        )
    return tuple(_sentences(counted, ours, name))


def _sentences(counted: Sequence[HandOffs], ours: Playbook, name: str) -> Iterator[str]:
    places = {stage.key: place for place, stage in enumerate(ours.stages)}
    # Where people stood by an earlier ladder, whose stages this one does not have, is above or below nothing here.
    told = [each for each in counted if {each.ours, each.theirs} <= places.keys() | {""}]
    rejected, accepted, won = (_compared(told, places, kind) for kind in ("rejected", "accepted", "deal_won"))
    if rejected.total:
        yield _say(rejected, "rejection", f"by that of {name}", "held back")
    if accepted.total:
        yield _say(accepted, "acceptance", f"by that of {name}", "kept waiting")
    if won.total:
        yield (
            f"Of {_times(won.total, 'won deal')}, {_count(won.higher)} stood higher just before by that of {name} than "
            f"by the definition in force, and {_count(won.lower)} lower."
        )
    if told and rejected.total + accepted.total < FEW:
        yield "These are few: a hint at most."
    if left := sum(each.count for each in counted) - sum(each.count for each in told):
        yield f"{_times(left, 'decision')} fell under an earlier ladder with other stages: the tables tell each apart."


def _say(found: _Compared, what: str, whose: str, done: str) -> str:
    """Of 12 rejections by sales, 8 stood lower by that of Sales and would have been held back; 1 stood higher."""
    said = f"Of {_times(found.total, what)} by sales, {_count(found.lower)} stood lower {whose}"
    said += f" and would have been {done}" if found.lower else f", so nobody would have been {done}"
    return f"{said}; {_count(found.higher)} stood higher."


def _count(count: int) -> str:
    return say_number(count) if count else "none"


@dataclass(frozen=True, slots=True)
class _Compared:
    """How often something befell people, and how often whom the camp had lower or higher."""

    total: int
    lower: int
    higher: int


def _compared(counted: Sequence[HandOffs], places: Mapping[str, int], kind: str) -> _Compared:
    # Before their first touch people stand nowhere.
    pairs = [
        (places.get(each.theirs, -1) - places.get(each.ours, -1), each.count)
        for each in counted
        if each.kind == kind
    ]
    return _Compared(
        total=sum(count for _, count in pairs),
        lower=sum(count for step, count in pairs if step < 0),
        higher=sum(count for step, count in pairs if step > 0),
    )


def _is_one_ladder(ours: Playbook, theirs: Playbook) -> bool:
    return [stage.key for stage in ours.stages] == [stage.key for stage in theirs.stages]


def _all(people: int) -> str:
    return "The only person" if people == 1 else f"All {_people(people)}"


def _people(people: int) -> str:
    return "1 person" if people == 1 else f"{say_number(people)} people"


def _stand(count: int) -> str:
    return "1 stands" if count == 1 else f"{say_number(count)} stand"


def _times(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{say_number(count)} {what}s"
