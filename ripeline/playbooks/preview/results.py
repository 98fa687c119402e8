"""What a preview keeps: figures as plain values, and the people who would stand elsewhere, by where from and to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ripeline.playbooks.preview.packing import pack
from ripeline.playbooks.preview.passing import Found, Pair
from ripeline.replay import compare
from ripeline.replay.bulk import Program
from ripeline.replay.compare import Side
from ripeline.timeline.history.opening import OpenHistory


def result_of(pair: Pair, found: Found, history: OpenHistory) -> dict[str, Any]:
    """Everything the page shows but the people: keys and numbers, shares from 0 to 1, lengths in days.

    `flow` has the pairs of stages (by place) where anybody stands, and how many do.
    """
    one, other = found.sides
    return {
        "people": one.people,
        "touches": found.touches,
        "differ": found.differ,
        "one": definition_of(pair.one, one),
        "other": definition_of(pair.other, other),
        "flow": [
            [int(row), int(column), int(found.flow[row, column])] for row, column in np.argwhere(found.flow)
        ],
        "unused": [
            {"sort": sort, "count": those.count, "examples": [asdict(it) for it in those.examples]}
            for sort, those in found.unused.told.items()
        ],
        "history": {"waiting": history.waiting, "changed": history.changed, "trouble": history.trouble},
    }


def definition_of(program: Program, side: Side) -> dict[str, Any]:
    """One definition: its stages with what they hold and how well each told the outcome."""
    playbook = program.playbook
    funnel = compare.stages_of(side, program.names)
    told = compare.found_of(side, program.names)
    return {
        "key": playbook.key,
        "title": playbook.title,
        "version": playbook.version,
        "outcomes": side.outcomes,
        "stages": [
            asdict(facts) | asdict(found) | {"key": stage.key, "title": stage.title}
            for stage, facts, found in zip(playbook.stages, funnel, told, strict=True)
        ],
    }


def moves_of(pair: Pair, found: Found) -> Iterator[dict[str, Any]]:
    """Who stands where under the one and elsewhere under the other, a row for each pair of stages."""
    if not found.differ:
        return
    persons = pc.cast(pa.chunked_array(found.persons), pa.int64()).to_numpy()
    cells = np.concatenate(found.cells)
    order = np.argsort(cells, kind="stable")
    places, starts = np.unique(cells[order], return_index=True)
    for place, ids in zip(places.tolist(), np.split(persons[order], starts[1:]), strict=True):
        from_stage, to_stage = divmod(place, len(pair.other.names.stages))
        yield {
            "from_stage": pair.one.names.stages[from_stage],
            "to_stage": pair.other.names.stages[to_stage],
            "count": len(ids),
            "people": pack(ids),
        }
