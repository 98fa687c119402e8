"""Python processes of ours beside this one: which package they run, and how they are ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def python(*arguments: str) -> list[str]:
    """The command that runs this Python, which looks for nothing in the folder we are in."""
    return [sys.executable, "-P", *arguments]


def this_package() -> dict[str, str]:
    """An environment in which Python finds the package that runs here, not one of that name elsewhere."""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def end(process: subprocess.Popen[bytes], *, within: float) -> None:
    """Asks a process to end, and ends it where it has not after so many seconds."""
    process.terminate()
    try:
        process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
