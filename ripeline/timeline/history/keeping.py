"""The worker's part in the history parts: they follow the touch log by themselves."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
from datetime import timedelta
from typing import Final

from django.db import close_old_connections

from ripeline.kit.processes import python, this_package
from ripeline.replay.warming import is_warm
from ripeline.timeline.history.mending import check_history
from ripeline.timeline.history.opening import (
    MOST_AT_ONCE,
    Clock,
    NotReady,
    look_at_history,
    update_history,
)
from ripeline.timeline.history.source import count_after

log = logging.getLogger(__name__)

EVERY: Final = 30.0
"""Seconds between updates. A page that needs more brings the parts up to date itself."""
CHECK_EVERY: Final = timedelta(days=1)
NICENESS: Final = 10
_LOOK: Final = 0.2


def keep_history(*, stop: threading.Event, clock: Clock) -> None:
    """Brings the parts up to date now and then until `stop` is set; trouble is logged and tried again later.

    At the start and once a day it reads every byte of them, so that damage is found before somebody needs them. At the
    start, too, what replays are compiled to is made where it is missing, so that no preview waits for it.
    """
    check_at = clock()
    compiling = None if is_warm() else _beside("-m", "ripeline.replay.warming")
    while not stop.is_set():
        try:
            if clock() >= check_at:
                check_at = clock() + CHECK_EVERY
                check_history(clock=clock)
            attend_history(stop=stop, clock=clock)
        except Exception:
            log.exception("The history parts could not be brought up to date; that is tried again.")
            close_old_connections()
        stop.wait(EVERY)
    if compiling:
        compiling.kill()
        compiling.wait()


def attend_history(*, stop: threading.Event, clock: Clock) -> None:
    """One update, if there is anything new. Much is left to a process of its own, so that people do not wait."""
    found = look_at_history()
    missing = count_after(0) if isinstance(found, NotReady) else found.waiting
    if missing > MOST_AT_ONCE:
        _update_apart(stop)
    elif isinstance(found, NotReady) or not found.is_fresh or found.trouble or found.is_damaged:
        update_history(clock=clock)


def _update_apart(stop: threading.Event) -> None:
    """`ripeline history update` beside us, behind everything else that wants the processor."""
    process = _beside("-m", "ripeline", "history", "update")
    while process.poll() is None:
        if stop.wait(_LOOK):
            # At any moment: what it wrote is not in force, and is swept away.
            process.kill()
            process.wait()


def _beside(*arguments: str) -> subprocess.Popen[bytes]:
    """A Python process that runs behind everything else that wants the processor."""
    process = subprocess.Popen(python(*arguments), stdin=subprocess.DEVNULL, env=this_package())
    os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    return process
