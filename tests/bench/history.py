"""A seeded history as columns, quickly: what a year of a busy company looks like."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ripeline.lifecycle.instant import DAY, parse_instant
from ripeline.lifecycle.touch import DIRECTIONS, KINDS
from ripeline.replay.history import Column, History
from tests.bench.bench_replay import KINDS as WEIGHTS
from tests.bench.bench_replay import SUBJECTS

START = parse_instant("2025-01-01T00:00:00Z")
TOUCHES_PER_PERSON = 50
BUCKET = 1_250_000
"""Touches per bucket, between the sizes the history parts aim at."""
ATTRS = {
    "answered": [{"value": "yes"}, {"value": "no"}],
    "traits_changed": [
        {"role": role, "books_published": books}
        for role in ("author", "publisher", "marketer")
        for books in (0, 1)
    ],
}


def histories(touches: int) -> Iterator[History]:
    """So many touches of a fiftieth as many people, in buckets."""
    for number, first in enumerate(range(0, touches, BUCKET)):
        yield history(min(BUCKET, touches - first), seed=number)


def history(touches: int, seed: int) -> History:
    """One bucket: some people are busy and most are not."""
    chance, names = np.random.default_rng(seed), list(WEIGHTS)
    weights = np.array(list(WEIGHTS.values()), float)
    kind = chance.choice(len(names), touches, p=weights / weights.sum()).astype(np.int32)
    people = max(1, touches // TOUCHES_PER_PERSON)
    # Squaring draws towards the first.
    person = (people * chance.random(touches) ** 2).astype(np.int64)
    at = START + (365 * DAY * chance.random(touches)).astype(np.int64)
    order = np.lexsort((at, person))
    at, who = at[order], np.unique(person)
    starts = np.searchsorted(person[order], [*who, people])
    directions = np.array([DIRECTIONS.index(KINDS[name]) for name in names], np.int32)
    value = np.where(kind == names.index("purchased"), chance.choice([20.0, 250.0, 1000.0], touches), np.nan)
    return History(
        people=pa.array([f"{seed:04}-{number:08}" for number in who]),
        starts=starts.astype(np.int64),
        at=at,
        received_at=None,
        kind=Column(kind, tuple(names)),
        direction=Column(directions[kind], DIRECTIONS),
        actor=Column((chance.random(touches) < 0.1).astype(np.int32), ("human", "machine")),
        subject=_by_kind(chance, kind, names, SUBJECTS),
        attrs=_by_kind(
            chance, kind, names, {name: list(map(json.dumps, them)) for name, them in ATTRS.items()}
        ),
        value=value,
        ids=None,
    )


def _by_kind(
    chance: np.random.Generator, kind: np.ndarray, names: list[str], choices: dict[str, list[str]]
) -> Column:
    values: list[str | None] = [None]
    codes = np.zeros(len(kind), np.int32)
    for name, texts in choices.items():
        rows = np.flatnonzero(kind == names.index(name))
        codes[rows] = len(values) + chance.integers(0, len(texts), len(rows))
        values += texts
    return Column(codes, tuple(values))
