"""Two lists of parts side by side: what is in both, what came, what went, what is about the same thing. Pure."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ripeline.lifecycle.conditions import leaves
from ripeline.lifecycle.model import Exit

MOST_EFFORT: Final = 10_000
"""Conditions looked at to find which parts are alike; where it would take more, each is told as gone or new."""


def same(one: Any, other: Any) -> bool:
    """Whether two parts of playbooks mean the same; unlike ==, it tells true from 1."""
    return written(one) == written(other)


def written(part: Any) -> str:
    """The canonical form of a part."""
    plain = part.model_dump(mode="json", by_alias=True) if hasattr(part, "model_dump") else part
    return json.dumps(plain, sort_keys=True)


def gone(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[Any]:
    """The keys that are no more, in the order they had."""
    return [key for key in before if key not in after]


def listed(parts: Any) -> Any:
    return (
        parts
        if parts is None
        else [part if isinstance(part, str) else part.model_dump(mode="json") for part in parts]
    )


def without_common(old: Iterable[Any], new: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Both lists without the parts that are in each, as often as they are."""
    after = list(new)
    were = Counter(written(part) for part in after)
    before = []
    for part in old:
        form = written(part)
        if were[form]:
            were[form] -= 1
        else:
            before.append(part)
    # What is left of each form are the last ones: the first met their twins.
    left = []
    for part in reversed(after):
        form = written(part)
        if were[form]:
            were[form] -= 1
            left.append(part)
    return before, left[::-1]


def pairs_about(before: list[Any], after: list[Any], about: Callable[[Any], str]) -> list[tuple[Any, Any]]:
    """Takes out of both lists the parts that are about the same thing (`about` names it), in order."""
    waiting: dict[str, deque[Any]] = defaultdict(deque)
    for part in after:
        waiting[about(part)].append(part)
    pairs = [(part, those.popleft()) for part in before if (those := waiting[about(part)])]
    _take_out(pairs, before, after)
    return pairs


def pairs_alike(
    before: list[Any], after: list[Any], alike: Callable[[Any, Any], float]
) -> list[tuple[Any, Any]]:
    """Takes out of both lists the parts that are alike, the most alike first; none where it would take too long."""
    if _effort(before, after) > MOST_EFFORT:
        return []
    found = [(alike(one, other), one, other) for one in before for other in after]
    pairs: list[tuple[Any, Any]] = []
    taken: set[int] = set()
    for how, one, other in sorted(found, key=lambda it: -it[0]):
        if how and id(one) not in taken and id(other) not in taken:
            pairs.append((one, other))
            taken |= {id(one), id(other)}
    _take_out(pairs, before, after)
    return pairs


def _effort(before: Sequence[Any], after: Sequence[Any]) -> int:
    """How many conditions are looked at where each of the one is held against each of the other."""
    ours, theirs = (sum(sum(1 for _ in leaves(_rule(part))) for part in parts) for parts in (before, after))
    return ours * len(after) + theirs * len(before)


def _rule(part: Any) -> Any:
    return part.when if isinstance(part, Exit) else part


def _take_out(pairs: Iterable[tuple[Any, Any]], before: list[Any], after: list[Any]) -> None:
    taken = {id(part) for pair in pairs for part in pair}
    before[:] = [part for part in before if id(part) not in taken]
    after[:] = [part for part in after if id(part) not in taken]
