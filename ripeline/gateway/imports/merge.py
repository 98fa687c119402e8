"""Rows of one file about one person: found by any address or outside key they share, made one.

First non-empty wins, lists are united. Memory: 8 bytes a key in the look through the file, and an entry
for each key that occurs twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from ripeline.gateway.imports.record import Record


class Repeats:
    """Which keys of a file occur in more than one row; filled by `see`, asked after `settle`."""

    def __init__(self) -> None:
        self._seen = array("Q")
        self._often: frozenset[int] = frozenset()

    def see(self, record: Record) -> None:
        """Notes the keys of one row."""
        self._seen.extend({_number(key) for key in record.keys})

    def settle(self) -> None:
        """Finds out which keys occurred more than once and forgets the others."""
        numbers = (
            np.sort(np.frombuffer(self._seen, dtype=np.uint64)) if self._seen else np.empty(0, np.uint64)
        )
        again = numbers[1:][numbers[1:] == numbers[:-1]]
        self._often = frozenset(int(number) for number in np.unique(again))
        self._seen = array("Q")

    def of(self, record: Record) -> list[int]:
        """The keys of this row that another row has too, as numbers. (Two keys in 10^19 meet by chance; the
        database, not this number, says who is who.)"""
        if not self._often:
            return []
        return [number for key in record.keys if (number := _number(key)) in self._often]


class AlreadySaid:
    """Which fields earlier rows of the file have set for a repeated key, so that the first non-empty
    cell wins across steps, and a resumed import decides as one that was never stopped.
    """

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats
        self._fields: dict[int, frozenset[str]] = {}

    def take(self, record: Record) -> tuple[bool, frozenset[str]]:
        """Whether an earlier row was about this person, and the fields such rows have filled; from now on this row
        is an earlier one."""
        numbers = self._repeats.of(record)
        if not numbers:
            return False, _NOTHING
        earlier = [self._fields[number] for number in numbers if number in self._fields]
        before = _NOTHING.union(*earlier)
        filled = before | record.filled()
        for number in numbers:
            self._fields[number] = filled
        return bool(earlier), before


_NOTHING: frozenset[str] = frozenset()


def merge_alike(records: Sequence[Record]) -> list[Record]:
    """The records of one step, those that share a key made one, in the order of their first rows."""
    whole: list[Record] = []
    by_key: dict[str, Record] = {}
    for record in records:
        keys = record.keys
        known = next((by_key[key] for key in keys if key in by_key), None)
        if known is None:
            known = record
            whole.append(record)
        else:
            absorb(known, record)
        for key in keys:
            by_key.setdefault(key, known)
    return whole


def absorb(first: Record, later: Record) -> None:
    """Adds to `first` what only `later` says."""
    first.also += [later, *later.also]
    later.also = []
    for name, value in later.fields.items():
        first.fields.setdefault(name, value)
    for trait, scalar in later.traits.items():
        first.traits.setdefault(trait, scalar)
    first.emails = _united(first.emails, later.emails)
    first.phones = _united(first.phones, later.phones)
    first.external = _united(first.external, later.external)
    first.tags = _united(first.tags, later.tags)
    first.created_at = first.created_at or later.created_at
    first.traits_at = first.traits_at or later.traits_at
    first.touches += later.touches
    first.notes += later.notes


def _united(one: Iterable[str], other: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*one, *other)))


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
