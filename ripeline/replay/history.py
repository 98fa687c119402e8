"""Some people's touches as columns: what the bulk engine folds, and what readers of any store hand to it.

Texts that repeat are dictionaries: a code per touch and the distinct values, so that what a playbook asks of a text
is asked once per distinct value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from json import dumps
from operator import attrgetter
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ripeline.lifecycle.touch import Touch, touch_record
from ripeline.replay.odd_attrs import flat_map

Ints = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DICTIONARIES: Final = ("kind", "direction", "actor", "subject", "attrs")
"""The dictionary columns, by the names of `History`'s fields."""
OPTIONAL: Final = frozenset({"received_at", "direction", "subject", "attrs", "value", "ids"})
"""Columns a reader may leave out where they are not wanted; a dictionary left out holds null everywhere."""


@dataclass(frozen=True, slots=True)
class Column:
    """A dictionary column: `codes` (uint8, uint16 or int32) one per touch, an index into the distinct `values`.

    A null is a code whose value is None. The values of `attrs` are JSON texts of flat maps; None is the empty map.
    """

    codes: Ints
    values: Sequence[str | None] | pa.Array


@dataclass(frozen=True, slots=True)
class History:
    """Some people's touches, sorted by person (UTF-8 bytes), then `at`, then id (UTF-8 bytes); no id twice.

    The touches of `people[i]` are the rows `starts[i]:starts[i + 1]`. Instants are int64 microseconds. A null in
    `value` is NaN. What was not asked for is None, or a dictionary of nulls.
    """

    people: pa.Array
    starts: Ints
    at: Ints
    received_at: Ints | None
    kind: Column
    direction: Column
    actor: Column
    subject: Column
    attrs: Column
    value: Floats | None
    ids: pa.Array | None

    @property
    def touches(self) -> int:
        """How many touches there are."""
        return len(self.at)


def nulls(count: int) -> Column:
    """A dictionary column that was not asked for."""
    return Column(np.zeros(count, np.uint8), (None,))


def from_touches(touches: Iterable[Touch], received_at: Sequence[int] | None = None) -> History:
    """The touches as columns, in any order; `received_at` is given in the order of the touches. Of no touch at
    all it is known when it was received.

    Touches of one person with one id are one touch, the earliest, as in `lifecycle.fold`.
    """
    given = list(touches)
    heard = list(received_at) if received_at is not None else [0] * len(given)
    rows = _ordered(list(zip(given, heard, strict=True)))
    kept = [touch for touch, _ in rows]
    counts = [(person, sum(1 for _ in them)) for person, them in groupby(kept, key=attrgetter("person"))]
    return History(
        people=pa.array([person for person, _ in counts], pa.string()),
        starts=np.cumsum([0, *(count for _, count in counts)], dtype=np.int64),
        at=np.array([touch.at for touch in kept], np.int64),
        received_at=None if received_at is None and given else np.array([at for _, at in rows], np.int64),
        kind=_coded([touch.kind for touch in kept]),
        direction=_coded([touch.direction for touch in kept]),
        actor=_coded([touch.actor for touch in kept]),
        subject=_coded([touch.subject for touch in kept]),
        attrs=_coded([attrs_text(touch.attrs) for touch in kept]),
        value=np.array([np.nan if touch.value is None else touch.value for touch in kept], np.float64),
        ids=pa.array([touch.id for touch in kept], pa.string()),
    )


def attrs_text(attrs: Mapping[str, object]) -> str | None:
    """A touch's attrs as columns and parts hold them: JSON with its names in order; None where there are none."""
    return dumps(dict(attrs), ensure_ascii=False, sort_keys=True) if attrs else None


def to_touches(history: History) -> Iterator[Touch]:
    """The touches of a history read with all its columns, in its order; attrs that are no flat map are empty."""
    columns = [_spelled(getattr(history, name)) for name in DICTIONARIES]
    people = np.repeat(np.arange(len(history.people)), np.diff(history.starts))
    persons = history.people.take(pa.array(people)).to_pylist()
    values = (
        [None if value != value else value for value in history.value.tolist()]
        if history.value is not None
        else [None] * history.touches
    )
    ids = history.ids.to_pylist() if history.ids is not None else map(str, range(history.touches))
    for id, person, at, value, *texts in zip(
        ids, persons, history.at.tolist(), values, *columns, strict=True
    ):
        kind, direction, actor, subject, attrs = texts
        yield Touch(id, person, at, kind, direction, actor, subject, value, flat_map(attrs) or {})


def _spelled(column: Column) -> list[Any]:
    values = column.values.to_pylist() if isinstance(column.values, pa.Array) else column.values
    return [values[code] for code in column.codes.tolist()]


def _ordered(rows: list[tuple[Touch, int]]) -> list[tuple[Touch, int]]:
    """In order, each id of a person once. Comparing texts by code points is comparing their UTF-8 bytes."""
    rows.sort(key=lambda row: (row[0].person, row[0].at, row[0].id))
    if len({(touch.person, touch.id) for touch, _ in rows}) < len(rows):
        rows.sort(key=lambda row: (row[0].person, row[0].at, row[0].id, _written(row[0])))
        first: dict[tuple[str, str], tuple[Touch, int]] = {}
        for row in rows:
            first.setdefault((row[0].person, row[0].id), row)
        rows = list(first.values())
    return rows


def _written(touch: Touch) -> str:
    return dumps(touch_record(touch), sort_keys=True)


def _coded(texts: Sequence[str | None]) -> Column:
    codes: dict[str | None, int] = {}
    coded = [codes.setdefault(text, len(codes)) for text in texts]
    return Column(np.array(coded, np.int32), tuple(codes))
