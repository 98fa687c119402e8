"""Tasks for executors, in a module that other processes can import."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

from ripeline.replay.parts.loading import PartRef, load


def digest_of(part: PartRef, folder: str) -> str:
    """A digest of what a bucket holds; takes its time, and notes which process it ran in."""
    history = load(part)
    time.sleep(0.2)
    Path(folder, f"ran-{os.getpid()}").touch()
    content = (
        history.people.to_pylist(),
        history.starts.tolist(),
        history.at.tolist(),
        history.kind.codes.tolist(),
    )
    return sha256(repr(content).encode()).hexdigest()


def note_and_wait(path: str, seconds: float) -> None:
    """Notes that it began, then waits."""
    Path(path).touch()
    time.sleep(seconds)
