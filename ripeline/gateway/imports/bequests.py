"""What an undone step leaves to later imports that stand: what they said too is theirs to take back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ripeline.gateway.imports.shared import Others
from ripeline.gateway.models import ImportStep
from ripeline.people.told import told_name, told_trait

_TRAIT, _TAG = told_trait(""), "tag "
_PARTS = (("columns", ""), ("traits", _TRAIT))


@dataclass(slots=True)
class Passed:
    """What goes on to others: columns ("title"), traits ("trait color") and tags ("tag vip") by contact; identities and
    touches by id."""

    names: dict[int, set[str]] = field(default_factory=dict)
    ways: set[int] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)

    def names_of(self, pk: int) -> Collection[str]:
        return self.names.get(pk, ())


def bequeath(step: ImportStep, others: Others) -> Passed:
    """Passes on what later steps of others, that stand, changed in their turn or said again.

    Where one changed what this step had changed, what was before it now is what was before both. Where one said the
    same again, it now is the one that changed it. So undoing all, in whatever order, leads back to the beginning; and
    what the latest says that stands stays true.
    """
    will = _Will(step.done)
    concerned = {int(pk) for part in ("columns", "touches") for pk in step.done.get(part, {})}
    for pk in others.naming(concerned, after=step.pk):
        theirs: dict[str, Any] = ImportStep.objects.values_list("done", flat=True).get(pk=pk)
        if will.share(theirs):
            ImportStep.objects.filter(pk=pk).update(done=theirs)
    return will.passed


class _Will:
    """One step's, as later steps take their shares of it. Contacts are named as steps name them: by text."""

    def __init__(self, done: dict[str, Any]) -> None:
        self.passed = Passed()
        self._done = done
        self._moments: dict[str, set[str]] = {}
        # What somebody changed since is said again by nobody who comes after them.
        self._settled: dict[str, set[str]] = {}

    def share(self, theirs: dict[str, Any]) -> bool:
        """Writes into what another step did what is theirs now; whether there was anything."""
        is_more = False
        for pk in self._done.get("columns", {}).keys() & theirs.get("columns", {}).keys():
            is_more |= self._share_changed(pk, theirs)
        again = {
            str(pk): names
            for names, people in theirs.get("again", ())
            for pk in people
            if str(pk) in self._done.get("columns", {})
        }
        for pk, names in again.items():
            is_more |= self._share_again(pk, names, theirs)
        is_more |= self._share_ways(theirs)
        return self._share_touches(theirs) or is_more

    def _share_changed(self, pk: str, theirs: dict[str, Any]) -> bool:
        passed = self.passed.names.setdefault(int(pk), set())
        settled, found = self._settled.setdefault(pk, set()), set[str]()
        for part, kind in _PARTS:
            mine, later = (each.get(part, {}).get(pk, {}) for each in (self._done, theirs))
            but = {name.removeprefix(kind) for name in passed | settled if name.startswith(kind)}
            found |= {kind + name for name in _pass_on(mine, later, but)}
            settled |= {kind + name for name in later.keys() - {"updated_at"}}
        passed |= found
        moments = self._moments.setdefault(pk, set())
        mine, later = (each.get("told", {}).get(pk, {}) for each in (self._done, theirs))
        told = _pass_on(mine, later, moments)
        moments |= told
        return bool(found or told)

    def _share_again(self, pk: str, names: Iterable[str], theirs: dict[str, Any]) -> bool:
        passed = self.passed.names.setdefault(int(pk), set())
        ours = [
            name
            for name in names
            if name not in passed | self._settled.get(pk, set()) and self._has(pk, name)
        ]
        for name in ours:
            passed.add(name)
            self._hand_change(pk, theirs)
            if name.startswith(_TAG):
                theirs.setdefault("tags", {}).setdefault(pk, []).append(name.removeprefix(_TAG))
                continue
            part = "traits" if name.startswith(_TRAIT) else "columns"
            plain = name.removeprefix(_TRAIT)
            theirs.setdefault(part, {}).setdefault(pk, {})[plain] = self._done[part][pk][plain]
            self._hand_moment(pk, told_trait(plain) if part == "traits" else told_name(plain), theirs)
        return bool(ours)

    def _has(self, pk: str, name: str) -> bool:
        if name.startswith(_TAG):
            return name.removeprefix(_TAG) in self._done.get("tags", {}).get(pk, ())
        part = "traits" if name.startswith(_TRAIT) else "columns"
        return name.removeprefix(_TRAIT) in self._done.get(part, {}).get(pk, {})

    def _share_ways(self, theirs: dict[str, Any]) -> bool:
        said = set(theirs.get("ways", ())) - self.passed.ways
        found = False
        for pk, ways in self._done.get("identities", {}).items() if said else ():
            if shared := [way for way in ways if way in said]:
                self.passed.ways.update(shared)
                self._hand_change(pk, theirs)
                theirs.setdefault("identities", {}).setdefault(pk, []).extend(shared)
                firsts = [way for way in shared if way in self._done.get("first", ())]
                theirs.setdefault("first", []).extend(firsts)
                found = True
        return found

    def _share_touches(self, theirs: dict[str, Any]) -> bool:
        said = set(theirs.get("heard", ())) - self.passed.touches
        found = False
        for pk, uids in self._done.get("touches", {}).items() if said else ():
            if shared := [uid for uid in uids if uid in said]:
                self.passed.touches.update(shared)
                theirs.setdefault("touches", {}).setdefault(pk, []).extend(shared)
                found = True
        return found

    def _hand_change(self, pk: str, theirs: dict[str, Any]) -> None:
        """Lets them have changed the contact at all; the first of whom it is so, since it was last changed before."""
        changed = theirs.setdefault("columns", {})
        if pk in changed:
            return
        passed = self.passed.names.setdefault(int(pk), set())
        was, left = self._done["columns"][pk]["updated_at"]
        changed[pk] = {"updated_at": [left if "updated_at" in passed else was, left]}
        passed.add("updated_at")

    def _hand_moment(self, pk: str, name: str, theirs: dict[str, Any]) -> None:
        moments = self._moments.setdefault(pk, set())
        mine = self._done.get("told", {}).get(pk, {}).get(name)
        if mine is not None and name not in moments:
            moments.add(name)
            theirs.setdefault("told", {}).setdefault(pk, {}).setdefault(name, mine)


def _pass_on(mine: Mapping[str, list[Any]], theirs: dict[str, list[Any]], but: Collection[str]) -> set[str]:
    """Values are kept as [before, after], or [after] where there was none before."""
    found = {
        name
        for name, values in mine.items()
        if name not in but and len(theirs.get(name, ())) > 1 and theirs[name][0] == values[-1]
    }
    for name in found:
        theirs[name] = [*mine[name][:-1], theirs[name][-1]]
    return found
