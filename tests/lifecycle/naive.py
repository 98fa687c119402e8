"""A second, slow reading of the contract, against which the fold is held.

It works on the playbook's plain mapping, keeps the whole history, and counts everything again at every look.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ripeline.lifecycle.instant import DAY, parse_duration
from ripeline.lifecycle.touch import Touch

EPSILON = 1e-9
GRADES = "ABCDF"
Condition = dict[str, Any]


class Naive:
    """One person, folded up to `as_of` on construction."""

    def __init__(self, playbook: dict[str, Any], touches: Iterable[Touch], as_of: int) -> None:
        self.playbook = playbook
        self.keys = [stage["key"] for stage in playbook["stages"]]
        half_life = playbook.get("score", {}).get("half_life", "none")
        self.half_life = None if half_life == "none" else parse_duration(half_life) // DAY
        self.done: list[Touch] = []
        self.log: list[tuple[int, float, int]] = []
        self.traits: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, Any]] = {}
        self.stage = 0
        self.suspended: int | None = None
        self.active = True
        self.transitions: list[tuple[int, str, str, str, str, float, str | None]] = []
        self._walk(
            sorted((it for it in touches if it.at <= as_of), key=lambda it: (it.at, it.id.encode())), as_of
        )

    def _walk(self, touches: list[Touch], as_of: int) -> None:
        self.first = self.entered = now = touches[0].at
        for at, group in itertools.groupby(touches, key=lambda it: it.at):
            while (due := self.boundary(now)) is not None and due < at:
                now = due
                self.look(now, [])
            now = at
            self.look(now, list(group))
        while (due := self.boundary(now)) is not None and due <= as_of:
            now = due
            self.look(now, [])

    def look(self, now: int, touches: list[Touch]) -> None:
        """Apply one instant: touches, moves by hand, then the rules."""
        entered = {self.stage}
        for touch in touches:
            self._apply(touch, entered)
        if (
            self.suspended is not None
            and self.suspended < now
            and any(self.matches("inbound", it) for it in touches)
        ):
            self.suspended = None
        while self.active and self.suspended is None:
            way = next(self._ways(now, entered), None)
            if way is None:
                return
            self._move(way[0], now, "touch" if touches else "timer", way[1])
            entered.add(way[0])

    def _ways(self, now: int, entered: set[int]) -> Iterator[tuple[int, str]]:
        stage = self.playbook["stages"][self.stage]
        for number, way in enumerate(stage.get("exit", [])):
            to = self.keys.index(way["to"])
            if to not in entered and self.holds(way["when"], now):
                yield to, f"{stage['key']}.exit[{number}]"
        for to in range(len(self.keys) - 1, self.stage, -1):
            target = self.playbook["stages"][to]
            allowed = "enter" in target and stage["key"] in target.get("from", self.keys)
            if allowed and to not in entered and self.holds(target["enter"], now):
                yield to, f"{target['key']}.enter"

    def _apply(self, touch: Touch, entered: set[int]) -> None:
        self.done.append(touch)
        if touch.kind == "traits_changed":
            self.traits = {k: v for k, v in {**self.traits, **touch.attrs}.items() if v is not None}
        if touch.kind == "answered" and touch.subject is not None:
            self.answers[touch.subject] = (touch.at, touch.attrs.get("value"))
        for number, line in enumerate(self.playbook.get("score", {}).get("points", [])):
            if self.matches(line["signal"], touch) and self._allowed(
                number, line.get("limit", "each"), touch.at
            ):
                self.log.append((number, line["add"], touch.at))
        if touch.kind in ("disqualified", "reopened"):
            self.active = touch.kind == "reopened"
        lowest = self.keys.index(self.playbook.get("recycle_to", self.keys[0]))
        to = {"recycled": min(lowest, self.stage), "rejected": min(lowest, self.stage)}.get(touch.kind)
        if touch.kind == "stage_set" and touch.subject in self.keys:
            to = self.keys.index(touch.subject)
        if to is not None:
            self.suspended = touch.at
            if to != self.stage:
                self._move(to, touch.at, "manual", touch.kind)
                entered.add(to)

    def _allowed(self, number: int, limit: Any, at: int) -> bool:
        given = [then for rule, _, then in self.log if rule == number]
        if isinstance(limit, dict):
            return sum(then > at - parse_duration(limit["per"]) for then in given) < limit["times"]
        return limit == "each" or not given

    def _move(self, to: int, now: int, cause: str, rule: str) -> None:
        move = (now, self.keys[self.stage], self.keys[to], cause, rule, self.shown(now), self.grade())
        self.transitions.append(move)
        self.stage, self.entered = to, now

    def matches(self, name: str, touch: Touch) -> bool:
        """Whether a touch matches a signal."""
        usual = {"direction": "in"} if name == "inbound" else {"kind": name}
        signal = self.playbook.get("signals", {}).get(name, usual)
        if touch.actor not in signal.get("actors", self.playbook.get("actors", ["human", "unknown"])):
            return False
        kinds, subjects = signal.get("kind", touch.kind), signal.get("subject")
        if touch.kind not in ([kinds] if isinstance(kinds, str) else kinds):
            return False
        if subjects is not None:
            globs = [subjects] if isinstance(subjects, str) else subjects
            if not any(passes({"glob": glob}, touch.subject) for glob in globs):
                return False
        return (
            touch.direction == signal.get("direction", touch.direction)
            and ("value" not in signal or passes(signal["value"], touch.value))
            and all(passes(test, touch.attrs.get(attr)) for attr, test in signal.get("attrs", {}).items())
        )

    def times(self, name: str) -> list[int]:
        """When a signal was matched, oldest first."""
        return [it.at for it in self.done if self.matches(name, it)]

    def raw(self, now: int) -> float:
        """The sum of the contributions, each faded by the midnights passed."""
        return sum(self._present(add, at, now) for _, add, at in self.log)

    def _present(self, add: float, at: int, now: int) -> float:
        return add if self.half_life is None else add * 2 ** (-(now // DAY - at // DAY) / self.half_life)

    def shown(self, now: int) -> float:
        """The raw score clamped."""
        return min(max(0.0, self.raw(now)), self.playbook.get("score", {}).get("max", float("inf")))

    def grade(self) -> str | None:
        """The grade of fit."""
        fit = self.playbook.get("fit")
        if fit is None:
            return None
        total = sum(it.get("weight", 1) for it in fit["criteria"])
        share = sum(
            it.get("weight", 1)
            for it in fit["criteria"]
            if passes(_test_of(it), self.traits.get(it["trait"]))
        )
        return next(
            (grade for grade, asked in sorted(fit["grades"].items()) if share / total >= asked - EPSILON), "F"
        )

    def persona(self, now: int) -> str | None:
        """The first persona that holds."""
        return self._first(self.playbook.get("personas", []), now)

    def rating(self, now: int) -> str | None:
        """The first rating that holds."""
        return self._first(self.playbook.get("rating", []), now)

    def _first(self, parts: list[dict[str, Any]], now: int) -> str | None:
        return next((it["key"] for it in parts if "when" not in it or self.holds(it["when"], now)), None)

    def holds(self, condition: Condition, now: int) -> bool:
        """Whether a condition holds at an instant."""
        if "all" in condition:
            return all(self.holds(part, now) for part in condition["all"])
        if "any" in condition:
            return any(self.holds(part, now) for part in condition["any"])
        if "not" in condition:
            return not self.holds(condition["not"], now)
        return self._leaf(condition, now)

    def _leaf(self, condition: Condition, now: int) -> bool:
        if "score" in condition:
            bounds, shown = condition["score"], self.shown(now)
            return (
                shown >= bounds.get("gte", -1) - EPSILON
                and not shown >= bounds.get("lt", float("inf")) - EPSILON
            )
        if "fit" in condition:
            grade = self.grade()
            return grade is not None and GRADES.index(grade) <= GRADES.index(condition["fit"])
        if "persona" in condition:
            wanted = condition["persona"]
            return self.persona(now) in ([wanted] if isinstance(wanted, str) else wanted)
        if "signal" in condition:
            window = parse_duration(condition["within"]) if "within" in condition else now + 10**18
            return sum(now < at + window for at in self.times(condition["signal"])) >= condition.get(
                "count", 1
            )
        if "answer" in condition:
            return all(
                self._answered(question, value, now) for question, value in condition["answer"].items()
            )
        if "trait" in condition:
            return all(passes(test, self.traits.get(name)) for name, test in condition["trait"].items())
        if "idle" in condition:
            return now - self._heard() >= parse_duration(condition["idle"])
        return now - self.entered >= parse_duration(condition["in_stage"])

    def _answered(self, question: str, value: Any, now: int) -> bool:
        at, given = self.answers.get(question, (0, None))
        return given == value and (self._lasts(question) is None or now < at + (self._lasts(question) or 0))

    def _lasts(self, question: str) -> int | None:
        valid_for = self.playbook.get("answers", {}).get(question, {}).get("valid_for")
        return None if valid_for is None else parse_duration(valid_for)

    def _heard(self) -> int:
        return max(self.times("inbound"), default=self.first)

    def boundary(self, now: int) -> int | None:
        """The next instant at which the rules are to be looked at though nothing happens."""
        rules = [way["when"] for stage in self.playbook["stages"] for way in stage.get("exit", [])]
        rules += [stage["enter"] for stage in self.playbook["stages"] if "enter" in stage]
        parts = [part for rule in rules for part in leaves(rule)]
        if any("persona" in part for part in parts):
            parts += [
                p for it in self.playbook.get("personas", []) if "when" in it for p in leaves(it["when"])
            ]
        return min((at for part in parts for at in self._turns(part, now) if at > now), default=None)

    def _turns(self, part: Condition, now: int) -> Iterator[int]:
        if "within" in part:
            yield from (at + parse_duration(part["within"]) for at in self.times(part["signal"]))
        for question in part.get("answer", ()):
            if question in self.answers and (lasts := self._lasts(question)) is not None:
                yield self.answers[question][0] + lasts
        if "idle" in part:
            yield self._heard() + parse_duration(part["idle"])
        if "in_stage" in part:
            yield self.entered + parse_duration(part["in_stage"])
        if "score" in part and self.half_life is not None:
            yield from self._midnights(part, now, self.half_life)

    def _midnights(self, part: Condition, now: int, half_life: int) -> Iterator[int]:
        day, raw, held = now // DAY, self.raw(now), self.holds(part, now)
        if raw == 0:
            yield (day + 1) * DAY
        for ahead in range(1, 40 * half_life if raw > 0 else 0):
            if self.holds(part, (day + ahead) * DAY) != held:
                yield (day + ahead) * DAY
                return


def leaves(condition: Condition) -> Iterator[Condition]:
    """The conditions without parts that a condition is made of."""
    if "not" in condition:
        yield from leaves(condition["not"])
    elif "all" in condition or "any" in condition:
        for part in condition.get("all", condition.get("any")):
            yield from leaves(part)
    else:
        yield condition


def passes(test: Any, value: Any) -> bool:
    """Whether a value passes a test."""
    if not isinstance(test, dict):
        return value is not None and _same(value, test)
    return all(_passes_one(name, wanted, value) for name, wanted in test.items())


def _passes_one(name: str, wanted: Any, value: Any) -> bool:
    if name == "exists":
        return (value is not None) == wanted
    if name == "not":
        return not _same(value, wanted)
    if name == "in":
        return any(_same(value, it) for it in wanted)
    if name == "glob":
        form = "".join({"*": ".*", "?": "."}.get(step, re.escape(step)) for step in wanted)
        return isinstance(value, str) and re.fullmatch(form, value, re.DOTALL) is not None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return {"gte": value >= wanted, "gt": value > wanted, "lte": value <= wanted, "lt": value < wanted}[name]


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _test_of(criterion: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in criterion.items() if name not in ("trait", "weight")}
