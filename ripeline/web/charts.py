"""What a chart is told: one description that draws the picture and writes the table saying the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from ripeline.web.words import say_number, say_percent

Kind = Literal["line", "area", "bar", "stacked", "hbar", "funnel", "spark"]


class Series(TypedDict):
    """One row of values along x. `stage` is [place, number of stages] and gives it that stage's colour."""

    name: str
    data: list[float | None]
    stage: NotRequired[list[int]]


class Spec(TypedDict):
    """A chart. `x` names the points; `stages` colours the points of hbar and funnel one by one.

    `unit` is said after a value ("people"), except a three-letter currency code, which is shown as money,
    and "share", shown as per cent.
    """

    kind: Kind
    title: str
    x_title: str
    x: list[str]
    series: list[Series]
    unit: NotRequired[str]
    stages: NotRequired[list[list[int]]]
    height: NotRequired[int]


@dataclass(frozen=True)
class ChartTable:
    """The chart's numbers as text: heads, and rows that begin with the point's name."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_of(spec: Spec) -> ChartTable:
    """The numbers of a chart for those who do not see it, or want to read them off."""
    columns = [series["data"] for series in spec["series"]]
    rows = tuple(
        (name, *(_cell(column[at] if at < len(column) else None, spec) for column in columns))
        for at, name in enumerate(spec["x"])
    )
    return ChartTable((spec["x_title"], *(series["name"] for series in spec["series"])), rows)


def _cell(value: float | None, spec: Spec) -> str:
    if value is None:
        return "–"
    if spec.get("unit") == "share":
        return say_percent(value, 1)
    return say_number(value, 0 if float(value).is_integer() else 1)
