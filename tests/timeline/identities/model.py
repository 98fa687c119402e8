"""Who is whom by plain means, to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field

from ripeline.people.models import Contact
from ripeline.timeline.models import Touch


@dataclass
class Model:
    """Who is whom by plain means: facts in lists, and everything asked for worked out from all of them each time."""

    touches: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """Person (or ""), browser (or "") and hour by the touch's id."""
    identified: set[tuple[str, int, str]] = field(default_factory=set)
    merged: list[tuple[str, str]] = field(default_factory=list)

    def one(self, name: str) -> frozenset[str]:
        """Everybody who is one with somebody."""
        found = {name}
        while more := {each for pair in self.merged for each in pair if found & set(pair)} - found:
            found |= more
        return frozenset(found)

    def user_of(self, browser: str, hour: int) -> str:
        """Who used a browser in an hour."""
        uses = sorted((at, who) for which, at, who in self.identified if which == browser)
        before = [who for at, who in uses if at <= hour]
        return before[-1] if before else uses[0][1] if uses else ""

    def owners(self) -> dict[str, frozenset[str]]:
        """Whose each touch is: all the names of that person."""
        homes = {uid: who or self.user_of(which, hour) for uid, (who, which, hour) in self.touches.items()}
        return {uid: self.one(home) if home else frozenset() for uid, home in homes.items()}


def people_by_touch() -> dict[str, frozenset[str]]:
    """Whose each touch is: the names of everybody who is one with that person."""
    one: dict[int, set[str]] = {}
    for pk, merged, name in Contact.objects.values_list("pk", "merged_into", "name"):
        one.setdefault(merged or pk, set()).add(name)
    rows = Touch.objects.values_list("uid", "contact")
    return {uid: frozenset(one[pk] if pk else ()) for uid, pk in rows}
