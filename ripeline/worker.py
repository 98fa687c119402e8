"""The worker process: what it attends to, and how it starts and stops."""

from __future__ import annotations

import os
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
from ripeline.nurture.segments.following import attend_changed
from ripeline.nurture.segments.refreshing import attend_refreshes
from ripeline.nurture.sending.mailbox import prune_mailbox
from ripeline.people.consent import is_suppressed
from ripeline.people.shared_cache import forget_expired
from ripeline.reactions import react
from ripeline.timeline.identities.looking import keep_looking
from ripeline.timeline.reassess import reassess_due
from ripeline.work.beat import beating
from ripeline.work.letters import attend_letters, prune_letters
from ripeline.work.loop import run_worker

SWEEP_EVERY = timedelta(minutes=10)
STOPS = (signal.SIGTERM, signal.SIGINT)


def work(*, stop: threading.Event, clock: Callable[[], datetime] = timezone.now) -> None:
    """Attends to everything due until `stop` is set."""
    # Beside, not in turn: a long import must not keep people waiting for their stage.
    beside = [
        threading.Thread(target=attend, kwargs={"stop": stop, "clock": clock}, name=name)
        for name, attend in (
            ("digest", _digest),
            ("letters", _send_letters),
            ("deliveries", _send_mails),
            ("imports", _import),
            ("previews", _preview),
            ("history", _keep_history),
            ("duplicates", keep_looking),
            ("segments", _follow_segments),
            ("segments-anew", _work_out_segments),
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
    def attend(now: datetime) -> int:
        return attend_letters(now, is_closed=is_suppressed)

    run_worker([attend], clock=clock, stop=stop)


def _follow_segments(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    run_worker([attend_changed], clock=clock, stop=stop)


def _work_out_segments(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    # Beside the other: whom something happened to does not wait until a million are looked through.
    def attend(now: datetime) -> int:
        return attend_refreshes(now, clock=clock)

    run_worker([attend], clock=clock, stop=stop)


def _send_mails(*, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    # Here: its libraries are only needed where mails are sent.
    from ripeline.nurture.sending.attending import send_deliveries

    send_deliveries(stop=stop, clock=clock)


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
            prune_mailbox(now)
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
    # No handler sets it: a second signal in the middle of that would wait for ever for the event's own lock. Python
    # writes the number of each signal here before any handler runs, and a thread of its own reads it.
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    for number in STOPS:
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_stop_when_told, args=(told, stop), name="signals", daemon=True).start()
    return stop


def _stop_when_told(told: int, stop: threading.Event) -> None:
    while not set(os.read(told, 64)) & set(STOPS):
        pass
    stop.set()
