"""What is turned away at the door, for whoever looks why: the latest of it, without the sender's address."""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime
from typing import NamedTuple

LATEST = 200
"""How many are kept."""
AT_ONCE = 50
"""How many kinds are written at once; more of them in one second are somebody's flood."""
LONGEST_EVENT, LONGEST_REASON = 100, 200


MOMENT = len("2026-03-03 12:00:00.000000")


def moment(at: datetime) -> str:
    """A moment as the collector keeps it: UTC, as text."""
    return at.astimezone(UTC).isoformat(" ", "microseconds")[:MOMENT]


class Turned(NamedTuple):
    """One refusal: the moment (UTC, as text), the write key's number where it is known, what the event is called where
    it is one, and the sentence that the sender was told."""

    at: str
    write_key: int | None
    event: str
    reason: str


class Refusals:
    """Those that nobody has written down yet. Noted on one thread, taken on another; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._noted: deque[Turned] = deque(maxlen=LATEST)

    def note(self, turned: Turned) -> None:
        """Notes one."""
        self._noted.append(turned)

    def take(self) -> list[tuple[Turned, int]]:
        """What was noted since, and how often: those alike are one, as of their first moment."""
        first: dict[tuple[int | None, str, str], Turned] = {}
        times: Counter[tuple[int | None, str, str]] = Counter()
        while self._noted:
            each = self._noted.popleft()
            alike = (each.write_key, _kept(each.event, LONGEST_EVENT), _kept(each.reason, LONGEST_REASON))
            first.setdefault(alike, each)
            times[alike] += 1
        return [(Turned(first[alike].at, *alike), count) for alike, count in times.items()][-AT_ONCE:]


def _kept(text: str, most: int) -> str:
    """Letters that every database takes: an event that is refused has not been looked through."""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()
