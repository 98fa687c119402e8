"""Damage of the history parts: found by reading every byte, kept in mind until what is damaged was made anew."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction

from ripeline.replay.parts.building import Progress
from ripeline.replay.parts.opening import verify
from ripeline.timeline.history.models import HistoryState
from ripeline.timeline.history.opening import Clock, OpenHistory, Refused, look_at_history, update_history

log = logging.getLogger(__name__)


def check_history(*, clock: Clock, progress: Progress | None = None) -> tuple[str, ...]:
    """Reads every byte of the parts and makes anew what is damaged; returns a sentence for each such file.

    `progress` is told of both, as `verify` and `update_history` do.
    """
    return mend_history(clock=clock, progress=progress)[0]


def mend_history(*, clock: Clock, progress: Progress | None = None) -> tuple[tuple[str, ...], str]:
    """The same; also why what is damaged could not be made anew now, or an empty text: every later update tries it
    again."""
    found = look_at_history()
    wrong = verify(found.parts, progress) if isinstance(found, OpenHistory) else {}
    if not wrong:
        return (), ""
    log.warning("The history parts are mended: %s", " ".join(wrong.values()))
    _keep_in_mind(wrong)
    done = update_history(clock=clock, progress=progress)
    return tuple(wrong.values()), done.why if isinstance(done, Refused) else ""


def _keep_in_mind(names: Iterable[str]) -> None:
    with transaction.atomic():
        state = HistoryState.objects.select_for_update().get(pk=1)
        state.damaged = sorted({*state.damaged, *names})
        state.save(update_fields=["damaged"])
