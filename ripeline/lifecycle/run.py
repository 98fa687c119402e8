"""One fold under way: touches applied instant by instant, rules looked at, stages entered."""

from collections.abc import Mapping
from typing import Any

from ripeline.lifecycle.clocks import NEVER, faded, next_boundary, turning_points
from ripeline.lifecycle.evidence import manual_evidence, rule_evidence
from ripeline.lifecycle.instant import DAY
from ripeline.lifecycle.journey import RECENT, Journey
from ripeline.lifecycle.outcome import MOST_MOVES, Ignored, TooManyMoves, Transition
from ripeline.lifecycle.rules import KNOWLEDGE, SPECIAL, Effect, PointRule, Rules, Way
from ripeline.lifecycle.touch import Touch


class Run:
    """One fold under way: the journey, what came out so far, and when to look at the rules next.

    The rules are looked at only where something they can tell may have changed (`changed`, `due`) or where the last
    look was cut short; `low` and `high` are the scores between which no comparison turns.
    """

    def __init__(self, rules: Rules, journey: Journey, *, explained: bool) -> None:
        self.rules = rules
        self.journey = journey
        self.explained = explained
        self.transitions: list[Transition] = []
        self.ignored: list[Ignored] = []
        self.due = self._next(journey.through)
        self.idle_least = min(rules.clocks.idles, default=NEVER)
        self.changed = True
        self.heard = False
        self.low = self.high = 0.0

    def fold(self, ordered: list[Touch], as_of: int) -> None:
        """Apply the touches instant by instant, and the boundaries between them."""
        journey, position, count = self.journey, 0, len(ordered)
        while position < count:
            at = ordered[position].at
            if self.due < at:
                self._pass_time(at - 1)
            self.heard = False
            while position < count and ordered[position].at == at:
                self._apply(ordered[position])
                position += 1
            if self.heard and journey.suspended_at is not None and journey.suspended_at < at:
                journey.suspended_at = None
            journey.through = at
            if self.changed or self.due <= at or not journey.settled:
                self._look(at, "touch")
        self._pass_time(as_of)

    def _pass_time(self, until: int) -> None:
        """Look at the rules at every boundary up to and including `until`."""
        while self.due <= until:
            self.journey.through = self.due
            self._look(self.due, "timer")

    def _next(self, at: int) -> int:
        if not self.journey.active or self.journey.suspended_at is not None:
            return NEVER
        due = next_boundary(self.rules.clocks, self.journey, at)
        return NEVER if due is None else due

    def _apply(self, touch: Touch) -> None:
        journey = self.journey
        if touch.person != journey.person:
            raise ValueError(
                f"one person's touches are folded at a time, not {journey.person!r} and {touch.person!r}"
            )
        if touch.kind in KNOWLEDGE:
            self._learn(touch)
        for effect in self.rules.effects_of(touch.kind, touch.actor):
            if effect.test is None or effect.test(touch):
                self._count(effect, touch)
        if touch.kind in SPECIAL:
            self._place(touch)

    def _count(self, effect: Effect, touch: Touch) -> None:
        journey = self.journey
        if effect.signal is not None:
            matches = journey.matches[effect.signal]
            if not effect.limit or len(matches) < effect.limit:
                self.changed = True
            matches.append(touch)
        for rule in effect.points:
            self._score(rule, touch)
        if effect.inbound:
            last = journey.first_at if journey.last_inbound is None else journey.last_inbound.at
            if touch.at - last >= self.idle_least:
                self.changed = True
            journey.last_inbound = touch
            self.heard = True

    def _score(self, rule: PointRule, touch: Touch) -> None:
        journey, at = self.journey, touch.at
        tally = journey.tallies[rule.number]
        if rule.times:
            last = tally.last
            if len(last) == rule.times and (not rule.per or last[0] > at - rule.per):
                return
            last.append(at)
            del last[: -rule.times]
        day, half_life = at // DAY, self.rules.playbook.score.half_life
        journey.raw = faded(journey.raw, day - journey.raw_day, half_life) + rule.add
        tally.sum = faded(tally.sum, day - tally.day, half_life) + rule.add
        journey.raw_day = tally.day = day
        tally.times += 1
        tally.recent.append(touch)
        if len(tally.recent) > RECENT:
            del tally.recent[0]
        journey.log.append((rule.number, touch.id, touch.kind, touch.subject, at))
        if rule.add < 0 or not self.low <= journey.raw < self.high:
            self.changed = True

    def _learn(self, touch: Touch) -> None:
        journey = self.journey
        self.changed = True
        if touch.kind == "answered":
            if touch.subject is not None:
                journey.answers[touch.subject] = (touch.attrs.get("value"), touch)
            return
        for name, value in touch.attrs.items():
            if value is None:
                journey.traits.pop(name, None)
            else:
                journey.traits[name] = value
        journey.share, journey.grade = self.rules.grade(journey)

    def _place(self, touch: Touch) -> None:
        """What people decide: a move by hand, out of the game, back into it."""
        journey, rules = self.journey, self.rules
        self.changed = True
        if touch.kind in ("disqualified", "reopened"):
            journey.active = touch.kind == "reopened"
            journey.settled = False
            return
        to = self._target(touch)
        if to is None:
            self.ignored.append(Ignored(touch.id, touch.at, touch.subject))
            return
        if to != journey.stage:
            self._move(
                to,
                at=touch.at,
                cause="manual",
                rule=touch.kind,
                evidence=manual_evidence(rules, journey, to, touch) if self.explained else {},
            )
        journey.suspended_at = touch.at
        journey.settled = False

    def _target(self, touch: Touch) -> int | None:
        """Where a move by hand leads; None where it names no stage."""
        if touch.kind == "stage_set":
            return self.rules.positions.get(touch.subject or "")
        return min(self.journey.stage, self.rules.recycle_to)

    def _look(self, at: int, cause: str) -> None:
        """Look at the rules once for this instant, and say when to look next."""
        journey = self.journey
        self.changed = False
        if journey.active and journey.suspended_at is None:
            entered = {journey.stage}
            while (way := self._way_out(at, entered)) is not None:
                evidence = rule_evidence(self.rules, journey, way, at=at) if self.explained else {}
                self._move(way.to, at=at, cause=cause, rule=way.rule, evidence=evidence)
                entered.add(way.to)
            journey.settled = len(entered) == 1 or self._way_out(at, set()) is None
        self.due = self._next(at)
        self.low, self.high = turning_points(self.rules.clocks, journey, at)

    def _way_out(self, at: int, entered: set[int]) -> Way | None:
        """The first rule that holds: the stage's exits in order, then the ways up, highest first."""
        journey = self.journey
        for way in self.rules.exits[journey.stage]:
            if way.to not in entered and way.check(journey, at):
                return way
        for way in self.rules.entries[journey.stage]:
            if way.to not in entered and way.check(journey, at):
                return way
        return None

    def _move(self, to: int, *, at: int, cause: str, rule: str, evidence: Mapping[str, Any]) -> None:
        journey, rules = self.journey, self.rules
        if len(self.transitions) == MOST_MOVES:
            raise TooManyMoves(journey.person)
        self.transitions.append(
            Transition(
                person=journey.person,
                at=at,
                from_stage=rules.keys[journey.stage],
                to_stage=rules.keys[to],
                cause=cause,
                rule=rule,
                score=rules.shown(journey, at),
                grade=journey.grade,
                playbook_version=rules.playbook.version,
                evidence=evidence,
            )
        )
        journey.stage = to
        journey.entered_at = at
