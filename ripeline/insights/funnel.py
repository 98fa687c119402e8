"""The funnel as it stands and how it changed over a period, from the flows between stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ripeline.insights.counted import Move
from ripeline.insights.flows import Flows
from ripeline.lifecycle.playbook import Playbook, Stage

SPARK_WIDTH, SPARK_HEIGHT = 100, 24


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage: people in it at the end of the period (`now`) and at its beginning (`then`).

    `rose` and `fell` are the moves up and down into the stage within the period, for the first stage `rose` is who
    was first seen in it; somebody who comes twice counts twice. `went_on` is the moves up out of the stage within the
    period. `width` and `width_then` are shares of the widest bar in per cent; `spark` holds the points of a
    small line.
    """

    stage: Stage
    now: int
    then: int
    rose: int
    fell: int
    went_on: int
    is_last: bool
    width: float
    width_then: float
    spark: str

    @property
    def change(self) -> int:
        """How many more there are than at the beginning."""
        return self.now - self.then

    @property
    def stays(self) -> int:
        """How many stays in the stage there were: who stood in it at the beginning, and each time somebody came. Each
        ended by a move up, by a move down, or goes on at the end of the period."""
        return self.then + self.rose + self.fell

    @property
    def share(self) -> float | None:
        """The share of the stays that a move up ended; None where there were none, and for the last stage."""
        return self.went_on / self.stays if self.stays and not self.is_last else None


def read_funnel(playbook: Playbook, flows: Flows) -> tuple[FunnelRow, ...]:
    """The rows of the funnel, lowest stage first."""
    moves: Counter[Move] = Counter()
    for step in flows.moves:
        moves.update(step)
    now, then = flows.stock[-1], flows.stock[0]
    most = max((max(now[stage.key], then[stage.key]) for stage in playbook.stages), default=0) or 1
    rows = []
    for place, stage in enumerate(playbook.stages):
        rose, fell = _arrivals(playbook, place, moves)
        came = sum(flows.came) if place == 0 else 0
        rows.append(
            FunnelRow(
                stage=stage,
                now=now[stage.key],
                then=then[stage.key],
                rose=rose + came,
                fell=fell,
                went_on=_risen(playbook, place, moves),
                is_last=place + 1 == len(playbook.stages),
                width=100 * now[stage.key] / most,
                width_then=100 * then[stage.key] / most,
                spark=_spark([step[stage.key] for step in flows.stock]),
            )
        )
    return tuple(rows)


def rises_by_step(playbook: Playbook, flows: Flows) -> dict[str, list[int]]:
    """For each stage but the first, how many rose into it in each step."""
    return {
        stage.key: [_arrivals(playbook, place, moves)[0] for moves in flows.moves]
        for place, stage in enumerate(playbook.stages)
        if place
    }


def rises(playbook: Playbook) -> list[Move]:
    """Every pair of stages of which the second is above the first."""
    keys = [stage.key for stage in playbook.stages]
    return [(low, high) for place, low in enumerate(keys) for high in keys[place + 1 :]]


def _arrivals(playbook: Playbook, place: int, moves: Mapping[Move, int]) -> tuple[int, int]:
    """How many came up into a stage, and how many down."""
    key = playbook.stages[place].key
    below = {stage.key for stage in playbook.stages[:place]}
    above = {stage.key for stage in playbook.stages[place + 1 :]}
    rose = sum(people for (origin, target), people in moves.items() if target == key and origin in below)
    fell = sum(people for (origin, target), people in moves.items() if target == key and origin in above)
    return rose, fell


def _risen(playbook: Playbook, place: int, moves: Mapping[Move, int]) -> int:
    """How many moved up out of a stage."""
    key, above = playbook.stages[place].key, {stage.key for stage in playbook.stages[place + 1 :]}
    return sum(people for (origin, target), people in moves.items() if origin == key and target in above)


def _spark(values: Sequence[int]) -> str:
    """Points of an SVG line over the whole width, from the least value to the most; level in the middle."""
    least, most = min(values), max(values)
    span = (most - least) or 1
    level = 0.5 if most == least else 0.0
    wide = SPARK_WIDTH / max(1, len(values) - 1)
    inner = SPARK_HEIGHT - 4
    return " ".join(
        f"{number * wide:.1f},{2 + inner * (1 - (value - least) / span - level):.1f}"
        for number, value in enumerate(values)
    )
