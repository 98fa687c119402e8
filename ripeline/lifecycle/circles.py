"""Stages that people leave by time alone and may enter again at once: a playbook may say so and hardly means it."""

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

_BY_TIME = {"in_stage", "idle"}


def find_circles(stages: Any) -> Iterator[tuple[Path, str]]:
    """Exits after which the way up still holds, as far as can be told; `stages` is that part of a text as read."""
    for number, stage in enumerate(stages if isinstance(stages, list) else ()):
        if not isinstance(stage, dict) or not _holds_for_ever(stage.get("enter")):
            continue
        ways = stage.get("exit")
        for place, way in enumerate(ways if isinstance(ways, list) else ()):
            if isinstance(way, dict) and _is_by_time(way.get("when")) and _is_open(stage, way.get("to")):
                yield (
                    ("stages", number, "exit", place),
                    f"whoever leaves {stage.get('key')!r} this way may enter it again at once, for what enter asks "
                    "still holds; let enter ask for something new, such as a signal within 7d",
                )


def _holds_for_ever(condition: Any) -> bool:
    """Whether a condition that held once holds for good: signals that ever came, and nothing else."""
    if not isinstance(condition, dict) or len(condition) == 0:
        return False
    for one in ("all", "any"):
        if isinstance(condition.get(one), list):
            return all(map(_holds_for_ever, condition[one]))
    return "signal" in condition and "within" not in condition


def _is_by_time(condition: Any) -> bool:
    return isinstance(condition, dict) and bool(condition) and set(condition) <= _BY_TIME


def _is_open(stage: dict[Any, Any], below: Any) -> bool:
    """Whether the stage may be entered from the one below."""
    sources = stage.get("from", below)
    return below in (sources if isinstance(sources, list) else [sources])
