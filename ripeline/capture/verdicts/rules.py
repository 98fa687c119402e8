"""The rules by which people are told from machines: a YAML document, whose hash is its version."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast, get_args

import regex

from ripeline.lifecycle.touch import Actor
from ripeline.lifecycle.written import NotYaml, read_yaml

Pattern = Any
"""A compiled pattern of `regex`, which has no types."""
SHIPPED = Path(__file__).with_name("rules.yaml")
TESTS = ("listed", "agent", "unlike", "mark", "method", "network")
FIELDS = frozenset({"signal", "says", "but", *TESTS})


LONGEST = 200_000
"""Letters that a document may have."""
LONGEST_LOOK = 0.05
"""Seconds that one pattern may look through a name. One that needs longer, since it goes round in circles, is not found
in it."""


class BadRules(ValueError):
    """Rules that cannot be used; the text is a sentence that names the rule and what is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Gives `signal` and says what made the request where its test fits: the name is in one of the lists (`listed`),
    `agent` is found in it, `unlike` is not, one of `marks` or `methods` is there, or `network` fits. `but` are names
    for which it does not hold."""

    signal: str
    says: Actor
    listed: Sequence[str] = ()
    agent: Pattern | None = None
    unlike: Pattern | None = None
    but: Pattern | None = None
    marks: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    network: Pattern | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """A document of rules, in its order. `version` is the hash of what it says, whatever its comments and layout, and
    of the lists that it names, which are other packages': with a newer one the same document is another version.

    Two readings of one document are two: verdicts are remembered by the rules, and hashing all of them is dear.
    """

    title: str
    rules: tuple[Rule, ...]
    version: str
    text: str = field(repr=False)


def load_rules(text: str) -> Rules:
    """The rules of a document. Raises BadRules."""
    if len(text) > LONGEST:
        raise BadRules(f"The document has more than {LONGEST:,} letters.")
    try:
        said = read_yaml(text).plain
    except NotYaml as odd:
        raise BadRules(f"Line {odd.line}: {odd.message}.") from None
    if not isinstance(said, dict) or not isinstance(said.get("rules"), list):
        raise BadRules("The document needs 'rules', a list.")
    rules = tuple(_rule(each, place) for place, each in enumerate(said["rules"], 1))
    lists = {name: LISTS[name][1]() for rule in rules for name in rule.listed}
    hashed = {"said": said, "lists": lists} if lists else said
    version = sha256(json.dumps(hashed, sort_keys=True, default=str).encode()).hexdigest()
    return Rules(str(said.get("title") or ""), rules, version, text)


@lru_cache(maxsize=8)
def known_rules(text: str) -> Rules:
    """As `load_rules`, which need not read the same document for each event."""
    return load_rules(text)


@cache
def shipped_rules() -> Rules:
    """The rules that come with Ripeline."""
    return load_rules(SHIPPED.read_text(encoding="utf-8"))


def found(pattern: Pattern, text: str) -> bool:
    """Whether a pattern is found in a text, within a time."""
    try:
        return pattern.search(text, timeout=LONGEST_LOOK) is not None
    except TimeoutError:
        return False


def _is_bot(agent: str) -> bool:
    return bool(_bots().is_bot(agent))


def _bots_version() -> str:
    return sha256("\n".join(sorted(_bots().patterns)).encode()).hexdigest()


@cache
def _bots() -> Any:
    # Only here: few processes judge.
    from is_bot import Bots

    return Bots()


LISTS: Mapping[str, tuple[Callable[[str], bool], Callable[[], str]]] = {"is-bot": (_is_bot, _bots_version)}
"""Lists of names that others keep: whether a name is in it, and the hash of what it says at present."""


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
    listed = _words(said, "listed", name)
    if odd := [each for each in listed if each not in LISTS]:
        raise BadRules(f"{name} has '{odd[0]}' as a list; there is {', '.join(LISTS)}.")
    return Rule(
        said["signal"],
        cast(Actor, said["says"]),
        listed=listed,
        agent=_pattern(said, "agent", name),
        unlike=_pattern(said, "unlike", name),
        but=_pattern(said, "but", name),
        marks=frozenset(_words(said, "mark", name)),
        methods=frozenset(_words(said, "method", name)),
        network=_any([translate(word) for word in _words(said, "network", name)]),
    )


def _pattern(said: Any, test: str, name: str) -> Pattern | None:
    words = _words(said, test, name)
    for word in words:
        try:
            regex.compile(word)
        except (regex.error, RecursionError, OverflowError, ValueError) as odd:
            raise BadRules(f"{name} has a pattern that cannot be read: {word} ({odd}).") from None
    return _any(words)


def _any(words: Sequence[str]) -> Pattern | None:
    return regex.compile("|".join(f"(?:{word})" for word in words), regex.IGNORECASE) if words else None


def _words(said: Any, test: str, name: str) -> Sequence[str]:
    words = said.get(test, [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise BadRules(f"{name} needs a list of texts as '{test}'.")
    if test in said and not words:
        raise BadRules(f"{name} has nothing in '{test}'.")
    return words
