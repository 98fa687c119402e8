"""The worker's beat: when one last went round, kept in the shared cache where the pages can see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.cache import cache

KEY = "worker-beat"
EVERY = timedelta(seconds=5)
"""Not every round: each beat is a write."""
SILENT_AFTER = timedelta(seconds=15)
KEPT = timedelta(days=30)


def beating() -> Callable[[datetime], int]:
    """A task that notes that the worker lives; it never keeps the worker from resting."""
    last: datetime | None = None

    def beat(now: datetime) -> int:
        nonlocal last
        if last is None or now - last >= EVERY:
            cache.set(KEY, now, KEPT.total_seconds())
            last = now
        return 0

    return beat


def silent_since(now: datetime) -> datetime | None:
    """Since when no worker has been heard; None while one lives, and where none ever ran."""
    last = cache.get(KEY)
    return last if isinstance(last, datetime) and now - last > SILENT_AFTER else None
