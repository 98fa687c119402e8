"""The worker process: what it attends to, and how it starts and stops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from ripeline.capture.digest.attending import Pruning, attend_arrivals
from ripeline.capture.forms.submitting import prune_suspects
from ripeline.capture.verdicts.again import attend_judging
from ripeline.gateway.imports.abandoned import clear_abandoned
from ripeline.gateway.imports.run import attend_imports
from ripeline.people.shared_cache import forget_expired
from ripeline.reactions import react
from ripeline.timeline.identities.looking import keep_looking
from ripeline.timeline.reassess import reassess_due
from ripeline.work.beat import beating
from ripeline.work.letters import attend_letters, prune_letters
from ripeline.work.loop import run_worker

SWEEP_EVERY = timedelta(minutes=10)


def work(*, stop: threading.Event, clock: Callable[[], datetime] = timezone.now) -> None:
    """Attends to everything due until `stop` is set."""
    # Beside, not in turn: a long import must not keep people waiting for their stage.
    beside = [
        threading.Thread(target=attend, kwargs={"stop": stop, "clock": clock}, name=name)
        for name, attend in (
            ("digest", _digest),
            ("letters", _send_letters),
            ("imports", _import),
            ("previews", _preview),
            ("history", _keep_history),
            ("duplicates", keep_looking),
        )
    ]
    for thread in beside:
        thread.start()
    run_worker([beating(), attend_people, sweeping()], clock=clock, stop=stop)
    for thread in beside:
        thread.join()


def _digest(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    run_worker([attend_arrivals, attend_judging, Pruning()], clock=clock, stop=stop)


def _send_letters(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    # Beside as well: a mail server takes its time.
    run_worker([attend_letters], clock=clock, stop=stop)


def _import(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    def attend(now: datetime) -> int:
        return attend_imports(now, clock=clock, stop=stop.is_set)

    run_worker([attend], clock=clock, stop=stop)


def _keep_history(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    # Here: its libraries take half a second to load, and nobody's stage has to wait for that.
    from ripeline.timeline.history.keeping import keep_history

    keep_history(stop=stop, clock=clock)


def _preview(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    # Here, for the same reason; and a site that only starts need not wait for it at all.
    from ripeline.playbooks.preview.running import attend_previews

    def attend(now: datetime) -> int:
        return attend_previews(now, clock=clock, stop=stop.is_set)

    run_worker([attend], clock=clock, stop=stop)


def attend_people(now: datetime) -> int:
    """Reassesses one batch of people who are due."""
    return reassess_due(now, react=react)


def sweeping() -> Callable[[datetime], int]:
    """A task that now and then deletes what has expired; it never keeps the worker from resting."""
    next_at: datetime | None = None

    def sweep(now: datetime) -> int:
        nonlocal next_at
        if next_at is None or now >= next_at:
            forget_expired(now)
            clear_abandoned(now)
            prune_letters(now)
            prune_suspects(now)
            next_at = now + SWEEP_EVERY
        return 0

    return sweep


def catch_up(clock: Callable[[], datetime] = timezone.now) -> int:
    """Works until nothing is due; returns how many reassessments that took. For imports, the demo and tests."""
    done = 0
    while taken := attend_people(clock()):
        done += taken
    return done


def stop_on_signal() -> threading.Event:
    """An event set by SIGTERM or Ctrl-C, so that the batch in hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
