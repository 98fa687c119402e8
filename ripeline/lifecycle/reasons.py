"""Why a condition holds, as parts of a sentence: what decided it first, then the rest, the most telling first.

Told from evidence alone. What merely goes on being so (nothing stands in the way, somebody was heard at some time) is
left out unless it came about at this very instant or is all there is to say.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import Any

from ripeline.lifecycle.instant import DAY, format_instant, parse_instant, say_duration
from ripeline.lifecycle.model import Playbook
from ripeline.lifecycle.nouns import noun_of, say_never
from ripeline.lifecycle.points import given_at, say_contributions
from ripeline.lifecycle.words import (
    listing,
    number,
    say_near,
    say_personas,
    say_times,
    say_touch,
    say_value,
    spaced,
)

Evidence = Mapping[str, Any]


def say_reasons(
    playbook: Playbook,
    condition: Evidence,
    contributions: Iterable[Evidence] = (),
    *,
    at: int | None = None,
    by_time: bool = False,
) -> str:
    """Why a condition holds, or (where it is not met) why it does not.

    `at` is the instant it came to hold, so that what happened then comes first; `by_time` says that the passing of
    time brought it about.
    """
    teller = Teller(playbook, list(contributions), "" if at is None else format_instant(at), by_time)
    reasons = _chosen(teller.tell(condition, holds=condition["met"]))
    return _joined(_texts(reasons)) or "its rule always holds"


class Weight(IntEnum):
    """How telling a reason is, the most telling first."""

    DONE = 0
    SAID = 1
    SCORE = 2
    KNOWN = 3
    WAITED = 4
    HEARD = 5
    """Some sign of life: told where there is nothing else."""
    LACKING = 6
    """Something is not so: told where there is nothing else."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a sentence. `new`: it came about at this very instant. `said`: the value and question of an answer.
    `long`: the text has parts of its own."""

    weight: Weight
    text: str
    new: bool = False
    said: tuple[str, str] | None = None
    long: bool = False

    @property
    def quiet(self) -> bool:
        return self.weight >= Weight.HEARD and not (self.new and self.weight == Weight.LACKING)


@dataclass(frozen=True, slots=True)
class Teller:
    """Reads evidence of one instant (`at` as it is written there, "" where none is meant)."""

    playbook: Playbook
    contributions: list[Evidence]
    at: str
    by_time: bool

    def tell(self, node: Evidence, *, holds: bool) -> list[Reason]:
        """Why a node holds, or why it does not."""
        name = node["is"]
        if name == "not":
            return self.tell(node["parts"][0], holds=not holds)
        if name not in ("all", "any"):
            return list(_TELLERS[name](self, node, holds))
        parts = [self.tell(part, holds=holds) for part in node["parts"] if part["met"] == holds]
        if (name == "any") == holds and parts:
            return min(parts, key=_strength)
        return [reason for part in parts for reason in part]

    def is_now(self, instant: str | None) -> bool:
        return bool(self.at) and instant == self.at

    @property
    def at_midnight(self) -> bool:
        """Whether time alone, and a score fading overnight, may have decided."""
        return self.by_time and bool(self.at) and parse_instant(self.at) % DAY == 0


def _strength(reasons: list[Reason]) -> tuple[int, bool, int]:
    """How well a part explains: what people did and said before scores, what is new before what is old; then the
    shortest."""
    told = [it for it in reasons if not it.quiet] or reasons
    best = min((max(it.weight, Weight.SAID) for it in told), default=Weight.LACKING)
    return best, not any(it.new for it in told), len(told)


def _chosen(reasons: list[Reason]) -> list[Reason]:
    """The reasons worth telling, in the order of telling, none twice."""
    told = list({it.text: it for it in reversed(reasons)}.values())[::-1]
    loud = [it for it in told if not it.quiet]
    if not loud:
        least = min((it.weight for it in told), default=Weight.LACKING)
        loud = [it for it in told if it.weight == least]
    new = [it for it in loud if it.new]
    old = sorted((it for it in loud if not it.new), key=attrgetter("weight"))
    ordered = [*new, *old]
    return ordered[:1] + sorted(ordered[1:], key=attrgetter("long"))


def _texts(reasons: list[Reason]) -> list[str]:
    """The reasons as texts; what was answered alike is told together, where the first of it stands."""
    by_value: dict[str, list[str]] = {}
    for reason in reasons:
        if reason.said:
            by_value.setdefault(reason.said[0], []).append(reason.said[1])
    texts = []
    for reason in reasons:
        if reason.said is None:
            texts.append(reason.text)
        elif questions := by_value.pop(reason.said[0], None):
            texts.append(f"they said {reason.said[0]} on {listing(questions)}")
    return texts


def _joined(texts: list[str]) -> str:
    """Reasons in a row; a comma before the last `and` where the reasons have commas or `and` themselves."""
    if len(texts) > 1 and any("," in text or " and " in text for text in texts):
        return f"{', '.join(texts[:-1])}, and {texts[-1]}"
    return listing(texts)


def _tell_score(teller: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    score, floor, ceiling = node["score"], node.get("gte"), node.get("lt")
    given = given_at(teller.contributions, teller.at) if teller.at else 0.0
    raw = sum(it["present"] for it in teller.contributions)
    if floor is not None and score >= floor - 1e-9 and (holds or ceiling is None):
        if given > 0 and raw - given < floor - 1e-9:
            made = say_contributions(teller.contributions)
            text = f"the score reached {number(score)} of {number(floor)} needed: {made}"
            yield Reason(Weight.SCORE, text, new=True, long=True)
        else:
            yield Reason(Weight.SCORE, f"the score is {say_near(score, floor)}, {number(floor)} needed")
    elif ceiling is None or score < ceiling - 1e-9:
        bound: Any = ceiling if holds or floor is None else floor
        text = f"the score is {say_near(score, bound)}, below {number(bound)}"
        yield Reason(Weight.SCORE if holds else Weight.LACKING, text, new=given < 0 or teller.at_midnight)
    else:
        text = f"the score is {say_near(score, ceiling)}, not below {number(ceiling)}"
        yield Reason(Weight.LACKING, text, new=given > 0)


def _tell_signal(teller: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    noun = noun_of(teller.playbook, node["signal"])
    span = "" if node["within"] is None else f" in {say_duration(node['within'])}"
    if not holds:
        new = bool(teller.at) and "expired" in node
        text = say_never(noun, span)
        if node["found"]:
            text = f"{noun} came only {say_times(node['found'])}, not {say_times(node['count'])}{span}"
        yield Reason(Weight.LACKING, text, new=new)
        return
    touch = node["touches"][-1]
    text = say_touch(touch["kind"], touch["subject"])
    if node["count"] > 1:
        text = f"{noun} came {say_times(node['count'])}{span}"
    heard = node["signal"] == "inbound"
    yield Reason(Weight.HEARD if heard else Weight.DONE, text, new=teller.is_now(touch["at"]) and not heard)


def _tell_answers(teller: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    for answer in node["answers"]:
        if holds:
            yield _given(teller, answer)
        elif not answer["valid"] or answer["value"] != answer["wanted"]:
            yield _refused(teller, answer)


def _given(teller: Teller, answer: Evidence) -> Reason:
    question, value = spaced(answer["question"]), say_value(answer["value"])
    new = teller.is_now(answer["touch"]["at"])
    return Reason(Weight.SAID, f"they said {value} on {question}", new=new, said=(value, question))


def _refused(teller: Teller, answer: Evidence) -> Reason:
    """Why an answer is not the wanted one: none was given, it is too old, or another was."""
    question, value, wanted = (
        spaced(answer["question"]),
        say_value(answer["value"]),
        say_value(answer["wanted"]),
    )
    if answer["value"] is None:
        return Reason(Weight.LACKING, f"{question} was not answered")
    if not answer["valid"]:
        text = f"their {value} on {question} is too old to count"
        ended = answer.get("until")
        aged = (
            teller.by_time and answer["value"] == answer["wanted"] if ended is None else teller.is_now(ended)
        )
        return Reason(Weight.LACKING, text, new=aged)
    if (wanted, value) in (("no", "yes"), ("false", "true")):
        return _given(teller, answer)
    new = teller.is_now(answer["touch"]["at"])
    return Reason(Weight.LACKING, f"they said {value} on {question}, not {wanted}", new=new)


def _tell_fit(_: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    grade = "not known" if node["grade"] is None else node["grade"]
    if holds:
        yield Reason(Weight.KNOWN, f"the fit is {grade}")
    else:
        end = (
            "" if node["grade"] is None else f", not {node['wanted']}{' or better' * (node['wanted'] != 'A')}"
        )
        yield Reason(Weight.LACKING, f"the fit is {grade}{end}")


def _tell_persona(teller: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    if node["persona"] is None:
        yield Reason(Weight.LACKING, "the persona is not known")
        return
    text = f"the persona is {say_personas(teller.playbook, [node['persona']])}"
    if holds:
        yield Reason(Weight.KNOWN, text)
    else:
        yield Reason(Weight.LACKING, f"{text}, not {say_personas(teller.playbook, node['wanted'])}")


def _tell_traits(_: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    text = listing(f"{spaced(name)} is {say_value(value)}" for name, value in node["traits"].items())
    yield Reason(Weight.KNOWN if holds else Weight.LACKING, text)


def _tell_idle(teller: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    length = say_duration(node["wanted"])
    if holds:
        yield Reason(Weight.WAITED, f"nothing was heard for {length}", new=_is_over(teller, node))
    elif node.get("last"):
        yield Reason(Weight.HEARD, f"something was heard in the last {length}")
    else:
        yield Reason(Weight.LACKING, f"they are known for less than {length}")


def _tell_in_stage(teller: Teller, node: Evidence, holds: bool) -> Iterable[Reason]:
    length = say_duration(node["wanted"])
    if holds:
        yield Reason(Weight.WAITED, f"{length} passed in the stage", new=_is_over(teller, node))
    else:
        yield Reason(Weight.LACKING, f"they are in the stage for less than {length}")


def _is_over(teller: Teller, node: Evidence) -> bool:
    """Whether a wait ends at this very instant."""
    return bool(teller.at) and parse_instant(node["since"]) + node["wanted"] == parse_instant(teller.at)


_TELLERS: Mapping[str, Callable[[Teller, Evidence, bool], Iterable[Reason]]] = {
    "score": _tell_score,
    "signal": _tell_signal,
    "fit": _tell_fit,
    "persona": _tell_persona,
    "answer": _tell_answers,
    "trait": _tell_traits,
    "idle": _tell_idle,
    "in_stage": _tell_in_stage,
}
