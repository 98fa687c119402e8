"""Rows of plain values as bytes, for files and processes of one and the same run.

Never for keeping: the form belongs to the running version of Python.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Sequence
from typing import IO, Any

Row = tuple[Any, ...]
"""Values marshal knows: texts, numbers, booleans, None, and lists, tuples and maps of them."""

_LENGTH = 8


def pack(rows: Sequence[Row]) -> bytes:
    """The rows as one chunk that says how long it is; chunks may stand one after the other."""
    chunk = marshal.dumps(list(rows))
    return len(chunk).to_bytes(_LENGTH, "big") + chunk


def unpack(chunks: IO[bytes]) -> Iterator[list[Row]]:
    """The rows of each chunk, one chunk after the other, from where the file stands."""
    while length := chunks.read(_LENGTH):
        # Read whole: loading straight from a file asks it for every value by itself.
        yield marshal.loads(chunks.read(int.from_bytes(length, "big")))  # noqa: S302 - packed by this very run
