"""Touches that a replay cannot use as they are: they are counted, and the first of each sort are named.

Nothing of a history is left out silently: what is dated in the future, of a kind nobody knows, with attrs that are no
flat map, or moves somebody to a stage there is not, is told beside what came out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ripeline.lifecycle.playbook import Playbook
from ripeline.lifecycle.touch import BEYOND, KINDS, Touch
from ripeline.replay.history import History, from_touches
from ripeline.replay.kernel_state import NEVER, Array
from ripeline.replay.odd_attrs import find_odd

EXAMPLES: Final = 5
"""So many touches of each sort are named, the earliest ones; all are counted."""
SHOWN: Final = 20
"""So many unknown kinds are told by name, the most frequent ones."""
MOST_KINDS: Final = 1_000
"""So many unknown kinds are told apart; touches of others are counted together."""


@dataclass(frozen=True, slots=True)
class Example:
    """A touch that could not be used: whose, when, and what is written in it."""

    person: str
    at: int
    what: str


@dataclass(frozen=True, slots=True)
class Unused:
    """Touches of one sort that could not be used."""

    count: int = 0
    examples: tuple[Example, ...] = ()

    def __add__(self, other: Unused) -> Unused:
        both = sorted((*self.examples, *other.examples), key=lambda it: (it.at, it.person))
        return Unused(self.count + other.count, tuple(both[:EXAMPLES]))


@dataclass(frozen=True, slots=True)
class Listing:
    """What could not be used of some people's touches; adds up over people, in bounded memory.

    `sorts` goes by "future", the words of `Oddness` and whatever the caller adds. `kinds` has the unknown kinds, at
    most MOST_KINDS; `rest` counts the touches of those beyond.
    """

    sorts: Mapping[str, Unused] = field(default_factory=dict)
    kinds: Mapping[str, Unused] = field(default_factory=dict)
    rest: int = 0

    def __add__(self, other: Listing) -> Listing:
        kinds = _added(self.kinds, other.kinds)
        kept = dict(sorted(kinds.items(), key=lambda it: (-it[1].count, it[0]))[:MOST_KINDS])
        dropped = sum(those.count for kind, those in kinds.items() if kind not in kept)
        return Listing(_added(self.sorts, other.sorts), kept, self.rest + other.rest + dropped)

    @property
    def told(self) -> dict[str, Unused]:
        """By sort: those of `sorts`, then "kind NAME" for the most frequent unknown kinds, then "kinds" for the others
        together."""
        ordered = sorted(self.kinds.items(), key=lambda it: (-it[1].count, it[0]))
        told = dict(self.sorts) | {f"kind {kind}": those for kind, those in ordered[:SHOWN]}
        others = self.rest + sum(those.count for _, those in ordered[SHOWN:])
        return told | ({"kinds": Unused(others)} if others else {})

    @property
    def further_kinds(self) -> int:
        """How many kinds are told together; at least so many where `rest` is more than nought."""
        return max(len(self.kinds) - SHOWN, 0)


def find_unused(
    history: History, playbooks: Iterable[Playbook], *, future: int | None, attrs: bool = True
) -> Listing:
    """What of a history is dated after `future` (None: not asked), what has attrs that are no flat map, and what is of
    a kind that is neither in the vocabulary nor named by a signal of these playbooks.

    Without `attrs` those are known to be all right, and are not looked at.
    """
    kinds, rest = _unknown_kinds(history, known_kinds(playbooks))
    late = np.flatnonzero(history.at > (NEVER if future is None else future))
    dated = listing_of(future=named(history, late))
    return Listing(dated | (odd_attrs(history) if attrs else {}), kinds, rest)


def odd_attrs(history: History) -> dict[str, Unused]:
    """The touches whose attrs are no flat map and count as none, by what is wrong with them."""
    odd = find_odd(_arrow(history.attrs.values))
    codes: dict[str, list[int]] = {}
    for code, why in odd.items():
        codes.setdefault(why, []).append(code)
    return {
        why: named(history, np.flatnonzero(np.isin(history.attrs.codes, those)))
        for why, those in sorted(codes.items())
    }


def unused_of(touches: Iterable[Touch], playbook: Playbook, *, future: int | None) -> Listing:
    """The same of touches one by one."""
    known, latest = known_kinds((playbook,)), float("inf") if future is None else future
    odd = [touch for touch in touches if touch.at > latest or touch.kind not in known]
    return find_unused(from_touches(odd), (playbook,), future=future, attrs=False)


def known_kinds(playbooks: Iterable[Playbook]) -> set[str]:
    """The vocabulary, what Ripeline makes beside it, and the kinds that signals of these playbooks name."""
    known = {*KINDS, *BEYOND}
    for playbook in playbooks:
        known.update(kind for signal in playbook.signals.values() for kind in signal.kind or ())
    return known


def listing_of(**sorts: Unused) -> dict[str, Unused]:
    """Those sorts of which there is anything; an underscore of a name is a space."""
    return {sort.replace("_", " "): those for sort, those in sorts.items() if those.count}


def named(history: History, rows: Array, subjects: bool = False) -> Unused:
    """The touches of these rows, the first of them by name: with their kind, and their subject if asked."""
    first = rows[np.argsort(history.at[rows], kind="stable")[:EXAMPLES]]
    people = np.searchsorted(history.starts, first, "right") - 1
    persons = history.people.take(pa.array(people)).to_pylist()
    texts = [_texts(history.kind.values, history.kind.codes[first])]
    if subjects:
        texts.append(_texts(history.subject.values, history.subject.codes[first]))
    said = [" ".join(filter(None, each)) for each in zip(*texts, strict=True)]
    instants = history.at[first].tolist()
    return Unused(len(rows), tuple(Example(*each) for each in zip(persons, instants, said, strict=True)))


def _unknown_kinds(history: History, known: set[str]) -> tuple[dict[str, Unused], int]:
    """The most frequent unknown kinds, the first ones of them with examples; and the touches of all others."""
    values = _arrow(history.kind.values)
    counts = np.bincount(history.kind.codes, minlength=len(values))
    is_known = pc.is_in(values, value_set=pa.array([*known, None], pa.string()))
    strange = np.flatnonzero(~is_known.to_numpy(zero_copy_only=False) & (counts > 0))
    if not len(strange):
        return {}, 0
    ordered = strange[np.argsort(-counts[strange], kind="stable")]
    kept = ordered[:MOST_KINDS]
    examples = _examples(history, kept[:SHOWN], len(values))
    found: Counter[str] = Counter()
    for kind, count in zip(_texts(values, kept), counts[kept].tolist(), strict=True):
        found[kind] += count
    rest = int(counts[ordered[MOST_KINDS:]].sum())
    return {kind: Unused(count, examples.get(kind, ())) for kind, count in found.items()}, rest


def _examples(history: History, codes: Array, all_codes: int) -> dict[str, tuple[Example, ...]]:
    """The earliest touches of each of these kinds, found in one pass over all."""
    group_of = np.full(all_codes, -1)
    group_of[codes] = np.arange(len(codes))
    groups = group_of[history.kind.codes]
    rows = np.flatnonzero(groups >= 0)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    each = np.split(rows, np.searchsorted(groups[rows], np.arange(1, len(codes))))
    named_ones = [named(history, those).examples for those in each]
    return {those[0].what: those for those in named_ones if those}


def _added(mine: Mapping[str, Unused], theirs: Mapping[str, Unused]) -> dict[str, Unused]:
    both = dict(mine)
    for key, those in theirs.items():
        both[key] = both.get(key, Unused()) + those
    return both


def _arrow(values: object) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, pa.string())


def _texts(values: object, codes: Array) -> list[str]:
    return [text or "" for text in _arrow(values).take(pa.array(codes)).to_pylist()]
