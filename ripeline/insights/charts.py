"""The charts of Today, as the frame's chart container takes them (see `web.charts.Spec`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ripeline.insights.flows import Flows
from ripeline.insights.funnel import rises_by_step
from ripeline.insights.pace import Pace
from ripeline.insights.period import Period
from ripeline.lifecycle.playbook import Playbook

UNIT_TITLES = {"day": "Day", "week": "Week from", "month": "Month"}
Chart = dict[str, object]


def rises_chart(playbook: Playbook, flows: Flows, period: Period) -> Chart:
    """How many rose into each stage, step by step, one on top of the other in the colours of the stages."""
    rises = rises_by_step(playbook, flows)
    return {
        "kind": "stacked",
        "title": f"Moved up, per {period.unit}",
        "x_title": UNIT_TITLES[period.unit],
        "x": [step.label for step in period.steps],
        "series": _series(playbook, rises),
        "unit": "",
        "height": 220,
    }


def stock_chart(playbook: Playbook, flows: Flows, period: Period) -> Chart:
    """How many stood in each stage but the first when each step ended."""
    stock = {stage.key: [after[stage.key] for after in flows.stock[1:]] for stage in playbook.stages[1:]}
    return {
        "kind": "line",
        "title": f"In each stage, at the end of each {period.unit}",
        "x_title": UNIT_TITLES[period.unit],
        "x": [step.label for step in period.steps],
        "series": _series(playbook, stock),
        "unit": "people",
        "height": 220,
    }


def pace_chart(playbook: Playbook, pace: Mapping[str, Pace]) -> Chart:
    """Median days in a stage before rising out of it."""
    places = [(place, stage) for place, stage in enumerate(playbook.stages[:-1]) if stage.key in pace]
    return {
        "kind": "hbar",
        "title": "Median days in a stage before moving up",
        "x_title": "Stage",
        "x": [stage.title for _, stage in places],
        "series": [
            {"name": "Median days", "data": [round(pace[stage.key].days, 1) for _, stage in places]},
        ],
        "stages": [[place, len(playbook.stages)] for place, _ in places],
        "unit": "days",
        "height": 30 + 30 * len(places),
    }


def _series(playbook: Playbook, values: Mapping[str, Sequence[int]]) -> list[Chart]:
    return [
        {"name": stage.title, "data": list(values[stage.key]), "stage": [place, len(playbook.stages)]}
        for place, stage in enumerate(playbook.stages)
        if stage.key in values
    ]
