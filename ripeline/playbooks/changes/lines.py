"""Two texts line by line: what went, what came, and a few lines round it. Pure.

The shortest way from the one text to the other, by the greedy algorithm of Myers (An O(ND) difference algorithm and
its variations, 1986), which takes the longer the more differs. So it walks a bounded number of steps, and what differs
in more places than that is shown as one piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

AROUND: Final = 2
MOST_STEPS: Final = 1_000_000
"""Steps of the search; some tenths of a second."""
MOST_SHOWN: Final = 2_000
"""Lines shown in all."""
MOST_OF_A_BLOCK: Final = 500
"""Lines shown of what went, or came, in one place."""
COARSE: Final = (
    "The two differ in too many places to be told apart line by line: all that was there, then all that is."
)

Match = tuple[int, int]
"""A line that is in both: its place in the one and in the other, from 0."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of either text: `kind` is same, gone, come, gap (lines left out) or note (`text` is a word about what is
    shown); numbers from 1, or None."""

    kind: str
    old: int | None
    new: int | None
    text: str = ""


def compare_lines(old: str, new: str) -> tuple[DiffLine, ...]:
    """The lines that differ, with two lines round them; empty where none does. At most MOST_SHOWN, and a note."""
    was, now = old.splitlines(), new.splitlines()
    found = _matches(was, now)
    said = [DiffLine("note", None, None, COARSE)] if found is None else []
    shown = _shown(_ends_alone(was, now) if found is None else found, was, now)
    lines = list(islice(chain(said, shown), MOST_SHOWN + 1))
    if len(lines) > MOST_SHOWN:
        lines[MOST_SHOWN:] = [DiffLine("note", None, None, "More lines differ below; they are not shown.")]
    return tuple(lines)


def _matches(was: Sequence[str], now: Sequence[str]) -> list[Match] | None:
    """The lines of both that stay, in order; None where finding them would take too long."""
    head, tail = _ends(was, now)
    mine, theirs = ([(at, lines[at]) for at in range(head, len(lines) - tail)] for lines in (was, now))
    both = {line for _, line in mine} & {line for _, line in theirs}
    # A line that only one of them has stays in neither, and costs the search nothing.
    mine, theirs = ([each for each in lines if each[1] in both] for lines in (mine, theirs))
    kept = _search([line for _, line in mine], [line for _, line in theirs])
    if kept is None:
        return None
    middle = [(mine[one][0], theirs[other][0]) for one, other in kept]
    return [*_ends_alone(was, now, head=head, tail=0), *middle, *_ends_alone(was, now, head=0, tail=tail)]


def _ends(was: Sequence[str], now: Sequence[str]) -> tuple[int, int]:
    """How many lines at the beginning, and of the others at the end, are the same."""
    most = min(len(was), len(now))
    head = next((at for at in range(most) if was[at] != now[at]), most)
    most -= head
    tail = next((at for at in range(most) if was[-1 - at] != now[-1 - at]), most)
    return head, tail


def _ends_alone(
    was: Sequence[str], now: Sequence[str], *, head: int | None = None, tail: int | None = None
) -> list[Match]:
    """The lines at the two ends that stay, as many as said or as there are."""
    if head is None or tail is None:
        head, tail = _ends(was, now)
    return [
        *((at, at) for at in range(head)),
        *((len(was) - at, len(now) - at) for at in range(tail, 0, -1)),
    ]


def _search(mine: Sequence[str], theirs: Sequence[str]) -> list[Match] | None:
    """The longest row of lines in both; None after MOST_STEPS.

    `far[k]` is how far in `mine` the best way with so many changes is that has gone k lines further there than in
    `theirs`; each round takes one change more, and remembers what `far` was.
    """
    far: dict[int, int] = {1: 0}
    rounds: list[dict[int, int]] = []
    steps = 0
    for changes in range(len(mine) + len(theirs) + 1):
        rounds.append(far)
        far = dict(far)
        for k in range(-changes, changes + 1, 2):
            at = _best(far, k, changes)
            begun = at
            while at < len(mine) and at - k < len(theirs) and mine[at] == theirs[at - k]:
                at += 1
            far[k] = at
            if at >= len(mine) and at - k >= len(theirs):
                return _walk_back(rounds, len(mine), len(theirs))
            steps += 1 + at - begun
        steps += len(far)
        if steps > MOST_STEPS:
            return None
    return []


def _best(far: dict[int, int], k: int, changes: int) -> int:
    """Where the way begins that goes one change further onto k: from a line more of theirs, or from one of mine."""
    if k == -changes or (k != changes and far[k - 1] < far[k + 1]):
        return far[k + 1]
    return far[k - 1] + 1


def _walk_back(rounds: Sequence[dict[int, int]], at: int, there: int) -> list[Match]:
    """The lines that stay on the way found, from its end to its beginning and turned round."""
    found: list[Match] = []
    for changes in range(len(rounds) - 1, -1, -1):
        far, k = rounds[changes], at - there
        begun = _best(far, k, changes)
        while at > begun and there > begun - k and at > 0 and there > 0:
            at, there = at - 1, there - 1
            found.append((at, there))
        from_theirs = k == -changes or (k != changes and far[k - 1] < far[k + 1])
        at, there = (at, there - 1) if from_theirs else (at - 1, there)
    return found[::-1]


def _shown(matches: Sequence[Match], was: Sequence[str], now: Sequence[str]) -> Iterator[DiffLine]:
    """What went and came between the lines that stay, with some of those round it."""
    one = other = 0
    pending: list[Match] = []
    is_begun = False
    for at, there in [*matches, (len(was), len(now))]:
        if (at, there) != (one, other):
            yield from _before(pending, was, is_begun=is_begun)
            yield from _block("gone", was, one, at)
            yield from _block("come", now, other, there)
            pending, is_begun = [], True
        pending.append((at, there))
        one, other = at + 1, there + 1
    if is_begun:
        yield from (_same(was, each) for each in pending[:AROUND] if each[0] < len(was))


def _before(stays: Sequence[Match], was: Sequence[str], *, is_begun: bool) -> Iterator[DiffLine]:
    """The lines that stay before a difference: those round it and round the one before, if there was one."""
    first = AROUND if is_begun else 0
    if len(stays) <= first + AROUND:
        yield from (_same(was, each) for each in stays)
        return
    yield from (_same(was, each) for each in stays[:first])
    yield DiffLine("gap", None, None)
    yield from (_same(was, each) for each in stays[-AROUND:])


def _same(was: Sequence[str], match: Match) -> DiffLine:
    return DiffLine("same", match[0] + 1, match[1] + 1, was[match[0]])


def _block(kind: str, lines: Sequence[str], low: int, high: int) -> Iterator[DiffLine]:
    for at in range(low, min(high, low + MOST_OF_A_BLOCK)):
        old, new = (at + 1, None) if kind == "gone" else (None, at + 1)
        yield DiffLine(kind, old, new, lines[at])
    if high - low > MOST_OF_A_BLOCK:
        left = high - low - MOST_OF_A_BLOCK
        verb = "are gone" if kind == "gone" else "came"
        yield DiffLine("note", None, None, f"{left:,} more lines {verb} here.")
