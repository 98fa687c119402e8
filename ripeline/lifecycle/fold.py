"""The fold: one person's touches and a playbook in, transitions and the standing out.

Section 3 of the contract, read as follows where it leaves room:
- all touches of an instant are applied in order of id; a move by hand (`stage_set`, `recycled`, `rejected`) is made
  when its touch is reached, so its transition shows the score and grade of the touches before it;
- a move by hand to the stage already held, or a recycling from no higher than `recycle_to`, writes no transition but
  suspends automatic moves all the same; a `stage_set` that names no stage does nothing and is reported;
- suspension and disqualification are judged after all touches of the instant; while either lasts, no rule is looked
  at and no boundary passes;
- touches with one id but different contents are one touch: the earliest (then the smallest as written) counts.
Which instants are boundaries is written down in `clocks`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from json import dumps
from operator import attrgetter

from ripeline.lifecycle.clocks import faded, next_boundary
from ripeline.lifecycle.instant import DAY, format_instant
from ripeline.lifecycle.journey import Journey, State, Tally
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.outcome import Contribution, Ignored, Standing, Transition
from ripeline.lifecycle.rules import Rules, compile_playbook
from ripeline.lifecycle.run import Run
from ripeline.lifecycle.touch import Touch, touch_record

__all__ = ["Contribution", "Fold", "Ignored", "LateTouch", "Standing", "State", "Transition", "fold"]

_ORDER = attrgetter("at", "id")


class LateTouch(ValueError):
    """A touch not later than what was folded already; fold the whole history again."""


@dataclass(frozen=True)
class Fold:
    """What came out. With a state folded on from, `transitions` and `ignored` are the new ones only.

    `state` is None where there was no touch up to `as_of`. `due_at` is the next instant after `as_of` at which time
    alone can change stage, rating or persona; None for never.
    """

    playbook: Playbook
    as_of: int
    transitions: tuple[Transition, ...]
    ignored: tuple[Ignored, ...]
    standing: Standing | None
    due_at: int | None
    state: State | None

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """The log behind the score, oldest first; the present values add up to `standing.raw`."""
        if self.state is None:
            return ()
        rules, today = compile_playbook(self.playbook), self.as_of // DAY
        half_life = self.playbook.score.half_life
        return tuple(
            Contribution(
                number,
                rules.points[number].signal,
                touch_id,
                kind,
                subject,
                at,
                rules.points[number].add,
                faded(rules.points[number].add, today - at // DAY, half_life),
            )
            for number, touch_id, kind, subject, at in self.state.journey.log
        )


def fold(
    playbook: Playbook,
    touches: Iterable[Touch],
    as_of: int,
    *,
    state: State | None = None,
    explained: bool = True,
) -> Fold:
    """Fold one person's touches up to and including `as_of` (microseconds), in any order.

    With `state`, from an earlier fold with the same playbook, only the touches since are given, each with an id not
    folded before; a duplicate of a folded touch counts as late. `explained=False` leaves the evidence of transitions
    empty, which is quicker where nobody will read it. Raises LateTouch for a touch at or before the last
    instant at which the rules were looked at, TooManyMoves for somebody who goes in circles, and ValueError for a
    state of another playbook or touches of several people.
    """
    rules = compile_playbook(playbook)
    ordered = in_order(touches, as_of)
    journey = _resume(rules, ordered, state)
    if journey is None:
        return Fold(playbook, as_of, (), (), None, None, None)
    run = Run(rules, journey, explained=explained)
    run.fold(ordered, as_of)
    return Fold(
        playbook=playbook,
        as_of=as_of,
        transitions=tuple(run.transitions),
        ignored=tuple(run.ignored),
        standing=_standing(rules, journey, as_of),
        due_at=_due_at(rules, journey, as_of),
        state=State(playbook.version, journey),
    )


def in_order(touches: Iterable[Touch], as_of: int) -> list[Touch]:
    """The touches as they are folded: those up to `as_of`, each id once, the earliest first."""
    ordered = sorted(touches, key=_ORDER)
    if len({touch.id for touch in ordered}) < len(ordered):
        ordered = _first_of_each(ordered)
    if ordered and ordered[-1].at > as_of:
        ordered = [touch for touch in ordered if touch.at <= as_of]
    return ordered


def _first_of_each(ordered: list[Touch]) -> list[Touch]:
    ordered.sort(key=lambda touch: (touch.at, touch.id, dumps(touch_record(touch), sort_keys=True)))
    first: dict[str, Touch] = {}
    for touch in ordered:
        first.setdefault(touch.id, touch)
    return list(first.values())


def _resume(rules: Rules, ordered: list[Touch], state: State | None) -> Journey | None:
    if state is None:
        return _start(rules, ordered[0]) if ordered else None
    if state.version != rules.playbook.version:
        raise ValueError(
            "the saved state belongs to another version of the playbook; fold the whole history again"
        )
    journey = state.journey
    if ordered and ordered[0].at <= journey.through:
        late, through = format_instant(ordered[0].at), format_instant(journey.through)
        raise LateTouch(f"touch {ordered[0].id!r} of {late} is not later than {through}, folded already")
    journey = journey.copy()
    _forget(rules, journey)
    return journey


def _start(rules: Rules, first: Touch) -> Journey:
    journey = Journey(first.person, first.at, first.at, first.at)
    journey.matches = [[] for _ in rules.signals]
    journey.tallies = [Tally() for _ in rules.points]
    journey.share, journey.grade = rules.grade(journey)
    return journey


def _forget(rules: Rules, journey: Journey) -> None:
    """Drop the matches no later look can need."""
    for number, (count, window) in enumerate(rules.keep):
        touches = journey.matches[number]
        useless = sum(1 for touch in touches if touch.at + window <= journey.through)
        del touches[: max(0, min(useless, len(touches) - count))]


def _standing(rules: Rules, journey: Journey, as_of: int) -> Standing:
    return Standing(
        person=journey.person,
        at=as_of,
        stage=rules.keys[journey.stage],
        entered_at=journey.entered_at,
        score=rules.shown(journey, as_of),
        raw=rules.raw(journey, as_of),
        grade=journey.grade,
        share=journey.share,
        persona=rules.persona(journey, as_of),
        rating=rules.rating(journey, as_of),
        status="active" if journey.active else "disqualified",
        last_inbound_at=journey.last_inbound.at if journey.last_inbound else None,
        suspended=journey.suspended_at is not None,
        first_touch_at=journey.first_at,
        traits=dict(journey.traits),
        answers={question: value for question, (value, _) in journey.answers.items()},
    )


def _due_at(rules: Rules, journey: Journey, as_of: int) -> int | None:
    stage = None
    if journey.active and journey.suspended_at is None:
        stage = next_boundary(rules.clocks, journey, as_of)
    standing = next_boundary(rules.standing_clocks, journey, as_of)
    return min((due for due in (stage, standing) if due is not None), default=None)
