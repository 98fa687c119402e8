"""How much each domain gets at once: one that is dead, or does not want us, must not hold up the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ripeline.nurture.sending.answers import Blame, blame
from ripeline.nurture.sending.ledger import Held
from ripeline.nurture.sending.mail import Accepted, Fate, Refused, Unsure, Verb
from ripeline.nurture.sending.posting import domain_of

ENOUGH = 3
"""So many refusals for the time being, one after the other, and the domain gets a rest."""
UNWANTED_BY = 2
"""So many domains that do not want us within an hour, and nobody gets anything until somebody has looked."""
HOUR = 3600.0


@dataclass(slots=True)
class _Domain:
    in_hand: list[float] = field(default_factory=list)
    troubles: int = 0
    rests_until: float = 0.0


class Domains:
    """What one engine learns of domains as it goes; moments are seconds of its own clock."""

    def __init__(self, lines: int, *, slow: float, rest: float = 60.0, longest_rest: float = 1800.0) -> None:
        self.lines, self.slow, self.rest, self.longest_rest = lines, slow, rest, longest_rest
        self.known: dict[str, _Domain] = {}
        self.unwanted: dict[str, float] = {}

    def may_begin(self, domain: str, now: float, chosen: Counter[str]) -> bool:
        """Whether one more mail may go there, beside those in hand and those just `chosen` (which it then joins)."""
        known = self.known.get(domain)
        if known and known.rests_until > now:
            return False
        if len(known.in_hand if known else ()) + chosen[domain] >= self._most(known, now):
            return False
        chosen[domain] += 1
        return True

    def begin(self, address: str, now: float) -> None:
        """A mail to this address is in hand."""
        self.known.setdefault(domain_of(address), _Domain()).in_hand.append(now)

    def end(self, address: str, begun: float, fate: Fate, now: float) -> str:
        """It is over; a sentence where this says that nothing more should be sent to anybody."""
        name = domain_of(address)
        domain = self.known.setdefault(name, _Domain())
        domain.in_hand.remove(begun)
        match fate:
            case Accepted():
                domain.troubles = 0
                self.unwanted.pop(name, None)
            case Unsure():
                self._rest(domain, now, at_once=True)
            case Refused(code):
                fault = blame(fate)
                if fault is Blame.SENDER:
                    domain.rests_until = now + HOUR
                    return self._unwanted(name, fate, now)
                if fault is Blame.TIME and fate.verb is not Verb.CONNECT:
                    self._rest(domain, now, at_once=code == 0)
        return ""

    def resting(self, now: float) -> set[str]:
        """Domains that get nothing just now."""
        return {name for name, each in self.known.items() if each.rests_until > now}

    def avoided(self, held: Iterable[Held], now: float, *, most: int) -> set[str]:
        """Domains of which there is no use in claiming more, beside what is held already."""
        ready = Counter(each.delivery.domain for each in held)
        full = {name for name, number in ready.items() if number >= most}
        slow = {
            name for name, each in self.known.items() if ready[name] and self._most(each, now) < self.lines
        }
        return self.resting(now) | full | slow

    def _most(self, domain: _Domain | None, now: float) -> int:
        if domain and (domain.troubles or any(now - since > self.slow for since in domain.in_hand)):
            return 1
        return self.lines

    def _rest(self, domain: _Domain, now: float, *, at_once: bool) -> None:
        domain.troubles += 1
        if at_once or domain.troubles >= ENOUGH:
            domain.rests_until = now + min(self.rest * 2 ** min(domain.troubles - 1, 10), self.longest_rest)

    def _unwanted(self, name: str, refused: Refused, now: float) -> str:
        said = f"{refused.code} {refused.said}"[:300]
        if refused.verb in (Verb.CONNECT, Verb.MAIL):
            return f"The mail server does not let us send: {said}"
        self.unwanted[name] = now
        lately = sorted(each for each, at in self.unwanted.items() if now - at < HOUR)
        if len(lately) < UNWANTED_BY:
            return ""
        return f"Mail servers of {' and '.join(lately[:3])} do not want mail from us: {said}"
