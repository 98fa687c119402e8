"""A playbook compiled to arrays for the bulk engine; compiled once, sent to whoever folds."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any, Final

import numpy as np

from ripeline.lifecycle.clocks import TOLERANCE
from ripeline.lifecycle.conditions import Test
from ripeline.lifecycle.matching import compile_test
from ripeline.lifecycle.model import Playbook, Signal
from ripeline.lifecycle.outcome import MOST_MOVES
from ripeline.lifecycle.rules import GRADES, compile_playbook
from ripeline.lifecycle.rules import Rules as Compiled
from ripeline.lifecycle.touch import Scalar
from ripeline.replay.branches import Branches
from ripeline.replay.kernel_state import FALSE, SETTINGS, TRUE, Array, Rules

BY_HAND: Final = ("stage_set", "recycled", "rejected")
"""The rules behind moves by hand, in the order of their codes."""
CAUSES: Final = ("touch", "timer", "manual")
STATUSES: Final = ("disqualified", "active")


@dataclass(frozen=True, slots=True)
class Names:
    """What the codes in the results mean."""

    stages: tuple[str, ...]
    rules: tuple[str, ...]
    personas: tuple[str, ...]
    ratings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled playbook: picklable, and the same for every history.

    `columns` names the columns of `History` that some rule reads; others may be left out.
    """

    playbook: Playbook
    names: Names
    columns: frozenset[str]
    rules: Rules
    effects: tuple[Signal, ...]
    """The signal behind each effect, by bit."""
    traits: tuple[tuple[str, Test], ...]
    """Name and test of each trait bit."""
    traits_at_first: Array
    questions: tuple[str, ...]
    wanted: tuple[Scalar, ...]
    """The value behind each column of `answer_is`."""


@lru_cache(maxsize=64)
def compile_program(playbook: Playbook) -> Program:
    """The playbook as arrays; kept by its version."""
    compiled = compile_playbook(playbook)
    signals = _numbered(compiled)
    branches = Branches(playbook, signals)
    ways, ways_of, rule_names = _ways(compiled, branches)
    personas, ratings = branches.choice(playbook.personas), branches.choice(playbook.rating)
    criteria = [branches.trait_bit(it.trait, it) for it in playbook.fit.criteria] if playbook.fit else []
    traits = branches.trait_tests()
    names = tuple(dict.fromkeys(("inbound", *compiled.signals, *(it.signal for it in compiled.points))))
    effects = tuple(playbook.signal(name) for name in names)
    nodes, bounds = branches.arrays()
    windowed = sum(1 for _, window in compiled.keep if window)
    rules = Rules(
        nodes=nodes,
        bounds=bounds,
        ways=ways,
        ways_of=ways_of,
        **_effects(compiled, names, signals),
        **_clocks(compiled, signals, branches),
        **_fit(playbook, criteria),
        masks=np.uint64(1) << np.arange(64, dtype=np.uint64),
        settings=_settings(compiled, windowed, personas, ratings, len(rule_names)),
    )
    return Program(
        playbook=playbook,
        names=Names(
            compiled.keys,
            (*rule_names, *BY_HAND),
            tuple(it.key for it in playbook.personas),
            tuple(it.key for it in playbook.rating),
        ),
        columns=columns_of(effects, reads_attrs=bool(traits or branches.questions)),
        rules=rules,
        effects=effects,
        traits=traits,
        traits_at_first=_bits([compile_test(test)(None) for _, test in traits]),
        questions=tuple(branches.questions),
        wanted=tuple(branches.wanted),
    )


def _numbered(compiled: Compiled) -> dict[str, int]:
    """The signals conditions name, those with a window first: only they need to remember instants."""
    ordered = sorted(compiled.signals, key=lambda name: compiled.keep[compiled.signals[name]][1] == 0)
    return {name: number for number, name in enumerate(ordered)}


