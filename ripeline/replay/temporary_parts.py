"""Touches out of files as parts in a folder of one run: sorted, each id once, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ripeline.replay import parquet
from ripeline.replay.gathering import Progress, counter, readable
from ripeline.replay.mistakes import ReplayMistake
from ripeline.replay.parts.building import Wanted
from ripeline.replay.parts.opening import Parts
from ripeline.replay.parts.problems import PartsProblem
from ripeline.replay.parts.updating import update_parts
from ripeline.replay.reading import is_jsonl, measure
from ripeline.replay.touch_tables import read_json_tables, read_parquet_tables

BYTES_PER_TOUCH = 120
"""Of JSON Lines; only says how many buckets there will be."""


def parts_of_files(path: Path, folder: Path, progress: Progress) -> tuple[Parts, int]:
    """The touches of a file or folder as parts below `folder`, and how many there were with the repeated ones.

    Raises ReplayMistake naming file and line of the records that cannot be read.
    """
    total = measure(path)
    advance = counter("reading", total, progress)
    if is_jsonl(path):
        found, expected = read_json_tables(path, advance), total // BYTES_PER_TOUCH
    else:
        found, expected = read_parquet_tables(parquet.parts_of(path), advance), total
    counted = _Counted(readable(path, found))
    wanted = Wanted(batches=counted, source=str(path), position=0, expected=expected)
    try:
        parts = update_parts(str(folder / "parts"), wanted, now=0)
    except PartsProblem as problem:
        raise ReplayMistake(str(problem)) from None
    return parts, counted.rows


class _Counted:
    """Tables on their way, and how many rows came by."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables = tables
        self.rows = 0

    def __iter__(self) -> Iterator[pa.Table]:
        for table in self._tables:
            self.rows += table.num_rows
            yield table
