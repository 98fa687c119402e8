"""A person's journey while it is being folded: all that later touches and the passing of time can still need.

The journey is the saved state too (see `State`). It keeps sums and the latest few touches, never the whole history,
but for the log of contributions, which must add up to the score for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ripeline.lifecycle.touch import Scalar, Touch

Answer = tuple[Scalar, Touch]
LogEntry = tuple[int, str, str, str | None, int]
"""Rule, touch id, kind, subject, at."""
RECENT = 8
"""How many contributions of one rule are told one by one; the others are told as a sum."""


@dataclass(slots=True)
class Tally:
    """What one point rule has given: how often, the sum as of `day`, when last, and the latest touches."""

    times: int = 0
    sum: float = 0.0
    day: int = 0
    last: list[int] = field(default_factory=list)
    recent: list[Touch] = field(default_factory=list)

    def copy(self) -> "Tally":
        """One that can change without changing this."""
        return Tally(self.times, self.sum, self.day, list(self.last), list(self.recent))


@dataclass(slots=True)
class Journey:
    """Where a person is. Instants and durations in microseconds; `raw` is the sum as of day `raw_day`.

    `matches` holds the touches of each signal the conditions use, oldest first. `settled` is false where the last
    look at the rules was cut short by a stage already entered at that instant: only then can looking again, with
    nothing changed, move the person. `through` is the last instant at which the rules were looked at.
    """

    person: str
    first_at: int
    through: int
    entered_at: int
    stage: int = 0
    raw: float = 0.0
    raw_day: int = 0
    suspended_at: int | None = None
    active: bool = True
    settled: bool = False
    last_inbound: Touch | None = None
    share: float | None = None
    grade: str | None = None
    traits: dict[str, Scalar] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    matches: list[list[Touch]] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)

    def copy(self) -> "Journey":
        """One that can change without changing this."""
        return Journey(
            **{name: getattr(self, name) for name in _PLAIN},
            last_inbound=self.last_inbound,
            traits=dict(self.traits),
            answers=dict(self.answers),
            matches=[list(touches) for touches in self.matches],
            tallies=[tally.copy() for tally in self.tallies],
            log=list(self.log),
        )


_NESTED = ("last_inbound", "traits", "answers", "matches", "tallies", "log")
_PLAIN = tuple(field.name for field in fields(Journey) if field.name not in _NESTED)


@dataclass(frozen=True, slots=True)
class State:
    """A folded journey, to be folded on from. It belongs to one version of a playbook."""

    version: str
    journey: Journey

    def to_json(self) -> dict[str, Any]:
        """The state as values JSON knows; `from_json` gives back the same state."""
        journey = self.journey
        plain = {name: getattr(journey, name) for name in _PLAIN}
        return plain | {
            "version": self.version,
            "last_inbound": _written(journey.last_inbound) if journey.last_inbound else None,
            "traits": dict(journey.traits),
            "answers": {name: [value, _written(touch)] for name, (value, touch) in journey.answers.items()},
            "matches": [[_written(touch) for touch in touches] for touches in journey.matches],
            "tallies": [
                [tally.times, tally.sum, tally.day, tally.last, [_written(touch) for touch in tally.recent]]
                for tally in journey.tallies
            ],
            "log": [list(entry) for entry in journey.log],
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "State":
        """The state `to_json` wrote. Raises KeyError where the mapping is no such state."""
        person = saved["person"]
        journey = Journey(
            **{name: saved[name] for name in _PLAIN},
            last_inbound=_read(person, saved["last_inbound"]) if saved["last_inbound"] else None,
            traits=dict(saved["traits"]),
            answers={
                name: (value, _read(person, touch)) for name, (value, touch) in saved["answers"].items()
            },
            matches=[[_read(person, touch) for touch in touches] for touches in saved["matches"]],
            tallies=[
                Tally(times, total, day, list(last), [_read(person, touch) for touch in recent])
                for times, total, day, last, recent in saved["tallies"]
            ],
            log=[(rule, id_, kind, subject, at) for rule, id_, kind, subject, at in saved["log"]],
        )
        return cls(saved["version"], journey)


TOLD = ("by", "reason", "text")
"""The attrs of a touch a sentence may quote."""


def _written(touch: Touch) -> list[Any]:
    return [
        touch.id,
        touch.at,
        touch.kind,
        touch.subject,
        {name: touch.attrs[name] for name in TOLD if name in touch.attrs},
    ]


def _read(person: str, written: list[Any]) -> Touch:
    """Enough of the touch to be counted and quoted; its direction and actor were judged when it came."""
    id_, at, kind, subject, attrs = written
    return Touch(id_, person, at, kind, "in", "unknown", subject, None, attrs)
