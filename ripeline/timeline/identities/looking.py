"""Looking through everybody for contacts that may be one, by the worker: no page waits while a million are read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.core.cache import cache
from django.db import connection

from ripeline.people.models import Contact
from ripeline.timeline.identities.suggesting import Pair, find_pairs

log = logging.getLogger(__name__)

MOST = 200
"""So many pairs of each kind are kept: more nobody goes through before they are looked for again."""
FEW = 5_000
"""Up to so many contacts a page looks by itself."""
EVERY = 600.0
"""Seconds between looks; fifty times as long as a look takes, where that is longer."""
_KEPT = "contacts-that-may-be-one"


@dataclass(frozen=True, slots=True)
class Looked:
    """Who may be one, as of a moment."""

    pairs: Sequence[Pair]
    at: datetime


def look_for_pairs(now: datetime) -> Looked | None:
    """Who may be one: as of now where there are few contacts, else as the worker last found; None: not yet."""
    if _are_few():
        return Looked(find_pairs(MOST), now)
    kept: Looked | None = cache.get(_KEPT)
    return kept


def keep_looking(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    """Looks now and then until `stop` is set; trouble is logged, and another try made at the next turn."""
    while not stop.is_set():
        began = monotonic()
        try:
            look_again(clock())
        except Exception:
            log.exception("Contacts that may be one could not be looked for; that is tried again.")
        # It is long until the next look.
        connection.close()
        stop.wait(max(EVERY, 50 * (monotonic() - began)))


def look_again(now: datetime) -> None:
    """Looks through everybody and keeps what is found for the pages, where there are more than they look through."""
    if not _are_few():
        cache.set(_KEPT, Looked(find_pairs(MOST), now), timeout=None)


def _are_few() -> bool:
    # Not by the greatest id: ids are skipped.
    return not Contact.objects.order_by("pk").values_list("pk", flat=True)[FEW : FEW + 1]
