"""The worker's loop: attend to what is due, then rest a moment."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import close_old_connections

log = logging.getLogger(__name__)

# How long an idle worker rests, in seconds: short enough that a touch shows its effect at once.
REST = 0.15
REST_AFTER_TROUBLE = 2.0

Attend = Callable[[datetime], int]
"""Attends to one batch of what is due at the given moment; returns how many rows it took."""


def run_worker(tasks: Sequence[Attend], *, clock: Callable[[], datetime], stop: threading.Event) -> None:
    """Runs `tasks` in turn until `stop` is set. A task that raises is logged and tried again after a rest:
    a database that is away for a minute must not end the worker."""
    while not stop.is_set():
        try:
            taken = sum(task(clock()) for task in tasks)
        except Exception:
            log.exception("The worker met trouble and will try again in %s seconds.", REST_AFTER_TROUBLE)
            close_old_connections()
            stop.wait(REST_AFTER_TROUBLE)
            continue
        if not taken:
            stop.wait(REST)
