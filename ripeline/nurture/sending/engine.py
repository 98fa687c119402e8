"""The engine: claims what is due, composes it, and hands it over on several lines at once.

A line carries one mail, so a crash leaves as many uncertain as there were lines. One transaction at a time writes what
became of those that are over together with the mark `handing` of those that go next: commits are shared by all lines,
and no mail leaves before its mark is on disk. What the world is like, and what mails say, it does not know.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from ripeline.nurture.sending.desk import Desk
from ripeline.nurture.sending.domains import Domains
from ripeline.nurture.sending.ledger import Held
from ripeline.nurture.sending.mail import CannotReach, Refused, Transport, Unsure, Verb
from ripeline.nurture.sending.pace import Pace
from ripeline.nurture.sending.settling import Finished

log = logging.getLogger(__name__)
Said = TypeVar("Said")
AWAY = (OperationalError, InterfaceError)
"""The database cannot be asked just now, or could not decide between two: asked again, it answers."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How an engine works: `lines` at once, and up to `spare` more while some wait long for an answer; at most
    `domain_lines` of them to one domain; claims of `batch`; no more than `per_minute` (0: as many as go).

    The rest is in seconds: after how long a line counts as slow, how long to rest where nothing is due, how long an
    idle line stays open, how long to wait at the end for answers, how long to wait before what cannot be reached is
    tried again (twice as long each time, up to the longest), how long a domain in trouble is left alone at first, and
    how long a round of the ledger waits for lines that are nearly over.
    """

    lines: int = 8
    spare: int = 4
    domain_lines: int = 4
    batch: int = 50
    per_minute: int = 0
    slow: float = 2.0
    rest: float = 0.3
    idle: float = 20.0
    grace: float = 15.0
    away: float = 0.2
    longest_away: float = 30.0
    domain_rest: float = 60.0
    gather: float = 0.004


@dataclass(slots=True)
class _Waiting:
    """An open line that waits for its next mail, since when, and where it is told (None: no more)."""

    since: float
    told: asyncio.Future[Held | None]


class Engine:
    """One engine at work; all of it happens on its event loop, and what asks the database in two threads."""

    def __init__(
        self,
        desk: Desk,
        new_line: Callable[[], Transport],
        *,
        speed: Speed,
        clock: Callable[[], datetime],
        stop: threading.Event,
        until_empty: bool = False,
    ) -> None:
        self.desk, self.new_line, self.speed, self.clock, self.stop = desk, new_line, speed, clock, stop
        self.until_empty = until_empty
        self.domains = Domains(speed.domain_lines, slow=speed.slow, rest=speed.domain_rest)
        self.pace = Pace(speed.per_minute)
        self.ready: deque[Held] = deque()
        self.waiting: deque[_Waiting] = deque()
        self.in_hand: dict[int, tuple[Held, float]] = {}
        self.finished: list[Finished] = []
        self.lines: set[asyncio.Task[None]] = set()
        self.troubles = 0
        self.is_empty = self.is_over = self.is_closed = self.is_writing = False

    async def run(self) -> None:
        """Works until it is told to stop (or, `until_empty`, until nothing is due); then what is in hand is awaited."""
        self.loop = asyncio.get_running_loop()
        self.news, self.work, self.hunger = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.ledger, self.composer = ThreadPoolExecutor(1, "ledger"), ThreadPoolExecutor(1, "composer")
        rounds, composing = asyncio.create_task(self._go_round()), asyncio.create_task(self._keep_ready())
        try:
            await self._watch()
        finally:
            await self._end(rounds, composing)
            for each in (self.ledger, self.composer):
                each.submit(self.desk.hang_up)
                each.shutdown()

    async def _watch(self) -> None:
        """Sees to it that there are as many lines as are wanted, and no idle ones."""
        while not self._should_end() and not (self.until_empty and self.is_empty and self._is_idle()):
            while self.ready and len(self.lines) < self._wanted():
                line = asyncio.create_task(self._keep_line())
                self.lines.add(line)
                line.add_done_callback(self.lines.discard)
            before = self.loop.time() - self.speed.idle
            while self.waiting and not self.ready and self.waiting[0].since < before:
                self.waiting.popleft().told.set_result(None)
            await _rest(self.work, 0.05 if self.ready else self.speed.rest)

    def _should_end(self) -> bool:
        return self.stop.is_set() or self.desk.is_outdated

    def _is_idle(self) -> bool:
        return not (self.ready or self.in_hand or self.finished or self.is_writing)

    def _wanted(self) -> int:
        now = self.loop.time()
        slow = sum(1 for _, since in self.in_hand.values() if now - since > self.speed.slow)
        return self.speed.lines + min(slow, self.speed.spare)

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        self.is_over = True
        while self.waiting:
            self.waiting.popleft().told.set_result(None)
        if self.lines:
            await asyncio.wait(self.lines, timeout=self.speed.grace)
        why = Unsure("We were told to end, and had not heard the answer.")
        self.finished += [Finished(held, why, self.clock()) for held, _ in self.in_hand.values()]
        self.in_hand.clear()
        lines = [*self.lines]
        for each in lines:
            each.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
        self.is_closed = True
        self.news.set()
        self.hunger.set()
        await asyncio.wait(tasks, timeout=self.speed.grace)
        with suppress(*AWAY):
            await self._ask(self.ledger, lambda: self.desk.count(self.clock()), again=False)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("The engine met trouble.", exc_info=result)

    # Lines

    async def _keep_line(self) -> None:
        """One line: opened when there is work, closed when there has been none for a while."""
        line = self.new_line()
        try:
            while not self.is_over and (line.is_open or await self._open(line)):
                held = await self._next()
                if held is None:
                    return
                await self._hand_over(line, held)
                if len(self.lines) > self._wanted():
                    return
        finally:
            await line.close()

    async def _open(self, line: Transport) -> bool:
        try:
            await line.open()
        except CannotReach as trouble:
            if trouble.is_ours:
                said = str(trouble)
                await self._ask(self.ledger, lambda: self.desk.stop_sending(said, self.clock()))
            if not self.troubles:
                log.warning("No mail can be sent just now: %s", trouble)
            self.troubles += 1
            until = self.loop.time() + min(
                self.speed.away * 2 ** min(self.troubles, 10), self.speed.longest_away
            )
            while not self.is_over and self.loop.time() < until:
                await asyncio.sleep(0.1)
            return False
        self.troubles = 0
        return True

    async def _next(self) -> Held | None:
        """The next mail for a line that is open; None where there is none for a long while, or ever."""
        if self.is_over:
            return None
        told: asyncio.Future[Held | None] = self.loop.create_future()
        self.waiting.append(_Waiting(self.loop.time(), told))
        self.news.set()
        return await told

    async def _hand_over(self, line: Transport, held: Held) -> None:
        assert held.mail, "only what is composed is taken in hand"
        to, begun = held.mail.to, self.in_hand[held.delivery.pk][1]
        fate = await line.hand_over(held.mail)
        pauses = self.domains.end(to, begun, fate, self.loop.time())
        if self.in_hand.pop(held.delivery.pk, None):
            self.finished.append(Finished(held, fate, self.clock(), pauses))
            self.news.set()

    # The ledger

    async def _go_round(self) -> None:
        """Round after round: what is over is written down, what comes next is marked, in one transaction."""
        while not (self.is_closed and not self.finished):
            await self.news.wait()
            if self.in_hand:
                # A round costs the same for one mail as for all lines: those that are nearly over come along.
                await asyncio.sleep(self.speed.gather)
            self.news.clear()
            finished, self.finished = self.finished, []
            picks = self._pick()
            if not finished and not picks:
                continue
            self.is_writing = True
            self._give(await self._round(finished, picks))
            self.is_writing = False
            if len(self.ready) <= self.speed.batch // 2:
                self.hunger.set()

    async def _round(self, finished: Sequence[Finished], picks: Sequence[Held]) -> Sequence[Held]:
        try:
            return await self._ask(self.ledger, lambda: self.desk.go_round(finished, picks, self.clock()))
        except Exception:
            log.exception("A round went wrong; what is over is written down one by one.")
        for each in finished:
            try:
                await self._ask(self.ledger, lambda one=each: self.desk.go_round([one], [], self.clock()))  # type: ignore[misc]
            except Exception:
                # It stays in hand, and is named uncertain in time.
                log.exception("What became of delivery %s cannot be written down.", each.held.delivery.pk)
        await asyncio.sleep(self.speed.away)
        return []

    def _pick(self) -> list[Held]:
        """What goes next: as many as there are open lines that wait, and no more to one domain than it bears."""
        if self.is_over:
            return []
        now = self.loop.time()
        most = min(len(self.waiting), self.pace.allows(now))
        picks, passed, chosen = list[Held](), list[Held](), Counter[str]()
        while self.ready and len(picks) < most:
            held = self.ready.popleft()
            may = self.domains.may_begin(held.delivery.domain, now, chosen)
            (picks if may else passed).append(held)
        self.ready.extendleft(reversed(passed))
        self.pace.spend(len(picks))
        return picks

    def _give(self, handed: Sequence[Held]) -> None:
        now = self.loop.time()
        for held in handed:
            if not self.waiting:
                # The line it was meant for is closed by now: it was in nobody's hand.
                unsaid = Refused(0, "It was not begun.", Verb.CONNECT)
                self.finished.append(Finished(held, unsaid, self.clock()))
                self.news.set()
                continue
            assert held.mail
            self.in_hand[held.delivery.pk] = held, now
            self.domains.begin(held.mail.to, now)
            self.waiting.popleft().told.set_result(held)

    # Composing

    async def _keep_ready(self) -> None:
        """Keeps mails ready, and what waits in our hands ours; names what dead workers left."""
        while not self.is_over:
            now = self.loop.time()
            resting = self.domains.resting(now)
            back = [each for each in self.ready if each.delivery.domain in resting]
            held = [each for each in self.ready if each.delivery.domain not in resting]
            self.ready = deque(held)
            avoiding = self.domains.avoided(
                held, now, most=max(self.speed.batch // 2, self.speed.domain_lines)
            )
            wants = self.speed.batch if len(held) <= self.speed.batch // 2 else 0
            if not (wants or back or self.desk.is_to_renew(self.clock())):
                self.news.set()
                await _rest(self.hunger, 0.05)
                continue
            found = await self._ask(
                self.composer,
                lambda h=held, b=back, w=wants, a=avoiding: self.desk.prepare(  # type: ignore[misc]
                    h, b, wants=w, now=self.clock(), avoiding=a
                ),
            )
            self.ready = deque(each for each in self.ready if each.delivery.pk not in found.lost)
            self.ready.extend(found.ready)
            self.is_empty = wants > 0 and not (found.claimed or found.more)
            if found.ready:
                self.work.set()
            if self.ready:
                # Also where nothing is new: a line may wait for a domain whose rest is over, or for the next second.
                self.news.set()
            if not found.claimed or len(self.ready) > self.speed.batch // 2:
                await _rest(self.hunger, 0.05 if self.ready else self.speed.rest)
        await self._ask(self.composer, lambda: self.desk.give_back([*self.ready]), again=False)

    async def _ask(self, where: ThreadPoolExecutor, ask: Callable[[], Said], *, again: bool = True) -> Said:
        """What a thread of ours has the database do; while the database is away, again and again."""
        wait, is_first = self.speed.away, True
        while True:
            try:
                return await self.loop.run_in_executor(where, self.desk.asking, ask)
            except AWAY as trouble:
                if not again:
                    raise
                if is_first:
                    log.warning("The ledger cannot be written just now, and is tried again: %s", trouble)
                is_first = False
            await asyncio.sleep(wait)
            wait = min(wait * 2, 2.0)


async def _rest(event: asyncio.Event, seconds: float) -> None:
    """Waits for an event, and no longer than so many seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
    finally:
        event.clear()
