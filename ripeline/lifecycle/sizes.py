"""How much a playbook may hold: far more than anybody reads, and little enough to be held against another at once."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

Path = tuple[str | int, ...]

MOST_STAGES: Final = 100
"""Of two definitions every stage is held against every other: ten thousand pairs."""
MOST: Final = (
    (("stages",), "stages", MOST_STAGES),
    (("signals",), "signals", 500),
    (("score", "points"), "point rules", 500),
    (("fit", "criteria"), "criteria", 100),
    (("personas",), "personas", 100),
    (("answers",), "questions", 100),
    (("rating",), "ratings", 100),
)
"""Where a part of a playbook stands, what its pieces are called, and how many there may be."""
MOST_WAYS: Final = 500
"""Ways down, of all stages."""
MOST_CONDITIONS: Final = 1_000
"""Conditions in all rules, each signal, score, answer ... asked for counted by itself."""
_JOINTS: Final = ("all", "any", "not")


def find_too_much(plain: dict[Any, Any]) -> Iterator[tuple[Path, str]]:
    """What there is too much of, at the first piece that is too many; `plain` is a playbook as read."""
    for path, name, most in MOST:
        part: Any = plain
        for step in path:
            part = part.get(step) if isinstance(part, dict) else None
        if isinstance(part, list | dict) and len(part) > most:
            first: Any = most if isinstance(part, list) else next(islice(part, most, None))
            yield (*path, first), _said(name, most, len(part))
    for name, most, those in (
        ("ways down", MOST_WAYS, [path for path, _ in _ways(plain)]),
        ("conditions", MOST_CONDITIONS, [path for at, rule in _rules(plain) for path in _leaves(at, rule)]),
    ):
        if len(those) > most:
            yield those[most], _said(name, most, len(those))


def _said(name: str, most: int, found: int) -> str:
    return f"a playbook has at most {most:,} {name}, and this has {found:,}; leave some out"


def _rules(plain: dict[Any, Any]) -> Iterator[tuple[Path, Any]]:
    """Every rule of the playbook with its place."""
    for section, key in (("stages", "enter"), ("personas", "when"), ("rating", "when")):
        for number, part in _listed(plain.get(section)):
            if key in part:
                yield (section, number, key), part[key]
    for path, way in _ways(plain):
        yield (*path, "when"), way.get("when")


def _ways(plain: dict[Any, Any]) -> Iterator[tuple[Path, dict[Any, Any]]]:
    for number, stage in _listed(plain.get("stages")):
        for place, way in _listed(stage.get("exit")):
            yield ("stages", number, "exit", place), way


def _listed(parts: Any) -> Iterator[tuple[int, dict[Any, Any]]]:
    for number, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield number, part


def _leaves(path: Path, condition: Any) -> Iterator[Path]:
    """Where the conditions stand that a condition is made of."""
    if not isinstance(condition, dict):
        return
    joint = next((each for each in _JOINTS if each in condition), None)
    if joint is None:
        yield path
    elif isinstance(condition[joint], list):
        for number, part in enumerate(condition[joint]):
            yield from _leaves((*path, joint, number), part)
    else:
        yield from _leaves((*path, joint), condition[joint])
