"""People whom several imports have. An undo leaves them to the others and hands them over: they go with the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from ripeline.gateway.models import Import, ImportStep

_PEOPLE = ("contacts", "columns", "touches")
_AT_ONCE = 20
SAID = "{} is what another import says too, and stays."


class Made(NamedTuple):
    """Somebody an import made: how many touches they came with, and when they were last changed by it."""

    touches: int
    at: datetime


class Others:
    """Whom the steps of all other imports name that are not undone: 8 bytes for each person of a step."""

    def __init__(self, import_of: Import) -> None:
        self._import_of = import_of
        first = ImportStep.objects.filter(import_of=import_of).order_by("pk").first()
        # Nobody can have been named before they were made.
        self._first = first.pk if first else 0
        self._named: dict[int, np.typing.NDArray[np.int64]] = {}

    def look(self) -> None:
        """Reads the steps that were done since the last look, and forgets those that were undone."""
        standing = ImportStep.objects.filter(undone_at=None, pk__gt=self._first)
        standing = standing.exclude(import_of=self._import_of).order_by("pk")
        pks = list(standing.values_list("pk", flat=True))
        fresh = [pk for pk in pks if pk not in self._named]
        for start in range(0, len(fresh), _AT_ONCE):
            part = ImportStep.objects.filter(pk__in=fresh[start : start + _AT_ONCE])
            self._named |= {pk: _named(done) for pk, done in part.values_list("pk", "done")}
        self._named = {pk: self._named[pk] for pk in pks if pk in self._named}

    def heirs(self, people: Iterable[int]) -> dict[int, list[int]]:
        """Those of these people whom other imports name, by the first step that does."""
        found: dict[int, list[int]] = {}
        left = np.unique(np.fromiter(people, dtype=np.int64))
        for step, named in self._named.items():
            theirs = np.intersect1d(left, named, assume_unique=True)
            if theirs.size:
                found[step] = theirs.tolist()
                left = np.setdiff1d(left, theirs, assume_unique=True)
        return found

    def naming(self, people: Iterable[int], *, after: int) -> Iterator[int]:
        """The steps that name any of these people and were done `after` one, in the order they were done."""
        wanted = np.unique(np.fromiter(people, dtype=np.int64))
        for step, named in self._named.items():
            if step > after and np.intersect1d(wanted, named, assume_unique=True).size:
                yield step


def made_by(step: ImportStep) -> dict[int, Made]:
    """The people a step made, or was handed by the undoing of another import, by id."""
    made = {int(pk): Made(touches, step.at) for pk, touches in step.done.get("contacts", {}).items()}
    handed = step.done.get("handed", {}).get("people", {})
    return made | {int(pk): Made(touches, datetime.fromisoformat(at)) for pk, (touches, at) in handed.items()}


def companies_of(step: ImportStep) -> dict[int, datetime]:
    """The companies a step made or was handed, each with when it was made."""
    handed = step.done.get("handed", {}).get("companies", {})
    return dict.fromkeys(step.done.get("companies", ()), step.at) | {
        int(pk): datetime.fromisoformat(at) for pk, at in handed.items()
    }


def hand_over(heir: int, people: Mapping[int, Made], companies: Mapping[int, datetime]) -> None:
    """Lets the step of id `heir` have made these people and companies: whoever undoes it takes them along."""
    step = ImportStep.objects.get(pk=heir)
    handed: dict[str, dict[str, Any]] = step.done.get("handed", {"people": {}, "companies": {}})
    handed["people"] |= {str(pk): [each.touches, each.at.isoformat()] for pk, each in people.items()}
    handed["companies"] |= {str(pk): at.isoformat() for pk, at in companies.items()}
    ImportStep.objects.filter(pk=heir).update(done=step.done | {"handed": handed})


def _named(done: Mapping[str, Any]) -> np.typing.NDArray[np.int64]:
    named = {int(pk) for part in _PEOPLE for pk in done.get(part, {})}
    return np.array(sorted(named.union(done.get("met", ()))), dtype=np.int64)
