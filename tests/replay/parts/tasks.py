"""Tasks for executors, in a module that other processes can import."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow as pa

from ripeline.replay.bulk import Program
from ripeline.replay.outcome import moves_table, standings_table
from ripeline.replay.over_parts import Asked, replay_part
from ripeline.replay.parts.loading import PartRef


def replay_slowly(program: Program, asked: Asked, folder: str, part: PartRef) -> tuple[pa.Table, pa.Table]:
    """The transitions and standings of a bucket; takes its time, and notes which process it ran in."""
    outcome = replay_part(program, asked, part)
    time.sleep(0.2)
    Path(folder, f"ran-{os.getpid()}").touch()
    return moves_table(outcome), standings_table(outcome)


def note_and_wait(path: str, seconds: float) -> None:
    """Notes that it began, then waits."""
    Path(path).touch()
    time.sleep(seconds)
