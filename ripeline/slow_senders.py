"""How long we wait for what a sender has begun: whoever stops sending, or sends too slowly, is answered and let go."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from itertools import takewhile
from types import FrameType
from typing import Literal

PATIENCE = 30.0
"""Seconds for what is waited for: a small body or an event as a whole; of a large body, which has to keep a pace as
well, each piece."""
LOOK_EVERY = 0.5
STOPS_WITHIN = 2.0
"""Seconds in which a request that is on its way may still come, when all is stopped."""
PACE_OVER = 60.0
SLOWEST = 10 * 1024
"""Bytes a second, over each minute: a poor telephone line has more."""


class TooSlow(Exception):
    """The sender took too long for what was waited for, or sent too little over a minute."""


class Stopping(Exception):
    """The server is being stopped, and does not wait for the rest."""


class SlowSenders:
    """Those who are waited for: `with senders.waited_for():` around each wait for something that they send.

    Raises TooSlow or Stopping there. One look now and then at all of them, not a timer each: most are there at once,
    and have not cost more than an entry in a table. Used on the event loop alone.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        # In the order in which their waits began.
        self._since: dict[asyncio.Task[object], float] = {}
        self._is_looking = False
        self._stop_at: float | None = None

    def waited_for(self) -> _Wait:
        """The running task waits for its sender."""
        return _Wait(self)

    def stop(self) -> None:
        """Waits a little longer for those who are on their way, and then for nobody."""
        self._stop_at = asyncio.get_running_loop().time() + STOPS_WITHIN

    def begin(self, task: asyncio.Task[object]) -> None:
        """Notes that `task` waits. Raises Stopping."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._stop_at is not None and now > self._stop_at:
            raise Stopping
        self._since[task] = now
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(LOOK_EVERY, self._look, loop)

    def end(self, task: asyncio.Task[object]) -> type[Exception] | None:
        """Notes that `task` has what it waited for; else why it was ended."""
        if self._since.pop(task, None) is not None:
            return None
        task.uncancel()
        return TooSlow if self._stop_at is None else Stopping

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        is_over = self._stop_at is not None and now > self._stop_at
        late = takewhile(lambda each: is_over or each[1] < now - self._patience, self._since.items())
        for task, _ in list(late):
            del self._since[task]
            task.cancel()
        self._is_looking = bool(self._since)
        if self._is_looking:
            loop.call_later(LOOK_EVERY, self._look, loop)


class _Wait:
    """One wait: a class, since a generator would cost more than the wait does."""

    __slots__ = ("_senders", "_task")

    def __init__(self, senders: SlowSenders) -> None:
        self._senders = senders

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._senders.begin(task)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> Literal[False]:
        # Ended, be it that the last byte came in the same moment: the task was told to end, and does.
        if why := self._senders.end(self._task):
            raise why from None
        return False


class Pace:
    """Whether what comes comes fast enough, looked at every minute. `now` is any clock's seconds."""

    def __init__(self, now: float, *, slowest: int = SLOWEST, over: float = PACE_OVER) -> None:
        self._since, self._had, self._over = now, 0, over
        self._least = slowest * over

    def keep(self, came: int, now: float) -> None:
        """Notes how many bytes have come by now. Raises TooSlow."""
        if now - self._since < self._over:
            return
        if came - self._had < self._least:
            raise TooSlow
        self._since, self._had = now, came


def hear_stop(loop: asyncio.AbstractEventLoop, heard: Callable[[], None]) -> None:
    """Calls `heard` on the loop when this process is told to end. From the main thread.

    The server tells its application when every request has been answered: too late to end those that never will be.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        _listen(number, loop, heard)


def _listen(number: signal.Signals, loop: asyncio.AbstractEventLoop, heard: Callable[[], None]) -> None:
    before = signal.getsignal(number)

    def hear(which: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(heard)
        if callable(before):
            before(which, frame)

    signal.signal(number, hear)
    if hasattr(signal, "siginterrupt"):
        # As the loop had it: what is under way is not broken off.
        signal.siginterrupt(number, False)
