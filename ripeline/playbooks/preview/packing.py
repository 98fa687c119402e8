"""Many ids in few bytes: ascending, as their differences, compressed."""

from __future__ import annotations

import zlib

import numpy as np

from ripeline.replay.kernel_state import Array


def pack(ids: Array) -> bytes:
    """The ids (any order, whole numbers) as bytes."""
    ordered = np.sort(ids.astype(np.int64))
    return zlib.compress(np.diff(ordered, prepend=0).astype("<i8").tobytes(), 1)


def unpack(packed: bytes | memoryview) -> Array:
    """The ids, ascending."""
    return np.cumsum(np.frombuffer(zlib.decompress(packed), "<i8"))
