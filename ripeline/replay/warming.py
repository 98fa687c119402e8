"""`python -m ripeline.replay.warming`: compiles what replays are compiled to, by one process at a time."""

from __future__ import annotations

import fcntl
from pathlib import Path

from ripeline.replay import compiled


def is_warm() -> bool:
    """Whether all was compiled before; found without loading the compiler, which takes a second."""
    return compiled.kept().exists()


def warm_up_alone() -> bool:
    """Whether it was done here. Where another process is at it, that one writes what this one would: it is left to."""
    with Path(__file__).open() as source:
        try:
            fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        # Loaded only now: it takes longer than finding that there is nothing to do.
        from ripeline.replay.comparing import warm_up

        warm_up()
        compiled.kept().touch()
    return True


if __name__ == "__main__":
    warm_up_alone()
