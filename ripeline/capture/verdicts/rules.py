"""The rules by which people are told from machines: a YAML document, whose hash is its version."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast, get_args

from ripeline.lifecycle.touch import Actor
from ripeline.lifecycle.written import NotYaml, read_yaml

SHIPPED = Path(__file__).with_name("rules.yaml")
TESTS = ("agent", "unlike", "mark", "method", "network")
FIELDS = frozenset({"signal", "says", "but", *TESTS})


class BadRules(ValueError):
    """Rules that cannot be used; the text is a sentence that names the rule and what is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Gives `signal` and says what made the request where its test fits: `agent` is found in the name, `unlike` is
    not, one of `marks` or `methods` is there, or `network` fits. `but` are names for which it does not hold."""

    signal: str
    says: Actor
    agent: re.Pattern[str] | None = None
    unlike: re.Pattern[str] | None = None
    but: re.Pattern[str] | None = None
    marks: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    network: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """A document of rules, in its order. `version` is the hash of what it says, whatever its comments and layout.

    Two readings of one document are two: verdicts are remembered by the rules, and hashing all of them is dear.
    """

    title: str
    rules: tuple[Rule, ...]
    version: str
    text: str = field(repr=False)


def load_rules(text: str) -> Rules:
    """The rules of a document. Raises BadRules."""
    try:
        said = read_yaml(text).plain
    except NotYaml as odd:
        raise BadRules(f"This is not readable as YAML: {odd}.") from None
    if not isinstance(said, dict) or not isinstance(said.get("rules"), list):
        raise BadRules("The document needs 'rules', a list.")
    rules = tuple(_rule(each, place) for place, each in enumerate(said["rules"], 1))
    version = sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return Rules(str(said.get("title", "")), rules, version, text)


@cache
def shipped_rules() -> Rules:
    """The rules that come with Ripeline."""
    return load_rules(SHIPPED.read_text(encoding="utf-8"))


def _rule(said: Any, place: int) -> Rule:
    if not isinstance(said, dict) or not isinstance(said.get("signal"), str) or not said["signal"]:
        raise BadRules(f"Rule {place} needs a 'signal', the word that it gives.")
    name = f"The rule '{said['signal']}'"
    if odd := [str(each) for each in said if each not in FIELDS]:
        raise BadRules(f"{name} has '{odd[0]}', which no rule has.")
    if said.get("says") not in get_args(Actor):
        raise BadRules(f"{name} needs 'says': human, machine or unknown.")
    tests = [test for test in TESTS if test in said]
    if len(tests) != 1:
        raise BadRules(f"{name} needs one of {', '.join(TESTS)}.")
    return Rule(
        said["signal"],
        cast(Actor, said["says"]),
        agent=_pattern(said, "agent", name),
        unlike=_pattern(said, "unlike", name),
        but=_pattern(said, "but", name),
        marks=frozenset(_words(said, "mark", name)),
        methods=frozenset(_words(said, "method", name)),
        network=_any([translate(word) for word in _words(said, "network", name)]),
    )


def _pattern(said: Any, test: str, name: str) -> re.Pattern[str] | None:
    words = _words(said, test, name)
    for word in words:
        try:
            re.compile(word)
        except (re.error, RecursionError, OverflowError) as odd:
            raise BadRules(f"{name} has a pattern that cannot be read: {word} ({odd}).") from None
    return _any(words)


def _any(words: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE) if words else None


def _words(said: Any, test: str, name: str) -> Sequence[str]:
    words = said.get(test, [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise BadRules(f"{name} needs a list of texts as '{test}'.")
    if test in said and not words:
        raise BadRules(f"{name} has nothing in '{test}'.")
    return words
