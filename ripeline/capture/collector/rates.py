"""How much one sender may send in a while: counted in this process, forgotten at its end."""

from __future__ import annotations

import math

from ripeline.capture.collector.limits import ADDRESSES

ROUNDING = 1e-6


class Rates:
    """A bucket for each sender: it holds `burst` events and fills by `a_second`."""

    def __init__(self, *, a_second: float, burst: float, most: int = ADDRESSES) -> None:
        self._a_second, self._burst, self._most = a_second, burst, most
        self._senders: dict[tuple[int, str], tuple[float, float]] = {}

    def wait(self, sender: tuple[int, str], events: int, now: float) -> int:
        """Whole seconds after which these events may be sent; 0: they may be now, and are counted. `now` is any
        clock's seconds."""
        left, since = self._senders.get(sender, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._a_second)
        # A batch larger than the bucket would never be let in.
        cost = min(events, self._burst)
        # Beyond what sums of fractions get wrong: whoever waited as long as they were told is let in.
        if cost - left > ROUNDING:
            return max(1, math.ceil((cost - left) / self._a_second))
        if len(self._senders) >= self._most and sender not in self._senders:
            self._forget(now)
        self._senders[sender] = (left - cost, now)
        return 0

    def _forget(self, now: float) -> None:
        """Forgets those whose buckets are full again; where all are busy, everybody begins anew."""
        full_after = self._burst / self._a_second
        busy = {key: kept for key, kept in self._senders.items() if now - kept[1] < full_after}
        # Half: else the next stranger would have everybody looked at again.
        self._senders = busy if len(busy) < self._most / 2 else {}
