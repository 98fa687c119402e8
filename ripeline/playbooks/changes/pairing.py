"""Two lists of parts side by side: what is in both, what came, what went, what is about the same thing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ripeline.playbooks.changes.rules import same


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
    before, after = list(old), []
    for part in new:
        twin = next((it for it in before if same(it, part)), None)
        if twin is None:
            after.append(part)
        else:
            before = [it for it in before if it is not twin]
    return before, after


def pairs_of(before: list[Any], after: list[Any], alike: Callable[[Any, Any], bool]) -> list[tuple[Any, Any]]:
    """Takes out of both lists the parts that are about the same thing, in order."""
    pairs = []
    for part in list(before):
        other = next((it for it in after if alike(part, it)), None)
        if other is not None:
            pairs.append((part, other))
            before[:] = [it for it in before if it is not part]
            after[:] = [it for it in after if it is not other]
    return pairs