def _ways(compiled: Compiled, branches: Branches) -> tuple[Array, Array, list[str]]:
    rows: list[tuple[int, int, int]] = []
    starts, begins = [0], {}
    rule_names: dict[str, int] = {}
    for exits, entries in zip(compiled.exits, compiled.entries, strict=True):
        for way in (*exits, *entries):
            # The ways up into one stage are the same from everywhere: their branches are laid out once.
            if way.rule not in begins:
                begins[way.rule] = branches.condition(way.condition, TRUE, FALSE)
            rule = rule_names.setdefault(way.rule, len(rule_names))
            rows.append((way.to, begins[way.rule], rule))
        starts.append(len(rows))
    return np.array(rows, np.int64).reshape(-1, 3), np.array(starts, np.int64), list(rule_names)


def _effects(compiled: Compiled, names: tuple[str, ...], signals: dict[str, int]) -> dict[str, Array]:
    effects: list[tuple[int, ...]] = []
    points: list[tuple[int, int, int]] = []
    adds, ring = list[float](), 0
    for name, (_, _, effect) in zip(names, compiled.sources, strict=True):
        first = len(points)
        for rule in effect.points:
            points.append((rule.times, rule.per, ring))
            adds.append(rule.add)
            ring += rule.times
        effects.append((signals.get(name, -1), first, len(points), int(effect.inbound)))
    return {
        "effects": np.array(effects, np.int64).reshape(-1, 4),
        "points": np.array(points, np.int64).reshape(-1, 3),
        "adds": np.array(adds, np.float64),
    }


def _clocks(compiled: Compiled, signals: dict[str, int], branches: Branches) -> dict[str, Array]:
    clocks, names = compiled.clocks, list(compiled.signals)
    windows = sorted({(signals[names[signal]], within) for signal, _, within in clocks.windows})
    lasting = [(branches.questions[question], valid_for) for question, valid_for in clocks.answers]
    return {
        "windows": np.array(windows, np.int64).reshape(-1, 2),
        "lasting": np.array(lasting, np.int64).reshape(-1, 2),
        "idles": np.array(clocks.idles, np.int64),
        "in_stages": np.array(clocks.in_stages, np.int64),
        "floors": np.array(clocks.floors, np.float64),
    }


def _fit(playbook: Playbook, criteria: list[int]) -> dict[str, Array]:
    fit, most = playbook.fit, playbook.score.max
    weights = [it.weight for it in fit.criteria] if fit else []
    grades = sorted(fit.grades.items()) if fit else []
    asked = [(share - TOLERANCE, GRADES.index(name)) for name, share in grades]
    return {
        "criteria": np.array([divmod(bit, 64) for bit in criteria], np.int64).reshape(-1, 2),
        "weights": np.array(weights, np.float64),
        "grades": np.array(asked, np.float64).reshape(-1, 2),
        "scale": np.array([inf if most is None else most, sum(weights)], np.float64),
    }


def _settings(compiled: Compiled, windowed: int, personas: int, ratings: int, hand_rules: int) -> Array:
    clocks = compiled.clocks
    settings = (
        compiled.playbook.score.half_life or 0,
        int(clocks.scored),
        compiled.recycle_to,
        windowed,
        personas,
        ratings,
        hand_rules,
        # From 3.12 on, Python's own sum carries what rounding loses along.
        int(sys.version_info >= (3, 12)),
        MOST_MOVES,
    )
    assert len(settings) == SETTINGS
    return np.array(settings, np.int64)


def columns_of(effects: tuple[Signal, ...], *, reads_attrs: bool) -> frozenset[str]:
    """The columns of a history that these signals read, and those that are always read."""
    wanted = {"kind", "actor", "subject"}
    if any(signal.direction is not None for signal in effects):
        wanted.add("direction")
    if any(signal.value is not None for signal in effects):
        wanted.add("value")
    if reads_attrs or any(signal.attrs for signal in effects):
        wanted.add("attrs")
    return frozenset(wanted)


def _bits(flags: list[Any]) -> Array:
    """The flags as words of 64 bits; at least one word."""
    words = np.zeros(max(1, -(-len(flags) // 64)), np.uint64)
    for bit, flag in enumerate(flags):
        if flag:
            words[bit // 64] |= np.uint64(1 << bit % 64)
    return words
