"""Group commit: requests put their events in a queue; one thread writes all that wait in one transaction, and only
then is each request answered. The more come at once, the fewer transactions each of them costs."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ripeline.capture.collector import limits
from ripeline.capture.collector.exchange import Refused
from ripeline.capture.collector.keys import KnownKey
from ripeline.capture.collector.refusals import Refusals, Turned
from ripeline.capture.collector.stores import Row, Store, Unavailable, Unkeepable

log = logging.getLogger(__name__)

KEYS_EVERY = 2.0
"""Seconds after which a key that was ended is known to be."""
KEYS_AT_MOST_EVERY = 0.5
"""Seconds between two looks for a key that is not known: it may be new, or one of many that somebody tries."""
WAITING_EVERY = 5.0
REFUSALS_EVERY = 1.0
GATHER = 0.001
GATHER_FROM = 8
"""Seconds that the thread waits for more where the last group had at least so many requests. Those just answered send
again at once: without the wait, the first of them would have the disk to itself, and the others wait for that."""
STUCK_AFTER = 5.0
"""Seconds that a group may be on its way to the disk before nobody more is let in behind it."""
AGAIN_AFTER = 5
SURPRISES_EVERY = 60.0
"""Seconds after which something unexpected that goes on is told to the log again."""

FULL = Refused(503, "busy", "More events come than the disk takes just now. Send them again.", AGAIN_AFTER)
AWAY = Refused(
    503, "no_database", "The database does not take events just now. Send them again.", 2 * AGAIN_AFTER
)
BEHIND = Refused(
    503, "behind", "So many events wait to be worked on that no more are taken. Send them again.", 60
)
STOPPING = Refused(503, "stopping", "The server is being stopped. Send the events again.", AGAIN_AFTER)
UNKEEPABLE = Refused(400, "unkeepable", "The database does not take what is in these events.")


class Kept:
    """The events are on disk."""


KEPT = Kept()
Outcome = Kept | Refused


@dataclass(slots=True)
class _Waiting:
    """The events of one request, and who waits for them."""

    rows: list[Row]
    size: int
    told: asyncio.Future[Outcome]


class Committer:
    """The queue and its thread. Asked from the event loop alone; `keys` is what the thread last read."""

    def __init__(
        self, store: Store, *, waiting_limit: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.keys: dict[str, KnownKey] | None = None
        self._store, self._waiting_limit, self._clock = store, waiting_limit, clock
        self._inbox: queue.SimpleQueue[_Waiting | asyncio.Future[bool] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)
        self._events = self._bytes = 0
        self._busy_since: float | None = None
        self._is_behind = self._is_stopping = self._was_away = self._is_busy = False
        self._askers: list[asyncio.Future[bool]] = []
        self._keys_at = self._waiting_at = self._refusals_at = self._surprise_at = float("-inf")
        self._refusals = Refusals()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to write; answers are told on `loop`."""
        self._loop = loop
        self._thread.start()

    def stop(self, within: float = 10.0) -> None:
        """Lets nobody more in, writes what waits, and ends the thread."""
        self._is_stopping = True
        self._inbox.put(None)
        self._thread.join(within)

    async def keep(self, rows: list[Row], size: int) -> Outcome:
        """Kept when these rows, of `size` bytes together, are on disk; Refused when they may not be."""
        if refused := self._no_room(len(rows), size):
            return refused
        self._events += len(rows)
        self._bytes += size
        waiting = _Waiting(rows, size, self._loop.create_future())
        self._inbox.put(waiting)
        return await waiting.told

    async def read_keys(self) -> bool:
        """Waits until the keys have been read anew; False where the database is away: they are what they were."""
        if self._is_stopping:
            return False
        told: asyncio.Future[bool] = self._loop.create_future()
        self._inbox.put(told)
        return await told

    def note(self, turned: Turned) -> None:
        """Notes what was turned away; it is written down within seconds, if the database takes it."""
        self._refusals.note(turned)

    def _no_room(self, events: int, size: int) -> Refused | None:
        if self._is_stopping:
            return STOPPING
        if self._is_behind:
            return BEHIND
        if self._events + events > limits.QUEUE_EVENTS or self._bytes + size > limits.QUEUE_BYTES:
            return FULL
        since = self._busy_since
        return FULL if since is not None and self._clock() - since > STUCK_AFTER else None

    def _run(self) -> None:
        is_last = False
        with self._going_on():
            self._look_around()
        while not is_last:
            group: list[_Waiting] = []
            outcomes: list[Outcome] = []
            with self._going_on():
                is_last = self._gather(group)
            self._is_busy = len(group) >= GATHER_FROM
            with self._going_on():
                self._look_around()
            with self._going_on():
                outcomes = self._write_timed(group)
            if group:
                # Whatever it was, nobody waits for ever.
                self._loop.call_soon_threadsafe(self._settle, group, outcomes or [AWAY] * len(group))
            with self._going_on():
                self._write_refusals(is_last=is_last)
        self._loop.call_soon_threadsafe(_tell_all, self._askers, False)
        with self._going_on():
            self._store.close()

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        """What nobody foresaw is told to the log, and the thread goes on with a new connection: without it, every
        request would wait for ever."""
        try:
            yield
        except Exception:
            if self._clock() - self._surprise_at >= SURPRISES_EVERY:
                self._surprise_at = self._clock()
                log.exception("The thread that writes arrivals met something unexpected, and goes on.")
            with suppress(Exception):
                self._store.close()

    def _gather(self, group: list[_Waiting]) -> bool:
        """Puts what waits into the group, up to a transaction's worth; whether that was all, for ever."""
        events = 0
        try:
            often = KEYS_AT_MOST_EVERY if self._askers else min(KEYS_EVERY, REFUSALS_EVERY)
            each = self._inbox.get(timeout=often)
            if self._is_busy:
                time.sleep(GATHER)
            while each is not None:
                if isinstance(each, _Waiting):
                    group.append(each)
                    events += len(each.rows)
                else:
                    self._askers.append(each)
                if events >= limits.GROUP_EVENTS:
                    return False
                each = self._inbox.get_nowait()
        except queue.Empty:
            return False
        return True

    def _write_timed(self, group: list[_Waiting]) -> list[Outcome]:
        if not group:
            return []
        self._busy_since = self._clock()
        try:
            return self._write(group)
        finally:
            self._busy_since = None

    def _write_refusals(self, *, is_last: bool) -> None:
        if not is_last and self._clock() - self._refusals_at < REFUSALS_EVERY:
            return
        self._refusals_at = self._clock()
        # For the eye alone: what cannot be written now is not tried again.
        if turned := self._refusals.take():
            with suppress(Unavailable, Unkeepable):
                self._store.note(turned)

    def _write(self, group: list[_Waiting]) -> list[Outcome]:
        """What became of each request of the group."""
        try:
            self._store.insert([row for waiting in group for row in waiting.rows])
        except Unavailable as away:
            self._note_away(away)
            return [AWAY] * len(group)
        except Unkeepable as odd:
            if len(group) > 1:
                # One of them spoils it for all: each by itself, then.
                return [outcome for waiting in group for outcome in self._write([waiting])]
            log.warning("The database does not take what was sent: %s", odd)
            return [UNKEEPABLE]
        self._note_well()
        return [KEPT] * len(group)

    def _settle(self, group: list[_Waiting], outcomes: list[Outcome]) -> None:
        for waiting, outcome in zip(group, outcomes, strict=True):
            self._events -= len(waiting.rows)
            self._bytes -= waiting.size
            # Done already where the sender has gone. The events stay.
            if not waiting.told.done():
                waiting.told.set_result(outcome)

    def _look_around(self) -> None:
        """Now and then: which keys there are, and whether the worker keeps up."""
        now = self._clock()
        try:
            if now - self._keys_at >= (KEYS_AT_MOST_EVERY if self._askers else KEYS_EVERY):
                self._keys_at = now
                self._read_keys()
            if now - self._waiting_at >= WAITING_EVERY:
                self._waiting_at = now
                self._note_waiting(self._store.is_waiting(self._waiting_limit))
        except Unavailable as away:
            self._note_away(away)

    def _read_keys(self) -> None:
        asked, self._askers = self._askers, []
        is_read = False
        try:
            self.keys = self._store.keys()
            is_read = True
        finally:
            if asked:
                self._loop.call_soon_threadsafe(_tell_all, asked, is_read)

    def _note_waiting(self, is_behind: bool) -> None:
        if is_behind and not self._is_behind:
            log.warning("More than %s events wait for the worker; no more are taken.", self._waiting_limit)
        self._is_behind = is_behind

    def _note_away(self, away: Unavailable) -> None:
        if not self._was_away:
            log.warning("The database takes no events: %s", str(away).strip())
        self._was_away = True

    def _note_well(self) -> None:
        if self._was_away:
            log.info("The database takes events again.")
        self._was_away = False


def _tell_all(asked: list[asyncio.Future[bool]], is_read: bool) -> None:
    for told in asked:
        if not told.done():
            told.set_result(is_read)
