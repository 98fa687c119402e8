"""Whom an event's ids lead to, and who is to have those that lead nowhere yet.

What a website says of them is a claim (`timeline.identities.claims`). It leads to whoever has the first of the ids, and
adds an address where there is none, an id where not many are claimed. A server knows: its id leads to whom it is known
of, or to who claimed it, where nothing else is known of them and no other address is told; else its address does; else
the person is new. What others only claimed goes over to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ripeline.people.contacts import ContactDraft
from ripeline.people.models import Identity
from ripeline.timeline.identities.claims import Way, Ways, ways_of

EMAIL, EXTERNAL = str(Identity.Kind.EMAIL), str(Identity.Kind.EXTERNAL)


@dataclass(slots=True)
class Places:
    """The people of a batch on their way: `known` says by their ids who they are (contact keys), and grows; `drafts`
    are the new. `taken` are the ids that somebody who is known takes from those who claim them (`losers`)."""

    known: dict[Way, str]
    drafts: dict[str, ContactDraft] = field(default_factory=dict)
    taken: dict[str, list[Way]] = field(default_factory=dict)
    losers: set[str] = field(default_factory=set)
    _claimed_here: set[str] = field(default_factory=set)
    _ways: dict[str, Ways] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ways = dict(ways_of(self.known.values())) if self.known else {}

    def are_claimed_here(self, ways: tuple[Way, ...]) -> bool:
        """Whether any of them leads to somebody to whom this batch adds a claim."""
        return any(self.known.get(way) in self._claimed_here for way in ways)

    def holder(self, ways: tuple[Way, ...], *, is_public: bool) -> str | None:
        """Whom an event of these ids is about; None for somebody new."""
        if is_public:
            return next((self.known[way] for way in ways if way in self.known), None)
        return next((self.known[way] for way in ways if self._leads(way, ways)), None)

    def claim(self, key: str, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        """What a website's word adds of them."""
        theirs = self._ways_of(key)
        given = []
        for way in ways:
            if way not in self.known and theirs.has_room(way):
                theirs.claims.add(way)
                given.append(way)
        if given:
            self._claimed_here.add(key)
        return self._give(key, given, is_claim=True)

    def make_known(self, key: str, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        """What a server's word adds of them, makes known, or takes from others."""
        theirs = self._ways_of(key)
        given = []
        for way in ways:
            other = self.known.get(way, key)
            if way in theirs.known or (other != key and way not in self._ways[other].claims):
                continue
            if other != key:
                self._ways[other].claims.discard(way)
                self.losers.add(other)
                self.taken.setdefault(key, []).append(way)
            theirs.claims.discard(way)
            theirs.known.add(way)
            given.append(way)
        return self._give(key, given, is_claim=False)

    def _leads(self, way: Way, ways: tuple[Way, ...]) -> bool:
        """Whether one of the ids that a server names leads where it did."""
        key = self.known.get(way)
        if key is None:
            return False
        told = {each for each in ways if each[0] == EMAIL}
        elsewhere = any(self.known.get(each, key) != key for each in told)
        return self._ways[key].leads(way, told, elsewhere=elsewhere)

    def _ways_of(self, key: str) -> Ways:
        if key not in self._ways:
            self._ways[key] = Ways()
            self.drafts[key] = ContactDraft(key=key)
        return self._ways[key]

    def _give(self, key: str, given: list[Way], *, is_claim: bool) -> tuple[Way, ...]:
        self.known |= dict.fromkeys(given, key)
        if draft := self.drafts.get(key):
            emails = tuple(value for kind, value in given if kind == EMAIL)
            external = tuple(value for kind, value in given if kind == EXTERNAL)
            self.drafts[key] = replace(
                draft,
                emails=(*draft.emails, *emails),
                external=(*draft.external, *external),
                claims=draft.claims | (frozenset(emails + external) if is_claim else frozenset()),
            )
        return tuple(given)
