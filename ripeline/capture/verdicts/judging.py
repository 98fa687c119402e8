"""The verdict on a request, of its facts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ripeline.capture.verdicts.rules import LISTS, Rule, Rules, found
from ripeline.lifecycle.touch import Actor


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request: the name of the browser or program (`agent`), the `method`, what was noticed
    (`marks`) and the category of the `network` that it came from."""

    agent: str = ""
    method: str = ""
    marks: tuple[str, ...] = ()
    network: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who did it, the signals that say so or against it, and the version of the rules."""

    actor: Actor
    signals: tuple[str, ...]
    rules_version: str


def read_facts(kept: Mapping[str, Any]) -> Facts:
    """The facts of an arrival, as the collector keeps them."""
    marks = kept.get("marks") or ()
    return Facts(
        str(kept.get("agent") or ""),
        str(kept.get("method") or ""),
        tuple(str(mark) for mark in marks),
        str(kept.get("network") or ""),
    )


@lru_cache(maxsize=8192)
def judge(facts: Facts, rules: Rules) -> Verdict:
    """Who did what a request with these facts brought: the strongest word of the rules that fit, with their signals.

    A machine's signal is enough; a doubt is stronger than what looks like a person's browser, since machines can look
    like one too. The same few facts are asked for again and again.
    """
    fitting = [rule for rule in rules.rules if _fits(rule, facts)]
    said = {rule.says for rule in fitting}
    actor: Actor = "machine" if "machine" in said else "human" if said == {"human"} else "unknown"
    return Verdict(actor, tuple(dict.fromkeys(rule.signal for rule in fitting)), rules.version)


def _fits(rule: Rule, facts: Facts) -> bool:
    if rule.but and found(rule.but, facts.agent):
        return False
    if rule.listed:
        return any(LISTS[name][0](facts.agent) for name in rule.listed)
    if rule.agent:
        return found(rule.agent, facts.agent)
    if rule.unlike:
        return not found(rule.unlike, facts.agent)
    if rule.network:
        return rule.network.match(facts.network) is not None
    return facts.method in rule.methods or not rule.marks.isdisjoint(facts.marks)
