"""What a chart is told: one description that draws the picture and writes the table saying the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from ripeline.web.words import say_number, say_percent

Kind = Literal["line", "area", "bar", "stacked", "hbar", "funnel", "spark", "range", "sankey"]


class Series(TypedDict):
    """One row of values along x. `stage` is [place, number of stages] and gives it that stage's colour.

    `low` and `high` are the ends of each value's interval, in a chart of kind "range".
    """

    name: str
    data: list[float | None]
    stage: NotRequired[list[int]]
    low: NotRequired[list[float | None]]
    high: NotRequired[list[float | None]]


class Spec(TypedDict):
    """A chart. `x` names the points; `stages` colours the points of hbar and funnel one by one.

    `unit` is said after a value ("people"), except a three-letter currency code, which is shown as money,
    and "share", shown as per cent. A "sankey" has no series: `x` names its nodes, `stages` colours them, and `links`
    holds [from, to, value], the two being places in `x`.
    """

    kind: Kind
    title: str
    x_title: str
    x: list[str]
    series: list[Series]
    unit: NotRequired[str]
    stages: NotRequired[list[list[int]]]
    height: NotRequired[int]
    links: NotRequired[list[list[int]]]


@dataclass(frozen=True)
class ChartTable:
    """The chart's numbers as text: heads, and rows that begin with the point's name."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_of(spec: Spec) -> ChartTable:
    """The numbers of a chart for those who do not see it, or want to read them off."""
    if spec["kind"] == "sankey":
        return _table_of_links(spec)
    rows = tuple(
        (name, *(_point(series, at, spec) for series in spec["series"])) for at, name in enumerate(spec["x"])
    )
    return ChartTable((spec["x_title"], *(series["name"] for series in spec["series"])), rows)


def _table_of_links(spec: Spec) -> ChartTable:
    names = spec["x"]
    rows = tuple((names[start], names[end], _cell(size, spec)) for start, end, size in spec.get("links", []))
    return ChartTable((spec["x_title"], "To", spec.get("unit", "How many").capitalize()), rows)


def _point(series: Series, at: int, spec: Spec) -> str:
    told = [_at(series.get(end), at) for end in ("data", "low", "high")]
    value, low, high = (_cell(each, spec) for each in told)
    return value if None in told else f"{value} ({low} to {high})"


def _at(column: object, at: int) -> float | None:
    return column[at] if isinstance(column, list) and at < len(column) else None


def _cell(value: float | None, spec: Spec) -> str:
    if value is None:
        return "–"
    if spec.get("unit") == "share":
        return say_percent(value, 1)
    return say_number(value, 0 if float(value).is_integer() else 1)
