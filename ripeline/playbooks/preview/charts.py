"""The pictures of a preview, as `web.charts` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ripeline.lifecycle.ladders import folded, is_same_by_titles
from ripeline.web.words import say_number, say_percent

Definition = Mapping[str, Any]
Row = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]
"""A stage of either definition, or of one of them alone."""
Place = tuple[int, str]
"""A stage: of the first definition (0, key), of the second alone (1, key)."""
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
    """Who moves from which stage to which, the stages in the order of their ladders; those who stay are not drawn."""
    sides = one["stages"], other["stages"]
    places = [{stage["key"]: place for place, stage in enumerate(side)} for side in sides]
    met = {(0, start) for start, _, _ in moves} | {(1, end) for _, end, _ in moves}
    ordered = sorted(met, key=lambda node: (node[0], places[node[0]][node[1]]))
    nodes = {node: number for number, node in enumerate(ordered)}
    links = [[nodes[0, start], nodes[1, end], count] for start, end, count in moves]
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
    rows = _rows(one, other)
    titles = [_title(row) for row in rows]
    for what, title in FOUND:
        series = [
            {"name": name, **_columns([row[side] for row in rows], what)} for side, name in enumerate(names)
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
    for row in _rows(one, other):
        for side, stage in enumerate(row):
            if stage is not None:
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


def _rows(one: Definition, other: Definition) -> list[Row]:
    """The stages of both ladders from the bottom up, the same stage of either in one row (see `lifecycle.ladders`);
    the first stage is everybody and left out."""
    mine = {stage["key"]: stage for stage in one["stages"][1:]}
    theirs = {stage["key"]: stage for stage in other["stages"][1:]}
    ours, others = (
        {stage["key"]: folded(stage["title"]) for stage in side["stages"]} for side in (one, other)
    )
    # Each of theirs by the key of the stage of ours it is, none of ours twice.
    same: dict[str, str] = {}
    for key in theirs:
        matching = (it for it in mine if it not in same.values() and is_same_by_titles(ours, others, it, key))
        if found := next(matching, None):
            same[key] = found
    ours_at = {(0, key): stage for key, stage in mine.items()}
    theirs_at = {(0, same[key]) if key in same else (1, key): stage for key, stage in theirs.items()}
    return [(ours_at.get(at), theirs_at.get(at)) for at in _merged(list(ours_at), list(theirs_at))]


def _title(row: Row) -> str:
    """What a row is called: by both titles where they differ."""
    titles = [stage["title"] for stage in row if stage is not None]
    return titles[0] if len(set(map(folded, titles))) == 1 else " / ".join(titles)


def _merged(mine: Sequence[Place], theirs: Sequence[Place]) -> list[Place]:
    """The places of both ladders, each once, from the bottom up: what only one has stands between what both have, and
    there as high as in its own ladder."""
    order: list[Place] = []
    start = at = 0
    for place, key in enumerate(mine):
        if key in theirs[at:]:
            there = theirs.index(key, at)
            order += [*_interleaved(mine[start:place], theirs[at:there]), key]
            start, at = place + 1, there + 1
    return list(dict.fromkeys([*order, *_interleaved(mine[start:], theirs[at:])]))


def _interleaved(mine: Sequence[Place], theirs: Sequence[Place]) -> list[Place]:
    placed = [
        ((place + 1) / (len(side) + 1), key) for side in (mine, theirs) for place, key in enumerate(side)
    ]
    return [key for _, key in sorted(placed, key=lambda it: it[0])]


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
