"""What changed in score and fit, in sentences: `Pricing visit now gives 10 points instead of 5`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ripeline.lifecycle.model import Fit, Points
from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.words import number, say_signal, say_test, say_value, spaced
from ripeline.playbooks.changes.pairing import gone, listed, pairs_about, same, without_common
from ripeline.playbooks.reading import say_limit


def say_changed_score(old: Playbook, new: Playbook) -> Iterator[str]:
    """Points, their limits, how they fade and where they end."""
    was, now = old.score, new.score
    if was.half_life != now.half_life:
        yield _say_fading(was.half_life, now.half_life)
    if was.max != now.max:
        yield (
            "The score shown has no upper end any more"
            if now.max is None
            else f"The score shown is now at most {say_value(now.max)}"
            + ("" if was.max is None else f" instead of {say_value(was.max)}")
        )
    before, after = without_common(was.points, now.points)
    if not before and not after and not same(listed(was.points), listed(now.points)):
        yield "The points are written in another order; every score stays as it is"
    for one, other in pairs_about(before, after, lambda rule: str(rule.signal)):
        yield _say_points(one, other)
    for rule in before:
        gave = f"{'took' if rule.add < 0 else 'gave'} {_amount(abs(rule.add))}, {say_limit(rule)}"
        yield f"{say_signal(rule.signal)} gives no points any more (it {gave})"
    for rule in after:
        yield f"{say_signal(rule.signal)} now {_gives(rule.add)} {_amount(abs(rule.add))}, {say_limit(rule)}"


def _say_fading(old: int | None, new: int | None) -> str:
    if new is None:
        return "Points do not fade any more"
    said = f"Points now fade by half in {_days(new)}"
    return said if old is None else f"{said} instead of {_days(old)}"


def _say_points(old: Points, new: Points) -> str:
    noun = say_signal(new.signal)
    if old.add == new.add:
        return f"{noun} now {_gives(new.add)} its {_amount(abs(new.add))} {say_limit(new)} instead of {say_limit(old)}"
    turned = (old.add < 0) != (new.add < 0)
    before = ("taking " if old.add < 0 else "giving ") if turned else ""
    said = (
        f"{noun} now {_gives(new.add)} {_amount(abs(new.add))} instead of {before}{say_value(abs(old.add))}"
    )
    if not same(_limit(old), _limit(new)):
        said += f", and that {say_limit(new)} instead of {say_limit(old)}"
    elif new.limit != "each":
        said += f", {say_limit(new)}"
    return said


def _limit(rule: Points) -> Any:
    return rule.limit if isinstance(rule.limit, str) else rule.limit.model_dump()


def _gives(add: float) -> str:
    return "takes" if add < 0 else "gives"


def _amount(add: float) -> str:
    return f"{say_value(add)} point{'' if abs(add) == 1 else 's'}"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def say_changed_fit(old: Playbook, new: Playbook) -> Iterator[str]:
    """Criteria, their weights, and what each grade asks for."""
    was, now = old.fit, new.fit
    if was is None and now is None:
        return
    if now is None:
        yield "People are not graded by fit any more"
        return
    if was is None:
        yield "People are now graded by fit"
    before, after = without_common(was.criteria if was else (), now.criteria)
    if was and not before and not after and not same(listed(was.criteria), listed(now.criteria)):
        yield "The criteria are written in another order; every grade stays as it is"
    for one, other in pairs_about(before, after, lambda criterion: str(criterion.trait)):
        yield from _say_criterion(one, other)
    for it in before:
        yield f"{spaced(it.trait)} is no criterion any more (it weighed {number(it.weight)})"
    for it in after:
        yield f"New criterion: {spaced(it.trait)} {say_test(it)}, weight {say_value(it.weight)}"
    yield from _say_grades(was, now)


def _say_criterion(old: Any, new: Any) -> Iterator[str]:
    name = spaced(new.trait)
    if old.weight != new.weight:
        yield f"{name} now weighs {say_value(new.weight)} instead of {say_value(old.weight)}"
    plain = [it.model_copy(update={"weight": 1.0}) for it in (old, new)]
    if same(*plain):
        return
    before, after = say_test(old), say_test(new)
    yield (
        f"{name} matches the same, written otherwise"
        if before == after
        else f"{name} now matches when it {after} (it was: {before})"
    )


def _say_grades(old: Fit | None, new: Fit) -> Iterator[str]:
    before: Mapping[Any, float] = old.grades if old else {}
    for grade, share in sorted(new.grades.items()):
        if old is None or grade not in before:
            yield f"Grade {grade} now asks for {_percent(share)} of the weight"
        elif before[grade] != share:
            yield f"Grade {grade} now asks for {_percent(share)} of the weight instead of {_percent(before[grade])}"
    for grade in sorted(gone(before, new.grades)):
        yield f"There is no grade {grade} any more"


def _percent(share: float) -> str:
    return f"{100 * share:.12g}%"
