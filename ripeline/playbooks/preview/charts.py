"""The pictures of a preview, as `web.charts` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ripeline.web.words import say_number, say_percent

Definition = Mapping[str, Any]
Spec = dict[str, Any]
"""A chart, as `web.charts.Spec` has it: the frame is used by templates alone."""


def funnel(definition: Definition, name: str) -> Spec:
    """How many people ever reached each stage."""
    stages = definition["stages"]
    return {
        "kind": "funnel",
        "title": name,
        "x_title": "Stage",
        "x": [stage["title"] for stage in stages],
        "series": [{"name": "Ever reached", "data": [stage["reached"] for stage in stages]}],
        "stages": [[place, len(stages)] for place in range(len(stages))],
        "unit": "people",
        "height": 40 + 34 * len(stages),
    }


def flow(one: Definition, other: Definition, moves: Sequence[tuple[str, str, int]]) -> Spec:
    """Who moves from which stage to which; those who stay are not drawn."""
    sides = one["stages"], other["stages"]
    places = [{stage["key"]: place for place, stage in enumerate(side)} for side in sides]
    nodes: dict[tuple[int, str], int] = {}
    links = [
        [nodes.setdefault((0, start), len(nodes)), nodes.setdefault((1, end), len(nodes)), count]
        for start, end, count in moves
    ]
    return {
        "kind": "sankey",
        "title": "Who would move",
        "x_title": "From",
        "x": [sides[side][places[side][key]]["title"] for side, key in nodes],
        "stages": [[places[side][key], len(sides[side])] for side, key in nodes],
        "links": links,
        "series": [],
        "unit": "people",
        "height": 120 + 44 * max(_on_side(nodes, 0), _on_side(nodes, 1)),
    }


def _on_side(nodes: Mapping[tuple[int, str], int], side: int) -> int:
    return sum(1 for each, _ in nodes if each == side)


FOUND = (
    ("precision", "Of those called so, how many came to it"),
    ("recall", "Of those who came to it, how many were found before"),
    ("lift", "How many times likelier than anybody (lift)"),
    ("lead", "How many days before"),
)
"""What is measured, and the title of its picture."""
COLUMNS = (("precision", "Precision"), ("recall", "Recall"), ("lift", "Lift"), ("lead", "Days before"))
"""What is measured, as the heads of the table beside the pictures."""


def found(one: Definition, other: Definition, names: tuple[str, str]) -> Iterator[tuple[str, Spec]]:
    """How well each stage told the outcome, with 95 % intervals; the first stage is everybody and left out."""
    titles = _merged(
        [stage["title"] for stage in one["stages"][1:]], [stage["title"] for stage in other["stages"][1:]]
    )
    for what, title in FOUND:
        series = [
            {"name": name, **_columns([at.get(each) for each in titles], what)}
            for name, at in zip(names, map(_by_title, (one, other)), strict=True)
        ]
        spec: Spec = {
            "kind": "range",
            "title": title,
            "x_title": "Stage",
            "x": titles,
            "series": series,
            "height": 230,
        }
        if what in ("precision", "recall"):
            spec["unit"] = "share"
        elif what == "lead":
            spec["unit"] = "days"
        yield what, spec


@dataclass(frozen=True, slots=True)
class Measured:
    """How well one definition's stage told the outcome: a row of the table beside the pictures. `side` is 0 or 1; each
    cell is what was measured, and the value with its interval."""

    key: str
    side: int
    role: str
    cells: tuple[tuple[str, str], ...]


def measured(one: Definition, other: Definition, names: tuple[str, str]) -> Iterator[Measured]:
    """The same numbers in words, stage by stage, both definitions of a stage together."""
    both = _by_title(one), _by_title(other)
    titles = [[stage["title"] for stage in side["stages"][1:]] for side in (one, other)]
    for title in _merged(*titles):
        for side, stages in enumerate(both):
            if stage := stages.get(title):
                cells = tuple((name, _say_cell(stage, what)) for what, name in COLUMNS)
                yield Measured(stage["key"], side, names[side], cells)


def _say_cell(stage: Mapping[str, Any], what: str) -> str:
    value, low, high = _cell(stage, what)
    if value is None:
        return "–"
    said = _say(value, what)
    return said if low is None or high is None else f"{said} ({_say(low, what)} to {_say(high, what)})"


def _say(value: float, what: str) -> str:
    if what in ("precision", "recall"):
        return say_percent(value, 1 if 0 < value < 0.1 else 0)
    return say_number(value, 1)


def _merged(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """The titles of both ladders, each once, from the bottom up: what only one has stands between what both have, and
    there as high as in its own ladder."""
    order: list[str] = []
    start = at = 0
    for place, title in enumerate(mine):
        if title in theirs[at:]:
            there = theirs.index(title, at)
            order += [*_interleaved(mine[start:place], theirs[at:there]), title]
            start, at = place + 1, there + 1
    return list(dict.fromkeys([*order, *_interleaved(mine[start:], theirs[at:])]))


def _interleaved(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    placed = [
        ((place + 1) / (len(side) + 1), title) for side in (mine, theirs) for place, title in enumerate(side)
    ]
    return [title for _, title in sorted(placed, key=lambda it: it[0])]


def _by_title(definition: Definition) -> dict[str, Mapping[str, Any]]:
    return {stage["title"]: stage for stage in definition["stages"][:0:-1]}


def _columns(stages: list[Mapping[str, Any] | None], what: str) -> dict[str, list[float | None]]:
    cells = [_cell(stage, what) for stage in stages]
    return {
        "data": [cell[0] for cell in cells],
        "low": [cell[1] for cell in cells],
        "high": [cell[2] for cell in cells],
    }


def _cell(stage: Mapping[str, Any] | None, what: str) -> tuple[float | None, float | None, float | None]:
    if stage is None:
        return None, None, None
    if what == "lift":
        return stage["lift"], stage["lift_low"], stage["lift_high"]
    told = stage[what]
    return told["days" if what == "lead" else "value"], told["low"], told["high"]
